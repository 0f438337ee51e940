package intake

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

const (
	mostSuppliers = 500
	// remarkable is how long before we were told a mail must claim to be sent for the
	// page to speak of it.
	remarkable = time.Hour
	mostTold   = 1_000_000_000 // people
)

// toldPage is a supplier's mail, and the form in which a person says what it
// means.
type toldPage struct {
	page.View
	Form   *page.Form
	ID     string
	Open   bool
	Clock  picture.Clock
	Became string // the incident's id
	Mail   *mailView
	How    *messageView

	Suppliers []parts.Option
	Systems   []parts.Option
	Options   []parts.Option // kinds of data
	More      []parts.Option
	Opened    bool
	Unknown   bool
	From      page.Moment
	Until     page.Moment
	Knew      page.Moment // since when the supplier knew
	Aware     []parts.Option
	AwareAt   page.Moment
	Guess     map[string]string // by field: that its value is only a guess
}

// mailView is what the supplier wrote, as the page shows it.
type mailView struct {
	Rows        []parts.Row
	Lines       []string
	Mail        *incidents.SupplierMail
	Signing     string // a status's kind
	Said        string // what came of the signatures
	Means       []string
	Others      []string // further signatures
	Fault       string
	Late        string // that the mail claims to be much older
	Attachments []string
}

// showTold shows a supplier's mail, beside the form while it waits.
func (a *Area) showTold(c echo.Context, status int, r *incidents.Report, form *page.Form) error {
	how, err := a.messageOf(c, r)
	if err != nil {
		return err
	}
	title := map[incidents.ReportState]string{incidents.BecameIncident: "intake.report.was", incidents.Dismissed: "intake.report.was_not"}[r.State]
	p := &toldPage{View: page.NewView(c, cmp.Or(title, "intake.told.title")).BackTo("/triage"), Form: form, ID: url.PathEscape(r.ID), Open: r.State == incidents.InTriage,
		Clock: a.drawShadow(c, r), Became: url.PathEscape(r.IncidentID), Mail: a.viewMail(c, r), How: how, Guess: map[string]string{}}
	if p.Open {
		p.View = p.Broad()
		if err := a.askTold(c, p, r); err != nil {
			return err
		}
	}
	p.HasFaults = form.Failed()
	return a.site.Render(c, status, "intake/told.html", p)
}

// viewMail shows what the mail says of itself. Only the moment at which we were
// told is ours.
func (a *Area) viewMail(c echo.Context, r *incidents.Report) *mailView {
	m := r.Words.Message.Mail
	v := &mailView{Mail: m, Lines: strings.Split(r.Words.Text, "\n")}
	from := m.From
	if m.FromName != "" && from != "" {
		from = m.FromName + " <" + from + ">"
	}
	rows := []struct{ key, value string }{{"from", cmp.Or(from, m.FromName)}, {"subject", r.Words.Message.Title}, {"forwarded", m.ForwardedBy}}
	for _, claim := range r.Words.Message.Claims {
		key := map[string]string{"Date": "sent", "Received": "arrived"}[claim.Name]
		rows = append(rows, struct{ key, value string }{key, page.FormatInstant(page.Lang(c), claim.At, page.Zone(c))})
		if key == "sent" && r.ReceivedAt.Sub(claim.At) >= remarkable {
			v.Late = page.T(c, "intake.told.late", "at", page.FormatInstant(page.Lang(c), claim.At, page.Zone(c)))
		}
	}
	rows = append(rows, struct{ key, value string }{"told", page.FormatInstant(page.Lang(c), r.ReceivedAt, page.Zone(c))},
		struct{ key, value string }{"reference", r.Words.Reference}, struct{ key, value string }{"reason", r.Words.Reason})
	for _, row := range rows {
		if row.value != "" && row.key != "" {
			v.Rows = append(v.Rows, parts.Row{Key: page.T(c, "intake.told.row."+row.key), Value: row.value})
		}
	}
	if m.Fault != "" {
		v.Fault = page.T(c, "intake.told.fault."+string(m.Fault))
	}
	for _, f := range m.Attachments {
		v.Attachments = append(v.Attachments, page.T(c, "intake.told.attachment", "name", cmp.Or(f.Name, page.T(c, "intake.told.nameless")), "type", f.Type, "size", sizeWord(c, int64(f.Size))))
	}
	v.signing(c, m)
	return v
}

