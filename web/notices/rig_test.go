package notices_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/sqlitestore"
	"datalek/web/casework"
	"datalek/web/notices"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is the area over a real store, a practice with clients of every kind, and
// a visitor who is logged in.
type rig struct {
	*webtest.World
	t       *testing.T
	store   *sqlitestore.Store
	office  *casework.Office
	site    string
	visitor *webtest.Visitor
	inc     *incidents.Incident
}

func monday() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }

func newRig(t *testing.T) *rig {
	t.Helper()
	w := webtest.NewWorld(t, monday())
	r := &rig{World: w, t: t, store: w.Store, office: w.Office}
	r.site = w.Serve(page.Options{}, notices.New(notices.Options{Store: w.Store, Office: w.Office, Book: w.Book, Pace: 20 * time.Millisecond, Print: printLines}))
	r.practice("p1", "anna")
	r.practice("p2", "bert")
	r.people()
	r.inc = r.file("p1")
	r.visitor = r.comeIn("anna", "p1")
	return r
}

// printLines stands for the printer of PDF files: it writes what a letter says.
func printLines(w io.Writer, letters []incidents.Letter, _ time.Time) error {
	for _, l := range letters {
		if _, err := fmt.Fprintf(w, "%s|%s|%s|%s|%s\n", l.Language, strings.Join(l.Sender, "/"), strings.Join(l.Address, "/"), l.Place, l.Subject); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) now() time.Time { return r.Now() }

// comeIn is somebody who is logged in.
func (r *rig) comeIn(user string, practice tenant.ID) *webtest.Visitor {
	r.t.Helper()
	v := webtest.NewVisitor(r.t, r.site)
	v.LogIn(user, practice)
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) practice(id, user string) {
	r.t.Helper()
	p := r.NewPractice(id)
	p.Policy.ClientThresholds, p.Policy.Formal = []int{50}, true
	p.Details.Street, p.Details.Place = "Voorbeeldlaan 12", "1234 AB Voorbeeldstad"
	p.Details.Senders = []registry.Sender{{Email: "anna@lindehof.example", Name: "Anna Voorbeeld", System: "mailbox"},
		{Email: "bericht@lindehof-post.example", Name: "Anna Voorbeeld"}}
	r.Open(p, user)
	_, err := r.store.PutSystem(r.t.Context(), registry.System{ID: "mailbox", PracticeID: tenant.ID(id), Name: "Mailbox",
		Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}, Identifiability: registry.Identified})
	must(r.t, err)
}

// people are 14 clients in guidance: ten by mail, three of them in English, one
// without mail, one who wants letters, and two who share an address.
func (r *rig) people() {
	r.t.Helper()
	from := monday().AddDate(-1, 0, 0)
	var list []registry.Client
	for n := 1; n <= 14; n++ {
		id := fmt.Sprintf("c-%02d", n)
		c := registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: monday(),
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 3, Day: 8}}},
			Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &from}},
			Person: registry.Person{ExternalID: "V-" + id, Name: fmt.Sprintf("Cliënt %02d van Voorbeeld", n), Email: id + "@post.example",
				Phone: fmt.Sprintf("+31 6 0000 00%02d", n), PostalAddress: fmt.Sprintf("Verzonnenweg %d\n9999 ZZ Nergenshuizen", n)}}
		switch n {
		case 1, 2, 3:
			c.Language = "en"
		case 11:
			c.Person.Email = ""
		case 12:
			c.Channel = registry.ByLetter
		case 13, 14:
			c.Person.Email = "thuis@post.example"
		}
		list = append(list, c)
	}
	_, err := r.store.PutClients(r.t.Context(), "p1", list)
	must(r.t, err)
}

