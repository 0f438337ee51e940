package risk_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// The tables of ENISA's method, row by row.
func TestSeverityFactors(t *testing.T) {
	c, i, a := risk.Confidentiality, risk.Integrity, risk.Availability
	hours := func(h float64) *float64 { return &h }
	with := func(kind risk.BreachKind, change func(*facts), cs ...registry.Category) facts {
		f := facts{Kinds: []risk.BreachKind{kind}, Categories: cs, Disclosed: risk.WasDisclosed, Recipient: risk.Known}
		if change != nil {
			change(&f)
		}
		return f
	}
	for _, tt := range []struct {
		name           string
		facts          facts
		dpc, ei, cb    float64
		level          risk.Level
		unintelligible bool
	}{
		{"simple data with name and mail", with(c, nil, registry.Name, registry.Contact), 1, 1, 0.25, risk.Low, false},
		{"simple data of a therapist's client", with(c, func(f *facts) { f.Context = risk.Care }, registry.Name, registry.Contact), 3, 1, 0.25, risk.High, false},
		{"simple data of a child in care", with(c, func(f *facts) { f.Context, f.PersonKinds = risk.Care, []risk.PersonKind{risk.Children} }, registry.Name, registry.Contact), 4, 1, 0.25, risk.VeryHigh, false},
		{"habits", with(c, nil, registry.Name, registry.WebsiteLog), 2, 0.75, 0.25, risk.Low, false},
		{"money", with(c, nil, registry.Name, registry.Contact, registry.Financial), 3, 1, 0.25, risk.High, false},
		{"health", with(c, nil, registry.Name, registry.Contact, registry.Health), 4, 1, 0.25, risk.VeryHigh, false},
		{"nameless notes", with(c, func(f *facts) { f.Context = risk.Care }, registry.SessionNotes), 4, 0.25, 0.25, risk.Low, false},
		{"unreadable", with(c, func(f *facts) { f.Unintelligible = risk.UnintelligibleYes }, registry.Name, registry.Health), 4, 0.25, 0.25, risk.Low, true},
		{"a lost laptop, nobody seen looking", with(c, func(f *facts) { f.Disclosed, f.Recipient = risk.PossiblyDisclosed, risk.Unknown }, registry.Name, registry.Contact, registry.Health), 4, 1, 0, risk.VeryHigh, false},
		{"published", with(c, func(f *facts) { f.Recipient = risk.Public }, registry.Name, registry.Contact), 1, 1, 0.5, risk.Low, false},
		{"taken on purpose", with(c, func(f *facts) { f.Recipient, f.Malicious = risk.Offender, true }, registry.Name, registry.Contact), 1, 1, 1, risk.Medium, false},
		{"altered, not recoverable", with(i, func(f *facts) { f.Backup = risk.NoBackup }, registry.Name, registry.Contact), 1, 1, 0.5, risk.Low, false},
		{"altered, recoverable", with(i, func(f *facts) { f.Backup = risk.PartialBackup }, registry.Name, registry.Contact), 1, 1, 0.25, risk.Low, false},
		{"altered and set right, no wrong use", with(i, func(f *facts) { f.Backup, f.Harm = risk.CompleteBackup, risk.NoHarm }, registry.Name, registry.Contact), 1, 1, 0, risk.Low, false},
		{"away for a moment", with(a, func(f *facts) { f.RestoredAfter = hours(0.5) }, registry.Name, registry.Contact), 1, 1, 0, risk.Low, false},
		{"away for days", with(a, func(f *facts) { f.RestoredAfter = hours(72) }, registry.Name, registry.Contact), 1, 1, 0.25, risk.Low, false},
		{"lost for good", with(a, func(f *facts) { f.Backup = risk.NoBackup }, registry.Name, registry.Contact), 1, 1, 0.5, risk.Low, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := risk.Assess(tt.facts.sorted())
			if err != nil {
				t.Fatal(err)
			}
			s := got.Severity
			if s.DPC != tt.dpc || s.EI != tt.ei || s.CB != tt.cb || s.Level != tt.level || slices.Contains(s.Flags, risk.UnreadableByThem) != tt.unintelligible {
				t.Errorf("DPC %v, EI %v, CB %v, %s, flags %v; want %v, %v, %v, %s", s.DPC, s.EI, s.CB, s.Level, s.Flags, tt.dpc, tt.ei, tt.cb, tt.level)
			}
		})
	}
}

