package desk_test

import (
	"strings"
	"testing"

	"datalek/incidents/registry"
)

// In Belgium a minor is told by capacity; until that is noted, by age, and the page
// says so. In the Netherlands ages are the law.
func TestABelgianPracticeSeesOfWhichMinorsNobodyDecided(t *testing.T) {
	const note = "Niemand heeft nog beslist of hij zelf kan oordelen."
	for _, tt := range []struct {
		name      string
		authority registry.Authority
		born      int
		capacity  registry.Capacity
		want      bool
	}{
		{"a minor in Belgium", registry.GBA, 2014, "", true},
		{"a minor about whom it was decided", registry.GBA, 2014, registry.Capable, false},
		{"an adult", registry.GBA, 1980, "", false},
		{"a minor in the Netherlands", registry.AP, 2014, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			_, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error { p.Authority = tt.authority; return nil })
			r.must(err)
			_, err = r.store.UpdateClient(t.Context(), "p1", "c1", func(c *registry.Client) error { c.BirthYear, c.Capacity = tt.born, tt.capacity; return nil })
			r.must(err)
			if _, body := r.get(r.at("/affected")); strings.Contains(body, note) != tt.want {
				t.Errorf("the page says %t that nobody decided, want %t", !tt.want, tt.want)
			}
		})
	}
}
