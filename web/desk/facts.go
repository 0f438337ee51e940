package desk

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/page"
	"datalek/web/parts"
)

// mostRecipients is how many wrong recipients the form can name.
const mostRecipients = 10

type factsPage struct {
	page.View
	Case           *incidents.Incident
	Action         string
	Form           *page.Form
	Kinds          []parts.Option
	Systems        []parts.Option
	Categories     []parts.Option
	BreachKinds    []parts.Option
	Unintelligible []parts.Option
	Roles          []parts.Option
	OccurredFrom   page.Moment
	OccurredUntil  page.Moment
	DiscoveredAt   page.Moment
	AwareAt        page.Moment
	Earlier        []incidents.Finding // older moments of awareness, newest first
	Recipients     []recipientRow
	Readable       string // the answer that what stands at Unintelligible follows from
}

// recipientRow is one wrong recipient on the form: the names of its fields.
type recipientRow struct {
	N           int
	Email, Kind string
	Kinds       []parts.Option
}

// unknownChoice stands for "weet ik (nog) niet" among systems, and for "alles
// wat daar staat" among kinds of data.
const (
	unknownChoice = "unknown"
	allChoice     = "all"
)

// facts shows what is known, to be corrected.
func (a *Area) facts(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showFacts(c, http.StatusOK, inc, factsForm(c, inc), nil)
}

// factsForm fills the form with the facts as they stand.
func factsForm(c echo.Context, inc *incidents.Incident) *page.Form {
	f, s := inc.Facts, inc.Story
	form := page.FormOf("playbook", f.Playbook, "summary", s.Summary, "discovered_how", s.DiscoveredHow, "unintelligible", string(inc.Unreadable()),
		"role", string(f.Role), "aware_basis", inc.Aware[len(inc.Aware)-1].Basis, "version", strconv.FormatInt(inc.Version, 10), "controller", s.Controller,
		"subjects", strings.Join(append(append([]string{}, s.Subjects.Emails...), s.Subjects.ExternalIDs...), "\n"))
	fillWindow(c, form, "occurred_from", f.OccurredFrom, f.OccurredApprox)
	fillWindow(c, form, "occurred_until", f.OccurredUntil, f.OccurredApprox)
	form.SetMoment(c, "discovered_at", f.DiscoveredAt)
	form.SetMoment(c, "aware_at", inc.AwareAt())
	fillChoices(form, "systems", f.Systems, unknownChoice)
	fillChoices(form, "categories", f.Categories, allChoice)
	for _, k := range f.BreachKinds {
		form.Values.Add("breach_kinds", string(k))
	}
	for n, r := range s.Recipients {
		form.Set(recipientField("email", n), r.Email)
		form.Set(recipientField("kind", n), string(r.Kind))
	}
	return form
}

func recipientField(part string, n int) string { return fmt.Sprintf("recipient_%s_%d", part, n+1) }

func fillWindow(c echo.Context, form *page.Form, name string, at *time.Time, about bool) {
	if at == nil {
		form.Set(name+"_precision", unknownChoice)
		return
	}
	form.SetMoment(c, name, *at)
	if about {
		form.Set(name+"_precision", "about")
	}
}

func fillChoices[V ~string](form *page.Form, name string, values []V, none string) {
	if values == nil {
		form.Set(name, none)
		return
	}
	for _, v := range values {
		form.Values.Add(name, string(v))
	}
}

