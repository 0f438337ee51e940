package incidents_test

import (
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func at(day int) *time.Time {
	t := time.Date(2027, 2, day, 0, 0, 0, 0, time.UTC)
	return &t
}

// The breach of these rows: the mailbox, from 10 to 20 February, contact data.
func TestMatchByHoldings(t *testing.T) {
	held := func(edit func(*registry.Holding)) []registry.Holding {
		h := registry.Holding{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: at(1)}
		edit(&h)
		return []registry.Holding{h}
	}
	for _, tt := range []struct {
		name     string
		facts    func(*incidents.Facts)
		holdings []registry.Holding
		want     incidents.Certainty
		reason   incidents.ReasonCode
	}{
		{"held there and then", nil, held(func(*registry.Holding) {}), incidents.Certain, incidents.ReasonHeld},
		{"held elsewhere", nil, held(func(h *registry.Holding) { h.System = "agenda" }), incidents.None, incidents.ReasonSystemNotHit},
		{"nothing held", nil, nil, incidents.None, incidents.ReasonNoHoldings},
		{"destroyed at the very start of the window", nil, held(func(h *registry.Holding) { h.DestroyedAt = at(10) }), incidents.None, incidents.ReasonDestroyed},
		{"destroyed one day into the window", nil, held(func(h *registry.Holding) { h.DestroyedAt = at(11) }), incidents.Certain, incidents.ReasonHeld},
		{"held only from the window's end on", nil, held(func(h *registry.Holding) { h.From = at(20) }), incidents.None, incidents.ReasonHeldLater},
		{"held from just before its end", nil, held(func(h *registry.Holding) { h.From = at(19) }), incidents.Certain, incidents.ReasonHeld},
		{"an empty holding", nil, held(func(h *registry.Holding) { h.From, h.DestroyedAt = at(12), at(12) }), incidents.None, incidents.ReasonDestroyed},
		{"other data only", nil, held(func(h *registry.Holding) { h.Categories = []registry.Category{registry.Financial} }), incidents.None, incidents.ReasonOtherData},
		{"categories unknown: all that is held", func(f *incidents.Facts) { f.Categories = nil },
			held(func(h *registry.Holding) { h.Categories = []registry.Category{registry.Financial} }), incidents.Certain, incidents.ReasonHeld},
		{"anonymous is never traceable", func(f *incidents.Facts) { f.Systems, f.Categories, f.OccurredFrom = nil, nil, nil },
			held(func(h *registry.Holding) { h.Identifiability = registry.Anonymous }), incidents.None, incidents.ReasonAnonymous},
		{"pseudonymised, key elsewhere", nil, held(func(h *registry.Holding) { h.Identifiability, h.KeySystem = registry.Pseudonymised, "safe" }), incidents.None, incidents.ReasonPseudonymSafe},
		{"pseudonymised, key hit too", func(f *incidents.Facts) { f.Systems = []string{"mailbox", "safe"} },
			held(func(h *registry.Holding) { h.Identifiability, h.KeySystem = registry.Pseudonymised, "safe" }), incidents.Certain, incidents.ReasonKeyHitToo},
		{"pseudonymised, key's place unknown", nil, held(func(h *registry.Holding) { h.Identifiability = registry.Pseudonymised }), incidents.Possible, incidents.ReasonKeySystemUnknown},
		{"pseudonymised, systems unknown", func(f *incidents.Facts) { f.Systems = nil },
			held(func(h *registry.Holding) { h.Identifiability, h.KeySystem = registry.Pseudonymised, "safe" }), incidents.Possible, incidents.ReasonSystemsUnknown},
		{"systems unknown", func(f *incidents.Facts) { f.Systems = nil }, held(func(h *registry.Holding) { h.System = "agenda" }), incidents.Possible, incidents.ReasonSystemsUnknown},
		{"start unknown", func(f *incidents.Facts) { f.OccurredFrom = nil }, held(func(*registry.Holding) {}), incidents.Possible, incidents.ReasonWindowUnknown},
		{"end unknown", func(f *incidents.Facts) { f.OccurredUntil = nil }, held(func(*registry.Holding) {}), incidents.Possible, incidents.ReasonWindowUnknown},
		{"start unknown and destroyed long ago", func(f *incidents.Facts) { f.OccurredFrom = nil }, held(func(h *registry.Holding) { h.DestroyedAt = at(2) }), incidents.Possible, incidents.ReasonWindowUnknown},
		{"held since unknown", nil, held(func(h *registry.Holding) { h.From = nil }), incidents.Possible, incidents.ReasonSinceUnknown},
		{"should be gone, never confirmed", nil, held(func(h *registry.Holding) { h.Until = at(9) }), incidents.Possible, incidents.ReasonOverdueNotGone},
		{"should be gone at the window's start", nil, held(func(h *registry.Holding) { h.Until = at(10) }), incidents.Possible, incidents.ReasonOverdueNotGone},
		{"to be gone inside the window", nil, held(func(h *registry.Holding) { h.Until = at(11) }), incidents.Certain, incidents.ReasonHeld},
		{"one instant, held then", func(f *incidents.Facts) { f.OccurredUntil = at(10) }, held(func(h *registry.Holding) { h.From = at(10) }), incidents.Certain, incidents.ReasonHeld},
		{"one instant, destroyed then", func(f *incidents.Facts) { f.OccurredUntil = at(10) }, held(func(h *registry.Holding) { h.DestroyedAt = at(10) }), incidents.None, incidents.ReasonDestroyed},
		{"one certain holding outweighs a doubtful one", nil, append(held(func(h *registry.Holding) { h.From = nil }), held(func(*registry.Holding) {})...), incidents.Certain, incidents.ReasonHeld},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) {
				n.Facts.OccurredFrom, n.Facts.OccurredUntil = at(10), at(20)
				n.Facts.Categories = []registry.Category{registry.Contact}
				if tt.facts != nil {
					tt.facts(&n.Facts)
				}
			})
			got := incidents.NewAssessor(inc, nil, promise48, amsterdam(t)).Assess(registry.Client{ID: "c", Holdings: tt.holdings})
			if got.Certainty != tt.want || !hasReason(got, tt.reason) {
				t.Errorf("got %s %v, want %s because %s", got.Certainty, got.Reasons, tt.want, tt.reason)
			}
		})
	}
}

