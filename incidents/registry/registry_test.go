package registry_test

import (
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/google/go-cmp/cmp"
)

func TestValidEmailTakesPlainMailboxesOnly(t *testing.T) {
	for address, want := range map[string]bool{
		"anna@example.org": true, "o'hara+x@mail.example.nl": true, "a.b-c_d@sub.example.be": true,
		"": false, "anna": false, "@example.org": false, "anna@": false, "anna@example": false, "anna@@example.org": false,
		"Anna <anna@example.org>": false, "anna@example.org, piet@example.org": false, "anna@example.org\r\nBcc: x@y.example": false,
		"\"a b\"@example.org": false, "anna@exa mple.org": false, "ånna@example.org": false, "anna@ex\u202eample.org": false,
		"anna@localhost": true, "ånna@localhost": false,
	} {
		if got := registry.ValidEmail(address); got != want {
			t.Errorf("%q: %t, want %t", address, got, want)
		}
	}
}

func TestGuidanceDaysAreInclusive(t *testing.T) {
	day := func(d int) registry.Date { return registry.Date{Year: 2027, Month: 3, Day: d} }
	g := registry.Guidance{From: day(5), Until: day(7)}
	for d, want := range map[int]bool{4: false, 5: true, 6: true, 7: true, 8: false} {
		if g.On(day(d)) != want {
			t.Errorf("day %d: %t, want %t", d, !want, want)
		}
	}
}

func TestHitByFallsBackToEverySystemOfTheProcessor(t *testing.T) {
	systems := []registry.System{{ID: "mailbox", Services: []string{"Exchange Online"}}, {ID: "agenda"}}
	for _, tt := range []struct {
		name     string
		services []string
		want     []string
		named    bool
	}{
		{"none named", nil, []string{"mailbox", "agenda"}, false},
		{"named by its service", []string{"exchange online"}, []string{"mailbox"}, true},
		{"named by its id", []string{"agenda"}, []string{"agenda"}, true},
		{"unknown name", []string{"Teams"}, []string{"mailbox", "agenda"}, false},
	} {
		hit, named := registry.HitBy(systems, tt.services)
		if diff := cmp.Diff(tt.want, hit); diff != "" || named != tt.named {
			t.Errorf("%s, named %t (-want +got):\n%s", tt.name, named, diff)
		}
	}
	if got, _ := registry.HitBy(nil, nil); got != nil {
		t.Errorf("a report about nothing that is held hits %v", got)
	}
}

func TestAFirmKeepsItsSystemsAndTheHostThisProgram(t *testing.T) {
	host, other := registry.Processor{ID: "host", Host: true}, registry.Processor{ID: "ms"}
	own, mailbox := registry.System{ID: registry.OwnSystem}, registry.System{ID: "mailbox", ProcessorID: "ms"}
	for n, got := range []bool{host.Keeps(own), other.Keeps(mailbox), !host.Keeps(mailbox), !other.Keeps(own)} {
		if !got {
			t.Errorf("case %d is wrong", n)
		}
	}
}

func TestRuleHoldingsRunFromFirstGuidanceUntilRetentionEnds(t *testing.T) {
	zone := time.UTC
	day := func(m time.Month, d int) registry.Date { return registry.Date{Year: 2026, Month: m, Day: d} }
	systems := []registry.System{{ID: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified}}
	c := registry.Client{Guidance: []registry.Guidance{{From: day(5, 1), Until: day(6, 30)}, {From: day(1, 10), Until: day(2, 1)}}}
	got := registry.RuleHoldings(c, systems, registry.Policy{RetainMonths: 24}, zone)
	if len(got) != 1 || !got[0].From.Equal(day(1, 10).Start(zone)) || got[0].Until.Format(time.DateOnly) != "2028-07-01" {
		t.Errorf("holdings %+v", got)
	}
	c.Guidance[0].Until = registry.Date{}
	if got := registry.RuleHoldings(c, systems, registry.Policy{}, zone); got[0].Until != nil {
		t.Errorf("open guidance is held until %v", got[0].Until)
	}
}

func TestClientValidateNamesEveryFaultByField(t *testing.T) {
	c := registry.Client{Language: "xx", Relation: "friend", Channel: "pigeon", BirthYear: 12,
		Person:   registry.Person{Email: "a@b\r\nBcc: x", Name: "Piet\nBcc: x"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2027, Month: 2, Day: 2}, Until: registry.Date{Year: 2027, Month: 2, Day: 1}}},
		Holdings: []registry.Holding{{System: "Mail Box", Identifiability: "half"}}}
	var fields []string
	for _, f := range fault.Fields(c.Validate("clients[3].")) {
		fields = append(fields, f.Field[len("clients[3]."):])
	}
	want := []string{"external_id", "name", "email", "language", "relation", "channel", "birth_year", "guidance[0].until",
		"holdings[0].system", "holdings[0].categories", "holdings[0].identifiability"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}