func (a *Area) showFacts(c echo.Context, status int, inc *incidents.Incident, form *page.Form, read *factsRead) error {
	systems, err := a.systemOptions(c, inc)
	if err != nil {
		return err
	}
	v := &factsPage{View: page.NewView(c, "desk.facts.title").BackTo(homeOf(inc)), Case: inc, Action: c.Request().URL.Path, Form: form,
		Systems: systems, BreachKinds: page.BreachKindOptions(c), Unintelligible: page.UnintelligibleOptions(c), Roles: page.RoleOptions(c),
		Categories: append(page.CategoryOptions(c), parts.Option{Value: allChoice, Text: page.T(c, "desk.facts.categories_all"), Or: true})}
	for _, p := range a.book.Playbooks() {
		v.Kinds = append(v.Kinds, parts.Option{Value: p.ID, Text: p.Title[page.Lang(c)]})
	}
	v.Readable = a.saidHints(c, inc)[string(risk.FactUnintelligible)]
	if read == nil {
		read = readFacts(c, form)
	}
	v.moments(c, read)
	for i := len(inc.Aware) - 2; i >= 0; i-- {
		v.Earlier = append(v.Earlier, inc.Aware[i])
	}
	for n := range min(len(inc.Story.Recipients)+1, mostRecipients) {
		v.Recipients = append(v.Recipients, recipientRow{N: n + 1, Email: recipientField("email", n), Kind: recipientField("kind", n), Kinds: page.RecipientOptions(c)})
	}
	return a.site.Render(c, status, "desk/facts.html", v)
}

func (v *factsPage) moments(c echo.Context, read *factsRead) {
	label := func(m page.Moment) page.Moment {
		m.Label, m.Error = page.T(c, "desk.fact."+m.Name), v.Form.Error(m.Name)
		return m
	}
	v.OccurredFrom, v.OccurredUntil = label(read.from), label(read.until)
	v.DiscoveredAt, v.AwareAt = label(read.discovered), label(read.aware)
}

func (a *Area) systemOptions(c echo.Context, inc *incidents.Incident) ([]parts.Option, error) {
	var options []parts.Option
	after := ""
	for {
		systems, err := a.store.Systems(c.Request().Context(), inc.PracticeID, after, 200)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		for _, s := range systems {
			options = append(options, parts.Option{Value: s.ID, Text: s.Name})
		}
		if len(systems) < 200 {
			return append(options, parts.Option{Value: unknownChoice, Text: page.T(c, "desk.facts.systems_unknown"), Or: len(options) > 0}), nil
		}
		after = systems[len(systems)-1].ID
	}
}

// factsRead is the form's moments, read: the typed fields, the instants, and
// what is wrong with them.
type factsRead struct {
	from, until, discovered, aware         page.Moment
	fromAt, untilAt, discoveredAt, awareAt time.Time
	faults                                 fault.List
}

func readFacts(c echo.Context, form *page.Form) *factsRead {
	r := &factsRead{}
	zone := page.Zone(c)
	read := func(name string, window bool) (page.Moment, time.Time) {
		m := form.Moment(c, name)
		m.AllowAbout, m.AllowUnknown, m.Now = window, window, !window
		if window && m.Unknown() {
			return m, time.Time{}
		}
		at, err := m.Read(zone)
		r.faults = append(r.faults, fault.Fields(err)...)
		return m, at
	}
	r.from, r.fromAt = read("occurred_from", true)
	r.until, r.untilAt = read("occurred_until", true)
	r.discovered, r.discoveredAt = read("discovered_at", false)
	r.aware, r.awareAt = read("aware_at", false)
	return r
}

func (a *Area) postFacts(c echo.Context) error {
	inc, form, err := a.loadForm(c)
	if err != nil {
		return err
	}
	read := readFacts(c, form)
	change := factsChange(c, inc, form, read)
	err = a.saveFacts(c.Request().Context(), inc, form, read, change)
	if page.Mendable(err) {
		return a.showFacts(c, http.StatusUnprocessableEntity, inc, form.Fail(c, err), read)
	}
	if err != nil {
		return fmt.Errorf("correct facts: %w", err)
	}
	a.site.Done(c, "desk.facts.done")
	return c.Redirect(http.StatusSeeOther, homeOf(inc))
}

// saveFacts saves the correction. When a moment could not be read, nothing is
// saved, and the other faults are told at once with it.
func (a *Area) saveFacts(ctx context.Context, inc *incidents.Incident, form *page.Form, read *factsRead, change incidents.Change) error {
	if form.Get("version") != strconv.FormatInt(inc.Version, 10) {
		return fault.New(fault.Conflict, "error.changed_meanwhile", "this changed meanwhile")
	}
	change.Over = &inc.Version // it may change yet before this is saved
	if len(read.faults) == 0 {
		_, err := a.office.Change(ctx, inc.PracticeID, inc.ID, change)
		return err
	}
	faults := read.faults
	known := map[string]bool{}
	for _, f := range faults {
		known[f.Field] = true
	}
	probe := *inc // thrown away: only its faults are wanted
	for _, f := range fault.Fields(probe.Change(change, a.site.Now())) {
		if !known[f.Field] {
			faults = append(faults, f)
		}
	}
	return faults
}