func hasReason(a incidents.Affected, code incidents.ReasonCode) bool {
	for _, r := range a.Reasons {
		if r.Code == code {
			return true
		}
	}
	return false
}

// Guidance days are inclusive and local: awareness at 23.30 UTC on 4 March is
// the 5th in Amsterdam.
func TestInScopeIsGuidanceOnTheLocalDayOfAwareness(t *testing.T) {
	date := func(day int) registry.Date { return registry.Date{Year: 2027, Month: 3, Day: day} }
	for _, tt := range []struct {
		name     string
		guidance []registry.Guidance
		group    incidents.Group
		scope    bool
	}{
		{"open guidance", []registry.Guidance{{From: date(1)}}, incidents.InGuidance, true},
		{"ends on that day", []registry.Guidance{{From: date(1), Until: date(5)}}, incidents.InGuidance, true},
		{"ended the day before", []registry.Guidance{{From: date(1), Until: date(4)}}, incidents.Former, false},
		{"begins on that day", []registry.Guidance{{From: date(5)}}, incidents.InGuidance, true},
		{"begins the day after", []registry.Guidance{{From: date(6)}}, incidents.OtherPeople, false},
		{"two spans, the second open", []registry.Guidance{{From: date(1), Until: date(2)}, {From: date(3)}}, incidents.InGuidance, true},
		{"none", nil, incidents.OtherPeople, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) {
				n.AwareAt = time.Date(2027, 3, 4, 23, 30, 0, 0, time.UTC)
			})
			c := registry.Client{ID: "c", Guidance: tt.guidance, Holdings: []registry.Holding{{System: "mailbox",
				Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: at(1)}}}
			got := incidents.NewAssessor(inc, nil, promise48, amsterdam(t)).Assess(c)
			if got.Group != tt.group || got.InScope != tt.scope {
				t.Errorf("got %s in scope %t, want %s %t", got.Group, got.InScope, tt.group, tt.scope)
			}
		})
	}
}

