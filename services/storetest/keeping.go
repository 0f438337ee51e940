package storetest

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/contract"
)

func keepingTests() []test {
	return []test{
		{"whatever takes something away leaves the case, its register and its proofs", nothingOfACaseGoes},
		{"time alone takes nothing of a case", timeTakesNothing},
		{"a practice with an open case is not erased", openCasesStay},
		{"a practice with a closed case is not erased before its time", closedCasesStay},
	}
}

// takesAway are the beginnings of the names of methods that remove something.
var takesAway = regexp.MustCompile(`^(Drop|Remove|Erase|Expire|Forget|Empty|Scrub|Delete|Destroy|Purge|Clear)`)

// mayTake says of each such method what of a world it may change, and why that is
// nothing that must be kept with a case.
func mayTake() map[string][]string {
	return map[string][]string{
		"DropDrill":      nil,            // of drills alone
		"DropParts":      {"part"},       // lists on their way in
		"RemoveClients":  {"clients"},    // who is off the list; the case keeps its finding
		"DropQueued":     {"deliveries"}, // rows that wait, untouched, for an approval that was cut off
		"ForgetAffected": nil,            // an address that the person asked to erase; there is none here
		"DropQuestion":   {"questions"},  // a reader's own words, when he asks to erase them
		"EmptyReceipt":   {"receipt"},    // the same; the hash of the message stays
		"DropReturn":     nil,            // what came back stands at its delivery
		"EraseWords":     {"entries"},    // words and salt; what the chain and the tree cover stays
		"Scrub":          nil,            // what was removed before
		"DropFeed":       nil,            // where the program reads, not what it read
		"DropStuck":      {"stuck"},      // work that was done
		"DropToken":      {"tokens"},     // an account's own things
		"DropSession":    nil,
		"DropDraft":      {"drafts"},
		"DropRequest":    {"request"},
		"RemoveSetting":  nil,
		"Expire":         nil, // and see timeTakesNothing
	}
}

func nothingOfACaseGoes(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	known := map[string]call{}
	for _, c := range calls() {
		known[c.name] = c
	}
	store := reflect.TypeFor[contract.Store]()
	for n := range store.NumMethod() {
		name := store.Method(n).Name
		if !takesAway.MatchString(name) {
			continue
		}
		may, said := mayTake()[name]
		c, some := known[name]
		if !said || !some {
			t.Errorf("%s takes something away: say in mayTake what, and add it to calls", name)
			continue
		}
		before, hashes := everything(ctx, t, s, w), hashesOf(ctx, t, s)
		_, _ = c.do(ctx, s, anna, w) // its own test says what it answers
		after := everything(ctx, t, s, w)
		for _, what := range []string{"incidents", "affected", "notices", "deliveries", "reports", "receipt", "questions", "entries", "tree heads"} {
			if name == "RemoveClients" && what == "incidents" {
				continue // it marks them stale, so that they are assessed anew
			}
			if !reflect.DeepEqual(before[what], after[what]) && !contains(may, what) {
				t.Errorf("%s changed the %s", name, what)
			}
		}
		if !reflect.DeepEqual(hashes, hashesOf(ctx, t, s)) {
			t.Errorf("%s changed what the register's chain covers", name)
		}
	}
}

func timeTakesNothing(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	before := everything(ctx, t, s, w)
	ok(t, "expire", s.Expire(ctx, at(0).Add(50*365*24*time.Hour)))
	after := everything(ctx, t, s, w)
	for _, what := range []string{"incidents", "affected", "notices", "deliveries", "reports", "receipt", "questions", "entries", "tree heads", "clients", "rights"} {
		if !reflect.DeepEqual(before[what], after[what]) {
			t.Errorf("it took of the %s", what)
		}
	}
}

func contains(list []string, what string) bool {
	for _, v := range list {
		if v == what {
			return true
		}
	}
	return false
}

func hashesOf(ctx context.Context, t *testing.T, s Store) []string {
	t.Helper()
	entries, err := s.Entries(ctx, anna, 0, 100)
	ok(t, "read the register", err)
	return mapped(entries, func(e register.Entry) string { return e.Hash + e.WordsHash })
}

// eraser is the part of both stores that removes whole practices.
type eraser interface {
	ErasePractice(ctx context.Context, practice tenant.ID, now time.Time) error
}

func openCasesStay(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	before := everything(ctx, t, s, w)
	for _, now := range []time.Time{at(0), at(0).Add(50 * 365 * 24 * time.Hour)} {
		if err := s.(eraser).ErasePractice(ctx, anna, now); !errors.Is(err, incidents.ErrCaseOpen) {
			t.Errorf("erase: %v", err)
		}
	}
	same(t, "the practice", everything(ctx, t, s, w), before)
}

func closedCasesStay(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create practice", s.CreatePractice(ctx, practiceOf(anna)))
	inc := incidentOf(anna, "incident-1", at(0))
	inc.State, inc.ClosedAt = incidents.StateClosed, at(60)
	createIncident(ctx, t, s, inc)
	last := at(60).Add(incidents.KeepCases)
	if err := s.(eraser).ErasePractice(ctx, anna, last.Add(-time.Millisecond)); !errors.Is(err, incidents.ErrCaseKept) {
		t.Errorf("erase too early: %v", err)
	}
	if _, err := s.Incident(ctx, anna, inc.ID); err != nil {
		t.Errorf("the case after that: %v", err)
	}
	ok(t, "erase in time", s.(eraser).ErasePractice(ctx, anna, last))
	if list, err := s.Incidents(ctx, anna, "", 10); err != nil || len(list) != 0 {
		t.Errorf("%d cases are left, %v", len(list), err)
	}
}
