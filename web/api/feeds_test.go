package api_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/api"
	"datalek/web/page"
)

const (
	feedAt     = "/api/v1/processors/microsoft-365/feed"
	feedSecret = "w~7Q8.geheim_van_de_app-1" // #nosec G101 -- a made-up app's
	feedApp    = "6f1c2a3b-4d5e-4f60-8172-93a4b5c6d7e8"
)

// feedLogin is the body that gives a login; a secret of "" is left out.
func feedLogin(organisation, client, secret string) string {
	body := map[string]string{"tenant": organisation, "client_id": client}
	if secret != "" {
		body["client_secret"] = secret
	}
	raw, _ := json.Marshal(body) // strings always have a JSON form
	return string(raw)
}

// feedAnswer is a message centre as the API answers it, or why it refuses.
type feedAnswer struct {
	On              bool
	Tenant, Fault   string
	ClientID        string     `json:"client_id"`
	NextAt          time.Time  `json:"next_at"`
	ReadAt          *time.Time `json:"read_at"`
	Seen            int        `json:"posts_read"`
	Kept            int        `json:"posts_kept"`
	Odd             int        `json:"posts_odd"`
	Errors          []struct{ Field string }
	raw, retryAfter string
}

// feedHouse is the API of p1 and p2, which both work with Microsoft 365. Token "keeper"
// may read and write the systems of p1, "reader" may read them.
func feedHouse(t *testing.T, look *registry.FeedLook) *house {
	t.Helper()
	h := newHouse(t, nil)
	h.Open(h.NewPractice("p2"), "bert")
	for _, practice := range []string{"p1", "p2"} {
		_, _, err := h.Office.SaveProcessor(t.Context(), registry.Processor{ID: "microsoft-365", PracticeID: tenant.ID(practice), Name: "Microsoft 365"})
		h.Must(err)
	}
	reads := func(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error) {
		return h.Store.UpdateFeed(ctx, practice, id, func(f *registry.Feed) error {
			f.Note(*look, h.Now(), h.Now())
			return nil
		})
	}
	h.site = h.Serve(page.Options{}, api.New(api.Options{Store: h.Store, Office: h.Office, Now: h.Now, Look: reads}))
	h.token("keeper", []registry.Scope{registry.ScopeSystems.Write(), registry.ScopeSystems.Read()}, registry.TokenLife)
	h.token("reader", []registry.Scope{registry.ScopeSystems.Read()}, registry.TokenLife)
	return h
}

// feed makes a call about a message centre that must end with the status.
func (h *house) feed(want int, token, method, path, body string) (v feedAnswer) {
	h.t.Helper()
	raw, header := h.answered(want, token, method, path, body, &v)
	v.raw, v.retryAfter = raw, header.Get("Retry-After")
	if strings.Contains(v.raw, feedSecret) || strings.Contains(v.raw, "secret\":") {
		h.t.Errorf("%s %s tells a secret: %s", method, path, raw)
	}
	return v
}