func TestHandPickedPersonsReplaceTheTests(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) {
		n.Facts.HandPicked, n.Facts.Systems = true, nil
		n.Story.Subjects = incidents.Subjects{Emails: []string{"Piet@voorbeeld.example", "niemand@voorbeeld.example", "niemand@voorbeeld.example"}, ExternalIDs: []string{"7"}}
	})
	a := incidents.NewAssessor(inc, nil, promise48, amsterdam(t))
	byMail := a.Assess(registry.Client{ID: "piet", Person: registry.Person{Email: "piet@VOORBEELD.example"}})
	byNumber := a.Assess(registry.Client{ID: "seven", Person: registry.Person{ExternalID: "7"}})
	other := a.Assess(registry.Client{ID: "eight", Person: registry.Person{ExternalID: "8"}})
	if byMail.Certainty != incidents.Certain || byNumber.Certainty != incidents.Certain || other.Certainty != incidents.None {
		t.Errorf("got %s, %s, %s; want the chosen certain and the other not", byMail.Certainty, byNumber.Certainty, other.Certainty)
	}
	unmatched := a.Unmatched()
	if len(unmatched) != 1 || unmatched[0].Email != "niemand@voorbeeld.example" || unmatched[0].InScope {
		t.Errorf("unmatched %+v, want the one unknown address, once", unmatched)
	}
}

func TestOverridesHaveTheLastWord(t *testing.T) {
	inc := open(t, nil)
	for id, include := range map[string]bool{"in": true, "out": false} {
		if err := inc.Override(incidents.Override{ClientID: id, Include: include, Reason: "I know this case.", By: anna}, noon); err != nil {
			t.Fatal(err)
		}
	}
	a := incidents.NewAssessor(inc, nil, promise48, amsterdam(t))
	hit := []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: at(1)}}
	if got := a.Assess(registry.Client{ID: "in"}); got.Certainty != incidents.Certain {
		t.Errorf("added person is %s", got.Certainty)
	}
	if got := a.Assess(registry.Client{ID: "out", Holdings: hit}); got.Certainty != incidents.None || got.InScope {
		t.Errorf("removed person is %s", got.Certainty)
	}
}

// judged is a client about whose judgement it was decided.
func judged(c registry.Client, capacity registry.Capacity) registry.Client {
	c.Capacity = capacity
	return c
}

