package casework_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/sqlitestore"
	"datalek/web/casework"
)

// hasty is the store as a second press of the button sees it: the notice still
// reads as the draft it was, and the connection breaks before anything is saved.
type hasty struct {
	*sqlitestore.Store
	draft *incidents.Notice
}

var errGone = errors.New("the browser went away")

func (h hasty) Notice(context.Context, tenant.ID, string) (*incidents.Notice, error) {
	n := *h.draft
	return &n, nil
}

func (h hasty) PutDeliveries(context.Context, tenant.ID, []incidents.Delivery) error { return errGone }

// filed opens a case whose two clients in guidance are affected, assessed.
func (w *world) filed() *incidents.Incident {
	w.t.Helper()
	w.take("nummer;naam;e-mail\nc-1;Een;een@voorbeeldpost.example\nc-2;Twee;twee@voorbeeldpost.example\n")
	inc, err := w.File(w.t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromAPI, AwareAt: w.Now(), Basis: "gezien",
		Facts: incidents.Facts{Playbook: "lost-device", DiscoveredAt: w.Now()}, Story: incidents.Story{Summary: "Laptop weg."}}, anna())
	w.must(err)
	clients, err := w.store.Clients(w.t.Context(), "p1", "", 10)
	w.must(err)
	var rows []incidents.Affected
	var counts incidents.Counts
	for _, c := range clients {
		a := incidents.Affected{ID: c.ID, PracticeID: "p1", IncidentID: inc.ID, Version: 1, ClientID: c.ID, Group: incidents.InGuidance, InScope: true,
			Certainty: incidents.Certain, Readers: []string{c.ID}}
		rows = append(rows, a)
		counts.Add(a)
	}
	w.must(w.store.SaveAffected(w.t.Context(), "p1", rows))
	inc, err = w.store.UpdateIncident(w.t.Context(), "p1", inc.ID, func(i *incidents.Incident) error {
		i.Assessed(1, counts, 0, 0, w.Now())
		return nil
	})
	w.must(err)
	return inc
}

// A second approval that is cut off takes no mail of the first with it.
func TestASecondApprovalCutOffLosesNoMail(t *testing.T) {
	w := newWorld(t)
	p := w.Practice("p1")
	p.Details.Contact = registry.ContactPerson{Name: "Anna Voorbeeld", Email: "anna@lindehof-post.example"}
	p.Details.Senders = []registry.Sender{{Email: "bericht@lindehof-post.example"}}
	inc := w.filed()
	n, err := w.Draft(t.Context(), p, inc.ID, incidents.ToClients, anna())
	w.must(err)
	approval := casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Sender: "bericht@lindehof-post.example", By: anna()}
	_, err = w.Approve(t.Context(), p, n.ID, approval)
	w.must(err)

	second := casework.New(casework.Options{Store: hasty{w.store, n}, Book: w.Book, Now: w.Now, NewID: w.NewID})
	if _, err := second.Approve(t.Context(), p, n.ID, approval); !errors.Is(err, errGone) {
		t.Fatalf("the second approval = %v, want it cut off", err)
	}
	rows, err := w.store.DeliveriesOf(t.Context(), "p1", n.ID, nil, "", 10)
	w.must(err)
	if len(rows) != 2 {
		t.Errorf("%d mails wait, want both of the first approval", len(rows))
	}
}

