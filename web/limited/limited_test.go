package limited_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/services/calendar"
	"datalek/services/printing"
	"datalek/web/desk"
	"datalek/web/limited"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is a practice with a coach of one client, an auditor, a stand-in, and a case
// that touches everybody.
type rig struct {
	*webtest.World
	t    *testing.T
	site string
	own  *incidents.Incident
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	p := r.NewPractice("p1")
	p.Policy.AuditSamples = true
	p.Details.StandInMail = "standin@example.org"
	p.Details.Coaches = map[string]string{"cora": "Coach Cora"}
	r.Open(p, "anna")
	for id, role := range map[string]registry.Role{"cora": registry.RoleCoach, "otto": registry.RoleAuditor, "sam": registry.RoleStandIn} {
		r.Must(r.Store.CreateUser(t.Context(), registry.User{ID: id, Login: id + "@example.org", Name: "Coach Bart", CreatedAt: r.Now(),
			Memberships: []registry.Membership{{PracticeID: "p1", Role: role}}}))
	}
	_, err := r.Store.PutSystem(t.Context(), registry.System{ID: "mailbox", PracticeID: "p1", Name: "Postvak", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, UpdatedAt: r.Now()})
	r.Must(err)
	for id, coach := range map[string]string{"c1": "coach cora", "c2": "Coach Bart", "c3": "cora@example.org", "c4": ""} {
		_, err := r.Store.CreateClient(t.Context(), registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
			Person:   registry.Person{ExternalID: id, Name: "Persoon " + surname(id), Coach: coach, Email: id + "@example.org"},
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 1}}}})
		r.Must(err)
	}
	r.own = r.file("2027-0001")
	areas := desk.New(desk.Options{Store: r.Store, Office: r.Office, Book: r.Book, Calendar: calendar.New(), PrintSheet: printing.Sheet})
	r.site = r.Serve(page.Options{}, areas, limited.New(limited.Options{Store: r.Store, Book: r.Book}))
	return r
}

func surname(id string) string {
	return map[string]string{"c1": "Nummereen", "c2": "Nummertwee", "c3": "Nummerdrie", "c4": "Nummervier"}[id]
}

// file makes a case that touches everybody, with a decision that names somebody.
func (r *rig) file(reference string) *incidents.Incident {
	r.t.Helper()
	aware := r.Now().Add(-time.Hour)
	inc, err := incidents.Open(incidents.NewIncident{ID: r.NewID(), PracticeID: "p1", Reference: reference, Source: incidents.FromForm,
		Facts: incidents.Facts{Playbook: "lost-device", DiscoveredAt: aware, Systems: []string{"mailbox"}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Het toestel met de berichten van Nummertwee is weg."}, AwareAt: aware, AwareBasis: "Het lag er niet meer.", Policy: r.Practice("p1").Policy,
		By: incidents.Actor{Kind: "user", ID: "anna"}}, r.Now())
	r.Must(err)
	r.Must(inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.Notify, Reason: "Persoon Nummertwee belde ons op 06-12345678.",
		By: incidents.Actor{Kind: "user", ID: "anna"}}, r.Now()))
	r.Must(r.Store.CreateIncident(r.t.Context(), inc))
	return r.Assess(inc)
}

func (r *rig) as(user string) *webtest.Visitor {
	v := webtest.NewVisitor(r.t, r.site)
	v.LogIn(user, "p1")
	return v
}

func (r *rig) shows(v *webtest.Visitor, path string, status int, some, none []string) {
	r.t.Helper()
	res, body := v.Get(path).AndBody()
	if res.StatusCode != status {
		r.t.Errorf("%s = %d, want %d", path, res.StatusCode, status)
	}
	for _, word := range some {
		if !strings.Contains(body, word) {
			r.t.Errorf("%s does not show %q", path, word)
		}
	}
	for _, word := range none {
		if strings.Contains(body, word) {
			r.t.Errorf("%s shows %q", path, word)
		}
	}
}