func TestReadersFollowTheAge(t *testing.T) {
	child := func(born int, agreed bool) registry.Client {
		return registry.Client{ID: "kid", BirthYear: born, Guardians: []string{"mum", "dad"}, GuardiansAgreed: agreed}
	}
	for _, tt := range []struct {
		name   string
		client registry.Client
		want   []string
	}{
		{"adult", registry.Client{ID: "kid", BirthYear: 1980}, []string{"kid"}},
		{"age unknown", registry.Client{ID: "kid", Guardians: []string{"mum"}}, []string{"kid"}},
		{"under 12", child(2017, false), []string{"mum", "dad"}},
		{"12", child(2015, false), []string{"kid", "mum", "dad"}},
		{"15", child(2012, false), []string{"kid", "mum", "dad"}},
		{"16", child(2011, false), []string{"kid"}},
		{"16 and agreed", child(2011, true), []string{"kid", "mum", "dad"}},
		{"under 12 and capable", judged(child(2017, false), registry.Capable), []string{"kid"}},
		{"14 and capable", judged(child(2013, false), registry.Capable), []string{"kid"}},
		{"under 12, both by decision", judged(child(2017, false), registry.WithParents), []string{"kid", "mum", "dad"}},
		{"17 and not capable", judged(child(2010, false), registry.NotCapable), []string{"mum", "dad"}},
		{"18, whatever was decided before", judged(child(2009, false), registry.NotCapable), []string{"kid"}},
		{"age unknown and not capable", judged(registry.Client{ID: "kid", Guardians: []string{"mum"}}, registry.NotCapable), []string{"mum"}},
		{"not capable without a known guardian", judged(registry.Client{ID: "kid", BirthYear: 2015}, registry.NotCapable), []string{"kid"}},
		{"under 12 without a known guardian", registry.Client{ID: "kid", BirthYear: 2020}, []string{"kid"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := incidents.Readers(tt.client, 2027)
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

// The rules may give time to destroy what need not be kept any longer: until then
// it may rightly be there, and the finding says by when it had to go.
func TestWhatNeedNotBeKeptMayStillBeDestroyedInTime(t *testing.T) {
	date := func(year int, month time.Month, day int) registry.Date {
		return registry.Date{Year: year, Month: month, Day: day}
	}
	for _, tt := range []struct {
		name   string
		last   registry.Date
		within int
		want   registry.Date
	}{
		{"there is time still", date(2026, 1, 31), 6, date(2027, 8, 1)},
		{"the time is over", date(2025, 7, 31), 6, registry.Date{}},
		{"there is none", date(2026, 1, 31), 0, registry.Date{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, func(n *incidents.NewIncident) { n.Facts.OccurredFrom, n.Facts.OccurredUntil = at(10), at(20) })
			policy := registry.Policy{Retention: []registry.RetentionRule{{From: registry.FromLastContact, Months: 12, WithinMonths: tt.within}}}
			systems := []registry.System{{ID: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified}}
			got := incidents.NewAssessor(inc, systems, policy, amsterdam(t)).Assess(registry.Client{ID: "c", Relation: registry.RelationClient, HoldingsByRule: true,
				Guidance: []registry.Guidance{{From: date(2025, 1, 1), Until: tt.last}}})
			for _, r := range got.Reasons {
				if r.Code == incidents.ReasonOverdueNotGone && r.Day == tt.want && got.Certainty == incidents.Possible {
					return
				}
			}
			t.Errorf("%s because of %+v, want doubt with %s", got.Certainty, got.Reasons, tt.want)
		})
	}
}

// A diary that is cleared each month still holds somebody in guidance, but only what
// was entered since; who left is judged by the end of his term.
func TestWhatIsClearedByEntryIsHeldDuringGuidance(t *testing.T) {
	rule := func(from registry.RetainFrom) registry.Policy {
		return registry.Policy{Retention: []registry.RetentionRule{{From: from, Months: 1}}}
	}
	systems := []registry.System{{ID: "agenda", Categories: []registry.Category{registry.Appointments}, Identifiability: registry.Identified}}
	present := registry.Client{ID: "c", Relation: registry.RelationClient, HoldingsByRule: true, Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 1, Day: 1}}}}
	left := present
	left.Guidance = []registry.Guidance{{From: registry.Date{Year: 2025, Month: 1, Day: 1}, Until: registry.Date{Year: 2026, Month: 10, Day: 31}}}
	known := func(n *incidents.NewIncident) {
		n.Facts.Systems, n.Facts.Categories, n.Facts.OccurredFrom, n.Facts.OccurredUntil = []string{"agenda"}, nil, at(10), at(20)
	}
	undated := func(n *incidents.NewIncident) {
		n.Facts.Systems, n.Facts.Categories, n.Facts.OccurredFrom, n.Facts.OccurredUntil = []string{"agenda"}, nil, nil, nil
	}
	monthBefore := registry.DateOf(*at(10), amsterdam(t)).AddMonths(-1)
	for _, tt := range []struct {
		name      string
		client    registry.Client
		policy    registry.Policy
		facts     func(*incidents.NewIncident)
		certainty incidents.Certainty
		some      bool
		day       registry.Date
	}{
		{"in guidance", present, rule(registry.FromEntry), known, incidents.Certain, true, monthBefore},
		{"in guidance, the moment is not known", present, rule(registry.FromEntry), undated, incidents.Possible, true, registry.Date{}},
		{"in guidance, a rule of another kind", present, rule(registry.FromLastContact), known, incidents.Certain, false, registry.Date{}},
		{"left more than a month before", left, rule(registry.FromEntry), known, incidents.Possible, false, registry.Date{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := incidents.NewAssessor(open(t, tt.facts), systems, tt.policy, amsterdam(t)).Assess(tt.client)
			n := slices.IndexFunc(got.Reasons, func(r incidents.Reason) bool { return r.Code == incidents.ReasonEntriesCleared })
			if got.Certainty != tt.certainty || (n >= 0) != tt.some {
				t.Fatalf("%s because of %+v", got.Certainty, got.Reasons)
			}
			if tt.some && (got.Reasons[n].Day != tt.day || got.Reasons[n].System != "agenda") {
				t.Errorf("cleared before %+v, want %s", got.Reasons[n], tt.day)
			}
		})
	}
}
