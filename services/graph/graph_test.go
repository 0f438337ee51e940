package graph_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/services/devstack/graphserver"
	"datalek/services/graph"
)

func at(minute int) time.Time {
	return time.Date(2027, 3, 5, 16, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute)
}

// rig is a reader of a message centre, and what it kept.
type rig struct {
	t      *testing.T
	server *graphserver.Server
	reader *graph.Reader
	login  registry.FeedLogin
	now    time.Time
	naps   []time.Duration
	kept   []string
	refuse error // of keep
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, server: graphserver.Start(), now: at(60), login: registry.FeedLogin{Tenant: graphserver.Tenant, Client: graphserver.Client, Secret: graphserver.Secret}}
	t.Cleanup(r.server.Close)
	var err error
	r.reader, err = graph.New(graph.Options{Login: r.server.URL(), Graph: r.server.URL(), Now: func() time.Time { return r.now },
		Nap: func(_ context.Context, d time.Duration) error { r.naps = append(r.naps, d); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) read(since time.Time) registry.FeedLook {
	r.t.Helper()
	look, err := r.reader.Read(r.t.Context(), r.login, since, func(_ context.Context, p registry.FeedPost) (bool, error) {
		if r.refuse != nil {
			return false, r.refuse
		}
		r.kept = append(r.kept, p.ID)
		return true, nil
	})
	if !errors.Is(err, r.refuse) {
		r.t.Fatal(err)
	}
	return look
}

// five puts five posts, two of them about data privacy in odd casing.
func (r *rig) five() {
	r.server.Put(graphserver.NewPost("MC1", at(1), "Nieuwe knop", "New feature"))
	r.server.Put(graphserver.NewPost("MC2", at(2), "Mailboxen ingezien", "Data privacy"))
	r.server.Put(graphserver.NewPost("MC3", at(3), "Onderhoud"))
	r.server.Put(graphserver.NewPost("MC4", at(4), "Agenda's ingezien", "Updated message", "dataPrivacy"))
	r.server.Put(graphserver.NewPost("MC5", at(5), "Privacy in Teams", "Privacy"))
}

func TestAllPagesAreReadAndOnlyPostsAboutDataPrivacyAreKept(t *testing.T) {
	r := newRig(t)
	r.five()
	look := r.read(at(0))
	if diff := cmp.Diff(registry.FeedLook{Mark: at(5), Seen: 5, Kept: 2}, look); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"MC2", "MC4"}, r.kept); diff != "" {
		t.Error(diff)
	}
	if n := len(r.server.Asked()); n != 3 {
		t.Errorf("%d pages were asked for", n)
	}
	r.kept = nil
	if look := r.read(at(4)); look.Seen != 2 || len(r.kept) != 1 {
		t.Errorf("since a later change: %+v, %v", look, r.kept)
	}
	if n := r.server.Given(); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
}

func TestAWaitThatGraphAsksForIsWaited(t *testing.T) {
	r := newRig(t)
	r.five()
	r.server.Next(graphserver.Status(http.StatusTooManyRequests, "7"), graphserver.Status(http.StatusServiceUnavailable, ""))
	if look := r.read(at(0)); look.Fault != "" || look.Seen != 5 {
		t.Errorf("the look is %+v", look)
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Second, 2 * time.Second}, r.naps); diff != "" {
		t.Error(diff)
	}
}

func TestALongWaitEndsTheLookAndIsPassedOn(t *testing.T) {
	for header, want := range map[string]time.Duration{"90": 90 * time.Second, "999999999": time.Hour, at(62).Format(http.TimeFormat): 2 * time.Minute} {
		r := newRig(t)
		r.five()
		r.server.Next(graphserver.Status(http.StatusTooManyRequests, header))
		if look := r.read(at(0)); look.Fault != registry.FeedBusy || look.Wait != want || len(r.naps) != 0 {
			t.Errorf("Retry-After %s: %+v, waited %v", header, look, r.naps)
		}
	}
}

func TestATokenThatRanOutIsReplacedOnce(t *testing.T) {
	r := newRig(t)
	r.five()
	r.read(at(0))
	r.server.Revoke()
	if look := r.read(at(0)); look.Fault != "" || look.Seen != 5 || r.server.Given() != 2 {
		t.Errorf("the look is %+v after %d tokens", look, r.server.Given())
	}
	r.now = r.now.Add(2 * time.Hour) // by its own word the token has ended
	r.read(at(0))
	if r.server.Given() != 3 {
		t.Errorf("%d tokens were given", r.server.Given())
	}
	r.server.Next(graphserver.Status(http.StatusUnauthorized, ""), graphserver.Status(http.StatusUnauthorized, ""))
	if look := r.read(at(0)); look.Fault != registry.FeedLoginRefused {
		t.Errorf("a token refused twice: %+v", look)
	}
}

func TestWhatTheLoginAnswersIsTold(t *testing.T) {
	for name, change := range map[string]func(*rig){
		"an unknown organisation": func(r *rig) { r.login.Tenant = "elders.example" },
		"an unknown app":          func(r *rig) { r.login.Client = "00000000-0000-0000-0000-000000000000" },
		"another secret":          func(r *rig) { r.login.Secret = "verlopen-geheim" },
	} {
		r := newRig(t)
		r.five()
		change(r)
		if look := r.read(at(0)); look.Fault != registry.FeedLoginRefused || !look.Mark.IsZero() || len(r.kept) != 0 {
			t.Errorf("%s: %+v", name, look)
		}
	}
}