func TestTheBandsBeginWhereENISASays(t *testing.T) {
	for _, tt := range []struct {
		dpc, ei float64
		level   risk.Level
	}{{1, 1, risk.Low}, {1.99, 1, risk.Low}, {2, 1, risk.Medium}, {2.99, 1, risk.Medium}, {3, 1, risk.High}, {3.99, 1, risk.High}, {4, 1, risk.VeryHigh}, {4, 0.25, risk.Low}} {
		got, err := risk.Assess(facts{Kinds: []risk.BreachKind{risk.Confidentiality}, Disclosed: risk.NotDisclosed, Severity: risk.Override{DPC: &tt.dpc, EI: &tt.ei}}.sorted())
		if err != nil || got.Severity.Level != tt.level {
			t.Errorf("DPC %v × EI %v: %s, %v; want %s", tt.dpc, tt.ei, got.Severity.Level, err, tt.level)
		}
	}
}

func TestManyPersonsRaiseAFlagAndNotTheNumber(t *testing.T) {
	for n, want := range map[int]bool{100: false, 101: true} {
		got, err := risk.Assess(facts{Kinds: []risk.BreachKind{risk.Confidentiality}, Categories: []registry.Category{registry.Name}, Persons: risk.Persons{Max: &n}}.sorted())
		if err != nil || slices.Contains(got.Severity.Flags, risk.ManyPersons) != want || got.Severity.SE != 1 {
			t.Errorf("%d persons: %v, SE %v, %v", n, got.Severity.Flags, got.Severity.SE, err)
		}
	}
}

// drawn returns facts of any kind.
func drawn(t *rapid.T) facts {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(append(from, "")).Draw(t, name) }
	f := facts{
		Kinds:          rapid.SliceOfNDistinct(rapid.SampledFrom([]risk.BreachKind{risk.Confidentiality, risk.Integrity, risk.Availability}), 1, 3, rapid.ID).Draw(t, "kinds"),
		Categories:     rapid.SliceOfDistinct(rapid.SampledFrom(registry.Categories()), rapid.ID).Draw(t, "categories"),
		PersonKinds:    rapid.SliceOfDistinct(rapid.SampledFrom([]risk.PersonKind{risk.Clients, risk.Patients, risk.Children, risk.Employees}), rapid.ID).Draw(t, "persons"),
		Context:        risk.Context(pick("context", "ordinary", "care", "secrecy", "finance")),
		Unintelligible: risk.Unintelligible(pick("unintelligible", "yes", "partly", "no", "unknown")),
		Disclosed:      risk.Disclosed(pick("disclosed", "no", "possible", "yes")),
		Recipient:      risk.Recipient(pick("recipient", "none", "trusted", "known", "known_many", "unknown", "criminal", "public")),
		Malicious:      rapid.Bool().Draw(t, "malicious"),
		Backup:         risk.Backup(pick("backup", "complete", "partial", "none", "not_relevant", "unknown")),
		Harm:           risk.Harm(pick("harm", "none", "limited", "serious")),
	}
	if rapid.Bool().Draw(t, "restored") {
		f.RestoredAfter = new(rapid.Float64Range(0, 500).Draw(t, "hours"))
	}
	if rapid.Bool().Draw(t, "said") {
		f.Deleted = new(rapid.Bool().Draw(t, "deleted"))
	}
	return f
}