func TestAMachineSetsReadsAndStopsAMessageCentre(t *testing.T) {
	h := feedHouse(t, &registry.FeedLook{Seen: 41, Kept: 2, Odd: 1})
	if got := h.feed(200, "keeper", "GET", feedAt, ""); got.On || got.Tenant != "" {
		t.Errorf("before it is set: %s", got.raw)
	}
	if set := h.feed(200, "keeper", "POST", feedAt, feedLogin("praktijk.example", feedApp, feedSecret)); !set.On || set.Tenant != "praktijk.example" || set.ClientID != feedApp || set.ReadAt != nil || !set.NextAt.Equal(h.Now()) {
		t.Errorf("set: %s", set.raw)
	}
	if looked := h.feed(200, "keeper", "POST", feedAt+"/look", ""); looked.Seen != 41 || looked.Kept != 2 || looked.Odd != 1 || looked.Fault != "" || looked.ReadAt == nil {
		t.Errorf("looked: %s", looked.raw)
	}
	h.feed(200, "keeper", "POST", feedAt, feedLogin("Praktijk.Example", strings.ToUpper(feedApp), "")) // the same, so that the secret stays
	if f, on, err := h.Office.Feed(t.Context(), "p1", "microsoft-365"); err != nil || !on || f.Login.Secret != feedSecret {
		t.Errorf("with the secret left out: %t, %v, secret kept %t", on, err, f.Login.Secret == feedSecret)
	}
	for range 2 { // stopped twice is no fault
		if got := h.feed(200, "keeper", "POST", feedAt+"/remove", ""); got.On || got.Tenant != "" {
			t.Errorf("stopped: %s", got.raw)
		}
	}
	if f, err := h.Store.Feed(t.Context(), "p1", "microsoft-365"); err != nil || !f.Ended() || f.Login != (registry.FeedLogin{}) {
		t.Errorf("stopped, the login is forgotten %t, %v", f.Login == (registry.FeedLogin{}), err)
	}
	h.feed(404, "keeper", "POST", feedAt+"/look", "")
	if diff := cmp.Diff([]string{"feed.set", "feed.set", "feed.dropped"}, h.told("microsoft-365")); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestALoginOfAMachineThatCannotWorkNamesEveryFault(t *testing.T) {
	h := feedHouse(t, &registry.FeedLook{})
	h.feed(200, "keeper", "POST", feedAt, feedLogin("praktijk.example", feedApp, feedSecret))
	before := h.feed(200, "keeper", "GET", feedAt, "")
	for _, tt := range []struct {
		name, body string
		fields     []string
	}{
		{"nothing is given", `{}`, []string{"client_id", "client_secret", "tenant"}},
		{"the organisation leads elsewhere", feedLogin("../common", feedApp, feedSecret), []string{"tenant"}},
		{"another app, and no secret for it", feedLogin("praktijk.example", "11111111-2222-4333-8444-555555555555", ""), []string{"client_secret"}},
		{"a secret with a blank", feedLogin("praktijk.example", feedApp, "een twee drie"), []string{"client_secret"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var fields []string
			for _, e := range h.feed(422, "keeper", "POST", feedAt, tt.body).Errors {
				fields = append(fields, e.Field)
			}
			if slices.Sort(fields); !slices.Equal(fields, tt.fields) {
				t.Errorf("names %v, want %v", fields, tt.fields)
			}
			if after := h.feed(200, "keeper", "GET", feedAt, ""); after.raw != before.raw || len(h.told("microsoft-365")) != 1 {
				t.Errorf("changed from %s to %s", before.raw, after.raw)
			}
		})
	}
}

func TestAMachineMayDoToAMessageCentreWhatItsScopesSay(t *testing.T) {
	h := feedHouse(t, &registry.FeedLook{})
	_, err := h.Office.SetFeed(t.Context(), "p2", "microsoft-365", registry.FeedLogin{Tenant: "elders.example", Client: feedApp, Secret: feedSecret}, incidents.Actor{Kind: register.ActorUser, ID: "bert"})
	h.Must(err)
	if got := h.feed(200, "reader", "GET", feedAt, ""); got.On || strings.Contains(got.raw, "elders.example") {
		t.Errorf("shows what is another's: %s", got.raw)
	}
	for _, act := range []string{"", "/look", "/remove"} {
		h.feed(403, "reader", "POST", feedAt+act, feedLogin("praktijk.example", feedApp, feedSecret))
		h.feed(404, "keeper", "POST", "/api/v1/processors/none/feed"+act, feedLogin("praktijk.example", feedApp, feedSecret))
	}
	h.feed(404, "keeper", "GET", "/api/v1/processors/none/feed", "")
	h.feed(200, "keeper", "POST", feedAt+"/remove", "")
	if f, on, err := h.Office.Feed(t.Context(), "p2", "microsoft-365"); err != nil || !on || f.Login.Tenant != "elders.example" {
		t.Errorf("another's is %t, %v", on, err)
	}
}

func TestAMachineIsToldWhyALookFailedAndLooksSeldom(t *testing.T) {
	h := feedHouse(t, &registry.FeedLook{Fault: registry.FeedForbidden})
	h.feed(200, "keeper", "POST", feedAt, feedLogin("praktijk.example", feedApp, feedSecret))
	for range 6 {
		if got := h.feed(200, "keeper", "POST", feedAt+"/look", ""); got.Fault != "forbidden" || got.ReadAt != nil {
			t.Errorf("looked: %s", got.raw)
		}
	}
	if got := h.feed(429, "keeper", "POST", feedAt+"/look", ""); got.retryAfter == "" {
		t.Errorf("the seventh does not say when to come again: %s", got.raw)
	}
}
