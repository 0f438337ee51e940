package notices

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
)

type draftPage struct {
	page.View
	Head    head
	Faults  []parts.Fault
	Texts   []textView
	Grounds []parts.Row
	Readers []string
	// Before says that others of the audience have a notice already, and Who
	// whether they get this one; empty for a first notice.
	Before   string
	Who      string
	Editable bool
	// HasReaders: there is a list of people to look at.
	HasReaders bool
	// Assessing: the affected clients are still being found, so the list may grow.
	Assessing bool
	Sized     string // what the button does, with its size
	Hash      string
	Trial     *page.Form
	Tongues   []parts.Option // of the trial mail
	Signing   parts.Notice   // who approved, and who must still
}

// textView is a notice in one language, as it reads and as it can be edited.
type textView struct {
	Code     string // names the text among those of the notice
	Language string
	Name     string // of the language, and of the readers when they have words of their own
	Subject  string
	Body     string
	Readers  string
	Form     *page.Form
	Open     bool // the form is open
	Named    bool // the salutation asks for the reader's name
}

// attempt is a form that was sent and could not be taken as it was.
type attempt struct {
	status int
	code   string     // of the text that was edited
	text   *page.Form // nil: another form
	trial  *page.Form
}

func (a *Area) draft(c echo.Context) error { return a.showDraft(c, attempt{status: http.StatusOK}) }

