package notices_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// former adds clients whose guidance ended and whose data are in the mailbox: the
// first reachable by mail, the others by nothing at all.
func (r *rig) former(n int) {
	r.t.Helper()
	from := monday().AddDate(-1, 0, 0)
	var list []registry.Client
	for i := range n {
		id := fmt.Sprintf("f-%02d", i)
		c := registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: monday(),
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2024, Month: 1, Day: 1}, Until: registry.Date{Year: 2025, Month: 1, Day: 1}}},
			Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, From: &from}},
			Person:   registry.Person{ExternalID: "V-" + id, Name: fmt.Sprintf("Eerder %02d", i)}}
		if i == 0 {
			c.Person.Email = id + "@post.example"
		}
		list = append(list, c)
	}
	_, err := r.store.PutClients(r.t.Context(), "p1", list)
	must(r.t, err)
	inc, err := r.office.Reassess(r.t.Context(), "p1", r.inc.ID, incidents.System())
	must(r.t, err)
	r.inc = r.Assess(inc)
}

// approvedFor drafts and approves a notice for an audience.
func (r *rig) approvedFor(audience incidents.Audience) string {
	r.t.Helper()
	id := r.draft(audience)
	form := r.approval(id)
	form.Set("sender", "bericht@lindehof-post.example")
	res, body := r.send("POST", "/notices/"+id+"/approve", form)
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("approval = %d: %s", res.StatusCode, wordsOf(body))
	}
	return id
}

func (r *rig) announcement() string {
	r.t.Helper()
	res, body := r.get("/incidents/" + r.inc.ID + "/announcement")
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the page of the announcement = %d", res.StatusCode)
	}
	return body
}

func publication(persons string) url.Values {
	return url.Values{"where_website": {"www.voorbeeld.example/datalek"}, "where_newspaper": {"De Verzonnen Courant, 8 maart"}, "persons": {persons},
		"from_day": {"8"}, "from_month": {"3"}, "from_year": {"2027"}, "from_time": {"9:30"},
		"until_day": {"8"}, "until_month": {"4"}, "until_year": {"2027"}, "until_time": {"9:30"},
		"why": {"Van deze mensen is geen adres meer bekend."}}
}

func TestAPublicationSettlesWhoCouldNotBeToldOtherwiseAndNobodyElse(t *testing.T) {
	r := newRig(t)
	r.former(4)
	id := r.approved()
	r.answer(id, 10, accepted())
	formerNotice := r.approvedFor(incidents.ToFormerClients)
	r.answer(formerNotice, 1, accepted())
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Why == incidents.WhyNoEmail })
	r.record(d, "unreachable", url.Values{"reason": {"Verhuisd."}})
	wants(t, r.calls(""), "Nog te bellen (6)", "Valt buiten uw belofte")
	wants(t, r.announcement(), "AVG artikel 34, lid 3, onder c", "Alleen duur of lastig is niet genoeg", "dat lost een mededeling niet in", "Er is nog geen tekst.",
		"telt voor 4 mensen", "3 eerdere cliënten en anderen zijn nog niet bereikt", "1 cliënt in begeleiding is vastgelegd als niet te bereiken",
		"3 cliënten in begeleiding weten het nog niet", "Keur de tekst goed en publiceer hem")
	path := "/incidents/" + r.inc.ID + "/announcement"
	if res, body := r.send("POST", path, publication("4")); res.StatusCode != http.StatusConflict || !strings.Contains(body, "Keur eerst de tekst") {
		t.Errorf("without an approved text = %d, want 409", res.StatusCode)
	}
	r.approvedFor(incidents.ToPublic)
	if res, body := r.send("POST", path, publication("3")); res.StatusCode != http.StatusConflict || !strings.Contains(body, "aantal mensen is veranderd") {
		t.Errorf("with another number than was shown = %d, want 409", res.StatusCode)
	}
	res, body := r.send("POST", path, publication(hidden(t, r.announcement(), "persons")))
	if res.StatusCode != http.StatusSeeOther || res.Location() != path {
		t.Fatalf("recording = %d: %s", res.StatusCode, wordsOf(body))
	}
	wants(t, r.announcement(), "Deze mededeling staat", "· Anna de Wit", "Website: www.voorbeeld.example/datalek", "Krant: De Verzonnen Courant", "Telt voor 4 mensen", "Neem de mededeling terug")
	wants(t, r.calls(""), "Nog te bellen (3)", "Klaar (4)", "Er staat een openbare mededeling")
	webtest.Lacks(t, r.calls(""), "Eerder 01")
	wants(t, r.calls("?show=done"), "Eerder 01", "Bereikt met de openbare mededeling. Dit telt niet als verteld.", "Verhuisd.")
	if c := r.clientClock(); !c.MetAt.IsZero() || c.Told != 10 || c.Settled != 1 {
		t.Errorf("the promise: told %d, settled %d, met at %s; an announcement meets it not", c.Told, c.Settled, c.MetAt)
	}
	res, telling := r.get("/incidents/" + r.inc.ID + "/telling")
	wants(t, telling, "Er staat een openbare mededeling")
	if res.StatusCode != http.StatusOK || strings.Contains(telling, "Anderen die het nog moeten weten") {
		t.Error("those whom the announcement settles are still asked for")
	}
	r.undo(path)
}

