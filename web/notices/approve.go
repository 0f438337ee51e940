package notices

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

type approvePage struct {
	page.View
	Head     head
	Form     *page.Form
	Question string
	Lines    []string
	Final    string // what cannot be undone
	Button   string
	// TextHash and RecipientsHash are what the approver sees; the form sends them back.
	TextHash       string
	RecipientsHash string
	Senders        []parts.Option // empty when no mail goes out
	Insist         bool           // a sender's mailbox is among the breached ones and still open
	Closed         page.Moment
	ClosedAt       time.Time // as recorded before
	Texts          []textView
	Reread         bool // something changed since he looked
	Assessing      bool
	HasReaders     bool
	Promise        string // the promise that this notice keeps
	Asks           bool   // whether to ask for a next one
	Update         page.Moment
	Signing        parts.Notice // who approved, and who must still
	AsksReason     bool         // one person alone lets it go, and says why
}

// moments are the times of the form after they were read, nil before.
type moments struct{ closed, promised *page.Moment }

const (
	senderField = "sender"
	closedField = "access_closed_at"
)

// approve is the last stop before mails go out.
func (a *Area) approve(c echo.Context) error {
	return a.showApprove(c, http.StatusOK, page.FormOf(), moments{})
}

func (a *Area) showApprove(c echo.Context, status int, form *page.Form, read moments) error {
	n, readers, err := a.office.Readers(c.Request().Context(), page.Practice(c), c.Param("id"))
	if err != nil {
		return err
	}
	if n.State != incidents.NoticeIsDraft {
		return c.Redirect(http.StatusSeeOther, placeOf(n))
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	count := sizeOf(readers)
	v := &approvePage{View: page.NewView(c, "notices.approve.title").BackTo("/notices/" + n.ID), Head: headOf(c, inc, n), Form: form,
		Question: sendWords(c, "notices.approve.question.", count), Button: sendWords(c, "notices.approve.button.", count),
		TextHash: n.TextHash, RecipientsHash: incidents.HashRecipients(readers), Texts: a.textViews(c, n, count, attempt{}),
		Reread: status == http.StatusConflict, Assessing: !inc.Assessment.Complete() && n.Audience != incidents.ToRecipient, HasReaders: len(readers) > 0}
	if v.Signing, err = a.signing(c, n); err != nil {
		return err
	}
	if v.AsksReason = !page.Practice(c).FourEyes; v.AsksReason && form.Values["reason"] == nil {
		form.Set("reason", page.T(c, "notices.approve.reason_default"))
	}
	if v.Lines, err = a.warnings(c, inc, n, count); err != nil {
		return err
	}
	v.Final = page.T(c, "notices.approve.fixed")
	if count.mails > 0 {
		v.Final = page.T(c, "notices.approve.final")
		v.senders(c, inc, n.First.Sender, read.closed)
	}
	v.promise(c, inc, n, read.promised)
	return a.site.Render(c, status, "notices/approve.html", v)
}

// placeOf is where a notice is shown that is no draft.
func placeOf(n *incidents.Notice) string {
	if approved(n) {
		return "/notices/" + n.ID + "/progress"
	}
	return "/notices/" + n.ID
}

// warnings says what will happen.
func (a *Area) warnings(c echo.Context, inc *incidents.Incident, n *incidents.Notice, count size) ([]string, error) {
	var lines []string
	if count.mails > 0 {
		lines = append(lines, counted(c, "notices.approve.each", count.mails))
		if len(count.byLanguage) > 1 {
			lines = append(lines, page.T(c, "notices.approve.languages", "languages", count.languages(c)))
		}
	}
	if count.calls > 0 {
		lines = append(lines, counted(c, "notices.approve.calls", count.calls))
	}
	if count.letters > 0 {
		lines = append(lines, counted(c, "notices.approve.letters", count.letters))
	}
	if count.messages > 0 {
		lines = append(lines, counted(c, "notices.approve.messages", count.messages))
	}
	if count.mails+count.tasks() == 0 {
		lines = append(lines, page.T(c, "notices.approve.nobody"))
	}
	return a.whatWentBefore(c, inc, n, count, lines)
}

// whatWentBefore adds who of the audience has a notice already, and whether he
// gets this one too.
func (a *Area) whatWentBefore(c echo.Context, inc *incidents.Incident, n *incidents.Notice, count size, lines []string) ([]string, error) {
	ctx := c.Request().Context()
	if personal(n.Audience) {
		before, err := a.earlierOf(ctx, inc, n)
		return append(before.lines(c, count.readers()), lines...), err
	}
	others, err := a.noticesOf(ctx, inc)
	if last := lastApproved(others, n.Audience); !last.IsZero() {
		lines = append(lines, page.T(c, "notices.approve.before", "at", page.FormatMoment(page.Lang(c), last, page.Zone(c))))
	}
	return lines, err
}

// lastApproved is when a text for an audience was last approved, zero when never.
func lastApproved(found []*incidents.Notice, audience incidents.Audience) time.Time {
	var last time.Time
	for _, n := range found {
		if n.Audience == audience && approved(n) && n.ApprovedAt.After(last) {
			last = n.ApprovedAt
		}
	}
	return last
}

// senders offers the practice's addresses, the first outside the breach chosen.
func (v *approvePage) senders(c echo.Context, inc *incidents.Incident, first string, closed *page.Moment) {
	if inc.Facts.AccessClosedAt != nil {
		v.ClosedAt = *inc.Facts.AccessClosedAt
	}
	chosen := senderOf(page.Practice(c), &incidents.Notice{}, inc)
	if s, known := page.Practice(c).Sender(first); first != "" && known {
		chosen = s // what the first of two approvers chose
	}
	for _, s := range page.Practice(c).Details.Senders {
		option := parts.Option{Value: s.Email, Text: addressWords(s), Checked: s.Email == chosen.Email}
		switch {
		case page.Practice(c).Policy.Bars(s.Email):
			option.Hint, option.Checked = page.T(c, "notices.approve.barred"), false
		case breached(s, inc) && v.ClosedAt.IsZero():
			option.Hint, v.Insist = page.T(c, "notices.approve.breached"), true
			option.Checked = false
		case breached(s, inc):
			option.Hint = page.T(c, "notices.approve.breached_closed")
		case maybeBreached(s, inc):
			option.Hint = page.T(c, "notices.approve.maybe_breached")
		}
		v.Senders = append(v.Senders, option)
	}
	if !v.Insist {
		return
	}
	v.Closed = page.MomentOf(c, closedField, time.Time{})
	if closed != nil {
		v.Closed = *closed
	}
	v.Closed.Error = v.Form.Error(closedField)
	v.Closed.Label, v.Closed.Hint = page.T(c, "notices.approve.closed_label"), page.T(c, "notices.approve.closed_hint")
	v.Closed.Optional = true
}

// postApprove lets the mails go, once: a second press finds them on their way.
func (a *Area) postApprove(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	if approved(n) {
		return c.Redirect(http.StatusSeeOther, placeOf(n))
	}
	closed, promised := form.Moment(c, closedField), form.Moment(c, promisedField)
	read := moments{closed: &closed, promised: &promised}
	approval, err := approvalOf(c, form, read)
	var done *incidents.Notice
	if err == nil {
		done, err = a.office.Approve(c.Request().Context(), page.Practice(c), n.ID, approval)
	}
	switch {
	case err == nil && done.Waits():
		a.site.Done(c, "notices.signing.done")
		return c.Redirect(http.StatusSeeOther, "/notices/"+n.ID)
	case err == nil:
		a.site.Done(c, "notices.approve.done")
		return c.Redirect(http.StatusSeeOther, "/notices/"+n.ID+"/progress")
	case page.Mendable(err):
		return a.showApprove(c, mendStatus(err), form.Fail(c, err), read)
	}
	return fmt.Errorf("approve notice: %w", err)
}

// approvalOf reads what the approver saw and chose.
func approvalOf(c echo.Context, form *page.Form, read moments) (casework.Approval, error) {
	var faults fault.List
	out := casework.Approval{TextHash: form.Get("text_hash"), RecipientsHash: form.Get("recipients_hash"), Sender: form.Get(senderField), By: page.Actor(c),
		Role: page.RoleOf(c), Reason: form.Text("reason")}
	if out.Sender == "" && form.Get("mails") != "0" {
		faults.Add(senderField, "error.sender_unknown", "choose one of the practice's sender addresses")
	}
	if !read.closed.Empty() {
		at, err := read.closed.Read(page.Zone(c))
		faults = append(faults, fault.Fields(err)...)
		out.AccessClosedAt = &at
	}
	at, wrong := readPromise(c, read.promised)
	out.UpdateAt = at
	return out, append(faults, wrong...).Err()
}
