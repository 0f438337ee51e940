package intake

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/kindform"
	"datalek/web/page"
)

const mostSystems = 500

// reading is what a draft's answers say: the case they make, and for each step
// the faults in it.
type reading struct {
	c       echo.Context
	form    *page.Form // every answer
	zone    *time.Location
	lane    lane
	kind    playbooks.Playbook
	book    book
	systems []registry.System
	picked  []registry.Client            // chosen from the practice's own list
	typed   []string                     // addresses as given, each once
	byEmail map[string][]registry.Client // who those addresses belong to
	newCase casework.NewCase
	step    string // the step being read
	faults  map[string]fault.List
}

// understand reads answers. What stands wrong in them is no error: it stands
// in faults.
func (a *Area) understand(c echo.Context, l lane, draft incidents.Draft) (*reading, error) {
	r := &reading{c: c, form: &page.Form{Values: url.Values(draft.Answers)}, zone: page.Zone(c), lane: l, book: a.opts.Book, faults: map[string]fault.List{}}
	if draft.Answers == nil {
		r.form.Values = url.Values{}
	}
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	var err error
	if r.systems, err = a.opts.Store.Systems(ctx, practice, "", mostSystems); err != nil {
		return nil, fmt.Errorf("list systems: %w", err)
	}
	if err := a.people(c, r); err != nil {
		return nil, err
	}
	r.newCase = casework.NewCase{ID: draft.ID, Source: incidents.FromForm, ReportID: firstOf(draft.Answers, answerReport)}
	for _, s := range l.steps {
		if s.read != nil && (s.asked == nil || s.asked(r)) {
			r.step = s.id
			s.read(r)
		}
	}
	r.judge(a.site.Now())
	return r, nil
}

// judge lets the domain try the case, and gives its faults to the steps they
// belong to. What a step found wrong itself is not said a second time.
func (r *reading) judge(now time.Time) {
	n := r.newCase
	_, err := incidents.Open(incidents.NewIncident{ID: n.ID, PracticeID: page.Practice(r.c).ID, Reference: "-", Source: n.Source, Facts: r.filledIn(),
		Story: n.Story, AwareAt: n.AwareAt, AwareBasis: n.Basis, Policy: page.Practice(r.c).Policy, By: page.Actor(r.c)}, now)
	r.sort(fault.Fields(err))
}

// sort gives the domain's faults to the steps they belong to.
func (r *reading) sort(found fault.List) {
	for _, f := range found {
		at := slices.IndexFunc(r.lane.steps, func(s step) bool { return slices.Contains(s.faults, f.Field) })
		if at < 0 {
			at = len(r.lane.steps) - 1
		}
		id := r.lane.steps[at].id
		moved := *f
		moved.Field = anchorOf(f.Field)
		said := slices.ContainsFunc(r.faults[id], func(x *fault.Error) bool { return x.Field == moved.Field })
		echoes := f.Field == "aware_at" && r.form.Get("aware") != awareOther && r.newCase.AwareAt.IsZero()
		if !said && !echoes {
			r.faults[id] = append(r.faults[id], &moved)
		}
	}
}

// filledIn are the facts with what every case has and no page here asks.
func (r *reading) filledIn() incidents.Facts {
	f := r.newCase.Facts
	f.Role = cmp.Or(f.Role, incidents.AsController)
	return f
}

// anchorOf returns the form field that shows a fault of a domain field.
func anchorOf(field string) string {
	switch field {
	case "subjects":
		return "emails"
	case "recipients":
		return "recipient_email_1"
	case "answers":
		return kindform.Name(0)
	default:
		return field
	}
}

// anchor returns the id of the control with this form name: a moment's fields
// share their first one's.
func anchor(name string) string {
	for _, moment := range []string{"occurred_from", "occurred_until", "discovered_at", "aware_at", "received_at", knewSince} {
		if strings.HasPrefix(name, moment+"_") {
			return moment
		}
	}
	return name
}

// fail notes a fault of the step being read.
func (r *reading) fail(field, key, message string) {
	r.faults[r.step] = append(r.faults[r.step], &fault.Error{Code: fault.Invalid, Field: field, Key: key, Message: message})
}

