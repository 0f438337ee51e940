package risk

import (
	"slices"

	"datalek/incidents/registry"
)

// Severity is ENISA's: SE = DPC × EI + CB.
type Severity struct {
	DPC    float64 // data processing context, 1 to 4
	EI     float64 // ease of identification, 0.25 to 1
	CB     float64 // circumstances of the breach, 0 to 2
	Parts  map[Circumstance]float64
	SE     float64
	Level  Level
	Flags  []Flag
	Reason []Reason // where each factor comes from
}

// Level is the band of a severity.
type Level string

// The levels.
const (
	Low      Level = "low"
	Medium   Level = "medium"
	High     Level = "high"
	VeryHigh Level = "very_high"
)

// Flag stands beside the number and does not change it.
type Flag string

// The flags.
const (
	ManyPersons      Flag = "over_100_persons"
	UnreadableByThem Flag = "unintelligible"
)

// Circumstance is one part of CB.
type Circumstance string

// The circumstances.
const (
	LossOfConfidentiality Circumstance = "confidentiality"
	LossOfIntegrity       Circumstance = "integrity"
	LossOfAvailability    Circumstance = "availability"
	MaliciousIntent       Circumstance = "malicious_intent"
)

// Circumstances returns the parts of CB.
func Circumstances() []Circumstance {
	return []Circumstance{LossOfConfidentiality, LossOfIntegrity, LossOfAvailability, MaliciousIntent}
}

// severity computes the severity. The facts must have been checked.
func (f Facts) severity() Severity {
	var s Severity
	s.DPC, s.Reason = f.context()
	ei, why := f.identification()
	s.EI, s.Reason = ei, append(s.Reason, why)
	s.Parts = f.circumstances()
	f.Severity.apply(&s)
	for _, part := range Circumstances() { // in one order, so that the sum is the same each time
		s.CB += s.Parts[part]
	}
	s.SE = s.DPC*s.EI + s.CB
	s.Level = levelOf(s.SE)
	if most, known := f.Persons.atMost(); known && most > 100 {
		s.Flags = append(s.Flags, ManyPersons)
	}
	if f.Unintelligible == UnintelligibleYes {
		s.Flags = append(s.Flags, UnreadableByThem)
	}
	return s
}

// apply puts a person's own factors in place of the computed ones.
func (o Override) apply(s *Severity) {
	if o.DPC != nil {
		s.DPC = *o.DPC
	}
	if o.EI != nil {
		s.EI = *o.EI
	}
	for part, v := range o.CB {
		s.Parts[part] = v
	}
	if o.DPC != nil || o.EI != nil || len(o.CB) > 0 {
		s.Reason = append(s.Reason, Reason{Code: ByHand})
	}
}

func levelOf(se float64) Level {
	switch {
	case se < 2:
		return Low
	case se < 3:
		return Medium
	case se < 4:
		return High
	default:
		return VeryHigh
	}
}

// context scores each kind of data and takes the highest. Credentials take the
// score of what they open, which is at least what the others tell.
func (f Facts) context() (float64, []Reason) {
	if len(f.Categories) == 0 {
		if f.confiding() {
			return 4, []Reason{{Code: DataUnknown}}
		}
		return 3, []Reason{{Code: DataUnknown}}
	}
	best, of := 0.0, registry.OtherData
	for _, c := range f.Categories {
		if v := f.scoreOf(c); v > best {
			best, of = v, c
		}
	}
	reasons := []Reason{{Code: MostSensitive, Category: of}}
	if f.confiding() && typeOf(of) == simple {
		reasons = append(reasons, Reason{Code: ClientOfCare})
	}
	return best, reasons
}

// dataType is ENISA's type of data, by its base score.
type dataType float64

const (
	simple      dataType = 1
	behavioural dataType = 2
	financial   dataType = 3
	sensitive   dataType = 4
)

func typeOf(c registry.Category) dataType {
	switch {
	case c.Special():
		return sensitive
	case c == registry.Financial || c == registry.Debts:
		return financial
	case c == registry.Location || c == registry.WebsiteLog:
		return behavioural
	default:
		return simple
	}
}

