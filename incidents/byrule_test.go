package incidents_test

import (
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"

	"github.com/google/go-cmp/cmp"
)

// ruledSystems: the mailbox is about clients, the letters about readers of the
// newsletter, the notes are nameless.
func ruledSystems() []registry.System {
	kinds := []registry.Category{registry.Name, registry.Contact}
	return []registry.System{
		{ID: "mailbox", Categories: kinds, Identifiability: registry.Identified,
			Rules: []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationClient}, Categories: []registry.Category{registry.Contact}, Note: "alleen adressen"}}},
		{ID: "letters", Categories: kinds, Identifiability: registry.Identified,
			Rules: []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationNewsletter}}}},
		{ID: "notes", Categories: kinds, Identifiability: registry.Anonymous},
	}
}

func TestWhoseDataASystemHoldsFollowsFromItsRulesAndHisExceptions(t *testing.T) {
	day := registry.Date{Year: 2026, Month: 3, Day: 1}
	guided := []registry.Guidance{{From: day}}
	own := registry.Holding{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Anonymous, From: at(1)}
	for _, tt := range []struct {
		name    string
		client  registry.Client
		hit     []string
		want    incidents.Certainty
		reasons []incidents.ReasonCode
	}{
		{"a client by the rule", registry.Client{Relation: registry.RelationClient, Guidance: guided}, []string{"mailbox"}, incidents.Certain,
			[]incidents.ReasonCode{incidents.ReasonHeld, incidents.ReasonByRule, incidents.ReasonInGuidance}},
		{"a reader of whom that system keeps nothing", registry.Client{Relation: registry.RelationNewsletter, FirstContact: day}, []string{"mailbox"}, incidents.None,
			[]incidents.ReasonCode{incidents.ReasonNotKept, incidents.ReasonSystemNotHit, incidents.ReasonSystemNotHit}},
		{"a reader, since his first contact", registry.Client{Relation: registry.RelationNewsletter, FirstContact: day}, []string{"letters"}, incidents.Certain,
			[]incidents.ReasonCode{incidents.ReasonHeld, incidents.ReasonByRule, incidents.ReasonNeverGuided}},
		{"a reader without any date", registry.Client{Relation: registry.RelationNewsletter}, []string{"letters"}, incidents.Possible,
			[]incidents.ReasonCode{incidents.ReasonHeld, incidents.ReasonByRule, incidents.ReasonSinceUnknown, incidents.ReasonNeverGuided}},
		{"nameless notes", registry.Client{Relation: registry.RelationClient, Guidance: guided, Without: []string{"mailbox", "letters"}}, []string{"notes"}, incidents.None,
			[]incidents.ReasonCode{incidents.ReasonAnonymous}},
		{"an exception: nothing of his is there", registry.Client{Relation: registry.RelationClient, Guidance: guided, Without: []string{"mailbox"}}, []string{"mailbox"}, incidents.None,
			[]incidents.ReasonCode{incidents.ReasonWithout, incidents.ReasonSystemNotHit}},
		{"an exception: what is there has no name", registry.Client{Relation: registry.RelationClient, Guidance: guided, Holdings: []registry.Holding{own}}, []string{"mailbox"}, incidents.None,
			[]incidents.ReasonCode{incidents.ReasonSystemNotHit, incidents.ReasonAnonymous}},
		{"destruction confirmed before the breach", registry.Client{Relation: registry.RelationClient, Guidance: []registry.Guidance{{From: day, Until: day.AddDays(30)}},
			Gone: []registry.Gone{{System: "mailbox", At: *at(5)}}}, []string{"mailbox"}, incidents.None,
			[]incidents.ReasonCode{incidents.ReasonDestroyed, incidents.ReasonSystemNotHit}},
		{"and he came back after that", registry.Client{Relation: registry.RelationClient, Guidance: []registry.Guidance{{From: day, Until: day.AddDays(30)}, {From: registry.Date{Year: 2027, Month: 2, Day: 7}}},
			Gone: []registry.Gone{{System: "mailbox", At: *at(5)}}}, []string{"mailbox"}, incidents.Certain,
			[]incidents.ReasonCode{incidents.ReasonHeld, incidents.ReasonByRule, incidents.ReasonInGuidance}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) {
				n.AwareAt = time.Date(2027, 2, 25, 9, 0, 0, 0, time.UTC)
				n.Facts.Systems, n.Facts.OccurredFrom, n.Facts.OccurredUntil = tt.hit, at(10), at(20)
			})
			tt.client.ID, tt.client.HoldingsByRule = "c", true
			got := incidents.NewAssessor(inc, ruledSystems(), promise48, amsterdam(t)).Assess(tt.client)
			var codes []incidents.ReasonCode
			for _, r := range got.Reasons {
				codes = append(codes, r.Code)
			}
			slices.Sort(codes)
			slices.Sort(tt.reasons)
			tt.reasons = slices.Compact(tt.reasons)
			if diff := cmp.Diff(tt.reasons, slices.Compact(codes)); got.Certainty != tt.want || diff != "" {
				t.Errorf("%s, want %s; reasons (-want +got):\n%s", got.Certainty, tt.want, diff)
			}
		})
	}
}

// A case keeps the rules behind its grounds, whatever the practice changes later.
func TestACaseKeepsTheRulesBehindItsGrounds(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) { n.Facts.Systems = []string{"mailbox"} })
	a := incidents.NewAssessor(inc, ruledSystems(), registry.Policy{Retention: []registry.RetentionRule{{From: registry.FromLastContact, Months: 24, Source: "art. 5"}}}, amsterdam(t))
	found := a.Assess(registry.Client{ID: "c", Relation: registry.RelationClient, HoldingsByRule: true})
	inc.HeldRules = a.HeldRules()
	for _, r := range found.Reasons {
		if rule, some := inc.HeldBy(r); some {
			want := incidents.HeldRule{System: "mailbox", Relation: registry.RelationClient, Categories: []registry.Category{registry.Contact},
				Identifiability: registry.Identified, Note: "alleen adressen", From: registry.FromLastContact, Months: 24, Source: "art. 5"}
			if diff := cmp.Diff(want, rule); diff != "" {
				t.Errorf("rule (-want +got):\n%s", diff)
			}
			return
		}
	}
	t.Errorf("no rule behind %+v", found.Reasons)
}
