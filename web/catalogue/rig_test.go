package catalogue_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/catalogue"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is the catalogue over the real store, with Anna logged in to practice
// p1. Practice p2 has things that are none of her business.
type rig struct {
	*webtest.World
	t       *testing.T
	site    string
	visitor *webtest.Visitor
	log     notebook
}

// notebook keeps what the site logs.
type notebook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notebook) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, World: webtest.NewWorld(t, time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC))}
	r.Open(r.NewPractice("p1"), "anna")
	r.Open(r.NewPractice("p2"), "bert")
	r.site = r.Serve(page.Options{Log: slog.New(slog.NewTextHandler(&r.log, nil)), BaseURL: "https://datalek.example"},
		catalogue.New(catalogue.Options{Store: r.Store, Office: r.Office}))
	r.visitor = webtest.NewVisitor(t, r.site)
	r.visitor.LogIn("anna", "p1")
	return r
}

// later moves the clock on by days; Anna logs in again.
func (r *rig) later(days int) {
	r.t.Helper()
	r.Pass(time.Duration(days) * 24 * time.Hour)
	r.visitor.LogIn("anna", "p1")
}

// systems lists a processor and three systems in practice p1, and one of each in p2.
func (r *rig) systems() {
	r.t.Helper()
	day, yes := 24, true
	for _, id := range []string{"p1", "p2"} {
		_, _, err := r.Office.SaveProcessor(r.t.Context(), registry.Processor{ID: "microsoft-365", PracticeID: tenant.ID(id), Name: "Microsoft", ContractHours: &day})
		r.Must(err)
	}
	for _, s := range []registry.System{
		{ID: "mailbox", PracticeID: "p1", Name: "Postvak", ProcessorID: "microsoft-365", Services: []string{"Exchange Online", "mail"},
			Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}, Identifiability: registry.Identified, EncryptedAtRest: &yes},
		{ID: "archive", PracticeID: "p1", Name: "Leerarchief zonder namen", Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised},
		{ID: "key-list", PracticeID: "p1", Name: "Sleutellijst in de kluis", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified},
		{ID: "theirs", PracticeID: "p2", Name: "Van een ander", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified},
	} {
		_, _, err := r.Office.SaveSystem(r.t.Context(), s)
		r.Must(err)
	}
}

// add keeps a person in a practice.
func (r *rig) add(practice tenant.ID, x registry.Client, guardians ...string) registry.Client {
	r.t.Helper()
	saved, err := r.Office.AddClient(r.t.Context(), r.Practice(practice), casework.ClientInput{Client: x, Guardians: guardians})
	r.Must(err)
	return saved
}

// person is somebody in guidance since 1 March 2025.
func person(number, name string) registry.Client {
	return registry.Client{Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
		Person:   registry.Person{ExternalID: number, Name: name, Email: strings.ToLower(number) + "@voorbeeldpost.example"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 3, Day: 1}}}}
}

// stored returns a client as the store has him.
func (r *rig) stored(id string) registry.Client {
	r.t.Helper()
	x, err := r.Store.Client(r.t.Context(), "p1", id)
	r.Must(err)
	return x
}

// all returns every client of practice p1.
func (r *rig) all() []registry.Client {
	r.t.Helper()
	clients, err := r.Store.Clients(r.t.Context(), "p1", "", 1000)
	r.Must(err)
	return clients
}

func (r *rig) get(path string) (webtest.Answer, string) {
	r.t.Helper()
	return r.visitor.Get(path).AndBody()
}

func (r *rig) post(path string, form url.Values) (webtest.Answer, string) {
	r.t.Helper()
	return r.visitor.Post(path, form).AndBody()
}

// upload sends a file with one of the two buttons.
func (r *rig) upload(file []byte, button string) (webtest.Answer, string) {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "clients.csv")
	r.Must(err)
	_, err = part.Write(file)
	r.Must(err)
	r.Must(w.WriteField("do", button))
	r.Must(w.Close())
	return r.landed(r.visitor.Send(http.MethodPost, "/clients/import", w.FormDataContentType(), &body))
}

// landed follows an answer to the page that it leads to.
func (r *rig) landed(answer webtest.Answer) (webtest.Answer, string) {
	r.t.Helper()
	if answer.StatusCode == http.StatusSeeOther {
		return r.get(answer.Header.Get("Location"))
	}
	return answer.AndBody()
}

// uploadForm sends the import form without choosing a file.
func (r *rig) uploadForm(fields map[string]string) (webtest.Answer, string) {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		r.Must(w.WriteField(name, value))
	}
	r.Must(w.Close())
	return r.landed(r.visitor.Send(http.MethodPost, "/clients/import", w.FormDataContentType(), &body))
}

// follow posts a form that must be taken, and returns the page it leads to.
func (r *rig) follow(path string, form url.Values) string {
	r.t.Helper()
	res, body := r.post(path, form)
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("post %s = %d: %s", path, res.StatusCode, summary(body))
	}
	res, body = r.get(res.Header.Get("Location"))
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("after %s = %d", path, res.StatusCode)
	}
	return body
}

// summary returns a page's error summary.
func summary(body string) string {
	_, rest, found := strings.Cut(body, "govuk-error-summary__list")
	if !found {
		return body[:min(len(body), 2000)]
	}
	list, _, _ := strings.Cut(rest, "</ul>")
	return list
}

// version returns the version that the form on a page is filled in over.
func version(t *testing.T, body string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, `name="version" value="`)
	if !found {
		t.Fatal("the page has no version")
	}
	v, _, _ := strings.Cut(rest, `"`)
	return v
}