// Of many who change a case or a draft over the version they all read, one does;
// the others are told, and nothing is written over unseen.
func TestOneVersionIsChangedOnce(t *testing.T) {
	w := newWorld(t)
	inc := w.filed()
	n, err := w.Draft(t.Context(), w.Practice("p1"), inc.ID, incidents.ToClients, anna())
	w.must(err)
	inc, err = w.store.Incident(t.Context(), "p1", inc.ID)
	w.must(err)
	for _, tt := range []struct {
		name   string
		change func(text string) error
	}{
		{"a case", func(text string) error {
			_, err := w.Change(t.Context(), "p1", inc.ID, incidents.Change{Over: &inc.Version, Reason: "Nu weten we het.", By: anna(),
				Apply: func(_ *incidents.Facts, s *incidents.Story) { s.Summary = text }})
			return err
		}},
		{"a draft", func(text string) error {
			same := func(now *incidents.Notice) error {
				if now.TextHash != n.TextHash {
					return fault.Conflict
				}
				return nil
			}
			_, err := w.Edit(t.Context(), "p1", n.ID, []incidents.Text{{Language: "nl", Subject: text, Body: text}}, anna(), same)
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var done, refused atomic.Int32
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					switch err := tt.change(fmt.Sprint("tekst ", i)); {
					case err == nil:
						done.Add(1)
					case errors.Is(err, fault.Conflict):
						refused.Add(1)
					default:
						t.Errorf("change: %v", err)
					}
				})
			}
			all.Wait()
			if done.Load() != 1 || refused.Load() != 7 {
				t.Errorf("%d changed it and %d were refused, want 1 and 7", done.Load(), refused.Load())
			}
		})
	}
}

// severed is a store that is gone at one call, before or after it has written.
type severed struct {
	*sqlitestore.Store
	call    string
	written bool
}

func (s severed) cut(call string, write func() error) error {
	if s.call != call {
		return write()
	}
	if s.written {
		if err := write(); err != nil {
			return err
		}
	}
	return errGone
}

func (s severed) UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (n *incidents.Notice, err error) {
	err = s.cut("notice", func() error { n, err = s.Store.UpdateNotice(ctx, practice, id, change); return err })
	return n, err
}

func (s severed) UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (d incidents.Delivery, err error) {
	err = s.cut("delivery", func() error { d, err = s.Store.UpdateDelivery(ctx, practice, id, change); return err })
	return d, err
}

// A word that somebody was told is in the log once, wherever the program was cut
// off while it took it and however often it is then given again.
func TestAWordGivenIsNeverMissingFromTheLog(t *testing.T) {
	for _, call := range []string{"notice", "delivery"} {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprintf("cut off at the %s, written %t", call, written), func(t *testing.T) {
				w := newWorld(t)
				n, d := w.approved()
				given := casework.Word{By: "phone", At: w.Now(), User: anna()}
				first := casework.New(casework.Options{Store: severed{w.store, call, written}, Book: w.Book, Now: w.Now, NewID: w.NewID})
				if _, err := first.Told(t.Context(), "p1", d.ID, given); !errors.Is(err, errGone) {
					t.Fatalf("the first try = %v, want it cut off", err)
				}
				w.Pass(2 * time.Minute)
				if _, err := w.Told(t.Context(), "p1", d.ID, given); err != nil && !errors.Is(err, fault.Conflict) {
					t.Fatalf("given again: %v", err)
				}
				after, err := w.store.Delivery(t.Context(), "p1", d.ID)
				w.must(err)
				log, err := w.store.Notice(t.Context(), "p1", n.ID)
				w.must(err)
				noted := 0
				for _, e := range log.Outbox.Pending {
					if e.Kind == incidents.ToldOtherwise && e.Facts["delivery"] == d.ID {
						noted++
					}
				}
				if after.State != incidents.ToldByPerson || noted != 1 {
					t.Errorf("the reader is %s and the log says so %d times, want told, once", after.State, noted)
				}
			})
		}
	}
}

// approved returns an approved notice and one of its deliveries.
func (w *world) approved() (*incidents.Notice, incidents.Delivery) {
	w.t.Helper()
	p := w.Practice("p1")
	p.Details.Senders = []registry.Sender{{Email: "bericht@lindehof-post.example"}}
	n, err := w.Draft(w.t.Context(), p, w.filed().ID, incidents.ToClients, anna())
	w.must(err)
	_, err = w.Approve(w.t.Context(), p, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, By: anna()})
	w.must(err)
	rows, err := w.store.DeliveriesOf(w.t.Context(), "p1", n.ID, nil, "", 10)
	w.must(err)
	if len(rows) == 0 {
		w.t.Fatal("the notice has no deliveries")
	}
	return n, rows[0]
}