// scoreOf scores one kind of data: its base, and what this controller and these
// people add to it (ENISA 2013, data processing context). Only the controller's
// nature and vulnerable people are known here; a person adjusts the rest.
func (f Facts) scoreOf(c registry.Category) float64 {
	score := float64(typeOf(c))
	if f.confiding() && (c == registry.Reports || c == registry.Correspondence) {
		return 4 // what is written there is what is said in the session
	}
	if c == registry.Credentials {
		score = 2
	}
	if typeOf(c) == simple || c == registry.Credentials {
		switch {
		case f.confiding() && f.about(Children):
			score += 3
		case f.confiding():
			score += 2
		case f.Context == Finance || f.about(Children):
			score++
		}
	} else if typeOf(c) != sensitive && f.confiding() {
		score++
	}
	return min(score, 4)
}

// identification scores how easily someone is recognised: the highest over the
// identifiers present, and the lowest when nobody can read them (ENISA 2013).
func (f Facts) identification() (float64, Reason) {
	if f.Unintelligible == UnintelligibleYes {
		return 0.25, Reason{Code: Unreadable}
	}
	if len(f.Categories) == 0 {
		return 1, Reason{Code: IdentifiersUnknown}
	}
	has := func(cs ...registry.Category) bool {
		return slices.ContainsFunc(cs, func(c registry.Category) bool { return slices.Contains(f.Categories, c) })
	}
	named := has(registry.Name)
	switch {
	case named && has(registry.Contact, registry.BirthDate, registry.PostalAddress, registry.NationalNumber, registry.IdentityDocument, registry.Photos):
		return 1, Reason{Code: NamedAndMore}
	case has(registry.IdentityDocument):
		return 1, Reason{Code: NamedAndMore}
	case named, has(registry.Contact, registry.NationalNumber, registry.Photos, registry.Biometric, registry.Genetic):
		return 0.75, Reason{Code: NamedOnly}
	case has(registry.PostalAddress, registry.BirthDate, registry.Credentials, registry.Location, registry.Correspondence, registry.Reports, registry.Financial):
		return 0.5, Reason{Code: Findable}
	default:
		return 0.25, Reason{Code: HardToFind}
	}
}

// circumstances scores what kind of loss it was (ENISA 2013, circumstances of
// breach). Every part is there, zero when it does not apply.
func (f Facts) circumstances() map[Circumstance]float64 {
	parts := map[Circumstance]float64{LossOfConfidentiality: 0, LossOfIntegrity: 0, LossOfAvailability: 0, MaliciousIntent: 0}
	if f.is(Confidentiality) {
		parts[LossOfConfidentiality] = f.spread()
	}
	if f.is(Integrity) {
		parts[LossOfIntegrity] = f.spoilt()
	}
	if f.is(Availability) {
		parts[LossOfAvailability] = f.gone()
	}
	if f.Malicious {
		parts[MaliciousIntent] = 0.5
	}
	return parts
}

// spread scores who got the data. What was only exposed, as in a lost device,
// counts zero as long as nothing shows that someone looked.
func (f Facts) spread() float64 {
	switch {
	case f.Disclosed == NotDisclosed, f.Recipient == NoRecipient:
		return 0
	case f.Recipient == Public:
		return 0.5
	case f.Disclosed == PossiblyDisclosed:
		return 0
	case f.Recipient == Trusted, f.Recipient == Known, f.Recipient == KnownMany:
		return 0.25
	case f.Recipient == "" && f.Disclosed == "":
		return 0.25 // nothing is known: neither the best nor the worst
	default:
		return 0.5
	}
}

func (f Facts) spoilt() float64 {
	switch {
	case f.Backup == NoBackup:
		return 0.5
	case f.Harm == NoHarm && !f.Malicious && f.Backup == CompleteBackup:
		return 0
	default:
		return 0.25
	}
}

func (f Facts) gone() float64 {
	switch {
	case f.soonBack():
		return 0
	case f.RestoredAfter != nil, f.Backup == CompleteBackup, f.Backup == PartialBackup:
		return 0.25
	case f.Backup == NoBackup:
		return 0.5
	case f.Backup == BackupAside:
		return 0
	default:
		return 0.25
	}
}

// soonHours is until when data counts as back without difficulty.
const soonHours = 24

// soonBack reports whether the data was there again before anyone missed it.
func (f Facts) soonBack() bool {
	quiet := f.Harm == NoHarm || f.Harm == ""
	if f.RestoredAfter != nil {
		return quiet && *f.RestoredAfter <= soonHours
	}
	return quiet && (f.Backup == CompleteBackup || f.Backup == BackupAside)
}