func TestSeverityIsAlwaysWhatItsFactorsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawn(t)
		got, err := risk.Assess(f.sorted())
		if err != nil {
			t.Fatal(err)
		}
		s := got.Severity
		sum := 0.0
		for _, part := range risk.Circumstances() {
			sum += s.Parts[part]
		}
		if s.DPC < 1 || s.DPC > 4 || !slices.Contains([]float64{0.25, 0.5, 0.75, 1}, s.EI) || s.CB != sum || s.CB < 0 || s.CB > 2 {
			t.Fatalf("out of range: %+v", s)
		}
		if math.Abs(s.SE-(s.DPC*s.EI+s.CB)) > 1e-9 || s.SE < 0.25 || s.SE > 6 {
			t.Fatalf("SE = %v of %+v", s.SE, s)
		}
		if len(got.Reasons) == 0 {
			t.Fatal("no reason")
		}
	})
}

// rank orders answers.
func rank(a risk.Answer) int {
	return slices.Index([]risk.Answer{risk.No, risk.Depends, risk.Yes}, a)
}

func TestPersonsAreNeverToldWhereTheAuthorityIsNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if got, _ := risk.Assess(drawn(t).sorted()); rank(got.Persons) > rank(got.Authority) {
			t.Fatalf("authority %s, persons %s", got.Authority, got.Persons)
		}
	})
}

func TestMoreDataOrWorseReadersNeverMakeItLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawn(t)
		if len(f.Categories) == 0 {
			f.Categories = []registry.Category{registry.Name}
		}
		before, _ := risk.Assess(f.sorted())
		more := f
		switch rapid.IntRange(0, 2).Draw(t, "change") {
		case 0:
			more.Categories = append(slices.Clone(f.Categories), rapid.SampledFrom(registry.Categories()).Draw(t, "another"))
		case 1:
			more.Recipient, more.Disclosed = risk.Offender, risk.WasDisclosed
		case 2:
			more.Malicious = true
		}
		after, _ := risk.Assess(more.sorted())
		if rank(after.Authority) < rank(before.Authority) || rank(after.Persons) < rank(before.Persons) || after.Severity.SE < before.Severity.SE {
			t.Fatalf("%+v\n→ %s %s SE %v\n%+v\n→ %s %s SE %v", f, before.Authority, before.Persons, before.Severity.SE, more, after.Authority, after.Persons, after.Severity.SE)
		}
	})
}

func TestEveryFaultOfTheFactsIsNamed(t *testing.T) {
	low, high, minus, nan := 5, 1, -1, math.NaN()
	five := 5.0
	_, err := risk.Assess(facts{Kinds: []risk.BreachKind{"theft"}, Categories: []registry.Category{"shoe size"}, PersonKinds: []risk.PersonKind{"pets"}, Context: "zoo",
		Unintelligible: "perhaps", Disclosed: "so", Recipient: "aunt", Backup: "somewhere", Harm: "awful", RestoredAfter: &nan, Persons: risk.Persons{Min: &low, Max: &high},
		Severity: risk.Override{DPC: &five, EI: new(0.1), CB: map[risk.Circumstance]float64{"luck": 0.2, risk.LossOfIntegrity: 0.6}}}.sorted())
	faults := fault.Fields(err)
	want := []string{"breach_kinds", "categories", "person_kinds", "context", "unintelligible", "disclosed", "recipient", "backup", "harm_while_unavailable", "restored_after_hours", "persons.max",
		"severity.dpc", "severity.ei", "severity.cb.luck", "severity.cb.integrity"}
	for _, field := range want {
		if !slices.ContainsFunc(faults, func(f *fault.Error) bool { return f.Field == field }) {
			t.Errorf("nothing is said about %s", field)
		}
	}
	if len(faults) != len(want) {
		t.Errorf("%d faults, want %d: %v", len(faults), len(want), faults)
	}
	if _, err := risk.Assess(facts{Persons: risk.Persons{Min: &minus}}.sorted()); err == nil {
		t.Error("facts without a kind of breach and with a negative number pass")
	}
}
