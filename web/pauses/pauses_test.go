package pauses_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/services/calendar"
	"datalek/web/casework"
	"datalek/web/desk"
	"datalek/web/notices"
	"datalek/web/page"
	"datalek/web/pauses"
	"datalek/web/webtest"
)

var noon = time.Date(2027, 3, 8, 11, 0, 0, 0, time.UTC)

// refused is a mail server that refuses some accounts.
type refused struct {
	list  []incidents.Pause
	tried []string
}

func (r *refused) Of(_ context.Context, addresses ...string) ([]incidents.Pause, error) {
	var found []incidents.Pause
	for _, p := range r.list {
		if p.Account == "" || slices.Contains(addresses, p.Account) {
			found = append(found, p)
		}
	}
	return found, nil
}

func (r *refused) TryNow(_ context.Context, account string) (bool, error) {
	r.tried = append(r.tried, account)
	return true, nil
}

// rig is the desk of two practices, of which one has a message that waits.
func rig(t *testing.T, r *refused) (anna, bert *webtest.Visitor, notice string) {
	t.Helper()
	w := webtest.NewWorld(t, noon)
	for id, user := range map[string]string{"p1": "anna", "p2": "bert"} {
		p := w.NewPractice(id)
		p.Details.Senders = []registry.Sender{{Email: user + "@praktijk.example"}}
		w.Open(p, user)
	}
	notice = waits(t, w)
	area := pauses.New(pauses.Options{Accounts: r, Store: w.Store})
	site := w.Serve(page.Options{}, area, desk.New(desk.Options{Store: w.Store, Office: w.Office, Book: w.Book, Calendar: calendar.New(), Pauses: area}),
		notices.New(notices.Options{Store: w.Store, Office: w.Office, Book: w.Book, Pauses: area}))
	anna, bert = webtest.NewVisitor(t, site), webtest.NewVisitor(t, site)
	anna.LogIn("anna", "p1")
	bert.LogIn("bert", "p2")
	return anna, bert, notice
}

// waits approves a message of p1 to two clients.
func waits(t *testing.T, w *webtest.World) string {
	t.Helper()
	ctx, by := t.Context(), incidents.Actor{Kind: register.ActorUser, ID: "anna"}
	_, err := w.Store.PutSystem(ctx, registry.System{ID: "mailbox", PracticeID: "p1", Name: "Postvak", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, UpdatedAt: noon})
	w.Must(err)
	from := noon.Add(-8000 * time.Hour)
	var clients []registry.Client
	for _, id := range []string{"c1", "c2"} {
		clients = append(clients, registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: noon,
			Person: registry.Person{ExternalID: "n-" + id, Name: "Cliënt " + id, Email: id + "@example.org"}, Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 1, Day: 1}}},
			Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &from}}})
	}
	_, err = w.Store.PutClients(ctx, "p1", clients)
	w.Must(err)
	p := w.Practice("p1")
	began, ended := noon.Add(-48*time.Hour), noon.Add(-24*time.Hour)
	inc, err := w.Office.File(ctx, p, casework.NewCase{Source: incidents.FromForm, AwareAt: noon.Add(-time.Hour), Basis: "Gezien.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &began, OccurredUntil: &ended, DiscoveredAt: noon.Add(-2 * time.Hour), Systems: []string{"mailbox"},
			Categories: []registry.Category{registry.Contact}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality}}, Story: incidents.Story{Summary: "Iemand las mee."}}, by)
	w.Must(err)
	w.Assess(inc)
	n, err := w.Office.Draft(ctx, p, inc.ID, incidents.ToClients, by)
	w.Must(err)
	n, _, err = w.Office.Readers(ctx, p, n.ID)
	w.Must(err)
	_, err = w.Office.Approve(ctx, p, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Sender: "anna@praktijk.example", By: by})
	w.Must(err)
	return n.ID
}

func TestAPracticeSeesItsOwnRefusedAccountAndLetsItBeTried(t *testing.T) {
	r := &refused{list: []incidents.Pause{
		{Account: "anna@praktijk.example", Since: noon.Add(-time.Hour), LastAt: noon, NextAt: noon.Add(20 * time.Minute), Refusals: 2, Stage: "mail", Words: "5.7.1 not <b>allowed</b>"}}}
	anna, bert, notice := rig(t, r)
	for _, path := range []string{"/", "/notices/" + notice + "/progress"} {
		webtest.Wants(t, anna.Get(path).Body, "weigert het adres anna@praktijk.example sinds maandag 8 maart 2027 om 11.00 uur", "Er wachten 2 e-mails", "12.20 uur",
			"5.7.1 not &lt;b&gt;allowed&lt;/b&gt;", "Vraag wie de mailserver beheert of dit adres e-mail mag sturen", "Probeer het nu")
	}
	if body := bert.Get("/").Body; strings.Contains(body, "anna@") || strings.Contains(body, "/mail/try") {
		t.Error("another practice sees the pause")
	}
	for _, form := range []url.Values{{"account": {"anna@praktijk.example"}}, {"account": {"anna@praktijk.example"}, "notice": {notice}}, {"account": {"niemand@elders.example"}}} {
		if answer := bert.Post("/mail/try", form); answer.StatusCode != 404 {
			t.Errorf("another practice's press of %v is answered %d", form, answer.StatusCode)
		}
	}
	if len(r.tried) > 0 {
		t.Fatalf("tried for another practice: %v", r.tried)
	}
	if answer := anna.Post("/mail/try", url.Values{"account": {"anna@praktijk.example"}, "notice": {notice}}); answer.StatusCode != 303 || answer.Header.Get("Location") != "/notices/"+notice+"/progress" {
		t.Errorf("answered %d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	if !slices.Equal(r.tried, []string{"anna@praktijk.example"}) {
		t.Errorf("tried %v", r.tried)
	}
	webtest.Wants(t, anna.Get("/").Body, "Het programma probeert het meteen.")
}

func TestEveryPracticeSeesThatTheServerLetsNobodyIn(t *testing.T) {
	r := &refused{list: []incidents.Pause{{Since: noon.Add(-time.Hour), LastAt: noon, NextAt: noon, Refusals: 1, Stage: "auth", Words: "no"}}}
	anna, bert, _ := rig(t, r)
	webtest.Wants(t, anna.Get("/").Body, "laat ons niet binnen sinds", "Er wachten 2 e-mails", "probeert het nu", "wachtwoord")
	webtest.Wants(t, bert.Get("/").Body, "laat ons niet binnen sinds", "Er wacht nu geen e-mail")
	bert.Get("/?taal=en")
	webtest.Wants(t, bert.Get("/").Body, "has not let us in since", "Try again now")
	if answer := bert.Post("/mail/try", url.Values{"account": {""}}); answer.StatusCode != 303 || !slices.Equal(r.tried, []string{""}) {
		t.Errorf("answered %d, tried %v", answer.StatusCode, r.tried)
	}
}

func TestWithoutAPauseThereIsNoBanner(t *testing.T) {
	anna, _, notice := rig(t, &refused{})
	for _, path := range []string{"/", "/notices/" + notice + "/progress"} {
		if body := anna.Get(path).Body; strings.Contains(body, "/mail/try") {
			t.Errorf("%s shows a banner", path)
		}
	}
}
