package api

import (
	"context"
	"net/http"
	"strings"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

func (a *Area) noticeRoutes(g doors) {
	g.GET("/incidents/:id/notices", a.getNotices)
	g.POST("/incidents/:id/notices", a.once(a.postNotice))
	g.GET("/notices/:id", a.getNotice)
	g.PATCH("/notices/:id", a.patchNotice)
	g.For(registry.Approve, registry.Approve).POST("/notices/:id/approve", a.once(a.postApproval))
	g.GET("/notices/:id/deliveries", a.getDeliveries)
	g.POST("/deliveries/:id/told", a.once(a.postTold))
	g.POST("/deliveries/:id/unreachable", a.once(a.postUnreachable))
	g.GET("/deliveries/:id/letter.pdf", a.getLetter)
	g.GET("/notices/:id/letters.pdf", a.getLetters)
	g.POST("/notices/:id/letters/posted", a.once(a.postPosted))
}

type noticeView struct {
	ID             string     `json:"id"`
	IncidentID     string     `json:"incident_id"`
	Audience       string     `json:"audience"`
	State          string     `json:"state"`
	Version        int64      `json:"version"`
	Languages      []textBody `json:"languages"`
	TextHash       string     `json:"text_hash"`
	RecipientsHash string     `json:"recipients_hash"`
	Recipients     int        `json:"recipients"`
	ByEmail        int        `json:"by_email"`
	Sender         *string    `json:"sender"`
	CreatedAt      *string    `json:"created_at"`
	ApprovedAt     *string    `json:"approved_at"`
	SentAt         *string    `json:"sent_at"`
}

type textBody struct {
	Language string `json:"language"`
	For      string `json:"for"` // "" everybody, else one of incidents.TextKinds
	Subject  string `json:"subject"`
	Text     string `json:"text"`
	HTML     string `json:"html,omitempty"`
}

func (a *Area) showNotice(n *incidents.Notice) noticeView {
	v := noticeView{ID: n.ID, IncidentID: n.IncidentID, Audience: string(n.Audience), State: string(n.State), Version: n.Version,
		Languages: []textBody{}, TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Recipients: n.Recipients, ByEmail: n.ByEmail,
		Sender: orNull(n.Sender.Email), CreatedAt: stamp(n.CreatedAt), ApprovedAt: stamp(n.ApprovedAt), SentAt: stamp(n.SentAt)}
	for _, t := range n.Texts {
		v.Languages = append(v.Languages, textBody{Language: t.Language, For: string(t.For), Subject: t.Subject, Text: t.Body, HTML: a.opts.HTML(t)})
	}
	return v
}

func (a *Area) getNotices(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return answerList(c, func(after string, limit int) ([]*incidents.Notice, error) {
		return a.opts.Store.NoticesOf(c.Request().Context(), inc.PracticeID, inc.ID, after, limit)
	}, func(n *incidents.Notice) string { return n.ID }, a.showNotice)
}

func (a *Area) postNotice(c echo.Context) error {
	var b struct {
		Audience string `json:"audience"`
		Update   bool   `json:"update"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	write := a.opts.Office.Draft
	if b.Update {
		write = a.opts.Office.DraftUpdate
	}
	n, err := write(c.Request().Context(), who.practice, c.Param("id"), incidents.Audience(b.Audience), who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.showNotice(n))
}

// getNotice shows a notice; a draft's readers are brought up to date first.
func (a *Area) getNotice(c echo.Context) error {
	n, _, err := a.opts.Office.Readers(c.Request().Context(), callerOf(c).practice, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showNotice(n))
}

func (a *Area) patchNotice(c echo.Context) error {
	var b struct {
		Languages []textBody `json:"languages"`
		Version   *int64     `json:"version"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	var texts []incidents.Text
	for _, t := range b.Languages {
		texts = append(texts, incidents.Text{Language: t.Language, For: incidents.TextFor(t.For), Subject: t.Subject, Body: t.Text})
	}
	var still []casework.Still
	if b.Version != nil {
		still = append(still, func(n *incidents.Notice) error {
			if n.Version == *b.Version {
				return nil
			}
			return fault.New(fault.Conflict, "error.changed_meanwhile", "the notice changed since you read it; read it again")
		})
	}
	n, err := a.opts.Office.Edit(c.Request().Context(), who.practice.ID, c.Param("id"), texts, who.actor(), still...)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showNotice(n))
}

func (a *Area) postApproval(c echo.Context) error {
	var b struct {
		TextHash       string  `json:"text_hash"`
		RecipientsHash string  `json:"recipients_hash"`
		Sender         *string `json:"sender"`
		AccessClosedAt instant `json:"access_closed_at"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	closed := b.AccessClosedAt.time(&faults, "access_closed_at")
	if len(faults) > 0 {
		return faults
	}
	who := callerOf(c)
	n, err := a.opts.Office.Approve(c.Request().Context(), who.practice, c.Param("id"), casework.Approval{
		TextHash: b.TextHash, RecipientsHash: b.RecipientsHash, Sender: text(b.Sender), AccessClosedAt: closed, By: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, a.showNotice(n))
}

type deliveryView struct {
	ID         string        `json:"id"`
	ExternalID *string       `json:"external_id"`
	ReaderID   *string       `json:"reader_external_id"`
	State      string        `json:"state"`
	Channel    string        `json:"channel"`
	Why        *string       `json:"why"`
	Language   string        `json:"language"`
	For        string        `json:"for"` // in which of the notice's words
	ToldAt     *string       `json:"told_at"`
	ToldBy     *string       `json:"told_by"`
	ReadAt     *string       `json:"read_at"` // when its reader said himself that he read it
	Attempts   []attemptView `json:"attempts"`
	// Returned is what came back about its mails, oldest first.
	Returned []returnedView `json:"returned"`
	Tries    []tryView      `json:"tries"` // by a person, in vain
}

type returnedView struct {
	At        *string `json:"at"`
	Kind      string  `json:"kind"`
	Status    *string `json:"status"`
	Code      int     `json:"code"`
	Text      string  `json:"text"`
	MatchedBy string  `json:"matched_by"`
	Effect    *string `json:"effect"`
}

type attemptView struct {
	At        *string `json:"at"`
	Code      int     `json:"code"`
	Text      string  `json:"text"`
	Outcome   string  `json:"outcome"`
	Server    string  `json:"server"`
	MessageID string  `json:"message_id"`
}

func (a *Area) getDeliveries(c echo.Context) error {
	who := callerOf(c)
	ctx := c.Request().Context()
	n, err := a.opts.Store.Notice(ctx, who.practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	ask, err := listing(c)
	if err != nil {
		return err
	}
	rows, err := pageOf(ask, func(after string, limit int) ([]incidents.Delivery, error) {
		if n.State == incidents.NoticeIsDraft {
			return nil, nil // rows of a cut-off approval tell nobody anything
		}
		return a.opts.Store.DeliveriesOf(ctx, who.practice.ID, n.ID, nil, after, limit)
	}, func(d incidents.Delivery) string { return d.ID }, func(d incidents.Delivery) incidents.Delivery { return d })
	if err != nil {
		return err
	}
	var ids []string
	for _, d := range rows.Items {
		ids = append(ids, d.Person, d.Reader)
	}
	numbers, err := a.numbersOf(ctx, who.practice.ID, ids)
	if err != nil {
		return err
	}
	out := listed[deliveryView]{Items: []deliveryView{}, Next: rows.Next}
	for _, d := range rows.Items {
		out.Items = append(out.Items, showDelivery(d, n.Sender.Email, numbers))
	}
	return c.JSON(http.StatusOK, out)
}

func showDelivery(d incidents.Delivery, sender string, numbers map[string]string) deliveryView {
	v := deliveryView{ID: d.ID, ExternalID: orNull(numbers[d.Person]), ReaderID: orNull(numbers[d.Reader]), State: string(d.State),
		Channel: string(d.Channel), Why: orNull(d.Why), Language: d.Language, For: string(d.For), ToldAt: stamp(d.ToldAt), ToldBy: orNull(d.To.By), Attempts: []attemptView{}, Returned: []returnedView{}, Tries: showTries(d)}
	if d.State == incidents.Unreachable {
		v.ToldAt = nil
	}
	for _, t := range d.Attempts {
		v.Attempts = append(v.Attempts, attemptView{At: stamp(t.At), Code: t.Code, Text: t.Text, Outcome: string(t.Kind), Server: t.Server, MessageID: messageID(t.MessageID, sender)})
	}
	v.ReadAt = stamp(d.ReadAt)
	for _, r := range d.Returned {
		v.Returned = append(v.Returned, returnedView{At: stamp(r.At), Kind: string(r.Kind), Status: orNull(r.Status), Code: r.Code, Text: r.Text,
			MatchedBy: string(r.Matched), Effect: orNull(r.Effect)})
	}
	return v
}

// messageID returns the Message-ID header as the mail carried it (RFC 5322 section 3.6.4).
func messageID(id, sender string) string {
	_, domain, _ := strings.Cut(sender, "@")
	if domain == "" {
		return id
	}
	return "<" + id + "@" + domain + ">"
}

func (a *Area) postTold(c echo.Context) error { return a.postWord(c, a.opts.Office.Told) }

// postWord records what a person says he did for a reader.
func (a *Area) postWord(c echo.Context, record settler) error {
	var b struct {
		By   string  `json:"by"`
		At   instant `json:"at"`
		Note *string `json:"note"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	at := b.At.value(&faults, "at")
	if len(faults) > 0 {
		return faults
	}
	return a.settle(c, casework.Word{By: b.By, At: at, Note: text(b.Note)}, record)
}

func (a *Area) postUnreachable(c echo.Context) error {
	var b struct {
		Reason string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	return a.settle(c, casework.Word{Note: b.Reason}, a.opts.Office.Unreachable)
}

type settler = func(ctx context.Context, practice tenant.ID, delivery string, w casework.Word) (incidents.Delivery, error)

func (a *Area) settle(c echo.Context, w casework.Word, act settler) error {
	who := callerOf(c)
	ctx := c.Request().Context()
	w.User = incidents.Actor{Kind: register.ActorAPI, ID: who.token}
	d, err := act(ctx, who.practice.ID, c.Param("id"), w)
	if err != nil {
		return err
	}
	numbers, err := a.numbersOf(ctx, who.practice.ID, []string{d.Person, d.Reader})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showDelivery(d, "", numbers))
}
