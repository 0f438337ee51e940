package desk

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/risk"
	"datalek/web/page"
	"datalek/web/parts"
)

type weighingPage struct {
	page.View
	Case     *incidents.Incident
	Action   string
	Form     *page.Form
	People   []parts.Option
	Contexts []parts.Option
	Seen     []parts.Option
	Who      []parts.Option
	Deleted  []parts.Option
	OnIntent []parts.Option
	Backups  []parts.Option
	Harms    []parts.Option
	Missed   bool // the data was not there, or was changed
	Parts    []risk.Circumstance
	Adjusted bool
	Said     map[string]string // by field, the answer that its value follows from
}

// unknown is the value of "I do not know (yet)".
const unknown = "unknown"

// weighing asks what only the weighing of the risk needs.
func (a *Area) weighing(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showWeighing(c, inc)(http.StatusOK, answersForm(page.Lang(c), inc.RiskFacts().Answers))
}

func (a *Area) showWeighing(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		f := inc.RiskFacts()
		v := &weighingPage{View: page.NewView(c, "risk.form.title").BackTo(homeOf(inc) + "/risk"), Case: inc, Action: c.Request().URL.Path, Form: form,
			People: options(c, "person_kind", risk.PersonKinds(), false), Contexts: options(c, "context", risk.Contexts(), false),
			Seen: options(c, "disclosed", risk.Disclosures(), true), Who: options(c, "who", risk.Recipients(), true),
			Deleted: options(c, "deleted", []string{"yes", "no"}, true), OnIntent: options(c, "malicious", []string{"yes", "no"}, false),
			Backups: options(c, "backup", risk.Backups()[:4], true), Harms: options(c, "harm", risk.Harms(), true), Parts: risk.Circumstances(), Said: a.saidHints(c, inc)}
		for _, k := range f.Kinds {
			v.Missed = v.Missed || k != risk.Confidentiality
		}
		for _, name := range factorNames() {
			v.Adjusted = v.Adjusted || form.Get(name) != "" || form.Error(name) != ""
		}
		return a.site.Render(c, status, "desk/weighing.html", v)
	}
}

// options lists choices in their words; open adds "I do not know (yet)".
func options[T ~string](c echo.Context, list string, values []T, open bool) []parts.Option {
	var made []parts.Option
	for _, v := range values {
		made = append(made, parts.Option{Value: string(v), Text: page.T(c, "risk."+list+"."+string(v))})
	}
	if open {
		made = append(made, parts.Option{Value: unknown, Text: page.T(c, "risk.unknown"), Or: true})
	}
	return made
}

// factorNames are the fields in which a person adjusts the score.
func factorNames() []string {
	names := []string{"severity.dpc", "severity.ei"}
	for _, part := range risk.Circumstances() {
		names = append(names, "severity.cb."+string(part))
	}
	return names
}

// answersForm shows what was answered.
func answersForm(lang string, a risk.Answers) *page.Form {
	open := func(v string) string {
		if v == "" {
			return unknown
		}
		return v
	}
	form := page.FormOf("context", string(a.Context), "disclosed", open(string(a.Disclosed)), "recipient", open(string(a.Recipient)),
		"deletion_confirmed", said(a.Deleted), "malicious", said(&a.Malicious), "backup", open(string(a.Backup)), "harm_while_unavailable", open(string(a.Harm)))
	for _, k := range a.PersonKinds {
		form.Values.Add("person_kinds", string(k))
	}
	number := func(name string, v *float64) {
		if v != nil {
			form.Set(name, numberText(lang, *v))
		}
	}
	number("restored_after_hours", a.RestoredAfter)
	number("severity.dpc", a.Severity.DPC)
	number("severity.ei", a.Severity.EI)
	for part, v := range a.Severity.CB {
		number("severity.cb."+string(part), &v)
	}
	return form
}

func said(v *bool) string {
	switch {
	case v == nil:
		return unknown
	case *v:
		return "yes"
	default:
		return "no"
	}
}

// postWeighing records the answers. A decision not to tell people is opened again.
func (a *Area) postWeighing(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		answers, err := answersOf(form)
		if err != nil {
			return err
		}
		answers = asked(form, answers, inc.RiskFacts().Answers)
		_, err = a.office.Change(c.Request().Context(), inc.PracticeID, inc.ID, incidents.Change{Reason: page.T(c, "risk.form.reason"), By: page.Actor(c),
			Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Risk = answers.Beside(f.Said) }})
		return err
	}
	return a.record(c, act, a.showWeighing(c, inc), "risk.form.done", homeOf(inc)+"/risk")
}

// answersOf reads the form, and names every number that is none.
func answersOf(form *page.Form) (risk.Answers, error) {
	var faults fault.List
	known := func(name string) string {
		if v := form.Get(name); v != unknown {
			return v
		}
		return ""
	}
	a := risk.Answers{Context: risk.Context(known("context")), Disclosed: risk.Disclosed(known("disclosed")), Recipient: risk.Recipient(known("recipient")),
		Malicious: form.Get("malicious") == "yes", Backup: risk.Backup(known("backup")), Harm: risk.Harm(known("harm_while_unavailable")),
		RestoredAfter: numberIn(form, "restored_after_hours", &faults)}
	if v := known("deletion_confirmed"); v != "" {
		a.Deleted = new(v == "yes")
	}
	for _, k := range form.All("person_kinds") {
		a.PersonKinds = append(a.PersonKinds, risk.PersonKind(k))
	}
	a.Severity = risk.Override{DPC: numberIn(form, "severity.dpc", &faults), EI: numberIn(form, "severity.ei", &faults)}
	for _, part := range risk.Circumstances() {
		if v := numberIn(form, "severity.cb."+string(part), &faults); v != nil {
			if a.Severity.CB == nil {
				a.Severity.CB = map[risk.Circumstance]float64{}
			}
			a.Severity.CB[part] = *v
		}
	}
	a.Check(&faults)
	return a, faults.Err()
}

// numberIn reads a number with a comma or a point; nil when nothing was typed.
func numberIn(form *page.Form, name string, faults *fault.List) *float64 {
	text := form.Get(name)
	if text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil {
		faults.Add(name, "error.number", "type a number, such as 2.5")
		return nil
	}
	return &v
}
