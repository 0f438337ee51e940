package intake_test

import (
	"fmt"
	"html"
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
	"datalek/web/intake"
	"datalek/web/page"
	"datalek/web/webtest"
)

// friday is when these tests play: Friday 5 March 2027, 17.42 in Amsterdam.
var friday = time.Date(2027, 3, 5, 16, 42, 0, 0, time.UTC)

// world is a practice with two systems and four clients, on the real store.
type world struct {
	*webtest.World
	t      *testing.T
	store  *sqlitestore.Store
	office *casework.Office
	site   string
}

func (w *world) pass(d time.Duration) { w.Pass(d) }

func newWorld(t *testing.T) *world {
	t.Helper()
	made := webtest.NewWorld(t, friday)
	w := &world{World: made, t: t, store: made.Store, office: made.Office}
	w.fill()
	w.site = w.Serve(page.Options{}, intake.New(intake.Options{Store: w.Store, Office: w.Office, Book: w.Book, Now: w.Now, NewID: w.NewID}))
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fill() {
	ctx := w.t.Context()
	for _, id := range []string{"p1", "p2"} {
		p := w.NewPractice(id)
		p.Policy, _ = w.Book.Policy("refleact-48")
		p.Details = registry.Details{Name: "Praktijk Proef", Contact: registry.ContactPerson{Name: "Anke Proef", Phone: "010 123 45 67", Email: "anke@proef.example"}}
		w.Open(p, "user-"+id)
	}
	for _, s := range []registry.System{
		{ID: "mailbox", Name: "Mailbox", Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}},
		{ID: "client-file", Name: "Cliëntdossier", Categories: []registry.Category{registry.Name, registry.SessionNotes}},
	} {
		s.PracticeID, s.Identifiability, s.UpdatedAt = "p1", registry.Identified, friday
		_, err := w.store.PutSystem(ctx, s)
		w.ok(err)
	}
	var clients []registry.Client
	for n, person := range []registry.Person{
		{ExternalID: "c-1", Name: "Zoë van den Proef", Email: "zoe@example.org"}, {ExternalID: "c-2", Name: "Bram Voorbeeld", Email: "bram@example.org"},
		{ExternalID: "c-3", Name: "Carla Voorbeeld"}, {ExternalID: "c-4", Name: "<b>Dirk</b> Voorbeeld", Email: "dirk@example.org"},
	} {
		clients = append(clients, registry.Client{ID: fmt.Sprintf("client-%d", n), PracticeID: "p1", Person: person, Language: "nl",
			Relation: registry.RelationClient, UpdatedAt: friday})
	}
	_, err := w.store.PutClients(ctx, "p1", clients)
	w.ok(err)
}

func (w *world) incidents() []*incidents.Incident {
	w.t.Helper()
	all, err := w.store.Incidents(w.t.Context(), "p1", "", 100)
	w.ok(err)
	return all
}

func (w *world) reports() []*incidents.Report {
	w.t.Helper()
	all, err := w.store.Reports(w.t.Context(), "p1", "", "", 100)
	w.ok(err)
	return all
}

// visitor reads and fills in the forms.
type visitor struct {
	*webtest.Visitor
	t *testing.T
}

func (w *world) visitor() *visitor {
	return &visitor{Visitor: webtest.NewVisitor(w.t, w.site), t: w.t}
}

// as is logged in to a practice, as the user who owns it.
func (w *world) as(practice tenant.ID) *visitor {
	v := w.visitor()
	v.LogIn("user-"+string(practice), practice)
	return v
}

// anke is logged in to the first practice.
func (w *world) anke() *visitor { return w.as("p1") }

// answer is what came back.
type answer struct {
	status int
	to     string // where it leads
	body   string
	text   string // the body without tags, entities resolved, blanks folded
	header http.Header
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

func answered(a webtest.Answer) answer {
	return answer{status: a.StatusCode, to: a.Location(), body: a.Body, text: webtest.Words(a.Body), header: a.Header}
}

func (v *visitor) send(method, path string, form url.Values) answer {
	v.t.Helper()
	return answered(v.Send(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode())))
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return answered(v.Get(strings.SplitN(path, "#", 2)[0]))
}

// hiddenOf returns the hidden fields of a page's forms.
func (a answer) hiddenOf() url.Values {
	form := url.Values{}
	for _, found := range hidden.FindAllStringSubmatch(a.body, -1) {
		form.Set(found[1], html.UnescapeString(found[2]))
	}
	return form
}

// fill opens a page and sends its form with these values: names and values in turn.
func (v *visitor) fill(path string, pairs ...string) answer {
	v.t.Helper()
	opened := v.get(path)
	if opened.status != http.StatusOK {
		v.t.Fatalf("%s: status %d: %s", path, opened.status, opened.text)
	}
	form := opened.hiddenOf()
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.send("POST", strings.SplitN(strings.SplitN(path, "#", 2)[0], "?", 2)[0], form)
}

// must fills in a page that leads on, and returns where.
func (v *visitor) must(path string, pairs ...string) string {
	v.t.Helper()
	a := v.fill(path, pairs...)
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("%s: status %d: %s", path, a.status, a.text)
	}
	return a.to
}

func at(name, moment string) []string {
	t, err := time.Parse("2-1-2006 15:04", moment)
	if err != nil {
		panic(err)
	}
	return []string{name + "_day", t.Format("2"), name + "_month", t.Format("1"), name + "_year", t.Format("2006"), name + "_time", t.Format("15:04")}
}

func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// begin opens a new form and returns the address of its draft.
func (v *visitor) begin(form string) string {
	v.t.Helper()
	a := v.get(form)
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("%s: status %d: %s", form, a.status, a.text)
	}
	return a.to[:strings.LastIndex(a.to, "/")]
}

// answers fills in every step of the long form up to the last page.
func (v *visitor) answers(draft string) {
	v.t.Helper()
	steps := []struct {
		step  string
		pairs []string
	}{
		{"whose", []string{"role", "controller"}},
		{"what", []string{"playbook", "phished-mailbox"}},
		{"story", []string{"summary", "Iemand las mijn mail."}},
		{"kind", nil},
		{"window", join([]string{"occurred", "span"}, at("occurred_from", "3-3-2027 09:00"), []string{"occurred_from_precision", "about"}, at("occurred_until", "5-3-2027 10:00"))},
		{"found", join(at("discovered_at", "5-3-2027 17:00"), []string{"discovered_how", "Een cliënt belde."})},
		{"aware", join([]string{"aware", "other", "aware_basis", "Ik zag vreemde mail in Verzonden."}, at("aware_at", "5-3-2027 17:42"))},
		{"systems", []string{"systems", "mailbox"}},
		{"data", []string{"categories", "contact", "categories", "correspondence"}},
		{"whom", []string{"whom", "all"}},
		{"protected", []string{"unintelligible", "no"}},
		{"measures", []string{"measures_taken", "Wachtwoord veranderd.", "measures_planned", ""}},
	}
	for n, s := range steps {
		to := v.must(draft+"/"+s.step, s.pairs...)
		want := draft + "/check"
		if n+1 < len(steps) {
			want = draft + "/" + steps[n+1].step
		}
		if to != want {
			v.t.Fatalf("after %s comes %s, want %s", s.step, to, want)
		}
	}
}

func holds(t *testing.T, a answer, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(a.text, want) {
			t.Errorf("the page lacks %q:\n%s", want, a.text)
		}
	}
}
