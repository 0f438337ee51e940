package desk_test

import (
	"net/url"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/services/calendar"
	"datalek/services/printing"
	"datalek/services/sqlitestore"
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/desk"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is the desk over the real store, with Anna logged in to practice p1.
// Practice p2 has an incident that is none of her business.
type rig struct {
	*webtest.World
	t       *testing.T
	store   *sqlitestore.Store
	office  *casework.Office
	site    string
	visitor *webtest.Visitor
	own     *incidents.Incident
	other   *incidents.Incident
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigUnder(t, playbooks.Folders{})
}

// newRigUnder is newRig with folders over the built-in data.
func newRigUnder(t *testing.T, over playbooks.Folders) *rig {
	t.Helper()
	w := webtest.NewWorld(t, time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC))
	var err error
	w.Book, err = playbooks.LoadFrom(over)
	w.Must(err)
	w.Office = casework.New(casework.Options{Store: w.Store, Book: w.Book, Now: w.Now, NewID: w.NewID})
	r := &rig{World: w, t: t, store: w.Store, office: w.Office}
	r.seed()
	area := desk.New(desk.Options{Store: w.Store, Office: w.Office, Book: w.Book, Calendar: calendar.New(), PrintSheet: printing.Sheet, HostPerson: true})
	accounts := account.New(account.Options{Store: w.Store, Policies: w.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: w.Now})
	r.site = w.Serve(page.Options{}, area, accounts)
	r.visitor = webtest.NewVisitor(t, r.site)
	r.enter()
	return r
}

// enter logs Anna in, as she must do again when a day went by.
func (r *rig) enter() {
	r.t.Helper()
	r.visitor.LogIn("anna", "p1")
}

func (r *rig) must(err error) { r.t.Helper(); r.Must(err) }

func (r *rig) seed() {
	r.t.Helper()
	for id, user := range map[string]string{"p1": "anna", "p2": "bert"} {
		p := r.NewPractice(id)
		p.Policy.ClientThresholds, p.Policy.AuthorityThresholds = []int{50, 75, 90}, []int{24, 48}
		p.Details.Name, p.Details.Senders = "Praktijk "+id, []registry.Sender{{Email: "post@lindehof.example"}}
		r.Open(p, user)
		_, err := r.store.PutSystem(r.t.Context(), registry.System{ID: "mailbox", PracticeID: tenant.ID(id), Name: "Postvak", Categories: []registry.Category{registry.Name, registry.Contact},
			Identifiability: registry.Identified, UpdatedAt: r.Now()})
		r.must(err)
	}
	_, err := r.store.PutClients(r.t.Context(), "p1", r.people())
	r.must(err)
	r.own, r.other = r.file("p1"), r.file("p2")
	r.Assess(r.own)
}

// people are one client in guidance, one former, and one held elsewhere.
func (r *rig) people() []registry.Client {
	person := func(id, name string, until registry.Date, system string) registry.Client {
		from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		return registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: r.Now(),
			Person:   registry.Person{ExternalID: "n-" + id, Name: name, Email: id + "@example.org"},
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 1, Day: 1}, Until: until}},
			Holdings: []registry.Holding{{System: system, Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &from}}}
	}
	return []registry.Client{
		person("c1", "José Proef <b>", registry.Date{}, "mailbox"),
		person("c2", "Eerdere Cliënt", registry.Date{Year: 2026, Month: 1, Day: 31}, "mailbox"),
		person("c3", "Elders Bewaard", registry.Date{}, "paper"),
	}
}

func (r *rig) file(practice tenant.ID) *incidents.Incident {
	r.t.Helper()
	p := r.Practice(practice)
	from, until := r.Now().Add(-48*time.Hour), r.Now().Add(-24*time.Hour)
	inc, err := r.office.File(r.t.Context(), p, casework.NewCase{Source: incidents.FromForm, AwareAt: r.Now().Add(-time.Hour), Basis: "Ik zag vreemde mails.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: &from, OccurredUntil: &until, DiscoveredAt: r.Now().Add(-2 * time.Hour),
			Systems: []string{"mailbox"}, Categories: []registry.Category{registry.Contact}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality}},
		Story: incidents.Story{Summary: "=Iemand <script>las</script> mee."}}, incidents.Actor{Kind: register.ActorUser, ID: "anna"})
	r.must(err)
	return inc
}

func (r *rig) get(path string) (webtest.Answer, string) {
	r.t.Helper()
	return r.visitor.Get(path).AndBody()
}

func (r *rig) post(path string, form url.Values) (webtest.Answer, string) {
	r.t.Helper()
	return r.visitor.Post(path, form).AndBody()
}

// at returns an address below the own incident's home.
func (r *rig) at(path string) string { return "/incidents/" + r.own.ID + path }

// stored returns the own incident as the store has it.
func (r *rig) stored() *incidents.Incident {
	r.t.Helper()
	inc, err := r.store.Incident(r.t.Context(), "p1", r.own.ID)
	r.must(err)
	return inc
}

func hasAll(t *testing.T, body string, wants ...string) {
	t.Helper()
	webtest.Wants(t, body, wants...)
}
