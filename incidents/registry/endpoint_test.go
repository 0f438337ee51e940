package registry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
)

// values are the secrets that count, in their order.
func values(e registry.Endpoint, now time.Time) []string {
	var out []string
	for _, s := range e.Live(now) {
		out = append(out, s.Value)
	}
	return out
}

func TestTwoSecretsCountWhileOneReplacesTheOther(t *testing.T) {
	noon := time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)
	var e registry.Endpoint
	e.Rotate("one", noon)
	e.Rotate("two", noon.Add(time.Hour))
	ends := noon.Add(time.Hour + registry.OldSecretLife)
	for _, tt := range []struct {
		name string
		at   time.Time
		want []string
	}{
		{"at once", noon.Add(time.Hour), []string{"two", "one"}},
		{"a moment before the old one ends", ends.Add(-time.Millisecond), []string{"two", "one"}},
		{"when it ends", ends, []string{"two"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, values(e, tt.at)); diff != "" {
				t.Errorf("secrets (-want +got):\n%s", diff)
			}
		})
	}
	e.Rotate("three", noon.Add(2*time.Hour))
	if diff := cmp.Diff([]string{"three", "two"}, values(e, noon.Add(2*time.Hour))); diff != "" {
		t.Errorf("a third ends the first (-want +got):\n%s", diff)
	}
	if !e.DropOld(noon.Add(3*time.Hour)) || e.DropOld(noon.Add(3*time.Hour)) {
		t.Error("the old secret is not dropped once")
	}
	if diff := cmp.Diff([]string{"three"}, values(e, noon.Add(3*time.Hour))); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}
