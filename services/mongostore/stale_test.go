package mongostore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/mongostore"
	"datalek/services/record"
)

// cutter ends a call as soon as the server has done one command of it, as a kill
// of the process does.
type cutter struct {
	after string // the command's name, "" for none
	cut   atomic.Pointer[context.CancelFunc]
}

func (c *cutter) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) {
		if cut := c.cut.Load(); cut != nil && e.CommandName == c.after {
			(*cut)()
		}
	}}
}

// run makes a call that is cut off after a command.
func (c *cutter) run(t *testing.T, after string, call func(context.Context) error) {
	t.Helper()
	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	c.after = after
	c.cut.Store(&cut)
	defer c.cut.Store(nil)
	if err := call(ctx); !errors.Is(err, fault.Unavailable) {
		t.Fatalf("got error %v from a call that was cut off, want unavailable", err)
	}
}

func TestACutOffWriteOfAClientOrSystemStillMarksTheCases(t *testing.T) {
	c := &cutter{}
	o := fresh(t, standinAt)
	s := open(t, o.Watched(c.monitor()))
	mailbox := registry.System{ID: "mailbox", PracticeID: "p", Name: "Mailbox", Identifiability: registry.Identified}
	for _, tt := range []struct {
		name, after string
		write       func(context.Context) error
	}{
		{"a new client", "insert", func(ctx context.Context) error { _, err := s.CreateClient(ctx, client("1")); return err }},
		{"clients put", "insert", func(ctx context.Context) error {
			_, err := s.PutClients(ctx, "p", []registry.Client{client("2"), client("3")})
			return err
		}},
		{"a client put again", "findAndModify", func(ctx context.Context) error {
			_, err := s.PutClients(ctx, "p", []registry.Client{client("1")})
			return err
		}},
		{"a client updated", "update", func(ctx context.Context) error {
			_, err := s.UpdateClient(ctx, "p", "client-1", func(x *registry.Client) error { x.BirthYear = 1980; return nil })
			return err
		}},
		{"a new system", "insert", func(ctx context.Context) error { _, err := s.PutSystem(ctx, mailbox); return err }},
		{"a system replaced", "update", func(ctx context.Context) error { _, err := s.PutSystem(ctx, mailbox); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := "case after " + tt.name
			assessedCase(t, s, id)
			c.run(t, tt.after, tt.write)
			if stale(t, s, id) {
				t.Fatal("the case is marked already: nothing was cut off")
			}
			if err := s.FinishMarking(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !stale(t, s, id) {
				t.Error("the case is not marked")
			}
			nothingUnfollowed(t, o)
		})
	}
}

func TestAWriteThatIsDoneLeavesNothingToFinish(t *testing.T) {
	o := fresh(t, standinAt)
	s := open(t, o)
	if _, err := s.PutClients(t.Context(), "p", []registry.Client{client("1"), client("2"), client("1")}); err != nil {
		t.Fatal(err)
	}
	nothingUnfollowed(t, o)
}

func client(number string) registry.Client {
	return registry.Client{ID: "client-" + number, PracticeID: "p", Language: "nl", Person: registry.Person{ExternalID: number, Name: "Naam"}}
}

func assessedCase(t *testing.T, s *mongostore.Store, id string) {
	t.Helper()
	now := time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	inc, err := incidents.Open(incidents.NewIncident{ID: id, PracticeID: "p", Reference: id, Source: incidents.FromForm, AwareAt: now, AwareBasis: "gezien",
		Facts: incidents.Facts{Playbook: "lost-device", DiscoveredAt: now, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "kwijt"}, By: incidents.System()}, now)
	if err != nil {
		t.Fatal(err)
	}
	inc.Assessed(1, incidents.Counts{}, 0, 0, now)
	if err := s.CreateIncident(t.Context(), inc); err != nil {
		t.Fatal(err)
	}
}

func stale(t *testing.T, s *mongostore.Store, id string) bool {
	t.Helper()
	inc, err := s.Incident(t.Context(), "p", id)
	if err != nil {
		t.Fatal(err)
	}
	return inc.Assessment.Stale
}

// nothingUnfollowed fails when a client or system still names a write.
func nothingUnfollowed(t *testing.T, o mongostore.Options) {
	t.Helper()
	for _, name := range []string{record.Clients, record.Systems} {
		n, err := raw(t, standinAt, o.Database).Collection(name).CountDocuments(t.Context(), bson.D{{Key: "unfollowed", Value: bson.D{{Key: "$exists", Value: true}}}})
		if err != nil || n > 0 {
			t.Errorf("%d in %s name a write (error %v), want none", n, name, err)
		}
	}
}
