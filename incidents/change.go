package incidents

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/law"
	"datalek/incidents/registry"
)

// Change is a correction of what is known. Apply receives copies to edit.
type Change struct {
	Apply   func(*Facts, *Story)
	AwareAt *time.Time // a corrected moment of awareness; the old one is kept
	Basis   string     // why then; empty keeps the former words
	Reason  string     // required
	By      Actor
	// Law says which rules hold on the day of another moment of awareness; nil keeps
	// those that the case has.
	Law func(aware time.Time) law.Set
	// Over is the version that the author had before him; nil takes any. A case
	// that has moved on is not written over unseen.
	Over *int64
}

// Change corrects the case, with a reason. Decisions that stood on other facts
// are reopened, the assessment is redone, progress is never wiped.
func (i *Incident) Change(c Change, now time.Time) error {
	if c.Over != nil && *c.Over != i.Version {
		return fault.New(fault.Conflict, "error.changed_meanwhile", "this changed since you read it; read it again")
	}
	facts, story := i.Facts, i.Story
	if c.Apply != nil {
		c.Apply(&facts, &story)
	}
	var faults fault.List
	registry.CheckText(&faults, "reason", c.Reason, 1, 2_000)
	facts.check(&faults, now)
	story.check(&faults, facts)
	if c.AwareAt != nil {
		checkAware(&faults, *c.AwareAt, now)
	}
	registry.CheckText(&faults, "aware_basis", c.Basis, 0, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	i.correctAware(c, now)
	i.correctFacts(facts, story, c, now)
	return nil
}

func (i *Incident) correctAware(c Change, now time.Time) {
	if c.AwareAt == nil || c.AwareAt.Equal(i.AwareAt()) && (c.Basis == "" || c.Basis == i.Aware[len(i.Aware)-1].Basis) {
		return
	}
	old := i.Aware[len(i.Aware)-1]
	basis := c.Basis
	if basis == "" {
		basis = old.Basis
	}
	i.Aware = append(i.Aware, Finding{AwareAt: c.AwareAt.UTC(), Basis: basis, By: c.By, At: now, Reason: c.Reason})
	for n := range i.Clocks {
		if i.Clocks[n].Kind.followsAwareness() {
			i.Clocks[n].move(*c.AwareAt, now)
		}
	}
	if c.Law != nil {
		i.follow(c.Law(*c.AwareAt), now, c.By)
	}
	i.Assessment.ask() // in scope depends on the day of awareness
	i.note(Event{Kind: AwareCorrected, At: now, Actor: c.By,
		Facts: map[string]string{"before": old.AwareAt.Format(time.RFC3339), "after": c.AwareAt.UTC().Format(time.RFC3339)},
		Words: revisedOne(map[string]string{"reason": c.Reason, "aware_basis": basis}, "aware_basis", old.Basis, basis)})
	i.notePlan(now)
}

func (i *Incident) correctFacts(facts Facts, story Story, c Change, now time.Time) {
	if reflect.DeepEqual(facts, i.Facts) && reflect.DeepEqual(story, i.Story) {
		return
	}
	touched := changedFields(i.Facts, facts, i.Story, story)
	rematch := matchInputChanged(i.Facts, facts, i.Story, story)
	i.setRole(facts.Role, now)
	before, was := i.Facts, i.Story
	weighed := !reflect.DeepEqual(facts.Risk, i.Facts.Risk) || !reflect.DeepEqual(facts.Said, i.Facts.Said) || !reflect.DeepEqual(story.Recipients, i.Story.Recipients)
	i.Facts, i.Story = facts, story
	if rematch {
		i.Assessment.ask()
	}
	if rematch || weighed {
		i.reopenDecisions(now)
	}
	i.note(withRevisions(Event{Kind: FactsChanged, At: now, Actor: c.By, Facts: map[string]string{"fields": touched},
		Words: map[string]string{"reason": c.Reason}}, before, facts, was, story))
}

// ShutOut keeps somebody's word that strangers cannot come into the breached
// mailbox any more.
func (i *Incident) ShutOut(at, now time.Time, by Actor) {
	at = at.UTC()
	if sameTime(i.Facts.AccessClosedAt, &at) {
		return
	}
	before := i.Facts
	i.Facts.AccessClosedAt = &at
	i.note(withRevisions(Event{Kind: FactsChanged, At: now, Actor: by, Facts: map[string]string{"fields": "AccessClosedAt"}}, before, i.Facts, i.Story, i.Story))
}

// setRole moves the authority's duty when the practice proves to be only processor.
func (i *Incident) setRole(role PracticeRole, now time.Time) {
	if role == i.Facts.Role {
		return
	}
	authority := i.Clock(AuthorityClock)
	switch {
	case role == AsProcessor && authority.open():
		authority.end(now, EndedProcessorRole)
	case role != AsProcessor && authority.EndedBecause == EndedProcessorRole:
		authority.reopen(now)
	}
	i.followRole(role, now)
}

func matchInputChanged(before, after Facts, was, is Story) bool {
	return !reflect.DeepEqual(before.Systems, after.Systems) || !reflect.DeepEqual(before.Categories, after.Categories) ||
		!sameTime(before.OccurredFrom, after.OccurredFrom) || !sameTime(before.OccurredUntil, after.OccurredUntil) ||
		before.HandPicked != after.HandPicked || !reflect.DeepEqual(was.Subjects, is.Subjects) ||
		!reflect.DeepEqual(was.Overrides, is.Overrides) || before.Unintelligible != after.Unintelligible ||
		before.Playbook != after.Playbook || !reflect.DeepEqual(before.BreachKinds, after.BreachKinds)
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func changedFields(before, after Facts, was, is Story) string {
	var names []string
	compare := func(old, new any) {
		a, b := reflect.ValueOf(old), reflect.ValueOf(new)
		for n := range a.NumField() {
			if !reflect.DeepEqual(a.Field(n).Interface(), b.Field(n).Interface()) {
				names = append(names, a.Type().Field(n).Name)
			}
		}
	}
	compare(before, after)
	compare(was, is)
	slices.Sort(names)
	return strings.Join(names, ",")
}

// Override adds or removes one person by hand, with a reason.
func (i *Incident) Override(o Override, now time.Time) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", o.Reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	o.At = now
	was := i.overridden(o.ClientID)
	i.Story.Overrides = append(slices.DeleteFunc(slices.Clone(i.Story.Overrides), func(x Override) bool {
		return x.ClientID == o.ClientID
	}), o)
	i.Assessment.ask()
	kind := PersonRemoved
	if o.Include {
		kind = PersonAdded
	}
	i.note(Event{Kind: kind, At: now, Actor: o.By, Subject: o.ClientID, Facts: revisedOne(nil, "person", was, i.overridden(o.ClientID)),
		Words: map[string]string{"reason": o.Reason}})
	return nil
}

// overridden says what stands by hand about a person, "" for nothing.
func (i *Incident) overridden(client string) string {
	for _, o := range i.Story.Overrides {
		if o.ClientID == client {
			return map[bool]string{true: "added", false: "taken_out"}[o.Include]
		}
	}
	return ""
}

// Join takes an update or final report of the same case into the incident. It
// replaces only facts that nobody changed since the processor last spoke, and
// returns which of the case's fields that changed, by the names of the API. The
// same report again changes nothing.
func (i *Incident) Join(report string, says ProcessorFacts, now time.Time, by Actor) []string {
	if slices.Contains(i.ReportIDs, report) {
		return nil
	}
	before, was := i.Facts, i.Story
	old := i.Story.ProcessorSays
	if old == nil {
		old = &ProcessorFacts{}
	}
	i.ReportIDs = append(slices.Clone(i.ReportIDs), report)
	i.takeOver(*old, says)
	i.Story.ProcessorSays = &says
	if matchInputChanged(before, i.Facts, was, i.Story) {
		i.Assessment.ask()
		i.reopenDecisions(now)
	}
	changed := joinedFields(before, i.Facts, was, i.Story)
	i.noteNews(changed, before.Categories, now)
	i.note(withRevisions(Event{Kind: ReportJoined, At: now, Actor: by, Subject: report, Facts: map[string]string{
		"stage": says.Stage, "fields": changedFields(before, i.Facts, Story{}, Story{})},
		Words: map[string]string{"summary": says.Summary}}, before, i.Facts, was, i.Story))
	return changed
}

// joinedFields names what a processor's later report changed in a case.
func joinedFields(before, after Facts, was, is Story) []string {
	var names []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"summary", was.Summary == is.Summary},
		{"occurred_from", sameTime(before.OccurredFrom, after.OccurredFrom)},
		{"occurred_until", sameTime(before.OccurredUntil, after.OccurredUntil)},
		{"systems", slices.Equal(before.Systems, after.Systems)},
		{"categories", slices.Equal(before.Categories, after.Categories)},
		{"breach_kinds", slices.Equal(before.BreachKinds, after.BreachKinds)},
		{"measures_taken", was.MeasuresTaken == is.MeasuresTaken},
		{"consequences", was.Consequences == is.Consequences},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}

func (i *Incident) takeOver(old, says ProcessorFacts) {
	f, s := &i.Facts, &i.Story
	if says.OccurredFrom != nil && sameTime(f.OccurredFrom, old.OccurredFrom) {
		f.OccurredFrom = says.OccurredFrom
	}
	if says.OccurredUntil != nil && sameTime(f.OccurredUntil, old.OccurredUntil) {
		f.OccurredUntil = says.OccurredUntil
	}
	if len(says.Systems) > 0 && slices.Equal(f.Systems, old.Systems) {
		f.Systems = says.Systems
	}
	if len(says.Categories) > 0 && slices.Equal(f.Categories, old.Categories) {
		f.Categories = says.Categories
	}
	if len(says.BreachKinds) > 0 && slices.Equal(f.BreachKinds, old.BreachKinds) {
		f.BreachKinds = says.BreachKinds
	}
	replace(&s.Summary, old.Summary, says.Summary)
	replace(&s.MeasuresTaken, old.Measures, says.Measures)
	replace(&s.Consequences, old.Consequences, says.Consequences)
}

func replace(field *string, old, says string) {
	if says != "" && (*field == old || *field == "") {
		*field = says
	}
}
