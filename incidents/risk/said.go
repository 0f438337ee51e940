package risk

import "slices"

// Fact names one of the facts that the answer to a question can settle.
type Fact string

// The facts.
const (
	FactUnintelligible Fact = "unintelligible"
	FactDisclosed      Fact = "disclosed"
	FactRecipient      Fact = "recipient"
	FactDeleted        Fact = "deletion_confirmed"
	FactMalicious      Fact = "malicious"
	FactBackup         Fact = "backup"
	FactHarm           Fact = "harm_while_unavailable"
)

// saidYes and saidNo are the values of facts that are so or not.
const (
	saidYes = "yes"
	saidNo  = "no"
)

// Said is a fact that follows from the answer to a question of a kind of breach.
type Said struct {
	Question string // the question's id
	Fact     Fact
	Value    string
}

// SettledFacts returns every fact that an answer can settle.
func SettledFacts() []Fact {
	return []Fact{FactUnintelligible, FactDisclosed, FactRecipient, FactDeleted, FactMalicious, FactBackup, FactHarm}
}

// Values returns what a fact can be, the mildest first; none for an unknown fact.
func (f Fact) Values() []string {
	switch f {
	case FactUnintelligible:
		return texts(UnintelligibleYes, UnintelligiblePartly, UnintelligibleNo)
	case FactDisclosed:
		return texts(NotDisclosed, PossiblyDisclosed, WasDisclosed)
	case FactRecipient:
		return texts(Recipients()...)
	case FactDeleted:
		return []string{saidYes, saidNo}
	case FactMalicious:
		return []string{saidNo, saidYes}
	case FactBackup:
		return texts(CompleteBackup, PartialBackup, NoBackup)
	case FactHarm:
		return texts(NoHarm, LimitedHarm, SeriousHarm)
	default:
		return nil
	}
}

func texts[T ~string](values ...T) []string {
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

// Valid reports whether there is such a fact, and whether it can be so.
func (s Said) Valid() bool { return slices.Contains(s.Fact.Values(), s.Value) }

// gravest keeps of each fact the gravest that was said, in the order of the facts:
// where two answers differ, nothing is hoped for.
func gravest(said []Said) []Said {
	var out []Said
	for _, fact := range SettledFacts() {
		worst := -1
		for n, s := range said {
			if s.Fact == fact && s.Valid() && (worst < 0 || fact.grade(s.Value) > fact.grade(said[worst].Value)) {
				worst = n
			}
		}
		if worst >= 0 {
			out = append(out, said[worst])
		}
	}
	return out
}

func (f Fact) grade(value string) int { return slices.Index(f.Values(), value) }

// Heed fills in what follows from answers, where nothing else is known and no
// person said otherwise. It returns those that count, one for each fact.
func (f *Facts) Heed(said []Said) []Said {
	var heeded []Said
	for _, s := range gravest(said) {
		if !slices.Contains(f.Own, s.Fact) && f.take(s) {
			heeded = append(heeded, s)
		}
	}
	return heeded
}

// take sets one fact that is not known yet.
func (f *Facts) take(s Said) bool {
	switch s.Fact {
	case FactUnintelligible:
		if f.Unintelligible == UnintelligibleUnknown {
			f.Unintelligible = ""
		}
		return set(&f.Unintelligible, s.Value)
	case FactDisclosed:
		return set(&f.Disclosed, s.Value)
	case FactRecipient:
		return set(&f.Recipient, s.Value)
	case FactBackup:
		return set(&f.Backup, s.Value)
	case FactHarm:
		return set(&f.Harm, s.Value)
	case FactDeleted:
		if f.Deleted != nil {
			return false
		}
		yes := s.Value == saidYes
		f.Deleted = &yes
		return true
	default:
		if f.Malicious {
			return false
		}
		f.Malicious = s.Value == saidYes
		return true
	}
}

func set[T ~string](to *T, value string) bool {
	if *to != "" {
		return false
	}
	*to = T(value)
	return true
}

// Beside keeps of the answers that a person gave what differs from what was said
// already: the same again goes on following the answers to the questions, and
// anything else is his own, "not known" too.
func (a Answers) Beside(said []Said) Answers {
	a.Own = nil
	for _, s := range gravest(said) {
		if s.Fact != FactUnintelligible && !a.drop(s) {
			a.Own = append(a.Own, s.Fact)
		}
	}
	return a
}

// drop empties an answer that says the same, and reports whether it did.
func (a *Answers) drop(s Said) bool {
	probe := Facts{}
	probe.take(s)
	switch s.Fact {
	case FactDisclosed:
		return forget(&a.Disclosed, probe.Disclosed)
	case FactRecipient:
		return forget(&a.Recipient, probe.Recipient)
	case FactBackup:
		return forget(&a.Backup, probe.Backup)
	case FactHarm:
		return forget(&a.Harm, probe.Harm)
	case FactMalicious:
		return forget(&a.Malicious, probe.Malicious)
	default:
		if a.Deleted == nil || *a.Deleted != *probe.Deleted {
			return false
		}
		a.Deleted = nil
		return true
	}
}

func forget[T comparable](answer *T, same T) bool {
	if *answer != same {
		return false
	}
	var none T
	*answer = none
	return true
}
