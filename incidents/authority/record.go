package authority

import (
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Record is all that a sheet is made from.
type Record struct {
	Incident *incidents.Incident
	Practice registry.Practice
	// Processor is the name of the processor that reported, "" for none.
	Processor string
	// Promptness is whether it told in time; nil when that is not known.
	Promptness *incidents.Promptness
	// Holders are the names of the processors of the systems that were hit.
	Holders []string
	// IncidentType is the answer to question 5.2 of the Dutch form that the kind of
	// breach names first, 1 to 12; 0 when nothing says so.
	IncidentType int
	// KindSays are the kinds of breach that a playbook of this kind mostly is; they
	// stand, as derived, where nobody has said which.
	KindSays []incidents.BreachKind
	// Effects are what may happen to persons, by language, as texts on this kind of
	// breach say it; they stand, as derived, where nobody wrote about that.
	Effects map[string]string
	// Told is when and how people were told, as far as that was recorded.
	Told Told
	Zone *time.Location
	Now  time.Time
}

// Told sums up what was recorded about telling persons.
type Told struct {
	First, Last time.Time // zero when nobody was told
	Persons     int       // about how many, within the promise and beyond it
	Means       []string  // "email", "phone", "letter", "in_person", "message" or "other", each once
}

// Note adds a moment at which somebody was told.
func (t *Told) Note(at time.Time) {
	if t.First.IsZero() || at.Before(t.First) {
		t.First = at
	}
	if at.After(t.Last) {
		t.Last = at
	}
}

// By adds a means; one that the sheets have no words for is another.
func (t *Told) By(means string) {
	if !slices.Contains([]string{"email", "phone", "letter", "in_person", "message"}, means) {
		means = "other"
	}
	if !slices.Contains(t.Means, means) {
		t.Means = append(t.Means, means)
		slices.Sort(t.Means)
	}
}

// Mark says where an answer comes from.
type Mark string

// The marks.
const (
	Recorded Mark = "recorded" // somebody wrote or chose it
	Derived  Mark = "derived"  // it follows from what was recorded; look at it
	Missing  Mark = "missing"  // the record says nothing about it
)

// fact is what the record says about one question, before it is put into words.
type fact struct {
	mark  Mark
	codes []string // options, by the code of their words
	text  string
	by    map[string]string // a text of ours by language, for one that is not in text
	free  bool              // text that people wrote freely, to be looked through
	at    *time.Time
	until *time.Time // of a span that begins at at; nil for an instant
	about bool       // the time is an estimate
	count *incidents.Amount
	told  *incidents.Promptness // whether a processor told in time, which stands last
	not   bool                  // this form need not show the question
}

func missing() fact { return fact{mark: Missing} }

func chosen(codes ...string) fact { return fact{mark: Recorded, codes: codes} }

func follows(codes ...string) fact { return fact{mark: Derived, codes: codes} }

// wrote is a free text, missing when it is empty.
func wrote(text string) fact {
	if text == "" {
		return missing()
	}
	return fact{mark: Recorded, text: text, free: true}
}

// stated is a text out of the practice's own details.
func stated(text string) fact {
	if text == "" {
		return missing()
	}
	return fact{mark: Recorded, text: text}
}

func when(at *time.Time, about bool) fact {
	if at == nil || at.IsZero() {
		return missing()
	}
	return fact{mark: Recorded, at: at, about: about}
}

// hours is within how many hours the law wants the authority told of the case.
func (r Record) hours() int {
	if hours := r.Incident.Law.Hours(); hours > 0 {
		return hours
	}
	return int(r.Incident.Clock(incidents.AuthorityClock).Within / time.Hour)
}

// incidentTypes are the kinds of incident of AP question 5.2, in the form's order:
// the first is its number 1.
func incidentTypes() []string {
	return []string{"email_recipient", "email_cc", "post_recipient", "post_opened", "post_lost", "staff_rights", "folders_open", "device_paper",
		"published", "hacking", "wrong_file", "other"}
}