// instant reads a moment. Nil is "not known", or a fault that it noted.
func (r *reading) instant(name string) *time.Time {
	m := r.form.Moment(r.c, name)
	if m.Unknown() {
		return nil
	}
	t, err := m.Read(r.zone)
	if err != nil {
		r.faults[r.step] = append(r.faults[r.step], fault.Fields(err)...)
		return nil
	}
	return &t
}

// whose reads whose the data is, the first question: it decides who must be told.
func (r *reading) whose() {
	role := incidents.PracticeRole(r.form.Get("role"))
	if !slices.Contains([]incidents.PracticeRole{incidents.AsController, incidents.AsProcessor, incidents.AsJoint}, role) {
		r.fail("role", "error.whose", "say whose the data is")
		return
	}
	r.newCase.Facts.Role, r.newCase.Story.Controller = role, r.form.Get("controller")
}

// aboutOurs reads the first page of the short way, on which the usual answer to
// whose the data is is chosen already.
func (r *reading) aboutOurs() {
	if r.form.Get("role") != "" {
		r.whose()
	}
	r.about()
}

// asksKind reports whether the kind of breach adds questions.
func (r *reading) asksKind() bool { return len(r.kind.Questions) > 0 }

// kindAnswers reads the answers to the kind's own questions; none must be given.
func (r *reading) kindAnswers() {
	r.newCase.Story.Answers = casework.MergeAnswers(nil, r.kind.ID, kindform.Read(r.form, r.kind))
}

// sentTo reads where a mis-sent mail went, and what is known of it there.
func (r *reading) sentTo() {
	r.recipients()
	r.kindAnswers()
}

func (r *reading) what() {
	id := r.form.Get("playbook")
	p, known := r.book.Playbook(id)
	if !known {
		r.fail("playbook", "error.playbook", "choose what happened from the list")
		return
	}
	r.kind, r.newCase.Facts.Playbook = p, id
}

func (r *reading) story() {
	if r.newCase.Story.Summary = r.form.Text("summary"); r.newCase.Story.Summary == "" {
		r.fail("summary", "error.summary_missing", "say in a few sentences what happened")
	}
}

// The answers on when it happened.
const (
	atOnce    = "moment"
	overTime  = "span"
	unknownAt = "unknown"
)

func (r *reading) window() {
	f := &r.newCase.Facts
	from, until := r.form.Moment(r.c, "occurred_from"), r.form.Moment(r.c, "occurred_until")
	switch r.form.Get("occurred") {
	case atOnce:
		f.OccurredFrom = r.instant("occurred_from")
		f.OccurredUntil = f.OccurredFrom
		f.OccurredApprox = from.About()
		if !until.Empty() && !until.Unknown() {
			r.fail("occurred_until", "error.end_not_asked", "one moment has no end; empty these fields or choose that it lasted")
		}
	case overTime:
		f.OccurredFrom, f.OccurredUntil = r.instant("occurred_from"), r.instant("occurred_until")
		f.OccurredApprox = from.About() || until.About()
	case unknownAt:
	default:
		r.fail("occurred", "error.choose", "choose one of these")
	}
}

func (r *reading) found() {
	if t := r.instant("discovered_at"); t != nil {
		r.newCase.Facts.DiscoveredAt = *t
	}
	r.newCase.Story.DiscoveredHow = r.form.Text("discovered_how")
}

// The answers on when the practice became aware.
const (
	awareFound = "found" // on finding out
	awareOther = "other"
)

func (r *reading) aware() {
	r.awareAt()
	if r.newCase.Basis = r.form.Text("aware_basis"); r.newCase.Basis == "" {
		r.fail("aware_basis", "error.aware_basis", "say what made you sure")
	}
}

