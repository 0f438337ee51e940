package incidents

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// mostMeasures is how many measures a case can have.
const mostMeasures = 200

// Measure is one thing to do because of a breach: a measure, or a lesson for the
// next time. It outlives the case: it is open until it is done, closed or not.
type Measure struct {
	ID    string        // "m1", within the case
	Text  string        // what is to be done; stored sealed
	Owner string        // the name of who does it, "" while nobody does; stored sealed
	DueOn registry.Date // the last day for it; zero for none
	// Lesson names the playbook's suggestion it was taken from, "lost-device/encrypt";
	// "" when it was typed.
	Lesson  string
	AddedAt time.Time
	By      Actor
	EndedAt time.Time // zero while it is to be done
	EndedBy Actor
	Dropped bool   // it ended without being done
	Note    string // of who ended it; the reason when it was dropped; stored sealed
}

// Open reports whether the measure is still to be done.
func (m Measure) Open() bool { return m.EndedAt.IsZero() }

// Late reports whether the last day for an open measure is over where the
// practice is.
func (m Measure) Late(now time.Time, zone *time.Location) bool {
	return m.Open() && !m.DueOn.IsZero() && !now.Before(m.DueOn.AddDays(1).Start(zone))
}

// Measure returns the measure with an id.
func (i *Incident) Measure(id string) (Measure, bool) {
	at := slices.IndexFunc(i.Measures, func(m Measure) bool { return m.ID == id })
	if at < 0 {
		return Measure{}, false
	}
	return i.Measures[at], true
}

// OpenMeasures counts what is still to be done, and how much of it nobody does.
func (i *Incident) OpenMeasures() (open, unowned int) {
	for _, m := range i.Measures {
		if m.Open() {
			open++
			if m.Owner == "" {
				unowned++
			}
		}
	}
	return open, unowned
}

// someDay sorts measures without a last day behind the others.
func someDay() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// MeasureAt sorts cases by what is still to be done: the earliest last day among
// the open measures, a far one when none has any; false when nothing is open.
func (i *Incident) MeasureAt() (time.Time, bool) {
	var first time.Time
	for _, m := range i.Measures {
		at := someDay()
		if !m.DueOn.IsZero() {
			at = m.DueOn.Start(time.UTC)
		}
		if m.Open() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, !first.IsZero()
}

// AddMeasure puts something to do on the list, also after the case was closed.
// Text, Owner, DueOn, Lesson and By of m are taken. A suggestion is taken once.
func (i *Incident) AddMeasure(m Measure, now time.Time) error {
	var faults fault.List
	m.check(&faults)
	registry.CheckLine(&faults, "lesson", m.Lesson, 0, 200)
	if err := faults.Err(); err != nil {
		return err
	}
	if m.Lesson != "" && slices.ContainsFunc(i.Measures, func(x Measure) bool { return x.Lesson == m.Lesson }) {
		return nil
	}
	if len(i.Measures) >= mostMeasures {
		return fault.New(fault.Conflict, "error.measures_full", "this case has 200 measures; it takes no more")
	}
	fresh := Measure{ID: "m" + strconv.Itoa(len(i.Measures)+1), Text: m.Text, Owner: m.Owner, DueOn: m.DueOn, Lesson: m.Lesson, AddedAt: now, By: m.By}
	i.Measures = append(slices.Clone(i.Measures), fresh)
	i.noteMeasure(MeasureAdded, Measure{}, fresh, now, m.By)
	return nil
}

func (m Measure) check(faults *fault.List) {
	registry.CheckText(faults, "text", m.Text, 1, 2_000)
	registry.CheckLine(faults, "owner", m.Owner, 0, 200)
}

func (i *Incident) noteMeasure(kind EventKind, was, m Measure, now time.Time, by Actor) {
	facts := revised(map[string]string{"measure": m.ID, "due_on": m.DueOn.String()},
		map[string]string{"due_on": dayText(was.DueOn), "measure": was.stands()}, map[string]string{"due_on": dayText(m.DueOn), "measure": m.stands()})
	words := revised(map[string]string{"measure": m.Text, "owner": m.Owner, "note": m.Note},
		map[string]string{"text": was.Text, "owner": was.Owner}, map[string]string{"text": m.Text, "owner": m.Owner})
	i.note(Event{Kind: kind, At: now, Actor: by, Facts: facts, Words: words})
}

func dayText(d registry.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// stands says where a measure stands, "" for one that is not there yet.
func (m Measure) stands() string {
	switch {
	case m.ID == "":
		return ""
	case m.Open():
		return "open"
	case m.Dropped:
		return "dropped"
	default:
		return "done"
	}
}

// ChangeMeasure gives an open measure another text, owner and last day: those of m.
func (i *Incident) ChangeMeasure(id string, m Measure, now time.Time) error {
	var faults fault.List
	m.check(&faults)
	at, err := i.openMeasure(id, faults)
	if err != nil {
		return err
	}
	old := i.Measures[at]
	if old.Text == m.Text && old.Owner == m.Owner && old.DueOn == m.DueOn {
		return nil
	}
	i.Measures[at].Text, i.Measures[at].Owner, i.Measures[at].DueOn = m.Text, m.Owner, m.DueOn
	i.noteMeasure(MeasureChanged, old, i.Measures[at], now, m.By)
	return nil
}

// EndMeasure records that a measure is done, or dropped with the reason as note.
func (i *Incident) EndMeasure(id, note string, dropped bool, now time.Time, by Actor) error {
	var faults fault.List
	least := 0
	if dropped {
		least = 1
	}
	registry.CheckText(&faults, "note", note, least, 2_000)
	at, err := i.openMeasure(id, faults)
	if err != nil {
		return err
	}
	old, m := i.Measures[at], &i.Measures[at]
	m.EndedAt, m.EndedBy, m.Dropped, m.Note = now, by, dropped, note
	kind := MeasureDone
	if dropped {
		kind = MeasureDropped
	}
	i.noteMeasure(kind, old, *m, now, by)
	return nil
}

// openMeasure returns the place of a measure that can still be changed, in a list
// that is this case's alone; the faults of the request come first.
func (i *Incident) openMeasure(id string, faults fault.List) (int, error) {
	at := slices.IndexFunc(i.Measures, func(m Measure) bool { return m.ID == id })
	if at < 0 {
		return 0, fault.NotFound
	}
	if err := faults.Err(); err != nil {
		return 0, err
	}
	if !i.Measures[at].Open() {
		return 0, fault.New(fault.Conflict, "error.measure_ended", "this is done already, or no longer needed")
	}
	i.Measures = slices.Clone(i.Measures)
	return at, nil
}
