package playbooks_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
)

// The warnings that come with the policies: a promise at half, three quarters,
// nine tenths and due; the law's term after 24, 48, 60, 68 and 71 hours and due.
func TestThePoliciesWarnAtTheirThresholds(t *testing.T) {
	book := load(t)
	law := []registry.Mark{{Name: "h24", After: 24 * time.Hour}, {Name: "h48", After: 48 * time.Hour}, {Name: "h60", After: 60 * time.Hour, Alarm: true},
		{Name: "h68", After: 68 * time.Hour, Alarm: true}, {Name: "h71", After: 71 * time.Hour, Alarm: true}, {Name: "due", After: 72 * time.Hour}}
	promise := []registry.Mark{{Name: "w50", After: 24 * time.Hour}, {Name: "w75", After: 36 * time.Hour, Alarm: true},
		{Name: "w90", After: 43*time.Hour + 12*time.Minute, Alarm: true}, {Name: "due", After: 48 * time.Hour}}
	for id, want := range map[string][]registry.Mark{"refleact-48": promise, "sample": promise, "law-only": nil} {
		policy, some := book.Policy(id)
		if !some {
			t.Fatalf("no policy %s", id)
		}
		if diff := cmp.Diff(want, policy.ClientTerm().Warn); diff != "" {
			t.Errorf("%s, promise (-want +got):\n%s", id, diff)
		}
		if diff := cmp.Diff(law, policy.AuthorityTerm().Warn); diff != "" {
			t.Errorf("%s, law (-want +got):\n%s", id, diff)
		}
	}
}