// signing says in words what the signatures prove, and what they do not.
func (v *mailView) signing(c echo.Context, m *incidents.SupplierMail) {
	outcome := string(m.Signing)
	if m.Pasted {
		outcome = "pasted"
	}
	v.Signing = map[incidents.Signing]string{incidents.SigningGood: "done", incidents.SigningBad: "soon"}[m.Signing]
	v.Signing = cmp.Or(v.Signing, "none")
	domain := m.Domain
	for _, s := range m.Signatures {
		if s.State == m.Signing || m.Signing == incidents.SigningOther && s.State == incidents.SigningGood {
			domain = s.Domain
			break
		}
	}
	v.Said = page.T(c, "intake.told.signing."+outcome, "domain", domain, "from", m.Domain)
	v.Means = []string{page.T(c, "intake.told.means."+outcome, "domain", domain, "from", m.Domain), page.T(c, "intake.told.means")}
	if m.Signing != incidents.SigningGood {
		v.Means = append(v.Means, page.T(c, "intake.told.means.forwarded"))
	}
	if len(m.Signatures) > 1 {
		for _, s := range m.Signatures {
			v.Others = append(v.Others, page.T(c, "intake.told.one."+string(s.State), "domain", s.Domain))
		}
	}
}

func sizeWord(c echo.Context, bytes int64) string {
	const kilo = 1000
	switch {
	case bytes < kilo:
		return page.FormatNumber(page.Lang(c), bytes) + " bytes"
	case bytes < kilo*kilo:
		return page.FormatNumber(page.Lang(c), bytes/kilo) + " kB"
	default:
		return page.FormatNumber(page.Lang(c), bytes/kilo/kilo) + " MB"
	}
}

// askTold prepares the form: with what was typed, else with what the mail's words
// may mean, each marked as a guess.
func (a *Area) askTold(c echo.Context, p *toldPage, r *incidents.Report) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	suppliers, err := a.opts.Store.Processors(ctx, practice, "", mostSuppliers)
	if err != nil {
		return fmt.Errorf("list suppliers: %w", err)
	}
	systems, err := a.opts.Store.Systems(ctx, practice, "", mostSystems)
	if err != nil {
		return fmt.Errorf("list systems: %w", err)
	}
	if !p.Form.Has("told", "1") { // else it stands as somebody sent it
		guess := p.guess(c, r, suppliers, systems)
		for name, values := range guess.Values {
			if _, typed := p.Form.Values[name]; !typed {
				p.Form.Set(name, values...)
			}
		}
	}
	for _, s := range suppliers {
		if s.EndedAt.IsZero() || p.Form.Has("processor", s.ID) {
			p.Suppliers = append(p.Suppliers, parts.Option{Value: s.ID, Text: s.Name})
		}
	}
	p.options(c, systems)
	p.moments(c, r)
	return nil
}

// options offers systems and kinds of data; what is ticked stands in sight.
func (p *toldPage) options(c echo.Context, systems []registry.System) {
	for _, s := range systems {
		o := parts.Option{Value: s.ID, Text: s.Name, Checked: p.Form.Has("systems", s.ID)}
		if !s.EndedAt.IsZero() {
			o.Hint = page.T(c, "intake.systems.ended")
		}
		p.Systems = append(p.Systems, o)
	}
	p.Systems = append(p.Systems, parts.Option{Value: unknownChoice, Text: page.T(c, "intake.unknown"), Or: len(p.Systems) > 0, Checked: p.Form.Has("systems", unknownChoice)})
	const inSight = 6 // of the list, which begins with the most frequent
	for n, o := range page.CategoryOptions(c) {
		o.Checked = p.Form.Has("categories", o.Value)
		if n < inSight || o.Checked {
			p.Options = append(p.Options, o)
		} else {
			p.More = append(p.More, o)
		}
	}
	p.Unknown = p.Form.Has("categories", unknownChoice)
}

// What stands for the moment of awareness.
const awareTold = "told"

// knewSince is the moment since which the supplier knew, by its own word.
const knewSince = "processor_aware_at"

func (p *toldPage) moments(c echo.Context, r *incidents.Report) {
	shown := &stepPage{Form: p.Form}
	p.From, p.Until = shown.moment(c, "occurred_from", "intake.window.from"), shown.moment(c, "occurred_until", "intake.window.until")
	for _, m := range []*page.Moment{&p.From, &p.Until} {
		m.AllowAbout, m.AllowUnknown, m.Now, m.Hint = true, true, false, p.Guess[m.Name]
	}
	p.Knew = shown.moment(c, knewSince, "intake.told.knew")
	p.Knew.Optional, p.Knew.Now, p.Knew.Hint = true, false, page.T(c, "intake.told.knew_hint")
	p.AwareAt = shown.moment(c, "aware_at", "intake.told.aware_at")
	p.AwareAt.Now, p.AwareAt.Hint = false, page.T(c, "intake.told.aware_at_hint")
	p.Aware = choices(c, "intake.told.aware.", awareTold, awareOther)
	p.Aware[0].Hint = page.FormatInstant(page.Lang(c), r.ReceivedAt, page.Zone(c))
}
