package risk

import (
	"math"
	"slices"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Facts are what is weighed. Zero values mean that it is not known.
type Facts struct {
	Kinds          []BreachKind
	Categories     []registry.Category
	Persons        Persons
	Unintelligible Unintelligible
	Answers
}

// Answers are the facts that are asked for this alone. The zero value is that
// nothing was answered.
type Answers struct {
	PersonKinds   []PersonKind
	Context       Context // empty: ordinary
	Disclosed     Disclosed
	Recipient     Recipient
	Deleted       *bool // the receiver confirmed that he deleted it; nil when nobody knows
	Malicious     bool
	Backup        Backup
	RestoredAfter *float64 // hours until the data was there again; nil when it is not, or nobody knows
	Harm          Harm     // done while the data was not there
	Severity      Override
	// Own are the facts that a person settled here in the place of what follows from
	// the answers to a kind's questions; one of them that is empty is not known.
	Own []Fact
}

// BreachKind is what happened to the data (GDPR Art. 4(12); EDPB Guidelines 9/2022).
type BreachKind string

// The kinds of breach; several may combine.
const (
	Confidentiality BreachKind = "confidentiality"
	Integrity       BreachKind = "integrity"
	Availability    BreachKind = "availability"
)

// Unintelligible says whether strangers could read the data (Art. 34(3)(a)).
type Unintelligible string

// The answers.
const (
	UnintelligibleYes     Unintelligible = "yes"
	UnintelligiblePartly  Unintelligible = "partly"
	UnintelligibleNo      Unintelligible = "no"
	UnintelligibleUnknown Unintelligible = "unknown"
)

// Persons is how many people it may touch; nil bounds are not known.
type Persons struct{ Min, Max *int }

// PersonKind is a group of people.
type PersonKind string

// The groups.
const (
	Clients     PersonKind = "clients"
	Patients    PersonKind = "patients"
	Children    PersonKind = "children"
	Employees   PersonKind = "employees"
	Customers   PersonKind = "customers"
	OtherPeople PersonKind = "other"
)

// Context is what the controller is to these people. That someone is known to a
// care giver tells something about him.
type Context string

// The contexts.
const (
	Ordinary Context = "ordinary"
	Care     Context = "care"    // coaches, therapists, doctors, social work
	Secrecy  Context = "secrecy" // a profession bound to secrecy by law
	Finance  Context = "finance"
)

// Disclosed says whether others saw the data.
type Disclosed string

// The answers.
const (
	NotDisclosed      Disclosed = "no"
	PossiblyDisclosed Disclosed = "possible"
	WasDisclosed      Disclosed = "yes"
)

// Recipient is who got the data, or may have.
type Recipient string

// The recipients.
const (
	NoRecipient Recipient = "none"
	Trusted     Recipient = "trusted"    // can be relied on to return or destroy it
	Known       Recipient = "known"      // one or a few people whom the practice knows
	KnownMany   Recipient = "known_many" // a list of them
	Unknown     Recipient = "unknown"
	Offender    Recipient = "criminal"
	Public      Recipient = "public"
)

// Backup says what can be brought back.
type Backup string

// The answers.
const (
	CompleteBackup Backup = "complete"
	PartialBackup  Backup = "partial"
	NoBackup       Backup = "none"
	BackupAside    Backup = "not_relevant"
	BackupUnknown  Backup = "unknown"
)

// Harm is what people suffered while the data was not there.
type Harm string

// The answers.
const (
	NoHarm      Harm = "none"
	LimitedHarm Harm = "limited"
	SeriousHarm Harm = "serious"
)

// Override replaces computed factors by a person's own; nil keeps the computed one.
type Override struct {
	DPC *float64 // 1 to 4
	EI  *float64 // 0.25 to 1
	// CB replaces the parts that are named in it, each from 0 to 0.5.
	CB map[Circumstance]float64
}

// Check returns every fault of the facts by field, nil when there is none.
func (f Facts) Check() error {
	var faults fault.List
	oneOf(&faults, "breach_kinds", f.Kinds, Confidentiality, Integrity, Availability)
	if len(f.Kinds) == 0 {
		faults.Add("breach_kinds", "error.breach_kind", "name at least one kind of breach: confidentiality, integrity or availability")
	}
	oneOf(&faults, "categories", f.Categories, registry.Categories()...)
	oneOf(&faults, "unintelligible", one(f.Unintelligible), UnintelligibleYes, UnintelligiblePartly, UnintelligibleNo, UnintelligibleUnknown)
	f.Persons.check(&faults)
	f.Answers.Check(&faults)
	return faults.Err()
}

// Check notes every fault of the answers by field.
func (a Answers) Check(faults *fault.List) {
	oneOf(faults, "person_kinds", a.PersonKinds, PersonKinds()...)
	oneOf(faults, "context", one(a.Context), Contexts()...)
	oneOf(faults, "disclosed", one(a.Disclosed), Disclosures()...)
	oneOf(faults, "recipient", one(a.Recipient), Recipients()...)
	oneOf(faults, "backup", one(a.Backup), Backups()...)
	oneOf(faults, "harm_while_unavailable", one(a.Harm), Harms()...)
	oneOf(faults, "own", a.Own, SettledFacts()...)
	between(faults, "restored_after_hours", a.RestoredAfter, 0, longest)
	a.Severity.check(faults)
}

// longest is the longest time until data was there again, in hours: ten years.
const longest = 24 * 365 * 10

// PersonKinds returns every group, in the order in which forms show them.
func PersonKinds() []PersonKind {
	return []PersonKind{Clients, Patients, Children, Employees, Customers, OtherPeople}
}

// Contexts returns every context.
func Contexts() []Context { return []Context{Ordinary, Care, Secrecy, Finance} }

// Disclosures returns every answer to whether others saw the data.
func Disclosures() []Disclosed { return []Disclosed{WasDisclosed, PossiblyDisclosed, NotDisclosed} }

// Recipients returns every recipient, from the least to the most to be feared.
func Recipients() []Recipient {
	return []Recipient{NoRecipient, Trusted, Known, KnownMany, Unknown, Offender, Public}
}

// Backups returns every answer to what can be brought back.
func Backups() []Backup {
	return []Backup{CompleteBackup, PartialBackup, NoBackup, BackupAside, BackupUnknown}
}

// Harms returns every answer to what people suffered.
func Harms() []Harm { return []Harm{NoHarm, LimitedHarm, SeriousHarm} }

func (p Persons) check(faults *fault.List) {
	for field, n := range map[string]*int{"persons.min": p.Min, "persons.max": p.Max} {
		if n != nil && *n < 0 {
			faults.Add(field, "error.number_negative", "give a number of people from 0 on, or null")
		}
	}
	if p.Min != nil && p.Max != nil && *p.Min > *p.Max {
		faults.Add("persons.max", "error.max_below_min", "the largest number must not be below the smallest")
	}
}

func (o Override) check(faults *fault.List) {
	between(faults, "severity.dpc", o.DPC, 1, 4)
	between(faults, "severity.ei", o.EI, 0.25, 1)
	for part, v := range o.CB {
		field := "severity.cb." + string(part)
		if !slices.Contains(Circumstances(), part) {
			faults.Add(field, "error.unknown_field", "name confidentiality, integrity, availability or malicious_intent")
			continue
		}
		between(faults, field, &v, 0, 0.5)
	}
}

// one is a list of a single choice, none when it is empty.
func one[T ~string](v T) []T {
	if v == "" {
		return nil
	}
	return []T{v}
}

func oneOf[T ~string](faults *fault.List, field string, got []T, allowed ...T) {
	for _, v := range got {
		if !slices.Contains(allowed, v) {
			faults.Add(field, "error.choice", "choose one of the values that the documentation names")
			return
		}
	}
}

func between(faults *fault.List, field string, v *float64, low, high float64) {
	if v != nil && (math.IsNaN(*v) || *v < low || *v > high) {
		faults.Add(field, "error.out_of_range", "the number is out of range")
	}
}

func (f Facts) is(kind BreachKind) bool { return slices.Contains(f.Kinds, kind) }

func (f Facts) about(kind PersonKind) bool { return slices.Contains(f.PersonKinds, kind) }

// confiding reports whether being known to this controller says something about a
// person (AP: professional secrecy; ENISA: the nature of the controller).
func (f Facts) confiding() bool {
	return f.Context == Care || f.Context == Secrecy || f.about(Patients)
}

// atMost is the largest number of people it may touch; false when unknown.
func (p Persons) atMost() (int, bool) {
	switch {
	case p.Max != nil:
		return *p.Max, true
	case p.Min != nil:
		return *p.Min, true
	}
	return 0, false
}