func (a *Area) showDraft(c echo.Context, try attempt) error {
	n, readers, err := a.office.Readers(c.Request().Context(), page.Practice(c), c.Param("id"))
	if err != nil {
		return err
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	v := &draftPage{View: page.NewView(c, draftTitle(n)).BackTo("/incidents/" + inc.ID + "/notices").Broad(), Head: headOf(c, inc, n),
		Editable: n.State == incidents.NoticeIsDraft, Assessing: !inc.Assessment.Complete() && n.Audience != incidents.ToRecipient, Hash: n.TextHash, HasReaders: n.Recipients > 0}
	if v.Signing, err = a.signing(c, n); err != nil {
		return err
	}
	if v.Grounds, err = a.grounds(c, inc); err != nil {
		return err
	}
	count := sizeOf(readers)
	v.Readers, v.Sized = count.lines(c), sendWords(c, "notices.draft.next.", count)
	if v.Editable {
		before, err := a.earlierOf(c.Request().Context(), inc, n)
		if err != nil {
			return err
		}
		v.Before, v.Who = before.title(c), strings.Join(before.lines(c, count.readers()), " ")
	} else {
		v.Readers = []string{counted(c, "notices.list.readers", n.Recipients), counted(c, "notices.list.by_email", n.ByEmail)}
	}
	v.Texts = a.textViews(c, n, count, try)
	v.trial(c, n, try)
	if try.text != nil {
		v.Faults = try.text.Faults
	}
	if try.trial != nil {
		v.Faults = try.trial.Faults
	}
	return a.site.Render(c, try.status, "notices/draft.html", v)
}

func draftTitle(n *incidents.Notice) string {
	switch {
	case n.State == incidents.NoticeIsDraft:
		return "notices.draft.title"
	case approved(n):
		return "notices.progress.text"
	default:
		return "notices.draft.withdrawn"
	}
}

// sendWords is the text under the prefix and "mails", or "tasks" when no mail
// goes out, or "none" when nobody reads it through this program.
func sendWords(c echo.Context, prefix string, s size) string {
	switch {
	case s.mails > 0:
		return counted(c, prefix+"mails", s.mails)
	case s.tasks() > 0:
		return counted(c, prefix+"tasks", s.tasks())
	default:
		return page.T(c, prefix+"none")
	}
}

func (a *Area) textViews(c echo.Context, n *incidents.Notice, count size, try attempt) []textView {
	var out []textView
	for _, t := range n.Texts {
		v := viewOf(c, t, sample(c, t))
		v.Named = strings.Contains(t.Body, "[[name]]")
		v.Form = page.FormOf("subject_"+v.Code, t.Subject, "text_"+v.Code, t.Body)
		if len(n.Texts) > 1 && n.State == incidents.NoticeIsDraft {
			v.Readers = counted(c, "notices.draft.mails_in", count.byVoice[t.Voice()])
		}
		if try.text != nil && try.code == v.Code {
			v.Form, v.Open = try.text, true
		}
		out = append(out, v)
	}
	return out
}

// sample is a text as one reader gets it; his name is a made-up one.
func sample(c echo.Context, t incidents.Text) string {
	name := ""
	if page.Practice(c).Policy.NameInMail {
		name = page.T(c, "notices.sample_name")
	}
	return playbooks.Personalise(t.Body, name)
}

// trial prepares the form for a mail to oneself.
func (v *draftPage) trial(c echo.Context, n *incidents.Notice, try attempt) {
	v.Trial = page.FormOf("email", page.User(c).Login, "language", voiceCode(n.Texts[0].Voice()))
	for _, t := range n.Texts {
		v.Tongues = append(v.Tongues, parts.Option{Value: voiceCode(t.Voice()), Text: voiceName(c, t.Voice())})
	}
	if try.trial != nil {
		v.Trial = try.trial
	}
}

// postText keeps an edited text, unless somebody else changed it meanwhile.
func (a *Area) postText(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	code := form.Get("language")
	voice := voiceOf(code)
	text := incidents.Text{Language: voice.Language, For: voice.For, Subject: form.Get("subject_" + code), Body: form.Text("text_" + code)}
	for _, t := range n.Texts {
		if t.Voice() == voice && strings.TrimSpace(t.Body) == text.Body {
			text.Body = t.Body // saved as it was: nothing changed
		}
	}
	_, err = a.office.Edit(c.Request().Context(), n.PracticeID, n.ID, []incidents.Text{text}, page.Actor(c), func(n *incidents.Notice) error {
		if form.Get("text_hash") == n.TextHash {
			return nil
		}
		return fault.New(fault.Conflict, "notices.draft.changed", "the text changed since you opened it; read what stands there now and save again")
	})
	if page.Mendable(err) {
		return a.showDraft(c, attempt{status: mendStatus(err), code: code, text: form.Fail(c, atFields(err, code))})
	}
	if err != nil {
		return fmt.Errorf("edit notice: %w", err)
	}
	a.site.Done(c, "notices.draft.kept")
	return c.Redirect(http.StatusSeeOther, "/notices/"+n.ID+"#notice-"+code)
}

// atFields gives faults of a text the names of its fields on the page.
func atFields(err error, code string) fault.List {
	var list fault.List
	for _, f := range fault.Fields(err) {
		moved := *f
		if field := f.Field[strings.LastIndex(f.Field, ".")+1:]; field == "subject" || field == "text" {
			moved.Field = field + "_" + code
		}
		list = append(list, &moved)
	}
	return list
}

// postTrial sends the draft to the practitioner himself. It counts for nobody.
func (a *Area) postTrial(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	err = a.office.Trial(c.Request().Context(), page.Practice(c), c.Param("id"), voiceOf(form.Get("language")), form.Get("email"))
	if page.Mendable(err) {
		return a.showDraft(c, attempt{status: mendStatus(err), trial: form.Fail(c, err)})
	}
	if err != nil {
		return fmt.Errorf("send trial mail: %w", err)
	}
	a.site.Done(c, "notices.trial.done")
	return c.Redirect(http.StatusSeeOther, "/notices/"+c.Param("id"))
}

func (a *Area) postWithdraw(c echo.Context) error {
	n, err := a.office.Withdraw(c.Request().Context(), page.Practice(c).ID, c.Param("id"), page.Actor(c))
	if err != nil {
		return err
	}
	a.site.Done(c, "notices.withdraw.done")
	return c.Redirect(http.StatusSeeOther, "/incidents/"+n.IncidentID+"/notices")
}
