package risk_test

import (
	"testing"

	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// The worked cases of EDPB Guidelines 01/2021 (version 2.0), and of WP250 annex B
// where its answer does not hang on facts that it leaves open.
func TestTheWorkedCasesOfTheEDPB(t *testing.T) {
	c, a, i := risk.Confidentiality, risk.Availability, risk.Integrity
	only := func(k ...risk.BreachKind) []risk.BreachKind { return k }
	data := func(k ...registry.Category) []registry.Category { return k }
	people := func(n int) risk.Persons { return risk.Persons{Min: &n, Max: &n} }
	hours := func(h float64) *float64 { return &h }
	yes := true
	reach := data(registry.Name, registry.Contact)
	for _, tt := range []struct {
		name               string
		facts              facts
		authority, persons risk.Answer
	}{
		{"01 ransomware, backup, nothing taken", facts{Kinds: only(a), Categories: reach, Persons: people(60), Malicious: true, Disclosed: risk.NotDisclosed,
			Unintelligible: risk.UnintelligibleYes, Backup: risk.CompleteBackup, RestoredAfter: hours(6), Harm: risk.NoHarm}, risk.No, risk.No},
		{"02 ransomware, no backup but on paper", facts{Kinds: only(a), Categories: data(registry.Name, registry.Contact, registry.Financial), Persons: people(60), Malicious: true,
			Disclosed: risk.NotDisclosed, Backup: risk.PartialBackup, RestoredAfter: hours(120), Harm: risk.LimitedHarm}, risk.Yes, risk.No},
		{"03 ransomware in a hospital", facts{Kinds: only(a), Categories: data(registry.Name, registry.Health), Context: risk.Care, PersonKinds: []risk.PersonKind{risk.Patients}, Malicious: true,
			Disclosed: risk.NotDisclosed, Backup: risk.CompleteBackup, RestoredAfter: hours(48), Harm: risk.SeriousHarm}, risk.Yes, risk.Yes},
		{"04 ransomware, no backup, data taken", facts{Kinds: only(c, a), Categories: data(registry.Name, registry.IdentityDocument, registry.Financial), Malicious: true,
			Disclosed: risk.WasDisclosed, Recipient: risk.Offender, Backup: risk.NoBackup}, risk.Yes, risk.Yes},
		{"05 job applications taken from a website", facts{Kinds: only(c), Categories: data(registry.Name, registry.Contact, registry.BirthDate), Persons: people(213), Malicious: true,
			Disclosed: risk.WasDisclosed, Recipient: risk.Offender}, risk.Yes, risk.Yes},
		{"06 hashed passwords taken", facts{Kinds: only(c), Categories: data(registry.Credentials), Persons: people(1200), Malicious: true, Disclosed: risk.WasDisclosed,
			Recipient: risk.Offender, Unintelligible: risk.UnintelligibleYes}, risk.No, risk.No},
		{"07 credential stuffing at a bank", facts{Kinds: only(c), Categories: data(registry.Name, registry.BirthDate, registry.Financial, registry.Credentials), Persons: people(2000), Context: risk.Finance,
			Malicious: true, Disclosed: risk.WasDisclosed, Recipient: risk.Offender}, risk.Yes, risk.Yes},
		{"08 a leaver takes business contacts", facts{Kinds: only(c), Categories: reach, Malicious: true, Disclosed: risk.WasDisclosed, Recipient: risk.Known}, risk.Yes, risk.No},
		{"09 a file to a trusted agent", facts{Kinds: only(c), Categories: data(registry.Name, registry.Contact, registry.BirthDate), Persons: people(24), Disclosed: risk.WasDisclosed,
			Recipient: risk.Trusted, Deleted: &yes}, risk.No, risk.No},
		{"10 stolen, encrypted, backed up", facts{Kinds: only(c, a), Categories: data(registry.Name, registry.BirthDate), PersonKinds: []risk.PersonKind{risk.Children}, Disclosed: risk.PossiblyDisclosed,
			Recipient: risk.Unknown, Unintelligible: risk.UnintelligibleYes, Backup: risk.CompleteBackup}, risk.No, risk.No},
		{"11 stolen, not encrypted", facts{Kinds: only(c), Categories: data(registry.Name, registry.Gender, registry.PostalAddress, registry.BirthDate), Persons: people(100_000),
			Disclosed: risk.PossiblyDisclosed, Recipient: risk.Unknown, Unintelligible: risk.UnintelligibleNo}, risk.Yes, risk.Yes},
		{"12 stolen paper of an addiction clinic", facts{Kinds: only(c, a), Categories: data(registry.Name, registry.Health), Context: risk.Secrecy, Disclosed: risk.PossiblyDisclosed,
			Recipient: risk.Unknown, Backup: risk.NoBackup}, risk.Yes, risk.Yes},
		{"13 two parcels swapped", facts{Kinds: only(c), Categories: data(registry.Name, registry.PostalAddress), Persons: people(2), Disclosed: risk.WasDisclosed, Recipient: risk.Known}, risk.No, risk.No},
		{"14 numbers of job seekers to all job seekers", facts{Kinds: only(c), Categories: data(registry.Name, registry.Contact, registry.NationalNumber), Persons: people(60_000),
			Disclosed: risk.WasDisclosed, Recipient: risk.KnownMany}, risk.Yes, risk.Yes},
		{"15 a list of participants to another course", facts{Kinds: only(c), Categories: reach, Persons: people(15), Disclosed: risk.WasDisclosed, Recipient: risk.KnownMany}, risk.No, risk.No},
		{"16 a policy by post to another customer", facts{Kinds: only(c), Categories: data(registry.Name, registry.PostalAddress, registry.BirthDate), Persons: people(1), Disclosed: risk.WasDisclosed,
			Recipient: risk.Known}, risk.Yes, risk.No},
		{"17 a caller takes over an account", facts{Kinds: only(c, i), Categories: data(registry.Name, registry.Contact, registry.Financial), Persons: people(1), Malicious: true, Disclosed: risk.WasDisclosed,
			Recipient: risk.Offender}, risk.Yes, risk.Yes},
		{"18 mail forwarded to a stranger", facts{Kinds: only(c), Categories: data(registry.Name, registry.Financial), Persons: people(99), Malicious: true, Disclosed: risk.WasDisclosed,
			Recipient: risk.Offender}, risk.Yes, risk.Yes},
		{"WP250 i a stolen encrypted stick", facts{Kinds: only(c), Categories: data(registry.Name, registry.Health), Disclosed: risk.PossiblyDisclosed, Recipient: risk.Unknown,
			Unintelligible: risk.UnintelligibleYes, Backup: risk.CompleteBackup}, risk.No, risk.No},
		{"WP250 iii a call centre without power for minutes", facts{Kinds: only(a), Categories: reach, RestoredAfter: hours(0.1), Harm: risk.NoHarm}, risk.No, risk.No},
		{"WP250 viii a hospital's files away for 30 hours", facts{Kinds: only(a), Categories: data(registry.Health), Context: risk.Care, RestoredAfter: hours(30), Harm: risk.SeriousHarm}, risk.Yes, risk.Yes},
		{"WP250 x a mailing to many in cc", facts{Kinds: only(c), Categories: reach, Persons: people(400), Disclosed: risk.WasDisclosed, Recipient: risk.KnownMany}, risk.Yes, risk.No},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := risk.Assess(tt.facts.sorted())
			if err != nil {
				t.Fatal(err)
			}
			if got.Authority != tt.authority || got.Persons != tt.persons {
				t.Errorf("authority %s, persons %s; want %s, %s (SE %.2f, reasons %v)", got.Authority, got.Persons, tt.authority, tt.persons, got.Severity.SE, got.Reasons)
			}
		})
	}
}