// awareAt reads the moment of awareness. Of a day without a time the first
// instant counts, on the safe side, and the finding says that it is estimated.
func (r *reading) awareAt() {
	switch r.form.Get("aware") {
	case awareFound:
		r.newCase.AwareAt = r.newCase.Facts.DiscoveredAt
		return
	case awareOther:
	default:
		r.fail("aware", "error.choose", "choose one of these")
		return
	}
	m := r.form.Moment(r.c, "aware_at")
	if m.Time != "" || m.Empty() {
		if t := r.instant("aware_at"); t != nil {
			r.newCase.AwareAt = *t
		}
		return
	}
	day, err := r.form.Date("aware_at")
	if err != nil {
		r.faults[r.step] = append(r.faults[r.step], fault.Fields(err)...)
		return
	}
	r.newCase.AwareAt, r.newCase.Estimated = day.Start(r.zone), true
}

// unknownChoice is the box "weet ik (nog) niet" in a list of boxes.
const unknownChoice = "unknown"

// boxes reads checkboxes that end in "weet ik (nog) niet": nil is not known.
func (r *reading) boxes(name, missing, message string) []string {
	chosen := r.form.All(name)
	some := slices.DeleteFunc(slices.Clone(chosen), func(v string) bool { return v == unknownChoice })
	switch {
	case len(chosen) == 0:
		r.fail(name, missing, message)
	case len(some) < len(chosen) && len(some) > 0:
		r.fail(name, "error.unknown_and_some", "choose some, or say that you do not know; not both")
	case len(some) > 0:
		return some
	}
	return nil
}

func (r *reading) places() {
	chosen := r.boxes("systems", "error.systems_empty", "name at least one system, or say that you do not know which")
	for _, id := range chosen {
		if !slices.ContainsFunc(r.systems, func(s registry.System) bool { return s.ID == id }) {
			r.fail("systems", "error.system_unknown", "choose systems from the list")
			return
		}
	}
	r.newCase.Facts.Systems = chosen
}

func (r *reading) categories() {
	for _, v := range r.boxes("categories", "error.categories_missing", "choose at least one kind of data") {
		if !registry.Category(v).Valid() {
			r.fail("categories", "error.category", "choose kinds of data from the list")
			r.newCase.Facts.Categories = nil
			return
		}
		r.newCase.Facts.Categories = append(r.newCase.Facts.Categories, registry.Category(v))
	}
}

func (r *reading) protected() {
	said := incidents.Unintelligible(r.form.Get("unintelligible"))
	if slices.Contains([]incidents.Unintelligible{incidents.UnintelligibleYes, incidents.UnintelligiblePartly, incidents.UnintelligibleNo, incidents.UnintelligibleUnknown}, said) {
		r.newCase.Facts.Unintelligible = said
	}
}

func (r *reading) measures() {
	r.newCase.Story.MeasuresTaken, r.newCase.Story.MeasuresPlanned = r.form.Text("measures_taken"), r.form.Text("measures_planned")
}

// when reads the short way's three moments. How it came out says why then.
func (r *reading) when() {
	r.newCase.Facts.OccurredFrom = r.instant("occurred_from")
	r.newCase.Facts.OccurredUntil = r.newCase.Facts.OccurredFrom
	about := r.form.Moment(r.c, "occurred_from")
	r.newCase.Facts.OccurredApprox = about.About()
	if t := r.instant("discovered_at"); t != nil {
		r.newCase.Facts.DiscoveredAt = *t
	}
	r.noticed()
	r.awareAt()
	typed := r.form.Text("aware_basis")
	if typed != "" {
		r.newCase.Basis = typed
	} else if r.form.Get("aware") == awareOther {
		r.fail("aware_basis", "error.aware_basis", "say what made you sure")
	}
}

// waysNoticed are how a mis-sent mail comes out.
func waysNoticed() []string { return []string{"self", "recipient", "other"} }

func (r *reading) noticed() {
	way := r.form.Get("noticed")
	if !slices.Contains(waysNoticed(), way) {
		r.fail("noticed", "error.choose", "choose one of these")
		return
	}
	says := page.T(r.c, "intake.noticed."+way)
	r.newCase.Story.DiscoveredHow, r.newCase.Basis = says, says
}

func (r *reading) content() {
	r.categories()
	if r.newCase.Story.Summary = r.form.Text("summary"); r.newCase.Story.Summary == "" {
		r.fail("summary", "error.content_missing", "say in a few words what was in it")
	}
	r.protected()
	r.newCase.Story.MeasuresTaken = r.form.Text("measures_taken")
}
