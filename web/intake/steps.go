package intake

import (
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/kindform"
	"datalek/web/parts"
)

// The kinds of form, as drafts name them.
const (
	wholeForm = "incident"
	misSent   = "mis-sent"
)

// misSentPlaybook is what the short way always is about.
const misSentPlaybook = "mis-sent-email"

// checkStep is the last page of every form: the answers under each other.
const checkStep = "check"

// lane is one form: its steps in order, each a page.
type lane struct {
	kind  string
	base  string // address of the form
	steps []step
}

// step is one page of a form. Its template is intake/<id>.html, its words
// stand under "intake.<id>".
type step struct {
	id     string
	fields []string // the form fields it keeps
	faults []string // faults of the domain's that belong here
	asked  func(*reading) bool
	read   func(*reading)
	show   func(*Area, echo.Context, *stepPage) error
	rows   func(*reading) []parts.Row
	keeps  bool // keeps itself while one types
}

func lanes() []lane { return []lane{longLane(), shortLane()} }

func laneOf(kind string) (lane, bool) {
	for _, l := range lanes() {
		if l.kind == kind {
			return l, true
		}
	}
	return lane{}, false
}

func longLane() lane {
	return lane{kind: wholeForm, base: "/incidents/new", steps: []step{
		{id: "whose", fields: []string{"role", "controller"}, faults: []string{"role", "controller"}, read: (*reading).whose, show: (*Area).showWhose, rows: (*reading).whoseRows},
		{id: "what", fields: []string{"playbook"}, faults: []string{"playbook"}, read: (*reading).what, show: (*Area).showWhat, rows: (*reading).whatRows},
		{id: "story", fields: []string{"summary"}, faults: []string{"summary"}, read: (*reading).story, show: (*Area).showFirstSteps, rows: (*reading).storyRows, keeps: true},
		{id: "kind", fields: kindform.Names(), faults: []string{"answers"}, asked: (*reading).asksKind, read: (*reading).kindAnswers, show: (*Area).showKind, rows: (*reading).kindRows},
		{id: "window", fields: slices.Concat([]string{"occurred"}, momentFields("occurred_from", "occurred_until")),
			faults: []string{"occurred_from", "occurred_until"}, read: (*reading).window, show: (*Area).showWindow, rows: (*reading).windowRows},
		{id: "found", fields: slices.Concat(momentFields("discovered_at"), []string{"discovered_how"}),
			faults: []string{"discovered_at", "discovered_how"}, read: (*reading).found, show: (*Area).showFound, rows: (*reading).foundRows, keeps: true},
		{id: "aware", fields: slices.Concat([]string{"aware", "aware_basis"}, momentFields("aware_at")),
			faults: []string{"aware_at", "aware_basis"}, read: (*reading).aware, show: (*Area).showAware, rows: (*reading).awareRows, keeps: true},
		{id: "systems", fields: []string{"systems"}, faults: []string{"systems"}, read: (*reading).places, show: (*Area).showSystems, rows: (*reading).systemRows},
		{id: "data", fields: []string{"categories"}, faults: []string{"categories"}, read: (*reading).categories, show: (*Area).showData, rows: (*reading).dataRows},
		{id: "whom", fields: []string{"whom", "emails", "person", "search"}, faults: []string{"subjects"}, read: (*reading).whom, show: (*Area).showPeople, rows: (*reading).peopleRows},
		{id: "recipients", fields: recipientFields(), faults: []string{"recipients"}, asked: (*reading).asksRecipients, read: (*reading).recipients,
			show: (*Area).showRecipients, rows: (*reading).recipientRows},
		{id: "protected", fields: []string{"unintelligible"}, faults: []string{"unintelligible"}, read: (*reading).protected, show: (*Area).showProtected, rows: (*reading).protectedRows},
		{id: "measures", fields: []string{"measures_taken", "measures_planned"}, faults: []string{"measures_taken", "measures_planned"},
			read: (*reading).measures, show: (*Area).showFirstSteps, rows: (*reading).measureRows, keeps: true},
		{id: checkStep},
	}}
}

func shortLane() lane {
	return lane{kind: misSent, base: "/mis-sent/new", steps: []step{
		{id: "about", fields: []string{"role", "controller", "emails", "person", "search"}, faults: []string{"role", "controller", "subjects"},
			read: (*reading).aboutOurs, show: (*Area).showAbout, rows: (*reading).aboutRows},
		{id: "to", fields: slices.Concat(recipientFields(), kindform.Names()), faults: []string{"recipients", "answers"}, read: (*reading).sentTo,
			show: (*Area).showSentTo, rows: (*reading).sentToRows},
		{id: "when", fields: slices.Concat([]string{"noticed", "aware", "aware_basis"}, momentFields("occurred_from", "discovered_at", "aware_at")),
			faults: []string{"occurred_from", "occurred_until", "discovered_at", "aware_at", "aware_basis"},
			read:   (*reading).when, show: (*Area).showWhen, rows: (*reading).whenRows},
		{id: "content", fields: []string{"categories", "summary", "unintelligible", "measures_taken"},
			faults: []string{"categories", "summary", "unintelligible", "measures_taken"}, read: (*reading).content, show: (*Area).showContent, rows: (*reading).contentRows},
		{id: checkStep},
	}}
}

func momentFields(names ...string) []string {
	var fields []string
	for _, name := range names {
		for _, part := range []string{"day", "month", "year", "time", "precision", "fold"} {
			fields = append(fields, name+"_"+part)
		}
	}
	return fields
}

// at returns the address of a step; from is the step to return to.
func (l lane) at(draft, step, from string) string {
	address := l.base + "/" + url.PathEscape(draft) + "/" + step
	if from != "" {
		address += "?from=" + from
	}
	return address
}

func (l lane) step(id string) (step, bool) {
	at := slices.IndexFunc(l.steps, func(s step) bool { return s.id == id })
	if at < 0 {
		return step{}, false
	}
	return l.steps[at], true
}

// asked returns the steps that these answers call for.
func (l lane) asked(r *reading) []step {
	var steps []step
	for _, s := range l.steps {
		if s.asked == nil || s.asked(r) {
			steps = append(steps, s)
		}
	}
	return steps
}

// resume returns the step to go on with: the one last worked on.
func (l lane) resume(d incidents.Draft) string {
	if at := firstOf(d.Answers, answerAt); at != "" {
		if _, known := l.step(at); known {
			return at
		}
	}
	return l.steps[0].id
}