func factsChange(c echo.Context, inc *incidents.Incident, form *page.Form, read *factsRead) incidents.Change {
	change := incidents.Change{Reason: form.Text("reason"), By: page.Actor(c), Basis: form.Text("aware_basis"),
		Apply: func(f *incidents.Facts, s *incidents.Story) {
			followed := f.Unintelligible
			applyFacts(form, read, f, s)
			if f.Unintelligible == inc.Unreadable() { // shown as it follows from an answer, and left so
				f.Unintelligible = followed
			}
		}}
	if !sameMinute(read.awareAt, inc.AwareAt()) || change.Basis != inc.Aware[len(inc.Aware)-1].Basis {
		at := read.awareAt
		if sameMinute(at, inc.AwareAt()) {
			at = inc.AwareAt() // the form shows minutes; the seconds stay
		}
		change.AwareAt = &at
	}
	return change
}

func sameMinute(a, b time.Time) bool {
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

func applyFacts(form *page.Form, read *factsRead, f *incidents.Facts, s *incidents.Story) {
	f.Playbook = form.Get("playbook")
	f.OccurredFrom = window(read.from, read.fromAt, f.OccurredFrom)
	f.OccurredUntil = window(read.until, read.untilAt, f.OccurredUntil)
	f.OccurredApprox = read.from.About() || read.until.About()
	if !sameMinute(f.DiscoveredAt, read.discoveredAt) {
		f.DiscoveredAt = read.discoveredAt
	}
	f.Systems = form.All("systems")
	if form.Has("systems", unknownChoice) || f.Systems == nil && f.HandPicked {
		f.Systems = nil
	} else if f.Systems == nil {
		f.Systems = []string{}
	}
	f.Categories = nil
	if !form.Has("categories", allChoice) {
		f.Categories = []registry.Category{}
		for _, v := range form.All("categories") {
			f.Categories = append(f.Categories, registry.Category(v))
		}
	}
	f.BreachKinds = nil
	for _, v := range form.All("breach_kinds") {
		f.BreachKinds = append(f.BreachKinds, incidents.BreachKind(v))
	}
	f.Unintelligible, f.Role = incidents.Unintelligible(form.Get("unintelligible")), incidents.PracticeRole(form.Get("role"))
	s.Summary, s.DiscoveredHow, s.Controller = form.Text("summary"), form.Text("discovered_how"), form.Get("controller")
	if f.HandPicked {
		s.Subjects = readSubjects(form.Text("subjects"))
	}
	s.Recipients = readRecipients(form)
}

// window returns one end of the time of the breach: nil when unknown, the
// stored instant when the form shows the same minute.
func window(m page.Moment, at time.Time, old *time.Time) *time.Time {
	switch {
	case m.Unknown():
		return nil
	case old != nil && sameMinute(*old, at):
		return old
	default:
		return &at
	}
}

// readSubjects takes addresses and numbers apart, one a line or with commas.
func readSubjects(text string) incidents.Subjects {
	var s incidents.Subjects
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		part = strings.TrimSpace(part)
		switch {
		case part == "":
		case strings.Contains(part, "@"):
			s.Emails = append(s.Emails, part)
		default:
			s.ExternalIDs = append(s.ExternalIDs, part)
		}
	}
	return s
}

func readRecipients(form *page.Form) []incidents.Recipient {
	var recipients []incidents.Recipient
	for n := range mostRecipients {
		if email := form.Get(recipientField("email", n)); email != "" {
			recipients = append(recipients, incidents.Recipient{Email: email, Kind: incidents.RecipientKind(form.Get(recipientField("kind", n)))})
		}
	}
	return recipients
}
