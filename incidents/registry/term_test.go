package registry_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents/registry"
)

func TestTheLawsTermAndThePracticesWarnings(t *testing.T) {
	for _, tt := range []struct {
		name          string
		own, law      int
		within, marks string
	}{
		{"as the policy was written", 72, 72, "72h0m0s", "h24 h48 h60 h68 h71 due"},
		{"a law that says nothing", 72, 0, "72h0m0s", "h24 h48 h60 h68 h71 due"},
		{"a longer term keeps the last warnings near its end", 72, 96, "96h0m0s", "h24 h72 h84 h92 h95 due"},
		{"a shorter term too", 72, 48, "48h0m0s", "h24 h36 h44 h47 due"},
		{"a practice's own shorter term stands", 60, 96, "60h0m0s", "h24 h48 due"},
		{"but no longer than the law's", 60, 48, "48h0m0s", "h24 h36 due"},
		{"a policy without hours takes the law's", 0, 96, "96h0m0s", "due"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := registry.Policy{AuthorityHours: tt.own}
			for _, h := range []int{24, 48, 60, 68, 71} {
				if h < tt.own {
					p.AuthorityThresholds = append(p.AuthorityThresholds, h)
				}
			}
			term := p.AuthorityTermOf(tt.law)
			var marks []string
			for _, m := range term.Warn {
				marks = append(marks, m.Name)
				if m.Name == "due" && m.After != term.Within {
					t.Errorf("the deadline warns after %s", m.After)
				}
			}
			if term.Within.String() != tt.within || strings.Join(marks, " ") != tt.marks {
				t.Errorf("%s with warnings %q, want %s with %q", term.Within, marks, tt.within, tt.marks)
			}
		})
	}
	if alarm := (registry.Policy{AuthorityHours: 72, AuthorityThresholds: []int{71}}).AuthorityTermOf(96).Warn[0]; !alarm.Alarm || alarm.After != 95*time.Hour {
		t.Errorf("the last warning before the deadline is %+v", alarm)
	}
}

func TestNumbersOfTradeRegistersAreChecked(t *testing.T) {
	for _, tt := range []struct {
		authority registry.Authority
		typed     string
		fine      bool
	}{
		{registry.AP, "", true}, {registry.AP, "12345678", true}, {registry.AP, "1234 56.78", true}, {registry.AP, "1234567", false}, {registry.AP, "1234567x", false},
		{registry.GBA, "0123.456.749", true}, {registry.GBA, "BE 0123.456.749", true}, {registry.GBA, "0123.456.748", false}, {registry.GBA, "12345678", false}, {registry.GBA, "", true},
	} {
		p := registry.Practice{Authority: tt.authority, Language: "nl", TimeZone: "Europe/Brussels", Details: registry.Details{Name: "Proef", WarnEmail: "a@example.org",
			Contact: registry.ContactPerson{Name: "A", Email: "a@example.org"}, Senders: []registry.Sender{{Email: "a@example.org"}}, TradeNumber: registry.TradeNumber(tt.typed)}}
		if err := p.Validate(); (err == nil) != tt.fine {
			t.Errorf("%s %q: %v", tt.authority, tt.typed, err)
		}
	}
}
