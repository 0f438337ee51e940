package notifier_test

import (
	"context"
	"slices"
	"testing"

	"datalek/incidents"
)

func TestDraftsFollowTheFacts(t *testing.T) {
	child := func(w *world) {
		parent := w.client("p-1", "c-parent", "ouder@clienten.example", "nl")
		parent.Guidance, parent.Holdings = nil, nil
		c := w.client("p-1", "c-child", "", "nl")
		c.BirthYear, c.Guardians = 2020, []string{"c-parent"}
		w.store.clients[key("p-1", "c-parent")], w.store.clients[key("p-1", "c-child")] = parent, c
	}
	for _, tt := range []struct {
		name   string
		fill   func(*world)
		change func(*incidents.NewIncident)
		want   []incidents.Audience
	}{
		{"clients", func(w *world) { w.clients("p-1", 1) }, nil, []incidents.Audience{incidents.ToClients}},
		{"a young child's parents", child, nil, []incidents.Audience{incidents.ToParents}},
		{"nobody affected, nobody told", func(*world) {}, nil, nil},
		{"a wrong recipient is asked to delete", func(w *world) { w.clients("p-1", 1) }, func(n *incidents.NewIncident) {
			n.Facts.Playbook, n.Facts.HandPicked, n.Facts.Systems = "mis-sent-email", true, nil
			n.Story.Subjects.Emails = []string{"c-000@clienten.example"}
			n.Story.Recipients = []incidents.Recipient{{Email: "ander@elders.example", Kind: incidents.RecipientKnown}}
		}, []incidents.Audience{incidents.ToClients, incidents.ToRecipient}},
		{"a practice that only processes tells the controller", func(w *world) { w.clients("p-1", 1) },
			func(n *incidents.NewIncident) { n.Facts.Role = incidents.AsProcessor }, []incidents.Audience{incidents.ToController}},
		{"joint controllers tell both", func(w *world) { w.clients("p-1", 1) },
			func(n *incidents.NewIncident) { n.Facts.Role = incidents.AsJoint }, []incidents.Audience{incidents.ToClients, incidents.ToController}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.practice("p-1")
			tt.fill(w)
			inc := w.file("p-1", tt.change)
			a, b := w.notifier(), w.notifier()
			w.settle(a, b)
			for range 2 {
				_ = b.Handle(t.Context(), "draft", []byte(`{"practice":"p-1","incident":"`+inc.ID+`"}`))
			}
			var got []incidents.Audience
			for _, n := range w.store.notices {
				got = append(got, n.Audience)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("drafts for %v, want %v", got, tt.want)
			}
		})
	}
}

func TestASlowDrafterNeverBringsOldReadersBack(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 3)
	n, other := w.notifier(), w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	overtaken := false
	w.store.meddle = func(call string, after bool) error {
		if call != "UpdateNotice" || after || overtaken {
			return nil
		}
		overtaken = true
		_, err := w.store.UpdateIncident(context.Background(), "p-1", inc.ID, func(i *incidents.Incident) error {
			return i.Override(incidents.Override{ClientID: "c-000", Reason: "was het niet", By: incidents.System()}, w.clock())
		})
		if err != nil {
			return err
		}
		w.settle(other)
		return nil
	}
	// A first change makes the slow drafter refresh; the second overtakes it.
	c := w.store.clients[key("p-1", "c-001")]
	c.Person.Email = "nieuw@clienten.example"
	w.store.clients[key("p-1", "c-001")] = c
	if err := n.Handle(t.Context(), "draft", []byte(`{"practice":"p-1","incident":"`+inc.ID+`"}`)); err != nil {
		t.Fatal(err)
	}
	if got := w.notice(inc, incidents.ToClients); !overtaken || got.Recipients != 2 || got.AffectedVersion != 2 {
		t.Errorf("the draft is for %d readers of version %d, want 2 of version 2", got.Recipients, got.AffectedVersion)
	}
}

func TestAWithdrawnDraftIsWrittenAnew(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	first := w.notice(inc, incidents.ToClients)
	_, err := w.store.UpdateNotice(t.Context(), "p-1", first.ID, func(n *incidents.Notice) error { return n.Supersede(w.clock(), incidents.System()) })
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Handle(t.Context(), "draft", []byte(`{"practice":"p-1","incident":"`+inc.ID+`"}`)); err != nil {
		t.Fatal(err)
	}
	if second := w.notice(inc, incidents.ToClients); second == nil || second.ID == first.ID {
		t.Errorf("second draft = %+v", second)
	}
}

func TestChildrenWhoShareAParentAreToldThroughHim(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	parent := w.client("p-1", "c-parent", "ouder@clienten.example", "nl")
	parent.Guidance, parent.Holdings = nil, nil
	w.store.clients[key("p-1", "c-parent")] = parent
	for _, id := range []string{"c-1", "c-2"} {
		c := w.client("p-1", id, "", "nl")
		c.BirthYear, c.Guardians = 2020, []string{"c-parent"}
		w.store.clients[key("p-1", id)] = c
	}
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToParents)
	w.settle(n)
	if got := w.mails()["ouder@clienten.example"]; got != 2 {
		t.Errorf("the parent got %d mails, want one about each child", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 2 || c.MetAt.IsZero() {
		t.Errorf("clock = %d told, met %s; want 2, met", c.Told, c.MetAt)
	}
}