func TestACoachSeesThePeopleWhoseCoachThePracticeSaysAndNobodyElse(t *testing.T) {
	r := newRig(t)
	cora := r.as("cora") // who calls herself Coach Bart, as c2's coach is called
	others := []string{"Nummertwee", "Nummervier"}
	r.shows(cora, "/own", http.StatusOK, []string{"Nummereen", "Nummerdrie", "2027-0001"}, others)
	r.shows(cora, "/own/clients/c1", http.StatusOK, []string{"Nummereen", "c1@example.org", "2027-0001"}, others)
	r.shows(cora, "/own/clients/c2", http.StatusNotFound, nil, others)
	r.shows(cora, "/own/incidents/"+r.own.ID, http.StatusOK, []string{"Nummereen", "Nummerdrie", "Postvak"}, append(others, "Het toestel met de berichten", "belde"))
	r.shows(cora, "/incidents/"+r.own.ID, http.StatusForbidden, []string{"verantwoordelijke, beheerder of waarnemer"}, others)
	if res := cora.Get("/"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/own" {
		t.Errorf("the desk leads a coach to %d %q", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestACaseWithoutOwnPeopleIsNotThereForACoach(t *testing.T) {
	r := newRig(t)
	for _, id := range []string{"c1", "c3"} {
		_, err := r.Store.UpdateClient(t.Context(), "p1", id, func(c *registry.Client) error { c.Person.Coach = ""; return nil })
		r.Must(err)
	}
	cora := r.as("cora")
	r.shows(cora, "/own", http.StatusOK, nil, []string{"2027-0001", "Nummer"})
	r.shows(cora, "/own/incidents/"+r.own.ID, http.StatusNotFound, nil, []string{"Nummer", "Postvak"})
}

func TestAnAuditorReadsSampledCasesWithMarksForNames(t *testing.T) {
	r := newRig(t)
	otto, names := r.as("otto"), []string{"Nummer", "06-12345678", "@example.org", "Het toestel"}
	r.shows(otto, "/sample", http.StatusOK, []string{"2027-0001"}, names)
	r.shows(otto, "/sample/"+r.own.ID, http.StatusOK, []string{"[naam] belde ons op [telefoonnummer]", "Persoon ", "Postvak"}, names)
	r.shows(otto, "/register", http.StatusOK, []string{"/sample/" + r.own.ID}, append(names, "/register/export", "/file"))
	r.shows(otto, "/register/log", http.StatusOK, nil, append(names, "/incidents/"))
	r.shows(otto, "/own", http.StatusForbidden, nil, names)
	outside := r.file("2027-0002")
	for r.Practice("p1").Sampled(outside.ID, outside.Reference) {
		outside = r.file(outside.Reference + "0")
	}
	r.shows(otto, "/sample/"+outside.ID, http.StatusNotFound, nil, nil)
	r.shows(otto, "/sample", http.StatusOK, nil, []string{outside.ID})
}

func TestAStandInSeesACaseOnceItsAlarmWasHandedOn(t *testing.T) {
	r := newRig(t)
	sam, home := r.as("sam"), "/incidents/"+r.own.ID
	r.shows(sam, "/", http.StatusOK, []string{"Er is niets aan u overgedragen"}, []string{"2027-0001"})
	r.shows(sam, home, http.StatusForbidden, []string{"aan u is doorgegeven"}, []string{"Nummer"})
	_, err := r.Store.UpdateIncident(t.Context(), "p1", r.own.ID, func(i *incidents.Incident) error {
		i.Clocks[0].Alarms = []incidents.Alarm{{ID: "1", Mark: "due", StartedAt: r.Now(), Steps: []incidents.AlarmStep{{Level: incidents.AlarmPractitioner, At: r.Now()}, {Level: incidents.AlarmStandIn, At: r.Now()}}}}
		return nil
	})
	r.Must(err)
	r.shows(sam, "/", http.StatusOK, []string{"2027-0001"}, []string{"/incidents/new", "/drills"})
	r.shows(sam, home, http.StatusOK, []string{"2027-0001"}, nil)
	r.shows(sam, "/incidents/unknown", http.StatusNotFound, nil, nil)
	r.shows(sam, "/register", http.StatusForbidden, nil, []string{"2027-0001"})
	r.shows(sam, "/measures", http.StatusForbidden, nil, nil)
}
