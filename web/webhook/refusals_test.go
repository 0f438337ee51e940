package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/webhook"
)

// countingDoor counts what each address turns away, by a clock that the test moves.
func countingDoor(t *testing.T) (d *door, refusals *webhook.Refusals, at *time.Time) {
	t.Helper()
	moment := noon.Add(30 * time.Minute)
	now := func() time.Time { return moment }
	refusals = webhook.NewRefusals(now)
	d = newDoor(t, func(o *webhook.Options) { o.Now, o.Refusals, o.Refused = now, refusals, nil })
	d.endpoint.PracticeID = "p1"
	return d, refusals, &moment
}

// counted is what the address of the door turned away, by why.
func counted(d *door, r *webhook.Refusals) map[string]int {
	found := map[string]int{}
	list, _ := r.Of(d.endpoint.PracticeID, d.endpoint.ID)
	for _, one := range list {
		found[one.Reason] = one.Count
	}
	return found
}

func TestWhatAnAddressTurnsAwayIsCountedForItAlone(t *testing.T) {
	d, refusals, at := countingDoor(t)
	send := func(id string, sent time.Time, body string, edit func(*http.Request)) {
		d.post(t, "/webhooks/processors/tok", d.secret, id, sent, body, edit)
	}
	send("msg-1", *at, "{}", nil)
	for range 2 {
		send("msg-1", *at, "{}", nil)
	}
	send("msg-2", at.Add(-time.Hour), "{}", nil)
	for range 3 {
		d.bare(t, "/webhooks/processors/tok", "application/json", "{}")
	}
	send("msg-3", *at, strings.Repeat("a", 600<<10), nil)
	send("msg-4", *at, "[]", func(r *http.Request) { r.Header.Set("Content-Type", "application/cloudevents-batch+json") })
	d.bare(t, "/webhooks/processors/other", "application/json", "{}")
	want := map[string]int{"replayed": 2, "stale": 1, "forged": 3, "oversized": 1, "batch": 1}
	if diff := cmp.Diff(want, counted(d, refusals)); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	if list, since := refusals.Of("p2", d.endpoint.ID); len(list) != 0 || !since.Equal(*at) {
		t.Errorf("another practice's address of the same id: %v since %s", list, since)
	}
}

func TestATokenOfAnotherOrganisationIsCountedForTheAddress(t *testing.T) {
	for _, why := range []registry.TokenRefusal{registry.TokenForged, registry.TokenStale, registry.TokenWrongTenant, registry.TokenWrongAudience, registry.TokenWrongSender} {
		t.Run(string(why), func(t *testing.T) {
			refusals := webhook.NewRefusals(func() time.Time { return noon })
			d := newDoor(t, func(o *webhook.Options) { o.Refusals, o.Tokens = refusals, &checks{answer: why} })
			d.endpoint.Door, d.endpoint.Token, d.endpoint.Secrets = registry.DoorEntra, "tok", nil
			d.bare(t, "/webhooks/processors/tok", "application/json", "{}")
			if diff := cmp.Diff(map[string]int{string(why): 1}, counted(d, refusals)); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatWasTurnedAwayIsForgottenAfterADay(t *testing.T) {
	d, refusals, at := countingDoor(t)
	began := *at
	forge := func() { d.bare(t, "/webhooks/processors/tok", "application/json", "{}") }
	forge()
	if _, since := refusals.Of("p1", d.endpoint.ID); !since.Equal(began) {
		t.Errorf("counted since %s, want since the start", since)
	}
	*at = began.Add(23 * time.Hour)
	forge()
	if got := counted(d, refusals)["forged"]; got != 2 {
		t.Errorf("within a day %d", got)
	}
	*at = began.Add(24 * time.Hour)
	if _, since := refusals.Of("p1", d.endpoint.ID); !since.Equal(noon.Add(time.Hour)) {
		t.Errorf("counted since %s, want since the hour at %s", since, noon.Add(time.Hour))
	}
	if got := counted(d, refusals)["forged"]; got != 1 {
		t.Errorf("a day later %d", got)
	}
	forge() // takes the place of the hour of a day ago
	if got := counted(d, refusals)["forged"]; got != 2 {
		t.Errorf("with another %d", got)
	}
	*at = began.Add(72 * time.Hour)
	if got := counted(d, refusals); len(got) != 0 {
		t.Errorf("days later %v", got)
	}
}

// Whoever sends to very many addresses takes no more memory than the most that are kept.
func TestTheAddressThatTurnedNothingAwayForLongestIsForgottenFirst(t *testing.T) {
	d, refusals, _ := countingDoor(t)
	forge := func(n int) {
		token := fmt.Sprintf("tok-%d", n)
		d.endpoint.ID, d.endpoint.TokenHash = fmt.Sprintf("e-%d", n), casework.HashToken(token)
		d.bare(t, "/webhooks/processors/"+token, "application/json", "{}")
	}
	const most = 10_000
	for n := range most {
		forge(n)
	}
	forge(0)
	forge(most)
	for n, want := range map[int]int{0: 2, 1: 0, 2: 1, most: 1} {
		d.endpoint.ID = fmt.Sprintf("e-%d", n)
		if got := counted(d, refusals)["forged"]; got != want {
			t.Errorf("of address %d: %d, want %d", n, got, want)
		}
	}
}

func TestManySendersAtOnceAreAllCounted(t *testing.T) {
	d, refusals, _ := countingDoor(t)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 50 {
				d.bare(t, "/webhooks/processors/tok", "application/json", "{}")
				refusals.Of("p1", d.endpoint.ID)
			}
		})
	}
	senders.Wait()
	if got := counted(d, refusals)["forged"]; got != 400 {
		t.Errorf("counted %d of 400", got)
	}
}
