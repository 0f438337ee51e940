package risk

import (
	"slices"

	"datalek/incidents/registry"
)

// Answer is what is recommended.
type Answer string

// The answers. Depends means that a fact is missing that decides it, or that two
// careful people would differ.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Depends Answer = "depends"
)

// Assessment is a severity and what is recommended, with the reasons in order.
type Assessment struct {
	Severity  Severity
	Authority Answer // GDPR Art. 33: notify unless a risk is unlikely
	Persons   Answer // GDPR Art. 34: tell them when a high risk is likely
	Reasons   []Reason
}

// Assess weighs a breach. It returns every fault of the facts, by field.
func Assess(f Facts) (Assessment, error) {
	if err := f.Check(); err != nil {
		return Assessment{}, err
	}
	a := Assessment{Severity: f.severity()}
	worst := outcome{}
	for _, o := range []outcome{f.seen(), f.missed(), f.changed()} {
		worst = worst.and(o)
	}
	a.Authority, a.Persons = worst.danger.answers()
	a.Reasons = append(worst.why, a.Severity.Reason...)
	a.Reasons = append(a.Reasons, compared(worst.danger, a.Severity.Level)...)
	return a, nil
}

// danger is how likely harm is, in the steps that the law knows and those between.
type danger int

const (
	unlikely danger = iota // register only
	doubtful               // a fact decides between unlikely and a risk
	risky                  // the authority
	grave                  // the authority, and perhaps the persons
	high                   // both
)

func (d danger) answers() (authority, persons Answer) {
	switch d {
	case unlikely:
		return No, No
	case doubtful:
		return Depends, No
	case risky:
		return Yes, No
	case grave:
		return Yes, Depends
	default:
		return Yes, Yes
	}
}

// outcome is the danger of one kind of breach.
type outcome struct {
	danger danger
	why    []Reason
}

func because(d danger, codes ...Code) outcome {
	o := outcome{danger: d}
	for _, c := range codes {
		o.why = append(o.why, Reason{Code: c})
	}
	return o
}

// and keeps the worse danger and all reasons, each once.
func (o outcome) and(p outcome) outcome {
	o.danger = max(o.danger, p.danger)
	for _, r := range p.why {
		if !slices.Contains(o.why, r) {
			o.why = append(o.why, r)
		}
	}
	return o
}

// weight is how much the data tells about someone, or lets others do to him.
type weight int

const (
	plain   weight = iota // how to reach someone
	telling               // something about his life
	harmful               // enough for fraud, or that he is someone's client
	secret                // special categories, what he confided
)

// weigh returns the heaviest of the data.
func (f Facts) weigh() (weight, []Code) {
	w, why := plain, []Code{PlainData}
	raise := func(to weight, code Code) {
		if to > w {
			w, why = to, []Code{code}
		}
	}
	if len(f.Categories) == 0 {
		raise(harmful, DataUnknown)
	}
	for _, c := range f.Categories {
		switch {
		case c.Special(), f.confiding() && (c == registry.Reports || c == registry.Correspondence):
			raise(secret, SpecialData)
		case slices.Contains(fitForFraud, c):
			raise(harmful, FraudData)
		case !slices.Contains(reachable, c):
			raise(telling, TellingData)
		}
	}
	if f.confiding() {
		raise(harmful, ClientOfCare)
	}
	if f.about(Children) && w > plain && w < secret {
		w, why = w+1, append(why, VulnerablePeople)
	}
	return w, why
}

var (
	// reachable is data that only says how to reach someone.
	reachable = []registry.Category{registry.Name, registry.Contact, registry.PostalAddress, registry.OtherData}
	// fitForFraud is data with which others can act in someone's name, or that
	// brands him (AP, indications of a high risk).
	fitForFraud = []registry.Category{registry.Financial, registry.Debts, registry.IdentityDocument, registry.NationalNumber, registry.Credentials}
)

// manyPersons is from how many on the number alone makes a slip more than a slip.
const manyPersons = 100

