package registry_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/google/go-cmp/cmp"
)

func rulesOfKeeping() registry.Policy {
	return registry.Policy{RetainMonths: 3, Retention: []registry.RetentionRule{
		{Systems: []string{"paper"}, From: registry.FromGuidance},
		{Systems: []string{"cases"}, Relations: []registry.Relation{registry.RelationComplainant}, From: registry.FromCalendarYear, Months: 24},
		{Relations: []registry.Relation{registry.RelationNewsletter}, From: registry.UntilWithdrawal},
		{Systems: []string{"mailbox"}, From: registry.FromLastContact, Months: 84, WithinMonths: 12},
	}}
}

func TestTheFirstRuleThatFitsSaysHowLongDataIsKept(t *testing.T) {
	last := registry.Date{Year: 2026, Month: 5, Day: 15}
	for _, tt := range []struct {
		name, system string
		relation     registry.Relation
		want         string // "" for no end
	}{
		{"gone on the day after the last", "paper", registry.RelationClient, "2026-05-16"},
		{"an earlier rule wins over a later one", "paper", registry.RelationNewsletter, "2026-05-16"},
		{"counted from the end of the calendar year", "cases", registry.RelationComplainant, "2029-01-01"},
		{"a rule needs system and relation", "cases", registry.RelationClient, "2026-08-16"},
		{"kept until somebody withdraws", "newsletter", registry.RelationNewsletter, ""},
		{"the time to destroy does not move the end", "mailbox", registry.RelationClient, "2033-05-16"},
		{"no rule fits", "drive", registry.RelationClient, "2026-08-16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if day, ends := rulesOfKeeping().RetainedUntil(tt.system, tt.relation, last); ends {
				got = day.String()
			}
			if got != tt.want {
				t.Errorf("until %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRuleHoldingsEndByTheRuleOfEachSystem(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	ended := time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)
	systems := []registry.System{{ID: "paper"}, {ID: "mailbox"}, {ID: "cases"}, {ID: "mailbox", EndedAt: ended}}
	c := registry.Client{Relation: registry.RelationComplainant, Guidance: []registry.Guidance{
		{From: registry.Date{Year: 2026, Month: 1, Day: 10}, Until: registry.Date{Year: 2026, Month: 5, Day: 15}}}}
	var got []string
	for _, h := range registry.RuleHoldings(c, systems, rulesOfKeeping(), zone) {
		got = append(got, h.System+" "+h.Until.Format(time.RFC3339))
	}
	want := []string{"paper 2026-05-15T22:00:00Z", "mailbox 2033-05-15T22:00:00Z", "cases 2028-12-31T23:00:00Z", "mailbox 2026-05-20T09:00:00Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("held until (-want +got):\n%s", diff)
	}
	c.Relation = registry.RelationNewsletter
	for i, h := range registry.RuleHoldings(c, systems, rulesOfKeeping(), zone)[1:3] {
		if h.Until != nil {
			t.Errorf("%d: kept until somebody withdraws, and gone on %s", i, h.Until)
		}
	}
	c.Guidance[0].Until = registry.Date{}
	for _, h := range registry.RuleHoldings(c, systems[:3], rulesOfKeeping(), zone) {
		if h.Until != nil {
			t.Errorf("%s of somebody in guidance ends on %s", h.System, h.Until)
		}
	}
}

// More months never end earlier, whatever the day and the event.
func TestALongerTermNeverEndsEarlier(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		last := registry.Date{Year: 2000 + random.IntN(40), Month: time.Month(1 + random.IntN(12)), Day: 1 + random.IntN(28)}.AddDays(random.IntN(4))
		from := registry.RetainFroms()[random.IntN(4)]
		shorter := registry.RetentionRule{From: from, Months: 1 + random.IntN(120)}
		longer := shorter
		longer.Months += 1 + random.IntN(24)
		early, _ := shorter.Ends(last)
		late, ends := longer.Ends(last)
		if !ends || late.Compare(early) <= 0 {
			t.Fatalf("%d months from %s after %s end on %s, %d months on %s", longer.Months, from, last, late, shorter.Months, early)
		}
		if early.Compare(last) <= 0 {
			t.Fatalf("%d months from %s after %s end on %s, within the guidance", shorter.Months, from, last, early)
		}
	}
}

func TestTheGeneralRuleSaysWhatIsUsuallyKept(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy registry.Policy
		want   int
	}{
		{"one number, as it was stored before", registry.Policy{RetainMonths: 24}, 24},
		{"a rule for everything", registry.Policy{Retention: []registry.RetentionRule{{Systems: []string{"a"}, Months: 1}, {From: registry.FromLastContact, Months: 84}}}, 84},
		{"no number says it", registry.Policy{Retention: []registry.RetentionRule{{From: registry.UntilWithdrawal}}}, 0},
	} {
		if got := tt.policy.GeneralMonths(); got != tt.want {
			t.Errorf("%s: %d months, want %d", tt.name, got, tt.want)
		}
	}
}

func TestWhoHearsFollowsTheRelation(t *testing.T) {
	bare := registry.Policy{}
	some := registry.Policy{Telling: []registry.Telling{{Relation: registry.RelationClient, When: registry.TellByLaw}, {Relation: registry.RelationAccused, When: registry.TellByDecision}}}
	for _, tt := range []struct {
		name     string
		policy   registry.Policy
		relation registry.Relation
		want     registry.TellWhen
	}{
		{"no rules at all: as ever", bare, registry.RelationParent, registry.TellByPromise},
		{"a rule of its own", some, registry.RelationAccused, registry.TellByDecision},
		{"without one as clients are", some, registry.RelationParent, registry.TellByLaw},
	} {
		if got := tt.policy.Tells(tt.relation); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestABarredSenderIsRefused(t *testing.T) {
	p := registry.Policy{BarredSenders: []string{"gmail.com"}}
	for address, want := range map[string]bool{"a@gmail.com": true, "a@GMAIL.com": true, "a@mail.gmail.com": true, "a@notgmail.com": false, "gmail.com@own.example": false} {
		if p.Bars(address) != want {
			t.Errorf("%s: barred %t, want %t", address, !want, want)
		}
	}
	practice := registry.Practice{Policy: p, Details: registry.Details{Senders: []registry.Sender{{Email: "a@gmail.com"}}}}
	if err := practice.Validate(); err == nil || !strings.Contains(err.Error(), "notices never come from this address") {
		t.Errorf("got %v", err)
	}
}

func TestEveryFaultOfTheRulesIsTold(t *testing.T) {
	p := registry.Policy{
		Telling:       []registry.Telling{{Relation: "friend", When: "never"}},
		FirstChannel:  registry.ByLetter,
		Messengers:    []string{""},
		BarredSenders: []string{"gmail"},
		Retention:     []registry.RetentionRule{{Systems: []string{"My Drive"}, Relations: []registry.Relation{"friend"}, From: "birthday", Months: -1, WithinMonths: 601}},
		Protections:   []registry.Protection{{Kind: "moat", Systems: []string{"My Drive"}}},
		Statements:    []registry.Statement{{Words: map[string]string{"nl": strings.Repeat("x", 501)}}},
		RequestWeeks:  -1,
	}
	var faults fault.List
	p.CheckRules(&faults)
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	want := []string{"telling.0.relation", "telling.0.when", "contact.first", "contact.messengers.0", "contact.barred_senders.0",
		"retention.0.systems.0", "retention.0.relations.0", "retention.0.from", "retention.0.months", "retention.0.within_months",
		"protections.0.kind", "protections.0.systems.0", "statements.0.text.nl", "requests.weeks"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestProtectionsAreThoseOfTheSystem(t *testing.T) {
	p := registry.Policy{Protections: []registry.Protection{{Kind: registry.DiskEncryption, Systems: []string{"computers"}}, {Kind: registry.TLSProtection}}}
	if got := p.Protects("mailbox"); len(got) != 1 || got[0].Kind != registry.TLSProtection {
		t.Errorf("the mailbox has %v", got)
	}
	if got := p.Protects("computers"); len(got) != 2 {
		t.Errorf("the computers have %v", got)
	}
}

func TestARollingTermSaysAfterHowManyMonths(t *testing.T) {
	for months, fine := range map[int]bool{0: false, 1: true} {
		var faults fault.List
		registry.Policy{Retention: []registry.RetentionRule{{From: registry.FromEntry, Months: months}}}.CheckRules(&faults)
		told := slices.ContainsFunc(faults, func(e *fault.Error) bool { return e.Field == "retention.0.months" })
		if told == fine {
			t.Errorf("%d months: %v", months, faults)
		}
	}
}

// A contact after guidance made an entry too, and so moves the end of a rolling term.
func TestTheLastContactMovesTheTermsThatCountFromIt(t *testing.T) {
	c := registry.Client{Relation: registry.RelationClient, LastContact: registry.Date{Year: 2026, Month: 6, Day: 30},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 10}, Until: registry.Date{Year: 2026, Month: 5, Day: 15}}}}
	for from, want := range map[registry.RetainFrom]string{registry.FromGuidance: "2026-06-16", registry.FromLastContact: "2026-08-01", registry.FromEntry: "2026-08-01"} {
		p := registry.Policy{Retention: []registry.RetentionRule{{From: from, Months: 1}}}
		if day, ends := p.TermEnds("agenda", c); !ends || day.String() != want {
			t.Errorf("a month from %s ends on %s, want %s", from, day, want)
		}
	}
}
