package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"
	"datalek/services/devstack/graphserver"
)

// centreHost is a served host beside a message centre.
type centreHost struct {
	*served
	graph *graphserver.Server
}

func startCentreHost(t *testing.T) *centreHost {
	t.Helper()
	h := &centreHost{served: newServed(t, devstack.SMTPOptions{}), graph: graphserver.Start()}
	t.Cleanup(h.graph.Close)
	h.addOwn(t, "Praktijk", "Anna", "bericht@praktijk.example")
	h.args = []string{"--graph-url", h.graph.URL(), "--graph-login-url", h.graph.URL()}
	return h
}

// centreCase is as much of an incident as these stories ask.
type centreCase struct{ ID, Reference, State string }

func (h *centreHost) cases() []centreCase {
	h.t.Helper()
	var list struct{ Items []centreCase }
	h.must(200, "GET", "/incidents", nil, &list)
	return list.Items
}

// reports counts what came in from the processor.
func (h *centreHost) reports() int {
	h.t.Helper()
	var list struct{ Items []struct{ State string } }
	h.must(200, "GET", "/reports?state=all", nil, &list)
	return len(list.Items)
}

// feedView is how the message centre is read.
type feedView struct {
	On         bool
	Fault      string
	ReadAt     *time.Time `json:"read_at"`
	ReadUpTo   *time.Time `json:"read_up_to"`
	Seen       int        `json:"posts_read"`
	Kept       int        `json:"posts_kept"`
	Odd        int        `json:"posts_odd"`
	FailingAt  *time.Time `json:"failing_since"`
	SecretLeak *string    `json:"client_secret"`
}