// seen weighs a loss of confidentiality.
func (f Facts) seen() outcome {
	if !f.is(Confidentiality) {
		return outcome{}
	}
	switch {
	case f.Unintelligible == UnintelligibleYes:
		return because(unlikely, Unreadable)
	case f.Disclosed == NotDisclosed, f.Recipient == NoRecipient && f.Disclosed != WasDisclosed:
		return because(unlikely, NobodySaw)
	}
	w, codes := f.weigh()
	who, whoCode := f.reach()
	o := because(exposure[w][who], append([]Code{whoCode}, codes...)...)
	if f.Malicious && o.danger < risky {
		o = o.and(because(risky, OnPurpose))
	}
	if most, known := f.Persons.atMost(); known && most > manyPersons && who > trusting && o.danger < risky {
		o = o.and(because(risky, ManyPeople))
	}
	if f.Unintelligible == UnintelligiblePartly {
		o = o.and(because(unlikely, PartlyReadable))
	}
	return o
}

// readers are those who got the data, by what may come of it.
type readers int

const (
	safe      readers = iota // relied on, and he said that it is gone
	trusting                 // relied on, nothing said yet
	gone                     // known, and he said that it is gone
	known                    // known
	spread                   // many who are known
	strangers                // unknown
	offenders                // criminals, or everyone
)

// reach returns who got the data.
func (f Facts) reach() (readers, Code) {
	deleted := f.Deleted != nil && *f.Deleted
	switch f.Recipient {
	case Trusted:
		if deleted {
			return safe, KeptByTrusted
		}
		return trusting, TrustedNotConfirmed
	case Known:
		if deleted {
			return gone, FewKnown
		}
		return known, FewKnown
	case KnownMany:
		return spread, ManyKnown
	case Offender:
		return offenders, OffendersHaveIt
	case Public:
		return offenders, EveryoneCanSee
	case Unknown:
		return strangers, StrangersHaveIt
	default:
		return strangers, RecipientUnknown
	}
}

// exposure is what follows from which data reached whom, read off the cases of
// EDPB Guidelines 01/2021 (in brackets their numbers) and WP250 annex B.
//
//nolint:gochecknoglobals // a table of the law's practice, never written
var exposure = [...][7]danger{
	//        safe      trusting  gone      known     spread    strangers offenders
	plain:   {unlikely, unlikely, unlikely, unlikely, unlikely, risky, grave}, // [13] [15] [08]
	telling: {unlikely, unlikely, doubtful, risky, grave, high, high},         // [09] [16] [11] [05]
	harmful: {unlikely, doubtful, risky, grave, high, high, high},             // [14] [07] [17] [18]
	secret:  {doubtful, grave, grave, high, high, high, high},                 // [12] [04]
}

// missed weighs a loss of availability.
func (f Facts) missed() outcome {
	if !f.is(Availability) {
		return outcome{}
	}
	w, _ := f.weigh()
	switch {
	case f.Harm == SeriousHarm:
		return because(high, HarmSerious)
	case f.soonBack():
		return because(unlikely, SoonBack)
	case f.Harm == LimitedHarm:
		return because(risky, HarmLimited)
	case f.RestoredAfter == nil && f.Backup == NoBackup && w == secret:
		return because(high, LostForGood, SpecialData)
	case f.RestoredAfter == nil && f.Backup == NoBackup:
		return because(risky, LostForGood)
	case f.RestoredAfter != nil, f.Backup == PartialBackup:
		return because(risky, LateBack)
	default:
		return because(doubtful, BackupNotKnown)
	}
}

// changed weighs a loss of integrity.
func (f Facts) changed() outcome {
	if !f.is(Integrity) {
		return outcome{}
	}
	w, _ := f.weigh()
	mended := f.Backup == CompleteBackup && (f.Harm == NoHarm || f.Harm == "")
	switch {
	case f.Harm == SeriousHarm:
		return because(high, HarmSerious)
	case mended && !f.Malicious:
		return because(unlikely, AlteredRecoverable)
	case f.Malicious && w >= harmful:
		return because(high, Altered, OnPurpose)
	case w == secret:
		return because(grave, Altered)
	default:
		return because(risky, Altered)
	}
}

// compared says where the number and the worked practice part.
func compared(d danger, level Level) []Reason {
	switch {
	case d <= doubtful && (level == High || level == VeryHigh):
		return []Reason{{Code: ScoreHigher}}
	case d == high && (level == Low || level == Medium):
		return []Reason{{Code: ScoreLower}}
	}
	return nil
}