// What these practices meet (AP: secrecy, stigma; design: the group mail of a therapist).
func TestCasesOfSmallPractices(t *testing.T) {
	c, a := risk.Confidentiality, risk.Availability
	hours := func(h float64) *float64 { return &h }
	data := func(k ...registry.Category) []registry.Category { return k }
	yes := true
	for _, tt := range []struct {
		name               string
		facts              facts
		authority, persons risk.Answer
		level              risk.Level
	}{
		{"an agenda away for twenty minutes scores high and needs no notice", facts{Kinds: []risk.BreachKind{a}, Categories: data(registry.Name, registry.Contact, registry.Appointments),
			Context: risk.Care, RestoredAfter: hours(1.0 / 3), Harm: risk.NoHarm}, risk.No, risk.No, risk.High},
		{"a group mail that shows who is in therapy", facts{Kinds: []risk.BreachKind{c}, Categories: data(registry.Name, registry.Contact), Context: risk.Care,
			Disclosed: risk.WasDisclosed, Recipient: risk.KnownMany}, risk.Yes, risk.Yes, risk.High},
		{"session notes to the wrong client", facts{Kinds: []risk.BreachKind{c}, Categories: data(registry.Name, registry.SessionNotes), Context: risk.Care,
			Disclosed: risk.WasDisclosed, Recipient: risk.Known}, risk.Yes, risk.Yes, risk.High},
		{"an invitation to the wrong client", facts{Kinds: []risk.BreachKind{c}, Categories: data(registry.Name, registry.Contact, registry.Appointments), Context: risk.Care,
			Disclosed: risk.WasDisclosed, Recipient: risk.Known}, risk.Yes, risk.Depends, risk.High},
		{"a note to a colleague who destroyed it", facts{Kinds: []risk.BreachKind{c}, Categories: data(registry.Name, registry.Contact), Context: risk.Care,
			Disclosed: risk.WasDisclosed, Recipient: risk.Trusted, Deleted: &yes}, risk.No, risk.No, risk.High},
		{"nothing known yet", facts{Kinds: []risk.BreachKind{c}}, risk.Yes, risk.Yes, risk.High},
		{"files gone, and no backup", facts{Kinds: []risk.BreachKind{a}, Categories: data(registry.Name, registry.Health), Context: risk.Care, Backup: risk.NoBackup}, risk.Yes, risk.Yes, risk.High},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := risk.Assess(tt.facts.sorted())
			if err != nil {
				t.Fatal(err)
			}
			if got.Authority != tt.authority || got.Persons != tt.persons || got.Severity.Level != tt.level {
				t.Errorf("authority %s, persons %s, level %s (SE %.2f); want %s, %s, %s; reasons %v", got.Authority, got.Persons, got.Severity.Level, got.Severity.SE, tt.authority, tt.persons, tt.level, got.Reasons)
			}
		})
	}
}