// Story of the message centre: off until a person gives a login, then each post
// about data privacy is one case, its change joins that case, and nothing else is kept.
func TestStoryMessageCentre(t *testing.T) {
	h := startCentreHost(t)
	h.serve()
	now := h.now().UTC().Truncate(time.Second)
	h.must(201, "POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft"}, nil)
	h.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "processor": "microsoft-365", "services": []string{"Exchange Online"}, "categories": []string{"name"}}, nil)
	h.graph.Put(graphserver.NewPost("MC100001", now.Add(-3*time.Hour), "Nieuwe knop in Outlook", "New feature"))
	h.graph.Put(graphserver.NewPost("MC100002", now.Add(-2*time.Hour), "Onbevoegde toegang tot mailboxen", "Data privacy"))
	h.graph.Put(graphserver.NewPost("MC100003", now.Add(-2*time.Hour), "Teams krijgt een knop"))
	h.graph.Put(graphserver.NewPost("MC100004", now.Add(-time.Hour), "Onbevoegde toegang tot agenda's", "Updated message", "dataPrivacy"))
	h.graph.Next(graphserver.Status(http.StatusTooManyRequests, "1"), graphserver.Status(http.StatusServiceUnavailable, ""))

	var f feedView
	if h.must(200, "GET", "/processors/microsoft-365/feed", nil, &f); f.On || len(h.graph.Asked()) != 0 {
		t.Fatalf("before it is set up: %+v, asked %d times", f, len(h.graph.Asked()))
	}
	owner := loggedIn(t, h.BaseURL, h.Login, h.Password)
	centre := "/processors/microsoft-365/message-centre"
	login := map[string][]string{"tenant": {"Praktijk.example"}, "client_id": {graphserver.Client}, "client_secret": {graphserver.Secret}}
	if r := owner.post(centre+"/login", login); r.Status != http.StatusSeeOther {
		t.Fatalf("the form answered %d: %s", r.Status, r.Body)
	}
	await(t, "two cases", func() error {
		if n := len(h.cases()); n != 2 {
			return errNot("%d cases, wrote %s", n, h.out)
		}
		return nil
	})
	await(t, "the look to be noted", func() error {
		if h.must(200, "GET", "/processors/microsoft-365/feed", nil, &f); f.ReadAt == nil {
			return errNot("%+v", f)
		}
		return nil
	})
	if f.Fault != "" || f.Seen != 4 || f.Kept != 2 || f.SecretLeak != nil || !f.ReadUpTo.Equal(now.Add(-time.Hour)) || h.reports() != 2 {
		t.Errorf("the feed is %+v, %d reports", f, h.reports())
	}

	// A post that Microsoft changes joins its case; a token that ended early is replaced.
	h.graph.Revoke()
	h.graph.Put(graphserver.NewPost("MC100002", now.Add(time.Minute), "(Updated) Onbevoegde toegang tot mailboxen", "DATA PRIVACY"))
	h.pass(6 * time.Minute)
	await(t, "the change to come in", func() error {
		if n := h.reports(); n != 3 {
			return errNot("%d reports", n)
		}
		return nil
	})
	if n := len(h.cases()); n != 2 {
		t.Errorf("%d cases after a change", n)
	}

	// Killed and started again it reads on, and keeps nothing twice.
	h.kill()
	h.serve()
	h.graph.Put(graphserver.NewPost("MC100005", now.Add(8*time.Minute), "Onbevoegde toegang tot Teams", "Data privacy"))
	h.pass(20 * time.Minute)
	await(t, "the third case", func() error {
		if n, m := len(h.cases()), h.reports(); n != 3 || m != 4 {
			return errNot("%d cases, %d reports", n, m)
		}
		return nil
	})

	// The secret ran out: the page says what to do, and after a day the desk does.
	h.graph.NewSecret("een~ander~geheim")
	h.graph.Revoke()
	owner = loggedIn(t, h.BaseURL, h.Login, h.Password)
	await(t, "the look is over", func() error {
		if r := owner.post(centre+"/try", nil); r.Status != http.StatusSeeOther {
			return errNot("trying answered %d", r.Status)
		}
		if body := owner.get(centre).Body; !strings.Contains(body, "geheim klopt niet of is verlopen") {
			return errNot("%s", body)
		}
		return nil
	})
	if body := owner.get("/").Body; strings.Contains(body, "langer dan een dag niet gelezen") {
		t.Error("the desk is alarmed at once")
	}
	h.pass(25 * time.Hour)
	owner = loggedIn(t, h.BaseURL, h.Login, h.Password)
	if body := owner.get("/").Body; !strings.Contains(body, "Microsoft is langer dan een dag niet gelezen") {
		t.Errorf("the desk says nothing: %s", body)
	}
	var taken feedView
	if h.must(200, "POST", "/processors/microsoft-365/feed", object{"tenant": graphserver.Tenant, "client_id": graphserver.Client, "client_secret": "een~ander~geheim"}, &taken); !taken.On {
		t.Errorf("the new login gives %+v", taken)
	}
	await(t, "it is read again", func() error {
		if h.must(200, "GET", "/processors/microsoft-365/feed", nil, &f); f.Fault != "" || f.ReadAt == nil {
			return errNot("%+v", f)
		}
		return nil
	})
	h.must(200, "POST", "/processors/microsoft-365/feed/remove", nil, &f)
	for _, word := range []string{graphserver.Secret, "een~ander~geheim", "eyJ0.token"} {
		if strings.Contains(h.out.String(), word) || strings.Contains(owner.get(centre).Body, word) {
			t.Errorf("%q is told", word)
		}
	}
}

// The host's own message centre is named by flags, and reaches every practice that
// uses the processor; without them it is forgotten.
func TestTheHostsMessageCentreReachesWhoUsesTheProcessor(t *testing.T) {
	h := startCentreHost(t)
	h.graph.Put(graphserver.NewPost("MC100002", h.now().Add(-2*time.Hour).UTC(), "Onbevoegde toegang tot mailboxen", "Data privacy"))
	h.serve()
	h.must(201, "POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft"}, nil)
	h.kill()
	h.serve("--graph-tenant", graphserver.Tenant, "--graph-client-id", graphserver.Client, "--graph-client-secret-file", h.secretFile("graph-secret", graphserver.Secret))
	await(t, "the case", func() error {
		if n := len(h.cases()); n != 1 {
			return errNot("%d cases, wrote %s", n, h.out)
		}
		return nil
	})
	var f feedView
	if h.must(200, "GET", "/processors/microsoft-365/feed", nil, &f); f.On {
		t.Errorf("the practice sees the host's login as its own: %+v", f)
	}
	asked := len(h.graph.Asked())
	h.kill()
	h.serve()
	h.pass(2 * time.Hour)
	h.must(200, "GET", "/processors/microsoft-365/feed", nil, &f)
	if got := len(h.graph.Asked()); got != asked {
		t.Errorf("without the flags it was asked %d times more", got-asked)
	}
}
