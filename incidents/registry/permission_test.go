package registry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

func zoneOf(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func day(t *testing.T, text string) registry.Date {
	t.Helper()
	d, err := registry.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// said is what is held in words that a table can hold: system, kinds, until when and
// whether it is gone.
func said(holdings []registry.Holding) []string {
	var out []string
	for _, h := range holdings {
		line := h.System
		for _, k := range h.Categories {
			line += " " + string(k)
		}
		line += " " + string(h.Identifiability)
		if h.Until != nil {
			line += " until " + h.Until.Format(time.DateOnly)
		}
		if h.DestroyedAt != nil {
			line += " gone"
		}
		out = append(out, line)
	}
	return out
}

func TestWhatStaysAfterATerm(t *testing.T) {
	gone := time.Date(2026, 6, 2, 10, 0, 0, 0, time.UTC)
	contact := []registry.Category{registry.Name, registry.Contact}
	systems := []registry.System{
		{ID: "list", Categories: contact, Identifiability: registry.Identified},
		{ID: "file", Categories: []registry.Category{registry.Name, registry.Contact, registry.SessionNotes}, Identifiability: registry.Identified},
	}
	policy := registry.Policy{Retention: []registry.RetentionRule{
		{Systems: []string{"list"}, From: registry.UntilWithdrawal, WithPermission: contact},
		{From: registry.FromGuidance, Action: registry.Pseudonymise, WithPermission: contact},
	}}
	for _, tt := range []struct {
		name   string
		change func(*registry.Client)
		want   []string
	}{
		{"nobody was asked: all ends on the day after guidance", func(*registry.Client) {},
			[]string{"list name contact identified until 2026-05-31", "file name contact session_notes identified until 2026-05-31"}},
		{"he agreed: the list stays, and of the file the rest goes", func(c *registry.Client) { c.KeepAgreed = day(t, "2026-05-31") },
			[]string{"list name contact identified", "file name contact session_notes identified until 2026-05-31"}},
		{"in guidance nothing ends, asked or not", func(c *registry.Client) { c.Guidance[0].Until = registry.Date{} },
			[]string{"list name contact identified", "file name contact session_notes identified"}},
		{"pseudonymised, and his name kept with his permission", func(c *registry.Client) {
			c.KeepAgreed = day(t, "2026-05-31")
			c.Gone = []registry.Gone{{System: "file", At: gone, Pseudonymised: true, Kept: contact}}
		}, []string{"list name contact identified", "file name contact session_notes identified until 2026-05-31 gone", "file session_notes pseudonymised", "file name contact identified"}},
		{"he took his word back: what was kept should be gone at once", func(c *registry.Client) {
			c.Gone = []registry.Gone{{System: "file", At: gone, Kept: contact}}
		}, []string{"list name contact identified until 2026-05-31", "file name contact session_notes identified until 2026-05-31 gone", "file name contact identified until 2026-06-02"}},
		{"a dispute keeps it lawfully", func(c *registry.Client) {
			c.Exemptions = []registry.Exemption{{System: "file", Why: registry.ExemptDispute, At: gone}}
		}, []string{"list name contact identified until 2026-05-31", "file name contact session_notes identified"}},
		{"that it could not be destroyed yet does not", func(c *registry.Client) {
			c.Exemptions = []registry.Exemption{{System: "file", Why: registry.ExemptLater, At: gone}}
		}, []string{"list name contact identified until 2026-05-31", "file name contact session_notes identified until 2026-05-31"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := registry.Client{Relation: registry.RelationClient, HoldingsByRule: true,
				Guidance: []registry.Guidance{{From: day(t, "2025-01-01"), Until: day(t, "2026-05-31")}}}
			tt.change(&c)
			if diff := cmp.Diff(tt.want, said(registry.RuleHoldings(c, systems, policy, zoneOf(t)))); diff != "" {
				t.Errorf("held (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRulesOfWhatStaysAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rule  registry.RetentionRule
		field string // "" for none
	}{
		{"an action that is none", registry.RetentionRule{From: registry.FromGuidance, Action: "burn"}, "retention.0.action"},
		{"pseudonymised at no time", registry.RetentionRule{From: registry.UntilWithdrawal, Action: registry.Pseudonymise}, "retention.0.action"},
		{"a kind of data that is none", registry.RetentionRule{From: registry.FromGuidance, WithPermission: []registry.Category{"hat"}}, "retention.0.keep_with_permission"},
		{"entries that stay with permission", registry.RetentionRule{From: registry.FromEntry, Months: 1, WithPermission: []registry.Category{registry.Name}}, "retention.0.keep_with_permission"},
		{"destroyed, by its own name", registry.RetentionRule{From: registry.FromGuidance, Action: registry.Destroy, WithPermission: []registry.Category{registry.Name}}, ""},
	} {
		var faults fault.List
		registry.Policy{Retention: []registry.RetentionRule{tt.rule}}.CheckRules(&faults)
		got := ""
		for _, f := range faults {
			got += f.Field
		}
		if got != tt.field {
			t.Errorf("%s: fault at %q, want %q", tt.name, got, tt.field)
		}
	}
}

func TestConfirmationsAreKeptUntilTheyAreDone(t *testing.T) {
	var r registry.Retained
	at := time.Date(2026, 6, 2, 10, 0, 0, 0, time.UTC)
	r.Confirm(registry.Confirmation{ID: "open", System: "file"})
	for n := range 40 {
		r.Confirm(registry.Confirmation{ID: string(rune('a' + n)), DoneAt: at})
	}
	if _, kept := r.Confirmation("open"); !kept || len(r.Confirmed) != 30 {
		t.Errorf("%d kept, the open one among them: %t; want 30 with it", len(r.Confirmed), kept)
	}
	r.Confirm(registry.Confirmation{ID: "open", DoneAt: at})
	if c, _ := r.Confirmation("open"); c.Open() || len(r.Confirmed) != 30 {
		t.Errorf("confirmed again: %+v of %d, want it done in its place", c, len(r.Confirmed))
	}
	r.Clear("agenda", "2026-05", at)
	r.Clear("agenda", "2026-06", at)
	if got := r.ClearedMonth("agenda"); got != "2026-06" || len(r.Cleared) != 1 {
		t.Errorf("cleared through %q in %d notes, want 2026-06 in one", got, len(r.Cleared))
	}
}
