package notices_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// newcomers puts clients into the breached mailbox, in guidance since a year, or
// until the day before the breach when former.
func (r *rig) newcomers(former bool, numbers ...int) {
	r.t.Helper()
	from := monday().AddDate(-1, 0, 0)
	var list []registry.Client
	for _, n := range numbers {
		id := fmt.Sprintf("c-%02d", n)
		c := registry.Client{ID: id, PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, UpdatedAt: r.now(),
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 3, Day: 8}}},
			Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &from}},
			Person:   registry.Person{ExternalID: "V-" + id, Name: fmt.Sprintf("Cliënt %02d van Voorbeeld", n), Email: id + "@post.example"}}
		if former {
			c.Guidance[0].Until = registry.Date{Year: 2027, Month: 3, Day: 1}
		}
		list = append(list, c)
	}
	_, err := r.store.PutClients(r.t.Context(), "p1", list)
	must(r.t, err)
	r.lookAgain()
}

// lookAgain finds anew who is affected.
func (r *rig) lookAgain() {
	r.t.Helper()
	_, err := r.office.Reassess(r.t.Context(), "p1", r.inc.ID, incidents.System())
	must(r.t, err)
	r.inc = r.Assess(r.inc)
}

// approve approves a draft from the safe sender.
func (r *rig) approve(id string) {
	r.t.Helper()
	form := r.approval(id)
	form.Set("sender", safe)
	if res, body := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("approval = %d: %s", res.StatusCode, wordsOf(body))
	}
	r.Pass(time.Minute)
}

// untold is what no page about a first notice says.
func untold() []string {
	return []string{"aanvulling", "nieuwe lezer", "opnieuw naar iedereen", "opnieuw, voor iedereen", "al een bericht goedgekeurd"}
}

func TestAFirstNoticeIsNoAddition(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	for _, path := range []string{"/incidents/" + r.inc.ID + "/notices", "/notices/" + id, "/notices/" + id + "/approve"} {
		_, body := r.get(path)
		webtest.Lacks(t, wordsOf(body), untold()...)
	}
	r.approve(id)
	_, body := r.get("/incidents/" + r.inc.ID + "/notices")
	webtest.Lacks(t, wordsOf(body), untold()[:4]...)
	wants(t, body, "Nu zijn dat 14 lezers. Voor hen allen is al een bericht goedgekeurd. Zij krijgen er dan nog een.")
}

func TestAnAdditionSaysWhoGetsItAndWhoDoesNot(t *testing.T) {
	r := newRig(t)
	first := r.approved()
	r.Pass(time.Hour)
	r.newcomers(false, 15, 16, 17)
	list := "/incidents/" + r.inc.ID + "/notices"
	_, body := r.get(list)
	wants(t, body, "Nu zijn dat 17 lezers. 3 van hen hebben nog geen bericht. Alleen zij krijgen een nieuw bericht.")
	id := r.draft(incidents.ToClients)

	_, body = r.get(list)
	wants(t, body, `href="/notices/`+id+`">Cliënten in begeleiding: alleen nieuwe lezers</a>`, `href="/notices/`+first+`/progress">Cliënten in begeleiding</a>`)
	_, body = r.get("/incidents/" + r.inc.ID + "/telling")
	wants(t, body, "Cliënten in begeleiding: alleen nieuwe lezers")
	who := []string{"Alleen 3 nieuwe lezers krijgen dit bericht. Zij hadden er nog geen.",
		"Voor 14 lezers is al een bericht goedgekeurd, het laatst op maandag 8 maart 2027 om 10.00 uur. Zij krijgen dit bericht niet."}
	_, body = r.get("/notices/" + id)
	wants(t, body, append(who, "Dit bericht is een aanvulling", "Verder: 3 e-mails versturen")...)
	_, body = r.get("/notices/" + id + "/approve")
	wants(t, body, append(who, "3 e-mails versturen?", "Verstuur 3 e-mails")...)
	webtest.Lacks(t, wordsOf(body), "Zij krijgen er nu nog een")

	r.approve(id)
	_, body = r.get(list)
	wants(t, body, `href="/notices/`+id+`/progress">Cliënten in begeleiding: alleen nieuwe lezers</a>`, `href="/notices/`+first+`/progress">Cliënten in begeleiding</a>`)
	rows, err := r.store.DeliveriesOf(t.Context(), "p1", id, nil, "", 100)
	must(t, err)
	if len(rows) != 3 {
		t.Errorf("%d deliveries, want what the page said: 3", len(rows))
	}
}

