package retaining_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/retaining"
	"datalek/web/webtest"
)

// rig is the pages over the real store, with Anna logged in to practice p1. Her
// mailbox is emptied when guidance ends, her files are kept for two years, and her
// diary is cleared each month.
type rig struct {
	*webtest.World
	t       *testing.T
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	p := r.NewPractice("p1")
	p.Policy.Retention = []registry.RetentionRule{
		{Systems: []string{"file"}, From: registry.FromLastContact, Months: 24, WithinMonths: 6, Action: registry.Pseudonymise, Source: "Verklaring, 4"},
		{Systems: []string{"diary"}, From: registry.FromEntry, Months: 1, Source: "Verklaring, 5"},
		{From: registry.FromGuidance, Source: "Verklaring, 6"},
	}
	r.Open(p, "anna")
	r.Open(r.NewPractice("p2"), "bert")
	for id, name := range map[string]string{"mailbox": "Postvak", "file": "Dossiers", "diary": "Agenda", retention.OwnSystem: "datalek"} {
		_, _, err := r.Office.SaveSystem(t.Context(), registry.System{ID: id, PracticeID: "p1", Name: name, Categories: []registry.Category{registry.Name, registry.SessionNotes}, Identifiability: registry.Identified})
		r.Must(err)
	}
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{}, retaining.New(retaining.Options{Store: r.Store, Office: r.Office})))
	r.visitor.LogIn("anna", "p1")
	return r
}

func day(text string) registry.Date {
	d, err := registry.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// add keeps somebody whose guidance ended on a day, "" for one who is in guidance.
func (r *rig) add(number, until string) registry.Client {
	r.t.Helper()
	g := registry.Guidance{From: day("2026-01-01")}
	if until != "" {
		g.Until = day(until)
	}
	c, err := r.Office.AddClient(r.t.Context(), r.Practice("p1"), casework.ClientInput{Client: registry.Client{HoldingsByRule: true,
		Person: registry.Person{ExternalID: number, Name: "Persoon " + number}, Guidance: []registry.Guidance{g}}})
	r.Must(err)
	return c
}

func (r *rig) get(path string) string {
	r.t.Helper()
	res, body := r.visitor.Get(path).AndBody()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("%s = %d, want 200", path, res.StatusCode)
	}
	return body
}

func (r *rig) post(want int, path string, fields ...string) string {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	res, body := r.visitor.Post(path, form).AndBody()
	if res.StatusCode != want {
		r.t.Fatalf("%s = %d, want %d\n%s", path, res.StatusCode, want, body)
	}
	return body
}

func (r *rig) says(body string, words ...string) {
	r.t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			r.t.Errorf("the page does not say %q", w)
		}
	}
}

func (r *rig) stored(c registry.Client) registry.Client {
	r.t.Helper()
	found, err := r.Store.Client(r.t.Context(), "p1", c.ID)
	r.Must(err)
	return found
}

func (r *rig) events() []incidents.Event { return r.Practice("p1").Outbox.Pending }

func TestTheCalendarSaysWhatWhenAndByWhichRuleAndNamesNobody(t *testing.T) {
	r := newRig(t)
	r.says(r.get("/retention"), "Er is niets te vernietigen")
	r.add("K-1", "2027-03-05")
	r.add("K-2", "2027-03-06")
	r.add("K-3", "")
	body := r.get("/retention")
	r.says(body, "Maart 2027", "Postvak", "2 mensen, weg vanaf 6 maart 2027.", "Weg na de laatste dag van de begeleiding.", "(Verklaring, 6)", "Te laat",
		"Wis alles wat hier vóór 1 februari 2027 is ingevoerd.", "Maart 2029", "2 mensen, vanaf 6 maart 2029 en uiterlijk 5 september 2029.", "Komt nog")
	if strings.Contains(body, "Persoon") || strings.Contains(body, "K-1") {
		t.Error("the calendar names somebody")
	}
	task := r.get("/retention/2027-03/mailbox")
	r.says(task, "Persoon K-1", "Persoon K-2", "Dit is weg")
	if strings.Contains(task, "K-3") {
		t.Error("who is in guidance stands in the task")
	}
	r.says(r.get("/retention/2029-03/file"), "Persoon K-1", "De termijn is nog niet voorbij.")
	for _, path := range []string{"/retention/2027-03/none", "/retention/nu/mailbox", "/retention/2027-03/mailbox/entries"} {
		if res, _ := r.visitor.Get(path).AndBody(); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
	}
}