// file opens a case over the mailbox and finds who is affected.
func (r *rig) file(practice tenant.ID) *incidents.Incident {
	r.t.Helper()
	p := r.Practice(practice)
	from, until := monday().Add(-48*time.Hour), monday().Add(-time.Hour)
	inc, err := r.office.File(r.t.Context(), p, casework.NewCase{Source: incidents.FromForm, AwareAt: monday().Add(-time.Hour), Basis: "Zelf gezien.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &from, OccurredUntil: &until, DiscoveredAt: monday().Add(-2 * time.Hour),
			Systems: []string{"mailbox"}, Categories: []registry.Category{registry.Name, registry.Contact},
			BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Iemand kon in de mailbox.", MeasuresTaken: "Wij hebben het wachtwoord veranderd."}}, incidents.System())
	must(r.t, err)
	return r.Assess(inc)
}

func (r *rig) get(path string) (webtest.Answer, string) {
	r.t.Helper()
	a := r.visitor.Get(path)
	return a, a.Body
}

func (r *rig) send(method, path string, form url.Values) (webtest.Answer, string) {
	r.t.Helper()
	a := r.visitor.Send(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	return a, a.Body
}

// draft makes a draft and returns its id.
func (r *rig) draft(audience incidents.Audience) string {
	r.t.Helper()
	res, body := r.send("POST", "/incidents/"+r.inc.ID+"/notices", url.Values{"audience": {string(audience)}})
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("draft for %s = %d: %s", audience, res.StatusCode, wordsOf(body))
	}
	return strings.TrimPrefix(res.Header.Get("Location"), "/notices/")
}

// approval is the form of the approval page as a browser would send it back.
func (r *rig) approval(id string) url.Values {
	r.t.Helper()
	res, body := r.get("/notices/" + id + "/approve")
	if res.StatusCode != 200 {
		r.t.Fatalf("approval page = %d", res.StatusCode)
	}
	form := url.Values{}
	for _, name := range []string{"text_hash", "recipients_hash"} {
		form.Set(name, hidden(r.t, body, name))
	}
	form.Set("reason", "De tekst klopt en deze mensen moeten het weten.")
	return form
}

func hidden(t testing.TB, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("the page has no hidden %s", name)
	}
	return found[1]
}

// approved drafts and approves a notice for clients from the safe sender.
func (r *rig) approved() string {
	r.t.Helper()
	id := r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", "bericht@lindehof-post.example")
	res, body := r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id+"/progress" {
		r.t.Fatalf("approval = %d to %q: %s", res.StatusCode, res.Header.Get("Location"), wordsOf(body))
	}
	return id
}

// answer lets the mail server answer the first n waiting mails of a notice.
func (r *rig) answer(id string, n int, a incidents.Answer) {
	r.t.Helper()
	ctx := r.t.Context()
	rows, err := r.store.DeliveriesOf(ctx, "p1", id, []incidents.DeliveryState{incidents.Queued}, "", 100)
	must(r.t, err)
	var claimed []incidents.Delivery
	for _, d := range rows {
		if d.Channel == registry.ByEmail && len(claimed) < n {
			must(r.t, d.Claim(r.now(), time.Minute))
			claimed = append(claimed, d)
		}
	}
	claimed, err = r.store.RecordDeliveries(ctx, "p1", claimed)
	must(r.t, err)
	if len(claimed) != n {
		r.t.Fatalf("%d mails waited, want %d", len(claimed), n)
	}
	a.At = r.now()
	for i := range claimed {
		claimed[i].Record(a, r.now().Add(time.Minute))
	}
	_, err = r.store.RecordDeliveries(ctx, "p1", claimed)
	must(r.t, err)
	left := 0
	rest, err := r.store.DeliveriesOf(ctx, "p1", id, []incidents.DeliveryState{incidents.Queued, incidents.Sending, incidents.Deferred}, "", 100)
	must(r.t, err)
	for _, d := range rest {
		if d.Channel == registry.ByEmail {
			left++
		}
	}
	_, err = r.store.UpdateNotice(ctx, "p1", id, func(n *incidents.Notice) error {
		n.Progressed(claimed, left, r.now())
		return nil
	})
	must(r.t, err)
}

func accepted() incidents.Answer {
	return incidents.Answer{Kind: incidents.Accepted, Stage: "data", Server: "mail.example:587", Code: 250, Text: "2.0.0 OK queued"}
}

func refused() incidents.Answer {
	return incidents.Answer{Kind: incidents.RefusedPerson, Stage: "rcpt", Code: 550, Text: "5.1.1 No such user <script>alert(1)</script>"}
}

func deferred() incidents.Answer {
	return incidents.Answer{Kind: incidents.Later, Stage: "rcpt", Code: 451, Text: "4.7.1 Greylisted, come back later"}
}

// delivery returns the first delivery that fits.
func (r *rig) delivery(id string, fits func(incidents.Delivery) bool) incidents.Delivery {
	r.t.Helper()
	rows, err := r.store.DeliveriesOf(r.t.Context(), "p1", id, nil, "", 100)
	must(r.t, err)
	for _, d := range rows {
		if fits(d) {
			return d
		}
	}
	r.t.Fatal("no delivery fits")
	return incidents.Delivery{}
}

// wordsOf is a page without its markup, on one line.
func wordsOf(body string) string {
	if _, main, found := strings.Cut(body, "<main"); found {
		body = "<" + main
	}
	return webtest.Words(body)
}

func wants(t *testing.T, body string, words ...string) {
	t.Helper()
	webtest.Wants(t, body, words...)
}

func word(by string, at time.Time) casework.Word {
	return casework.Word{By: by, At: at, User: incidents.System()}
}