// Whatever answer is broken: nothing of it is kept, the look says why, and no mark
// is set by a look that was not whole.
func TestABrokenAnswerChangesNothingAndIsTold(t *testing.T) {
	endless := func(r *rig) string {
		return `{"value":[],"@odata.nextLink":"` + r.server.URL() + `/v1.0/admin/serviceAnnouncement/messages?$skip=2"}`
	}
	for name, tt := range map[string]struct {
		answer func(r *rig) func(http.ResponseWriter, *http.Request) bool
		want   registry.FeedFault
	}{
		"HTML instead of JSON":        {says("<!doctype html><p>Sign in"), registry.FeedUnreadable},
		"nothing":                     {says(""), registry.FeedUnreadable},
		"JSON cut off":                {says(`{"value":[{"id":"MC9","tags":["Data privacy"]`), registry.FeedUnreadable},
		"a list alone":                {says(`[{"id":"MC9","tags":["Data privacy"]}]`), registry.FeedUnreadable},
		"no list":                     {says(`{"error":{"code":"x"}}`), registry.FeedUnreadable},
		"a list that is a word":       {says(`{"value":"x"}`), registry.FeedUnreadable},
		"a page of nine megabytes":    {says(`{"value":["` + strings.Repeat("x", 9<<20) + `"]}`), registry.FeedUnreadable},
		"a next page at another host": {says(`{"value":[],"@odata.nextLink":"https://elders.example/v1.0/x"}`), registry.FeedUnreadable},
		"a next page without a host":  {says(`{"value":[],"@odata.nextLink":"/v1.0/x"}`), registry.FeedUnreadable},
		"a next page that is a file":  {says(`{"value":[],"@odata.nextLink":"file:///etc/passwd"}`), registry.FeedUnreadable},
		"pages that go in a circle": {func(r *rig) func(http.ResponseWriter, *http.Request) bool {
			r.server.Next(graphserver.Says(endless(r)), graphserver.Says(endless(r)))
			return graphserver.Says(endless(r))
		}, registry.FeedUnreadable},
		"a way to another host": {func(*rig) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, "https://elders.example/", http.StatusFound)
				return true
			}
		}, registry.FeedUnreadable},
		"a question that it does not take": {status(http.StatusBadRequest), registry.FeedUnreadable},
		"an app that may not read":         {status(http.StatusForbidden), registry.FeedForbidden},
		"nobody there": {func(r *rig) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, _ *http.Request) bool {
				c, _, err := http.NewResponseController(w).Hijack()
				if err == nil {
					_ = c.Close()
				}
				return true
			}
		}, registry.FeedAway},
		"broken each time": {func(r *rig) func(http.ResponseWriter, *http.Request) bool {
			no := graphserver.Status(http.StatusInternalServerError, "")
			r.server.Next(no, no, no)
			return no
		}, registry.FeedAway},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.five()
			r.server.Next(tt.answer(r))
			look := r.read(at(0))
			if look.Fault != tt.want || look.Kept != 0 || len(r.kept) != 0 {
				t.Errorf("the look is %+v, kept %v", look, r.kept)
			}
		})
	}
}

func says(body string) func(*rig) func(http.ResponseWriter, *http.Request) bool {
	return func(*rig) func(http.ResponseWriter, *http.Request) bool { return graphserver.Says(body) }
}

func status(n int) func(*rig) func(http.ResponseWriter, *http.Request) bool {
	return func(*rig) func(http.ResponseWriter, *http.Request) bool { return graphserver.Status(n, "") }
}

func TestAnOddPostCostsNoOther(t *testing.T) {
	r := newRig(t)
	nameless := graphserver.NewPost("", at(3), "Zonder nummer", "Data privacy")
	delete(nameless, "id")
	undated := graphserver.NewPost("MC7", at(4), "Zonder tijd", "Data privacy")
	undated["lastModifiedDateTime"] = "vorige week"
	strange := graphserver.NewPost("MC8", at(5), "Vreemde merken")
	strange["tags"], strange["id"] = map[string]any{"a": 1}, 8
	for _, p := range []graphserver.Post{nameless, undated, strange, graphserver.NewPost("MC9", at(6), "Gewoon", "Data privacy")} {
		r.server.Put(p)
	}
	if diff := cmp.Diff(registry.FeedLook{Mark: at(6), Seen: 4, Kept: 3, Odd: 3}, r.read(at(0))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"", "MC7", "MC9"}, r.kept); diff != "" {
		t.Error(diff)
	}
}

func TestAStoreThatRefusesEndsTheLook(t *testing.T) {
	r := newRig(t)
	r.five()
	r.refuse = errors.New("the disk is full")
	if look := r.read(at(0)); look.Kept != 0 {
		t.Errorf("the look is %+v", look)
	}
}

func TestOnlyAddressesThatKeepTheSecretAreTaken(t *testing.T) {
	for address, fine := range map[string]bool{"": true, "https://login.microsoftonline.us": true, "http://127.0.0.1:1": true, "http://login.example": false,
		"https://a:b@login.example": false, "https://login.example/x": false, "ftp://x": false, "login.example": false} {
		if _, err := graph.New(graph.Options{Login: address, Graph: address}); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}
