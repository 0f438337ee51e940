package catalogue_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/roster"
	"datalek/web/casework"
	"datalek/web/webtest"
)

// imported imports a file and returns the path of the import's page and the page.
func (r *rig) imported(file string) (path, body string) {
	r.t.Helper()
	res, body := r.upload([]byte(file), "import")
	if res.StatusCode != 200 {
		r.t.Fatalf("import = %d: %s", res.StatusCode, summary(body))
	}
	jobs, err := r.Store.Imports(r.t.Context(), "p1", "", 1)
	r.Must(err)
	return "/clients/imports/" + jobs[0].ID, body
}

func TestAnImportHasAPageAndIsUndoneThere(t *testing.T) {
	r := newRig(t)
	r.add("p1", person("N-1", "Anna Voor"))
	path, body := r.imported("Naam;Nummer;E-mail;Schoenmaat;Dossiernotities;BSN\nAnna Na;N-1;na@voorbeeldpost.example;44;verhaal;111222333\nJosé Proef;N-2;;;;\nKees;N-3;geen adres;;;\n")
	webtest.Wants(t, body, "Het bestand is geïmporteerd", "3 regels gelezen", "1 nieuwe persoon kwam erbij", "1 persoon die er al stond is bijgewerkt", "1 regel geweigerd",
		"Regel 4", "Vul één e-mailadres in", "“Schoenmaat”", "“BSN”: Wordt nooit bewaard: dit lijkt een burgerservicenummer", "“Dossiernotities”: Wordt nooit bewaard: dit lijken notities", "Anna de Wit")
	webtest.Lacks(t, body, "111222333", "verhaal", "geen adres", "Proef")
	_, list := r.get("/clients/imports")
	webtest.Wants(t, list, `href="`+path+`"`, "Klaar")
	_, ask := r.get(path + "/undo")
	webtest.Wants(t, ask, "1 persoon die met deze lijst kwam, gaat uit uw lijst", "1 persoon die erdoor veranderde, staat dan weer zoals daarvoor")
	webtest.Lacks(t, ask, `name="rest"`)
	body = r.follow(path+"/undo", url.Values{})
	webtest.Wants(t, body, "De import is ongedaan gemaakt", "1 persoon is uit de lijst gehaald", "1 persoon staat weer zoals daarvoor")
	webtest.Lacks(t, body, path+"/undo")
	if all := r.all(); len(all) != 1 || all[0].Person.Name != "Anna Voor" || all[0].Person.Email != "n-1@voorbeeldpost.example" {
		t.Errorf("after the undo there are %+v", all)
	}
}

func TestDoublesAreDecidedAboutOnTheImportsPage(t *testing.T) {
	r := newRig(t)
	r.add("p1", person("N-1", "Eva Hand"))
	path, body := r.imported("naam;e-mail;mobiel\nHand, Eva;N-1@voorbeeldpost.example;06-55500101\nE. Hand;n-1@voorbeeldpost.example;\nEva Hant;n-1@voorbeeldpost.example;\n")
	webtest.Wants(t, body, "Er wachten mensen op uw keuze", "3 regels wachten op uw keuze", `name="double-2"`, `name="double-4"`, "Eva Hand, staat al in uw lijst")
	body = r.follow(path+"/doubles", url.Values{"double-2": {"same"}, "double-3": {"apart"}, "double-99": {"apart"}, "double-4": {"nonsense"}})
	webtest.Wants(t, body, "1 regel wacht op uw keuze", `name="double-4"`, "1 nieuwe persoon kwam erbij")
	webtest.Lacks(t, body, `name="double-2"`)
	if eva := r.Numbered("p1", "N-1"); eva.Person.Phone != "06-55500101" || len(r.all()) != 2 {
		t.Errorf("Eva = %+v among %d", eva.Person, len(r.all()))
	}
	body = r.follow(path+"/doubles", url.Values{"rest": {"skip"}})
	webtest.Wants(t, body, "1 regel overgeslagen door uw keuze", "Het bestand is geïmporteerd")
	if res, _ := r.post(path+"/doubles", url.Values{"rest": {"same"}}); res.StatusCode != 409 {
		t.Errorf("deciding about nobody = %d, want 409", res.StatusCode)
	}
}

func TestAnUndoNamesTheCasesThatKeepPeople(t *testing.T) {
	r := newRig(t)
	path, _ := r.imported("naam;nummer\nJan Proef;N-1\nEva Proef;N-2\n")
	inc, err := r.Office.File(t.Context(), r.Practice("p1"), casework.NewCase{Source: incidents.FromForm, AwareAt: r.Now().Add(-time.Hour), Basis: "Ik zag het zelf.",
		Facts: incidents.Facts{Playbook: "mis-sent-email", DiscoveredAt: r.Now().Add(-time.Hour), BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, HandPicked: true},
		Story: incidents.Story{Summary: "Verkeerd verzonden.", Subjects: incidents.Subjects{ExternalIDs: []string{"N-1"}}}}, incidents.Actor{Kind: register.ActorUser, ID: "anna"})
	r.Must(err)
	if res, body := r.post(path+"/undo", url.Values{}); res.StatusCode != 409 || len(r.all()) != 2 {
		t.Fatalf("undo over an open case = %d with %d left: %s", res.StatusCode, len(r.all()), summary(body))
	}
	_, ask := r.get(path + "/undo")
	webtest.Wants(t, ask, inc.Reference, "Maak de rest ongedaan", `name="rest" value="yes"`)
	body := r.follow(path+"/undo", url.Values{"rest": {"yes"}})
	webtest.Wants(t, body, "1 persoon is uit de lijst gehaald", "1 persoon bleef zoals die is", inc.Reference)
	r.Numbered("p1", "N-1")
}

func TestAnImportThatGoesOnShowsHowFarAndKeepsItselfFresh(t *testing.T) {
	r := newRig(t)
	r.Must(r.Store.CreateImport(t.Context(), roster.Import{ID: "import-1", PracticeID: "p1", State: roster.ImportRunning, CreatedAt: r.Now(), Parts: 8, Next: 2, Pass: 1}))
	_, body := r.get("/clients/imports/import-1")
	webtest.Wants(t, body, `id="import" data-refresh="2"`, `<progress value="25" max="100"`, "Dit is voor 25% gedaan.", `href="/clients/imports/import-1"`)
	webtest.Lacks(t, body, "/undo")
	for _, path := range []string{"/clients/imports/none", "/clients/imports/none/undo"} {
		if res, _ := r.get(path); res.StatusCode != 404 {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
	}
	r.Must(r.Store.CreateImport(t.Context(), roster.Import{ID: "import-2", PracticeID: "p2", State: roster.ImportDone, CreatedAt: r.Now()}))
	if res, _ := r.get("/clients/imports/import-2"); res.StatusCode != 404 {
		t.Errorf("another practice's import = %d, want 404", res.StatusCode)
	}
}

var emailAddress = regexp.MustCompile(`[^"\s]+@voorbeeldpost\.example`)

func TestTheListOfImportsHoldsNothingOfThePeople(t *testing.T) {
	r := newRig(t)
	path, body := r.imported("naam;nummer;e-mail\nJosé Proef;N-1;jose@voorbeeldpost.example\n")
	_, list := r.get("/clients/imports")
	for _, page := range []string{body, list, path} {
		if strings.Contains(page, "Proef") || emailAddress.MatchString(page) {
			t.Errorf("a page of imports tells of people: %s", page)
		}
	}
}
