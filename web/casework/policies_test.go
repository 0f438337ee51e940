package casework_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/sqlitestore"
	"datalek/web/casework"
)

// dying is a store whose process ends before its nth write.
type dying struct {
	*sqlitestore.Store
	left int
}

var errDied = errors.New("the process died")

func (d *dying) alive() error {
	if d.left--; d.left < 0 {
		return errDied
	}
	return nil
}

func (d *dying) UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error) {
	if err := d.alive(); err != nil {
		return registry.Practice{}, err
	}
	return d.Store.UpdatePractice(ctx, id, change)
}

func (d *dying) UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	return d.Store.UpdateIncident(ctx, practice, id, change)
}

func (w *world) diesAfter(writes int) *casework.Office {
	n := 0
	return casework.New(casework.Options{Store: &dying{w.store, writes}, Book: w.Book, Now: w.Now, NewID: func() string { n++; return fmt.Sprint("died-", n) }})
}

// sooner is the practice's policy with half the hours, told by phone first and
// clients by law only.
func sooner(p registry.Policy) registry.Policy {
	p.ClientHours, p.FirstChannel = p.ClientHours/2, registry.ByPhone
	p.Telling = []registry.Telling{{Relation: registry.RelationClient, When: registry.TellByLaw, Source: "Eigen besluit, vandaag"}}
	return p
}

func (w *world) order(next registry.Policy, adopt ...string) casework.NewPolicy {
	return casework.NewPolicy{Policy: next, Version: w.Practice("p1").Version, Adopt: adopt, Reason: "Het moet sneller.", Changed: []string{"client"},
		Words: "48 uur → 24 uur", By: anna()}
}

func TestAPreviewCountsWhoWouldHearAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.SaveSystem(t.Context(), registry.System{ID: "mailbox", PracticeID: "p1", Name: "Postvak", Categories: []registry.Category{"contact"}, Identifiability: registry.Identified})
	w.must(err)
	for _, number := range []string{"A-1", "A-2"} {
		c := person(number)
		c.PracticeID, c.ID = "p1", "c-"+number
		_, err = w.store.CreateClient(t.Context(), c)
		w.must(err)
	}
	id := w.openCase()
	before, version := w.stored(id), w.Practice("p1").Version
	cases, err := w.PreviewPolicy(t.Context(), w.Practice("p1"), sooner(w.Practice("p1").Policy))
	w.must(err)
	if len(cases) != 1 || cases[0].Scope == nil || cases[0].Scope.Before.InScope != 2 || cases[0].Scope.After.InScope != 0 || cases[0].Scope.Went != 2 {
		t.Fatalf("preview: %+v", cases)
	}
	if after := w.stored(id); after.Version != before.Version || w.Practice("p1").Version != version {
		t.Error("looking wrote something")
	}
	same, err := w.PreviewPolicy(t.Context(), w.Practice("p1"), w.Practice("p1").Policy)
	w.must(err)
	if same[0].Change.Any() || same[0].Scope != nil {
		t.Errorf("the same rules would change %+v", same[0].Change)
	}
	other, err := w.PreviewPolicy(t.Context(), w.Practice("p2"), sooner(w.Practice("p2").Policy))
	w.must(err)
	if len(other) != 0 {
		t.Error("another practice sees the case")
	}
}