// undo takes the announcement back, first without a reason.
func (r *rig) undo(path string) {
	r.t.Helper()
	id := hidden(r.t, r.announcement(), "announcement")
	if res, _ := r.send("POST", path+"/undo", url.Values{"announcement": {id}, "reason": {""}}); res.StatusCode != http.StatusUnprocessableEntity {
		r.t.Errorf("taken back without a reason = %d, want 422", res.StatusCode)
	}
	if res := r.comeIn("bert", "p2").Post(path+"/undo", url.Values{"announcement": {id}, "reason": {"x"}}); res.StatusCode != http.StatusNotFound {
		r.t.Errorf("another practice takes it back = %d, want 404", res.StatusCode)
	}
	if res, _ := r.send("POST", path+"/undo", url.Values{"announcement": {id}, "reason": {"De pagina was weg."}}); res.StatusCode != http.StatusSeeOther {
		r.t.Errorf("taken back = %d, want 303", res.StatusCode)
	}
	wants(r.t, r.announcement(), "Teruggenomen mededeling", "De pagina was weg.")
	wants(r.t, r.calls(""), "Nog te bellen (6)", "Eerder 01")
}

func TestAPublicationIsRefusedWithEveryFaultAtOnce(t *testing.T) {
	r := newRig(t)
	r.former(1)
	r.approvedFor(incidents.ToPublic)
	path := "/incidents/" + r.inc.ID + "/announcement"
	for _, tt := range []struct {
		name  string
		form  url.Values
		wants []string
	}{
		{"empty", url.Values{}, []string{"Vul in waar de mededeling te lezen is.", `href="#where_website"`, `href="#from"`, `href="#until"`, `href="#why"`}},
		{"in the future", func() url.Values { f := publication("1"); f.Set("from_day", "9"); return f }(), []string{"Leg de mededeling vast als zij gepubliceerd is."}},
		{"ending before it began", func() url.Values { f := publication("1"); f.Set("until_month", "2"); return f }(), []string{"tot wanneer de mededeling te lezen is, na het begin"}},
		{"at a place described at great length", func() url.Values { f := publication("1"); f.Set("where_door", strings.Repeat("d", 501)); return f }(), []string{`href="#where_door"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.send("POST", path, tt.form)
			if res.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("status %d: %s", res.StatusCode, wordsOf(body))
			}
			wants(t, body, tt.wants...)
		})
	}
}

func TestParentsOfFormerClientsAreCountedOnceTheRiskIsHigh(t *testing.T) {
	r := newRig(t)
	r.former(1)
	client, err := r.store.Client(t.Context(), "p1", "f-00")
	must(t, err)
	client.BirthYear, client.Guardians = 2018, []string{"c-05"}
	_, err = r.store.PutClients(t.Context(), "p1", []registry.Client{client})
	must(t, err)
	inc, err := r.office.Reassess(t.Context(), "p1", r.inc.ID, incidents.System())
	must(t, err)
	r.inc = r.Assess(inc)
	form := url.Values{"audience": {string(incidents.ToParents)}}
	if res, _ := r.send("POST", "/incidents/"+r.inc.ID+"/notices", form); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a draft for parents while nothing is decided = %d, want 422", res.StatusCode)
	}
	_, err = r.office.Decide(t.Context(), "p1", r.inc.ID, incidents.Decision{Question: incidents.AboutPersons, Answer: incidents.Notify, Reason: "Gevoelig.", By: incidents.System()})
	must(t, err)
	if _, body := r.get("/incidents/" + r.inc.ID + "/notices"); !strings.Contains(wordsOf(body), "Nu is dat 1 lezer.") {
		t.Errorf("the page counts no parent: %s", wordsOf(body))
	}
	n, err := r.store.Notice(t.Context(), "p1", r.draft(incidents.ToParents))
	must(t, err)
	if n.Recipients != 1 {
		t.Errorf("%d read it, want the one parent", n.Recipients)
	}
}
