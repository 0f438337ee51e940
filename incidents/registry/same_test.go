package registry_test

import (
	"testing"

	"datalek/incidents/registry"
)

func TestPoliciesThatSayTheSameAreTheSame(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b registry.Policy
		want bool
	}{
		{"no list and an empty one", registry.Policy{ClientThresholds: []int{}, Sources: map[string]string{}}, registry.Policy{}, true},
		{"e-mail is what no channel means", registry.Policy{FirstChannel: registry.ByEmail}, registry.Policy{}, true},
		{"a rule for no system in particular", registry.Policy{Retention: []registry.RetentionRule{{Systems: []string{}}}}, registry.Policy{Retention: []registry.RetentionRule{{}}}, true},
		{"no alarms and the usual ones", registry.Policy{ClientAlarms: []int{}}, registry.Policy{}, false},
		{"other hours", registry.Policy{ClientHours: 24}, registry.Policy{ClientHours: 48}, false},
		{"months after guidance, and the rule that says so", registry.Policy{RetainMonths: 24}, registry.Policy{Retention: []registry.RetentionRule{{From: registry.FromGuidance, Months: 24}}}, true},
		{"the law's term and no term of one's own", registry.Policy{AuthorityHours: 72}, registry.Policy{}, true},
		{"a shorter term of one's own", registry.Policy{AuthorityHours: 24}, registry.Policy{}, false},
		{"the general source, and the same one for a rule", registry.Policy{Source: "a, b", Sources: map[string]string{"mail": "a, b"}}, registry.Policy{Source: "a, b"}, true},
		{"another source", registry.Policy{Sources: map[string]string{"client": "a, b"}}, registry.Policy{Sources: map[string]string{"client": "a, c"}}, false},
		{"another order of keeping", registry.Policy{Retention: []registry.RetentionRule{{Months: 1}, {Months: 2}}}, registry.Policy{Retention: []registry.RetentionRule{{Months: 2}, {Months: 1}}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.a.Same(tt.b); got != tt.want {
				t.Errorf("same = %t, want %t", got, tt.want)
			}
		})
	}
}