func TestANoticeToEverybodyAgainSaysSo(t *testing.T) {
	r := newRig(t)
	r.approved()
	r.Pass(time.Hour)
	id := r.draft(incidents.ToClients)
	r.newcomers(false, 15)
	_, body := r.get("/incidents/" + r.inc.ID + "/notices")
	wants(t, body, `href="/notices/`+id+`">Cliënten in begeleiding: opnieuw, voor iedereen</a>`)
	who := []string{"Alle 15 lezers krijgen dit bericht.",
		"Voor 14 van hen is al een bericht goedgekeurd, het laatst op maandag 8 maart 2027 om 10.00 uur. Zij krijgen er nu nog een."}
	_, body = r.get("/notices/" + id)
	wants(t, body, append(who, "Dit bericht gaat opnieuw naar iedereen")...)
	_, body = r.get("/notices/" + id + "/approve")
	wants(t, body, append(who, "11 e-mails versturen?", "Verstuur 11 e-mails")...)
	webtest.Lacks(t, wordsOf(body), "nieuwe lezer", "krijgen dit bericht niet")
	r.approve(id)
	rows, err := r.store.DeliveriesOf(t.Context(), "p1", id, nil, "", 100)
	must(t, err)
	if len(rows) != 15 {
		t.Errorf("%d deliveries, want what the page said: 15", len(rows))
	}
}

func TestAReaderOfAnotherAudiencesNoticeIsLeftOutAloud(t *testing.T) {
	r := newRig(t)
	r.newcomers(true, 15)
	r.approve(r.draft(incidents.ToFormerClients))
	r.newcomers(false, 15)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, "Verstuur 10 e-mails", "Alleen 14 nieuwe lezers krijgen dit bericht.",
		"Voor 1 lezer is al een bericht goedgekeurd, op maandag 8 maart 2027 om 10.00 uur. Die krijgt dit bericht niet.")
}

func TestAnAdditionThatNobodyReadsSaysSo(t *testing.T) {
	r := newRig(t)
	r.approved()
	r.newcomers(false, 15)
	id := r.draft(incidents.ToClients)
	_, err := r.office.Override(t.Context(), "p1", r.inc.ID, incidents.Override{ClientID: "c-15", Reason: "Toch niet.", By: incidents.System()})
	must(t, err)
	r.inc = r.Assess(r.inc)
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, "Er is nu geen nieuwe lezer. Niemand krijgt dit bericht.", "Voor 14 lezers is al een bericht goedgekeurd")
}

func TestASecondTextForThePublicIsAnnounced(t *testing.T) {
	r := newRig(t)
	form := func(id string) url.Values {
		v := r.approval(id)
		v.Set("mails", "0")
		return v
	}
	first := r.draft(incidents.ToPublic)
	r.send("POST", "/notices/"+first+"/approve", form(first))
	_, body := r.get("/notices/" + r.draft(incidents.ToPublic) + "/approve")
	wants(t, body, "Let op: voor deze groep is al een tekst vastgezet, op maandag 8 maart 2027 om 10.00 uur.")
}

func TestAnAdditionIsToldInEnglishToo(t *testing.T) {
	r := newRig(t)
	r.approved()
	r.newcomers(false, 15)
	id := r.draft(incidents.ToClients)
	r.visitor.Cookies().Set("taal", "en")
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, "Only 1 new reader gets this message.", "A message for 14 readers was approved already", "They do not get this message.")
	if strings.Contains(body, "krijgt dit bericht") {
		t.Error("the English page speaks Dutch")
	}
}

func TestPagesOfAnAdditionInABrowser(t *testing.T) {
	r := newRig(t)
	r.approved()
	r.newcomers(false, 15, 16, 17)
	id := r.draft(incidents.ToClients)
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	b.Look(t, webtest.View{Name: "notices-list-addition", Path: "/incidents/" + r.inc.ID + "/notices"})
	b.Look(t, webtest.View{Name: "notices-draft-addition", Path: "/notices/" + id})
	b.Look(t, webtest.View{Name: "notices-approve-addition", Path: "/notices/" + id + "/approve"})
}