// Wherever the process dies, each case stands wholly under the one or the other,
// and the same order given again does the rest, with one entry of each kind.
func TestAChangeOfRulesThatIsCutOffIsFinishedByPressingAgain(t *testing.T) {
	for writes := range 6 { // two cases keep theirs, the practice, one case
		t.Run(fmt.Sprint("after writes: ", writes), func(t *testing.T) {
			w := newWorld(t)
			goes, stays := w.openCase(), w.openCase()
			old := w.Practice("p1").Policy
			next, order := sooner(old), w.order(sooner(old), goes)
			err := w.diesAfter(writes).ChangePolicy(t.Context(), w.Practice("p1"), order)
			if cut := writes < 4; cut != errors.Is(err, errDied) {
				t.Fatalf("error = %v", err)
			}
			for _, id := range []string{goes, stays} {
				inc := w.stored(id)
				rules := inc.PolicyOf(w.Practice("p1").Policy)
				if hours := int(inc.Clock(incidents.ClientClock).Within / time.Hour); hours != rules.ClientHours {
					t.Errorf("half of it: a clock of %d hours under rules of %d", hours, rules.ClientHours)
				}
			}
			w.must(w.ChangePolicy(t.Context(), w.Practice("p1"), order))
			w.must(w.ChangePolicy(t.Context(), w.Practice("p1"), order)) // and once more
			if got := w.Practice("p1"); !got.Policy.Same(next) || len(got.Outbox.Pending) != 1 || got.Outbox.Pending[0].Facts["incidents"] != goes {
				t.Errorf("the practice: %d entries", len(got.Outbox.Pending))
			}
			left, taken := w.stored(stays), w.stored(goes)
			if left.Clock(incidents.ClientClock).Within != time.Duration(old.ClientHours)*time.Hour || left.Kept == nil || !left.Kept.Same(old) {
				t.Errorf("the case that was left: %+v", left.Clock(incidents.ClientClock))
			}
			if taken.Clock(incidents.ClientClock).Within != time.Duration(next.ClientHours)*time.Hour || taken.Kept != nil {
				t.Errorf("the case that was taken: %+v", taken.Clock(incidents.ClientClock))
			}
			n := len(slices.DeleteFunc(slices.Clone(taken.Outbox.Pending), func(e incidents.Event) bool { return e.Kind != incidents.PolicyAdopted }))
			if n != 1 {
				t.Errorf("told %d times of the new rules", n)
			}
		})
	}
}

func TestAChangeOfRulesIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	id := w.openCase()
	old := w.Practice("p1").Policy
	for _, tt := range []struct {
		name  string
		order func(casework.NewPolicy) casework.NewPolicy
		want  error
	}{
		{"without a reason", func(n casework.NewPolicy) casework.NewPolicy { n.Reason = " "; return n }, fault.Invalid},
		{"over what somebody else saved meanwhile", func(n casework.NewPolicy) casework.NewPolicy { n.Version--; return n }, fault.Conflict},
		{"with rules that cannot be", func(n casework.NewPolicy) casework.NewPolicy { n.Policy.RequestWeeks = 99; return n }, fault.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := w.ChangePolicy(t.Context(), w.Practice("p1"), tt.order(w.order(sooner(old), id))); !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
			if inc := w.stored(id); !w.Practice("p1").Policy.Same(old) || inc.Clock(incidents.ClientClock).Within != time.Duration(old.ClientHours)*time.Hour {
				t.Error("something was saved")
			}
		})
	}
	if err := w.ChangePolicy(t.Context(), w.Practice("p2"), casework.NewPolicy{Policy: sooner(w.Practice("p2").Policy), Version: w.Practice("p2").Version, Adopt: []string{id}, Reason: "x", By: anna()}); !isNotFound(err) {
		t.Errorf("another practice's case: %v, want not found", err)
	}
}

// slow is a store whose clients never come.
type slow struct{ *sqlitestore.Store }

func (s slow) MatchableClients(ctx context.Context, _ tenant.ID, _ string, _ int) ([]registry.Client, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestACountThatTakesTooLongIsLeftToTheNewAssessment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.openCase()
	office := casework.New(casework.Options{Store: slow{w.store}, Book: w.Book, Now: w.Now, NewID: w.NewID})
	cases, err := office.PreviewPolicy(t.Context(), w.Practice("p1"), sooner(w.Practice("p1").Policy))
	if err != nil || len(cases) != 1 || !cases[0].Change.Who || cases[0].Scope != nil {
		t.Errorf("%v, %+v; want the case without a count", err, cases)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := office.PreviewPolicy(gone, w.Practice("p1"), sooner(w.Practice("p1").Policy)); err == nil {
		t.Error("who went away gets a preview")
	}
}
