package incidents

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/plain"
	"datalek/incidents/registry"
	"datalek/incidents/traces"
)

// Amount is a number that may be known roughly, or not at all; nil bounds are
// not known (GDPR Art. 33(3)(a): approximate, where possible).
type Amount struct{ Min, Max *int }

// Known reports whether anything is known of the number.
func (a Amount) Known() bool { return a.Min != nil || a.Max != nil }

// AuthorityAnswers are what only the authority's form asks; stored sealed. The
// zero value is that nothing was answered.
type AuthorityAnswers struct {
	// Given are answers in the practitioner's own words, by the question's key.
	Given   map[string]string
	Persons Amount
	Records Amount
	// Abroad says whether people in other countries are touched; nil: not known.
	Abroad    *bool
	Countries string // which, in words
	// MainEstablishment is the country of the main establishment, as ISO 3166
	// writes it; "" when not answered. It decides which authority leads (GDPR Art. 56).
	MainEstablishment string
}

// TraceChoice is what a person decided about something personal in a text that
// goes to the authority; stored sealed.
type TraceChoice struct {
	Kind   traces.Kind
	Text   string // as it stands in the text
	Keep   bool   // false: it is left out
	Reason string // why it is kept
	By     Actor
	At     time.Time
}

// choice names what was decided, "" for nothing.
func (c TraceChoice) choice() string {
	switch {
	case c.Text == "":
		return ""
	case c.Keep:
		return "keep"
	default:
		return "remove"
	}
}

// FiledAnswer is one answer as the sheet had it when a filing was recorded.
type FiledAnswer struct {
	Question string // the question's key, the same in every form
	Text     string
}

// GivenKeys are the questions that can be answered in own words.
func GivenKeys() []string {
	return []string{"registration_number", "sector", "notifier_function", "dpo_number", "other_notices", "other_authorities", "other_parties",
		"documentation", "groups_more", "protected_how", "consequences_practice", "means"}
}

// AnswerAuthority keeps what only the authority's form asks.
func (i *Incident) AnswerAuthority(a AuthorityAnswers, now time.Time, by Actor) error {
	var faults fault.List
	for _, key := range slices.Sorted(maps.Keys(a.Given)) {
		if !slices.Contains(GivenKeys(), key) {
			faults.Add(key, "error.unknown_field", "this is no question of the form")
		}
		registry.CheckText(&faults, key, a.Given[key], 0, 2_000)
	}
	a.Persons.check(&faults, "persons")
	a.Records.check(&faults, "records")
	registry.CheckLine(&faults, "countries", a.Countries, 0, 200)
	if m := a.MainEstablishment; m != "" && (len(m) != 2 || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		faults.Add("main_establishment", "error.country", "give the two letters of a country, such as NL")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	maps.DeleteFunc(a.Given, func(_, text string) bool { return strings.TrimSpace(text) == "" })
	was := i.ForAuthority
	i.ForAuthority = a
	i.note(Event{Kind: AuthorityAnswered, At: now, Actor: by, Words: revised(nil, plain.Flat(was), plain.Flat(a))})
	return nil
}

func (a Amount) check(faults *fault.List, field string) {
	for name, n := range map[string]*int{"_min": a.Min, "_max": a.Max} {
		if n != nil && (*n < 0 || *n > 1_000_000_000) {
			faults.Add(field+name, "error.number_negative", "give a whole number from 0 on, or leave it open")
		}
	}
	if a.Min != nil && a.Max != nil && *a.Min > *a.Max {
		faults.Add(field+"_max", "error.max_below_min", "the largest number must not be below the smallest")
	}
}

// ChooseTraces keeps what was decided about personal things in the texts. To keep
// one takes a reason, which stays in the register; the thing itself does not.
func (i *Incident) ChooseTraces(choices []TraceChoice, now time.Time) error {
	var faults fault.List
	for n, c := range choices {
		field := "reason_" + strconv.Itoa(n)
		least := 0
		if c.Keep {
			least = 1
		}
		registry.CheckText(&faults, field, c.Reason, least, 2_000)
		registry.CheckText(&faults, "trace_"+strconv.Itoa(n), c.Text, 1, 500)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	i.Traces = slices.Clone(i.Traces)
	for _, c := range choices {
		i.chooseTrace(c, now)
	}
	return nil
}

func (i *Incident) chooseTrace(c TraceChoice, now time.Time) {
	c.At = now
	same := func(old TraceChoice) bool { return old.Text == c.Text }
	var was TraceChoice
	if at := slices.IndexFunc(i.Traces, same); at >= 0 {
		was, i.Traces[at] = i.Traces[at], c
	} else {
		i.Traces = append(i.Traces, c)
	}
	facts := map[string]string{"kind": string(c.Kind), "choice": "remove"}
	words := map[string]string{}
	if c.Keep {
		facts["choice"], words["reason"] = "keep", c.Reason
	}
	facts = revisedOne(facts, "choice", was.choice(), c.choice())
	i.note(Event{Kind: TraceSettled, At: now, Actor: c.By, Facts: facts, Words: words})
}