func TestConfirmingNotesItAtEachPersonButNotAtWhoIsKept(t *testing.T) {
	r := newRig(t)
	gone, kept, later := r.add("K-1", "2027-03-05"), r.add("K-2", "2027-03-06"), r.add("K-3", "2027-03-20")
	r.post(http.StatusSeeOther, "/retention/people/"+kept.ID+"/mailbox/keep", "why", "dispute", "month", "2027-03")
	r.says(r.get("/retention/2027-03/mailbox"), "Klacht of geschil", "Van 1 persoon blijft het om een reden.")
	r.says(r.post(http.StatusUnprocessableEntity, "/retention/2027-03/mailbox"), "Zet een vinkje als het weg is")
	for range 2 { // the same word twice
		r.post(http.StatusSeeOther, "/retention/2027-03/mailbox", "sure", "yes", "id", "word-of-anna")
	}
	for c, want := range map[*registry.Client]int{&gone: 1, &kept: 0, &later: 0} {
		if got := r.stored(*c).Gone; len(got) != want {
			t.Errorf("%s: %v, want %d", c.Person.ExternalID, got, want)
		}
	}
	events := r.events()
	last := events[len(events)-1]
	if len(events) != 2 || last.Kind != retention.Confirmed || last.Facts["people"] != "1" || last.Facts["system"] != "mailbox" || last.Actor.ID != "anna" {
		t.Errorf("the register gets %+v", events)
	}
	body := r.get("/retention")
	r.says(body, "Postvak, 1 persoon")
	undo := regexp.MustCompile(`/retention/confirmed/[^"]+/undo`).FindString(body)
	r.post(http.StatusSeeOther, undo)
	if got := r.stored(gone).Gone; len(got) != 0 {
		t.Errorf("taken back, and still %v", got)
	}
	r.says(r.get("/retention"), "Teruggenomen")
	r.Pass(24 * time.Hour)
	r.visitor.LogIn("anna", "p1")
	r.post(http.StatusSeeOther, "/retention/people/"+kept.ID+"/mailbox/keep", "why", "")
	r.post(http.StatusSeeOther, "/retention/2027-03/mailbox", "sure", "yes", "id", "word-2-of-anna")
	if len(r.stored(gone).Gone) != 1 || len(r.stored(kept).Gone) != 1 {
		t.Error("both are to be gone now")
	}
	r.Pass(24 * time.Hour)
	r.visitor.LogIn("anna", "p1")
	r.post(http.StatusSeeOther, "/retention/confirmed/word-2-of-anna/undo")
	if len(r.stored(gone).Gone) != 1 {
		t.Error("taken back on the day after")
	}
}

func TestPseudonymisedIsRecordedAsThat(t *testing.T) {
	r := newRig(t)
	c := r.add("K-1", "2027-03-05")
	r.Pass(750 * 24 * time.Hour)
	r.visitor.LogIn("anna", "p1")
	r.says(r.get("/retention/2029-03/file"), "Gepseudonimiseerd: naam en adres zijn eruit")
	r.post(http.StatusSeeOther, "/retention/2029-03/file", "sure", "yes", "done", "pseudonymise")
	if got := r.stored(c).Gone; len(got) != 1 || !got[0].Pseudonymised {
		t.Errorf("noted %+v", got)
	}
}

func TestOldEntriesAreConfirmedOnceAMonthWithoutNames(t *testing.T) {
	r := newRig(t)
	r.add("K-1", "")
	body := r.get("/retention/2027-03/diary/entries")
	r.says(body, "Wis alles wat hier vóór 1 februari 2027 is ingevoerd.", "De oude aantekeningen zijn gewist")
	if strings.Contains(body, "Persoon") {
		t.Error("the task names somebody")
	}
	r.post(http.StatusSeeOther, "/retention/2027-03/diary/entries", "sure", "yes")
	if events := r.events(); len(events) != 1 || events[0].Kind != retention.Confirmed || events[0].Actor.ID != "anna" {
		t.Errorf("the register gets %+v", events)
	}
	body = r.get("/retention")
	if strings.Contains(body, "Maart 2027</h2>") || !strings.Contains(body, "April 2027") {
		t.Errorf("March is still there, or April is not:\n%s", body)
	}
}

func TestWhatThisProgramKeepsIsDestroyedHere(t *testing.T) {
	r := newRig(t)
	c, other := r.add("K-1", "2027-03-05"), r.add("K-2", "2027-03-06")
	for _, system := range []string{"mailbox", "file", "diary"} {
		_, err := r.Store.UpdateClient(t.Context(), "p1", c.ID, func(x *registry.Client) error {
			x.Gone = append(x.Gone, registry.Gone{System: system, At: r.Now()})
			return nil
		})
		r.Must(err)
	}
	r.says(r.get("/retention/2027-03/datalek"), "Vernietig hier", "Ik weet dat dit niet terugkomt")
	r.post(http.StatusSeeOther, "/retention/2027-03/datalek", "sure", "yes")
	if _, err := r.Store.Client(t.Context(), "p1", c.ID); err == nil {
		t.Error("the person is still on the list")
	}
	if r.stored(other).ID == "" {
		t.Error("somebody is gone whose data is still elsewhere")
	}
	r.says(r.get("/retention"), "1 persoon is uit datalek verwijderd.")
}

func TestAnotherPracticesPeopleAreNotFound(t *testing.T) {
	r := newRig(t)
	c := r.add("K-1", "2027-03-05")
	r.visitor.LogIn("bert", "p2")
	for _, path := range []string{"/retention/people/" + c.ID + "/mailbox/keep", "/retention/people/" + c.ID + "/mailbox/gone", "/retention/confirmed/none/undo"} {
		if res, _ := r.visitor.Post(path, url.Values{"why": {"law"}}).AndBody(); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
	}
	if len(r.stored(c).Exemptions) > 0 {
		t.Error("another practice changed it")
	}
}
