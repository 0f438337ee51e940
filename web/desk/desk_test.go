package desk_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// pages are the addresses of one incident.
func pages() []string {
	return []string{"", "/affected", "/affected/c1", "/risk", "/risk/answers", "/authority", "/authority/sheet", "/authority/answers", "/authority/check", "/authority/filing", "/authority/decision", "/delay/client",
		"/facts", "/measures", "/answers", "/whose", "/steps/sessions", "/close", "/file"}
}

// downloads are the files of one incident.
func downloads() []string { return []string{"/authority/sheet.pdf", "/authority/edpb.json"} }

func TestEveryPageNeedsALoginAndTheOwnPractice(t *testing.T) {
	r := newRig(t)
	for _, path := range append(pages(), downloads()...) {
		if res, _ := r.get(r.at(path)); res.StatusCode != http.StatusOK {
			t.Errorf("%s = %d, want 200", path, res.StatusCode)
		}
		if res, _ := r.get("/incidents/" + r.other.ID + path); res.StatusCode != http.StatusNotFound {
			t.Errorf("another practice's %s = %d, want 404", path, res.StatusCode)
		}
		if res, _ := r.post("/incidents/"+r.other.ID+path, url.Values{"reason": {"x"}}); res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("posting to another practice's %s = %d, want 404", path, res.StatusCode)
		}
	}
	r.visitor = webtest.NewVisitor(t, r.site)
	for _, path := range []string{"/", "/incidents", "/register", "/register/log", "/register/export?format=csv", r.at(""), r.at("/file")} {
		if res, _ := r.get(path); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login") {
			t.Errorf("%s without a login = %d, want 303 to the login", path, res.StatusCode)
		}
	}
}

func TestTheDeskShowsTheNearestDeadlineFirst(t *testing.T) {
	r := newRig(t)
	r.Pass(time.Hour)
	second := r.file("p1")
	_, body := r.get("/")
	hasAll(t, body, "Meld een datalek", `href="/incidents/new"`, `href="/mis-sent/new"`, "nog 46 uur", "nog 70 uur", "Vertellen aan de cliënten", "Melden bij de AP", "Nu: ")
	if strings.Index(body, r.own.Reference) > strings.Index(body, second.Reference) {
		t.Error("the case with the nearer deadline does not come first")
	}
	if strings.Contains(body, r.other.ID) {
		t.Error("the desk shows another practice's case")
	}
	r.visitor.Client().CheckRedirect = nil
	if _, body = r.get("/?taal=en"); !strings.Contains(body, "Tell the clients") || !strings.Contains(body, "46 hours left") {
		t.Error("the desk does not speak English")
	}
}

func TestAnEmptyDeskOffersTheOneAct(t *testing.T) {
	r := newRig(t)
	_, err := r.store.UpdateIncident(t.Context(), "p1", r.own.ID, func(i *incidents.Incident) error {
		i.State = incidents.StateClosed
		return nil
	})
	r.must(err)
	_, body := r.get("/")
	hasAll(t, body, "Er staat niets open", "Meld een datalek")
}

func TestTheDeskCountsWhatCameIn(t *testing.T) {
	r := newRig(t)
	p, err := r.store.Practice(t.Context(), "p1")
	r.must(err)
	_, err = r.office.Triage(t.Context(), p, incidents.FromPublic, incidents.ReportWords{Text: "Er is iets mis."}, incidents.Actor{Kind: register.ActorPublic})
	r.must(err)
	_, body := r.get("/")
	hasAll(t, body, "Er is 1 signaal binnengekomen.", `href="/triage"`)
}

func TestTheDeskLeadsToWhatWasBegun(t *testing.T) {
	r := newRig(t)
	save := func(id string, answers map[string][]string) {
		_, err := r.store.SaveDraft(t.Context(), incidents.Draft{ID: id, PracticeID: "p1", UserID: "anna", Kind: "incident", Answers: answers, UpdatedAt: r.Now()})
		r.must(err)
	}
	save("opened-only", nil)
	if _, body := r.get("/"); strings.Contains(body, "/incidents/drafts") {
		t.Error("a form that was only opened counts as begun")
	}
	save("begun-1", map[string][]string{"playbook": {"lost-device"}})
	_, body := r.get("/")
	hasAll(t, body, `<a class="govuk-link" href="/incidents/drafts">U was al begonnen met 1 melding. Ga daarmee verder.</a>`)
	save("begun-2", map[string][]string{"summary": {"Een tas."}})
	_, body = r.get("/")
	hasAll(t, body, "U was al begonnen met 2 meldingen. Ga daarmee verder.")
}

func TestAListIsPagedThereAndBack(t *testing.T) {
	r := newRig(t)
	for range 30 {
		r.file("p1")
	}
	_, first := r.get("/incidents")
	next := hrefOf(first, `rel="next"`)
	_, second := r.get(next)
	previous := hrefOf(second, `rel="prev"`)
	if next == "" || previous != "/incidents" {
		t.Errorf("next = %q, previous of the second = %q", next, previous)
	}
	if got := strings.Count(first, "dl-rows__row") + strings.Count(second, "dl-rows__row"); got != 31 {
		t.Errorf("two pages show %d cases, want 31", got)
	}
}

// hrefOf returns the address of the link with this mark.
func hrefOf(body, mark string) string {
	at := strings.Index(body, mark)
	if at < 0 {
		return ""
	}
	from := strings.LastIndex(body[:at], `href="`) + len(`href="`)
	return strings.ReplaceAll(body[from:from+strings.Index(body[from:], `"`)], "&amp;", "&")
}

func TestAnIncidentsHomeSaysWhereItStands(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at(""))
	hasAll(t, body, r.own.Reference, "nog 47 uur", "nog 71 uur", "vóór woensdag 10 maart 2027 om 16.42 uur, Nederlandse tijd",
		"Wie is geraakt?", "2 mensen", "Is het risico voor mensen hoog?", "Bericht sturen", "Afronden", "Kan nog niet", "Wat doet u het eerst?",
		"Datalek vastgelegd", "Anna de Wit", "Uitgezocht wie geraakt is", "In begeleiding: 1. Eerdere cliënten: 1. Anderen: 0. Niet geraakt: 1.", "Postvak",
		"verteld aan 0 van 1", "&lt;script&gt;las")
	if strings.Contains(body, "<script>las") {
		t.Error("what was typed is not escaped")
	}
}

func TestTheRequestToTheRecipientIsNotForgotten(t *testing.T) {
	r := newRig(t)
	_, err := r.store.UpdateIncident(t.Context(), "p1", r.own.ID, func(inc *incidents.Incident) error {
		inc.Story.Recipients = []incidents.Recipient{{Email: "piet@elders.example", Kind: incidents.RecipientUnknown}}
		inc.Clock(incidents.ClientClock).MetAt = r.Now()
		return nil
	})
	r.must(err)
	p, err := r.store.Practice(t.Context(), "p1")
	r.must(err)
	_, err = r.office.Draft(t.Context(), p, r.own.ID, incidents.ToRecipient, anna)
	r.must(err)
	_, body := r.get(r.at(""))
	hasAll(t, body, "Het verzoek aan de ontvanger wacht")
}

func TestAMessageThatWaitsForItsSecondApprovalIsNotForgotten(t *testing.T) {
	r := newRig(t)
	p, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error { p.FourEyes = true; return nil })
	r.must(err)
	n, err := r.office.Draft(t.Context(), p, r.own.ID, incidents.ToClients, anna)
	r.must(err)
	const words = "Een bericht wacht op de tweede goedkeuring"
	if _, body := r.get(r.at("")); strings.Contains(body, words) {
		t.Error("it waits before anybody approved")
	}
	_, err = r.store.UpdateNotice(t.Context(), "p1", n.ID, func(n *incidents.Notice) error {
		n.First = incidents.Signature{By: anna, Role: registry.RoleOwner, At: r.Now(), TextHash: n.TextHash, RecipientsHash: n.RecipientsHash}
		return nil
	})
	r.must(err)
	_, body := r.get(r.at(""))
	hasAll(t, body, words)
}

func TestFormerClientsAreNotForgottenWhenTheRiskIsHigh(t *testing.T) {
	r := newRig(t)
	_, err := r.store.UpdateIncident(t.Context(), "p1", r.own.ID, func(inc *incidents.Incident) error {
		inc.Clock(incidents.ClientClock).MetAt = r.Now()
		return inc.Decide(incidents.Decision{Question: incidents.AboutPersons, Answer: incidents.Notify, Reason: "Gevoelige verslagen", By: anna}, r.Now())
	})
	r.must(err)
	_, body := r.get(r.at(""))
	hasAll(t, body, "1 eerdere cliënt nog niet ingelicht")
	p, err := r.store.Practice(t.Context(), "p1")
	r.must(err)
	n, err := r.office.Draft(t.Context(), p, r.own.ID, incidents.ToFormerClients, anna)
	r.must(err)
	_, body = r.get(r.at(""))
	hasAll(t, body, "1 eerdere cliënt nog niet ingelicht") // a draft tells nobody
	_, err = r.store.UpdateNotice(t.Context(), "p1", n.ID, func(n *incidents.Notice) error { n.State = incidents.NoticeIsSending; return nil })
	r.must(err)
	if _, body = r.get(r.at("")); strings.Contains(body, "nog niet ingelicht") {
		t.Error("the task still asks for a message that is going out")
	}
}

func TestTheTimelineJoinsTheRegisterAndWhatIsNotYetInIt(t *testing.T) {
	r := newRig(t)
	inc := r.stored()
	entry := register.Next(register.Head{}, inc.Outbox.Pending[0], "00112233445566778899aabbccddeeff")
	r.must(r.store.AppendEntries(t.Context(), "p1", []register.Entry{entry}))
	_, body := r.get(r.at(""))
	if got := strings.Count(body, `dl-timeline__title">Datalek vastgelegd`); got != 1 {
		t.Errorf("an event that is registered and still pending is shown %d times, want once", got)
	}
	if opened, assessed := strings.Index(body, "Datalek vastgelegd"), strings.Index(body, "Uitgezocht wie geraakt is"); assessed < 0 || opened < assessed {
		t.Error("the newest event does not come first")
	}
}

func TestAffectedPeopleComeWithReasonsAndGroups(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/affected"))
	hasAll(t, body, "2 mensen zijn geraakt.", "José Proef &lt;b&gt;", "Eerdere Cliënt", "In Postvak stonden toen gegevens", "Zeker", "Haal weg", "krijgt bericht")
	if strings.Contains(body, "Elders Bewaard") {
		t.Error("who is not affected stands in the list of the affected")
	}
	_, body = r.get(r.at("/affected?group=not_affected"))
	hasAll(t, body, "Elders Bewaard", "Dat systeem is niet geraakt.", "Voeg toe")
	if strings.Contains(body, "Eerdere Cliënt</th>") || strings.Contains(body, "c2@") {
		t.Error("a group shows others")
	}
}

func TestPeopleAreFoundByAddressNumberOrName(t *testing.T) {
	r := newRig(t)
	for asked, want := range map[string]string{"C1@EXAMPLE.ORG": "José", "n-c2": "Eerdere", "jose": "José", "bewaard": "Elders", " ": "", "niemand": ""} {
		res, body := r.post(r.at("/affected/search"), url.Values{"q": {asked}})
		if res.StatusCode != http.StatusOK {
			t.Errorf("search %q = %d", asked, res.StatusCode)
		}
		found := strings.Count(body, `data-head="Waarom"`)
		if want == "" && found != 0 || want != "" && (found != 1 || !strings.Contains(body, want)) {
			t.Errorf("search %q finds %d people, want %q", asked, found, want)
		}
	}
}

func TestAPersonIsTakenOutOrAddedWithAReason(t *testing.T) {
	r := newRig(t)
	res, body := r.post(r.at("/affected/c1"), url.Values{"act": {"remove"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#reason"`) {
		t.Errorf("without a reason = %d, want 422 at the field", res.StatusCode)
	}
	if r.stored().Story.Overrides != nil {
		t.Error("something was stored")
	}
	if res, _ = r.post(r.at("/affected/c1"), url.Values{"act": {"remove"}, "reason": {"Was al weg."}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with a reason = %d, want 303", res.StatusCode)
	}
	_, body = r.get(r.at("/affected"))
	hasAll(t, body, "We kijken opnieuw wie geraakt is.", "We zoeken nog uit wie geraakt is", "Hieronder staat nog de vorige uitkomst.")
	r.Assess(r.own)
	_, body = r.get(r.at("/affected?group=not_affected"))
	hasAll(t, body, "U hebt deze persoon zelf weggehaald.")
	if res, _ = r.get(r.at("/affected/nobody")); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown person = %d, want 404", res.StatusCode)
	}
	if res, _ = r.post(r.at("/affected/nobody"), url.Values{"act": {"add"}, "reason": {"x"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("adding an unknown person = %d, want 404", res.StatusCode)
	}
}

func TestADecisionAboutPeopleNeedsAReason(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/risk"))
	hasAll(t, body, "In begeleiding: 1. Eerdere cliënten: 1. Anderen: 0.", "E-mailadres of telefoonnummer", "binnen 48 uur")
	res, body := r.post(r.at("/risk"), url.Values{"answer": {"notify"}, "reason": {"  "}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `value="notify" checked`) {
		t.Errorf("without a reason = %d, want 422 with the answer kept", res.StatusCode)
	}
	if res, _ = r.post(r.at("/risk"), url.Values{"answer": {"notify"}, "reason": {"Er stond veel in."}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with a reason = %d, want 303", res.StatusCode)
	}
	_, body = r.get(r.at("/risk"))
	hasAll(t, body, "Hoog risico: zij moeten het weten", "Er stond veel in.", "Anna de Wit")
}

func TestTheAnswerSheetHasWhatTheLawAsksInOrder(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/authority"))
	at := -1
	for _, want := range []string{"Wie meldt er?", "Wat is er gebeurd, met wie en met welke gegevens?", "Hoeveel mensen, ongeveer", "Wie geeft meer informatie?",
		"Waar kan het toe leiden?", "Wat is er gedaan en wat gebeurt er nog?", "Waarom later dan 72 uur?"} {
		next := strings.Index(body, want)
		if next < at {
			t.Errorf("%q is missing, or stands in another order", want)
		}
		at = max(at, next)
	}
	hasAll(t, body, "datalekken.autoriteitpersoonsgegevens.nl", "Ik heb gemeld bij de AP", "Dit hoeft niet gemeld te worden")
}

func filing(at string) url.Values {
	return url.Values{"kind": {"new"}, "filed_at_day": {"8"}, "filed_at_month": {"3"}, "filed_at_year": {"2027"}, "filed_at_time": {at}, "reference": {"AP-1"}, "complete": {"yes"}}
}

func TestAFilingMeetsTheClock(t *testing.T) {
	r := newRig(t)
	for at, want := range map[string]string{"25:00": "Vul een tijd in, zoals 14:30.", "23:59": "Dit ligt in de toekomst.", "01:00": "Dit ligt voor het moment"} {
		res, body := r.post(r.at("/authority/filing"), filing(at))
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, want) || !strings.Contains(body, `value="AP-1"`) || !strings.Contains(body, `value="`+at+`"`) {
			t.Errorf("filed at %s = %d, want 422 with %q and what was typed", at, res.StatusCode, want)
		}
	}
	if len(r.stored().Filings) != 0 {
		t.Error("something was stored")
	}
	if res, _ := r.post(r.at("/authority/filing"), filing("17:30")); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a filing = %d, want 303", res.StatusCode)
	}
	_, body := r.get(r.at(""))
	hasAll(t, body, "Gemeld bij de AP", "Uw melding is vastgelegd.")
	if r.stored().Clock(incidents.AuthorityClock).MetAt.IsZero() {
		t.Error("the clock runs on")
	}
}

func TestALateFilingAsksWhy(t *testing.T) {
	r := newRig(t)
	r.Pass(96 * time.Hour)
	r.enter()
	_, body := r.get(r.at(""))
	hasAll(t, body, "te laat", "Leg uit waarom", `/delay/authority`, `/delay/client`)
	form := filing("17:30")
	form.Set("filed_at_day", "12")
	res, body := r.post(r.at("/authority/filing"), form)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#late_reason"`) {
		t.Errorf("late without a reason = %d, want 422 that asks", res.StatusCode)
	}
	form.Set("late_reason", "Ik lag in het ziekenhuis.")
	if res, _ = r.post(r.at("/authority/filing"), form); res.StatusCode != http.StatusSeeOther {
		t.Errorf("late with a reason = %d, want 303", res.StatusCode)
	}
	if res, _ = r.post(r.at("/delay/client"), url.Values{"reason": {"Ook daarom."}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("explaining = %d, want 303", res.StatusCode)
	}
	if got := r.stored().Clock(incidents.ClientClock).LateReason; got != "Ook daarom." {
		t.Errorf("late reason = %q", got)
	}
}

func TestADelayThatIsNoneIsNotExplained(t *testing.T) {
	r := newRig(t)
	res, body := r.post(r.at("/delay/client"), url.Values{"reason": {"x"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Er valt niets uit te leggen.") {
		t.Errorf("a clock in time = %d, want 422 with words", res.StatusCode)
	}
	if res, _ = r.get(r.at("/delay/contract")); res.StatusCode != http.StatusNotFound {
		t.Errorf("a clock that is not the practice's = %d, want 404", res.StatusCode)
	}
}

func TestADocumentedNoIsAnOutcomeThatCanBeUndone(t *testing.T) {
	r := newRig(t)
	if res, _ := r.post(r.at("/authority/decision"), url.Values{"reason": {""}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a reason = %d, want 422", res.StatusCode)
	}
	r.post(r.at("/authority/decision"), url.Values{"reason": {"De mail was versleuteld."}})
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "Besloten: dit hoeft niet gemeld te worden", "De mail was versleuteld.", "Toch melden")
	if stands := r.stored().Clock(incidents.AuthorityClock).EndedBecause; stands != incidents.EndedNotNotifiable {
		t.Errorf("ended because %q", stands)
	}
	r.post(r.at("/authority/decision"), url.Values{"answer": {"notify"}, "reason": {"Toch."}})
	if clock := r.stored().Clock(incidents.AuthorityClock); !clock.EndedAt.IsZero() {
		t.Error("the clock does not run again")
	}
}

// factsForm is the form of the facts page as a browser would send it back.
func factsForm(inc *incidents.Incident) url.Values {
	form := url.Values{"version": {fmt.Sprint(inc.Version)}, "playbook": {inc.Facts.Playbook}, "summary": {"Iemand las mee."}, "systems": {"mailbox"}, "categories": {"contact"},
		"breach_kinds": {"confidentiality"}, "unintelligible": {"no"}, "role": {"controller"}, "aware_basis": {"Ik zag vreemde mails."}, "reason": {"De helpdesk vond meer."}}
	set := func(name string, at time.Time) {
		zone, _ := time.LoadLocation("Europe/Amsterdam")
		at = at.In(zone)
		form.Set(name+"_day", at.Format("2"))
		form.Set(name+"_month", at.Format("1"))
		form.Set(name+"_year", at.Format("2006"))
		form.Set(name+"_time", at.Format("15:04"))
	}
	set("occurred_from", *inc.Facts.OccurredFrom)
	set("occurred_until", *inc.Facts.OccurredUntil)
	set("discovered_at", inc.Facts.DiscoveredAt)
	set("aware_at", inc.AwareAt())
	return form
}

func TestCorrectedFactsKeepTheOldAndLookAgain(t *testing.T) {
	r := newRig(t)
	form := factsForm(r.stored())
	form.Set("occurred_until_precision", "unknown")
	form.Set("aware_at_time", "15:00")
	if res, body := r.post(r.at("/facts"), form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("correct = %d: %s", res.StatusCode, body)
	}
	inc := r.stored()
	if inc.Facts.OccurredUntil != nil || len(inc.Aware) != 2 || inc.Assessment.Complete() || inc.Facts.Unintelligible != incidents.UnintelligibleNo {
		t.Errorf("facts = %+v, aware = %+v", inc.Facts, inc.Aware)
	}
	_, body := r.get(r.at("/facts"))
	hasAll(t, body, "Eerder stond hier:", "maandag 8 maart 2027 om 16.42 uur")
	_, body = r.get(r.at(""))
	hasAll(t, body, "Moment van weten verbeterd", "Reden: De helpdesk vond meer.")
}

func TestUnchangedFactsChangeNothing(t *testing.T) {
	r := newRig(t)
	before := r.stored()
	form := factsForm(before)
	form.Set("summary", before.Story.Summary)
	form.Set("unintelligible", string(before.Facts.Unintelligible))
	r.post(r.at("/facts"), form)
	after := r.stored()
	if len(after.Aware) != 1 || after.Assessment.Wanted != before.Assessment.Wanted || after.Outbox.Seq != before.Outbox.Seq {
		t.Errorf("saving the same facts changed something: %d moments, version %d, event %d", len(after.Aware), after.Assessment.Wanted, after.Outbox.Seq)
	}
}

func TestFaultyFactsAreToldAllAtOnce(t *testing.T) {
	r := newRig(t)
	before := r.stored()
	form := factsForm(before)
	form.Set("aware_at_day", "31")
	form.Set("aware_at_month", "2")
	form.Set("discovered_at_year", "1970")
	form.Set("occurred_from_month", "4") // after the end, and in the future
	form.Set("summary", "")
	form.Set("reason", "")
	form.Del("systems")
	form.Set("playbook", "no-such")
	res, body := r.post(r.at("/facts"), form)
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status = %d, want 422", res.StatusCode)
	}
	hasAll(t, body, `href="#aware_at"`, `href="#discovered_at"`, `href="#occurred_from"`, `href="#summary"`, `href="#reason"`, `href="#systems"`, `value="31"`, `value="1970"`)
	if after := r.stored(); after.Version != before.Version {
		t.Error("something was stored")
	}
}

func TestADoubledHourIsAskedAbout(t *testing.T) {
	r := newRig(t)
	r.Pass(time.Date(2027, 11, 1, 12, 0, 0, 0, time.UTC).Sub(r.Now()))
	r.enter()
	form := factsForm(r.stored())
	form.Set("aware_at_day", "31")
	form.Set("aware_at_month", "10")
	form.Set("aware_at_time", "02:30")
	res, body := r.post(r.at("/facts"), form)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `name="aware_at_fold"`) {
		t.Fatalf("a doubled hour = %d, want 422 that asks which", res.StatusCode)
	}
	form.Set("aware_at_fold", "second")
	if res, _ = r.post(r.at("/facts"), form); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with the choice = %d, want 303", res.StatusCode)
	}
	if got, want := r.stored().AwareAt(), time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("aware at %s, want %s", got, want)
	}
}

func TestANewerVersionIsNotWrittenOver(t *testing.T) {
	r := newRig(t)
	form := factsForm(r.stored())
	form.Set("version", "1")
	_, err := r.office.Change(t.Context(), "p1", r.own.ID, incidents.Change{Reason: "x", By: incidents.System(), Apply: func(_ *incidents.Facts, s *incidents.Story) { s.Summary = "anders" }})
	r.must(err)
	res, body := r.post(r.at("/facts"), form)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "intussen veranderd") || r.stored().Story.Summary != "anders" {
		t.Errorf("an old form = %d, want 422 with words and nothing written", res.StatusCode)
	}
}

func TestMeasuresAreKept(t *testing.T) {
	r := newRig(t)
	if res, _ := r.post(r.at("/measures"), url.Values{"measures_taken": {strings.Repeat("a", 5001)}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("far too long = %d, want 422", res.StatusCode)
	}
	if res, _ := r.post(r.at("/measures"), url.Values{"measures_taken": {"Wachtwoord veranderd."}, "consequences": {"Nepmails."}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("measures = %d, want 303", res.StatusCode)
	}
	if s := r.stored().Story; s.MeasuresTaken != "Wachtwoord veranderd." || s.Consequences != "Nepmails." {
		t.Errorf("story = %+v", s)
	}
}

func TestAnOpenDutyKeepsTheCaseOpen(t *testing.T) {
	r := newRig(t)
	res, body := r.post(r.at("/close"), url.Values{"reason": {"Klaar."}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Er staat nog iets open.") {
		t.Errorf("closing with open duties = %d, want 422 with words", res.StatusCode)
	}
	r.post(r.at("/authority/decision"), url.Values{"reason": {"Versleuteld."}})
	r.post(r.at("/affected/c1"), url.Values{"act": {"remove"}, "reason": {"Was al weg."}})
	r.Assess(r.own)
	r.post(r.at("/authority/decision"), url.Values{"reason": {"Nog steeds versleuteld."}})
	if res, body = r.post(r.at("/close"), url.Values{"reason": {"Voortaan een sleutel."}, "despite": {"De rest is niet nodig."}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("closing = %d: %s", res.StatusCode, body)
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, "Dit datalek is afgerond op", "Datalek afgerond")
	if strings.Contains(body, "/facts#") {
		t.Error("a closed case offers changes")
	}
}

func TestTheRegisterIsListedAndExported(t *testing.T) {
	r := newRig(t)
	entry := register.Next(register.Head{}, r.stored().Outbox.Pending[0], "00112233445566778899aabbccddeeff")
	r.must(r.store.AppendEntries(t.Context(), "p1", []register.Entry{entry}))
	_, body := r.get("/register")
	hasAll(t, body, r.own.Reference, "Nog niet", "0 van 1", "format=csv", "format=json")
	if strings.Contains(body, r.other.ID) {
		t.Error("the register shows another practice's case")
	}
	_, body = r.get("/register/log")
	hasAll(t, body, "Datalek vastgelegd", entry.Hash[:16])
	r.checkCSV()
	r.checkJSON(entry)
	if res, _ := r.get("/register/export?format=xml"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown format = %d, want 404", res.StatusCode)
	}
}

func (r *rig) checkCSV() {
	r.t.Helper()
	res, body := r.get("/register/export?format=csv")
	if got := res.Header.Get("Content-Disposition"); !strings.Contains(got, "register.csv") {
		r.t.Errorf("Content-Disposition = %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	r.must(err)
	if len(rows) != 3 || rows[0][0] != "Kenmerk" || rows[1][0] != r.own.Reference || !strings.HasPrefix(rows[2][0], "Gemaakt door ") {
		r.t.Fatalf("rows = %q", rows)
	}
	for _, cell := range rows[1] {
		if strings.HasPrefix(cell, "=") {
			r.t.Errorf("a spreadsheet would run %q", cell)
		}
	}
}

func (r *rig) checkJSON(entry register.Entry) {
	r.t.Helper()
	_, body := r.get("/register/export?format=json")
	var got struct {
		Practice  string
		Incidents []struct{ Reference string }
		Entries   []struct {
			Seq  int64
			Hash string
		}
	}
	r.must(json.Unmarshal([]byte(body), &got))
	if got.Practice != "p1" || len(got.Incidents) != 1 || len(got.Entries) != 1 || got.Entries[0].Hash != entry.Hash {
		r.t.Errorf("export = %+v", got)
	}
}

// Acts stand in the log before the first breach: a register without one leads to them.
func TestARegisterWithoutABreachLeadsToItsLog(t *testing.T) {
	r := newRig(t)
	r.Open(r.NewPractice("p3"), "carla")
	r.visitor.LogIn("carla", "p3")
	_, body := r.get("/register")
	hasAll(t, body, "Het register is nog leeg", `href="/register/log"`, `href="/register/check"`, "format=json")
	if strings.Contains(body, "format=csv") {
		t.Error("an empty list is offered")
	}
}

// The log says which supplier, address or key an act was about, and what was written.
func TestTheLogSaysWhatAnActWasAbout(t *testing.T) {
	r := newRig(t)
	head := register.Head{}
	var entries []register.Entry
	for n, e := range []incidents.Event{
		{Kind: incidents.AddressOpened, Facts: map[string]string{"processor": "microsoft-365", "door": "entra"}},
		{Kind: incidents.TokenMade, Facts: map[string]string{"scopes": "reports:read,incidents:write"}, Words: map[string]string{"member": "Boekhouding <b>"}},
		{Kind: incidents.ProcessorAdded, Words: map[string]string{"name": "Microsoft"}},
		{Kind: incidents.ImportTaken, Facts: map[string]string{"read": "1", "added": "1", "changed": "0", "refused": "1", "waiting": "1"}},
		{Kind: incidents.ImportTaken, Facts: map[string]string{"read": "8", "added": "2", "changed": "1", "refused": "0", "waiting": "5"}},
		{Kind: incidents.ImportUndone, Facts: map[string]string{"removed": "1", "put_back": "1", "kept": "0"}},
		{Kind: incidents.ImportUndone, Facts: map[string]string{"removed": "3", "put_back": "0", "kept": "2"}},
		{Kind: incidents.DrillStarted}, {Kind: incidents.DrillEnded}, {Kind: incidents.DrillRemoved},
	} {
		e.ID, e.PracticeID, e.At, e.Actor = fmt.Sprint("e", n), "p1", r.Now(), incidents.System()
		entry := register.Next(head, e, "00112233445566778899aabbccddeeff")
		entries, head = append(entries, entry), entry.Head()
	}
	r.must(r.store.AppendEntries(t.Context(), "p1", entries))
	_, body := r.get("/register/log")
	hasAll(t, body, "Verwerker: microsoft-365", "Met bewijs van Microsoft (Azure)", "Meldingen die binnenkomen: lezen", "Datalekken: schrijven",
		"Wie of wat: Boekhouding &lt;b&gt;", "Naam: Microsoft",
		"1 regel gelezen: 1 persoon nieuw, 0 veranderd, 1 regel geweigerd, 1 wacht op een keuze",
		"8 regels gelezen: 2 mensen nieuw, 1 veranderd, 0 regels geweigerd, 5 wachten op een keuze",
		"1 persoon weggehaald, 1 teruggezet, 0 gebleven", "3 mensen weggehaald, 0 teruggezet, 2 gebleven",
		"Oefening begonnen", "Oefening gestopt", "Oefening verwijderd")
}

func TestTheLogIsPagedThereAndBack(t *testing.T) {
	r := newRig(t)
	head := register.Head{}
	var entries []register.Entry
	for n := range 120 {
		e := register.Next(head, incidents.Event{ID: fmt.Sprint("e", n), PracticeID: "p1", Kind: incidents.NoticeSent, At: r.Now(), Actor: incidents.System()}, "")
		entries, head = append(entries, e), e.Head()
	}
	r.must(r.store.AppendEntries(t.Context(), "p1", entries))
	seen, path := 0, "/register/log"
	for path != "" {
		_, body := r.get(path)
		seen += strings.Count(body, "Het versturen is klaar")
		path = hrefOf(body, `rel="next"`)
	}
	if seen != 120 {
		t.Errorf("the pages show %d entries, want 120", seen)
	}
}

func TestTheCaseFileNamesNobody(t *testing.T) {
	r := newRig(t)
	r.post(r.at("/risk"), url.Values{"answer": {"not_notifiable"}, "reason": {"Alleen adressen."}})
	_, body := r.get(r.at("/file"))
	hasAll(t, body, "Dossier "+r.own.Reference, "Besloten: het risico voor mensen is niet hoog", "Alleen adressen.", "Praktijk p1", "dl-printline", ", door Anna de Wit")
	for _, c := range r.people() {
		if strings.Contains(body, c.Person.Email) || strings.Contains(body, html.EscapeString(c.Person.Name)) {
			t.Errorf("the case file names %s", c.Person.Name)
		}
	}
}

func TestPeopleByNumberAreNoSystems(t *testing.T) {
	r := newRig(t)
	p, err := r.store.Practice(t.Context(), "p1")
	r.must(err)
	inc := r.file("p1")
	_, err = r.store.UpdateIncident(t.Context(), p.ID, inc.ID, func(i *incidents.Incident) error {
		i.Facts.HandPicked, i.Facts.Systems = true, nil
		i.Story.Subjects = incidents.Subjects{Emails: []string{"c1@example.org"}}
		i.Story.Recipients = []incidents.Recipient{{Email: "fout@example.net", Kind: incidents.RecipientKnown}}
		return nil
	})
	r.must(err)
	r.own = inc
	_, body := r.get(r.at(""))
	hasAll(t, body, "fout@example.net", "Twee berichten: één voor de persoon over wie het ging")
	form := factsForm(r.stored())
	form.Del("systems")
	form.Set("subjects", "c1@example.org\nn-c2")
	form.Set("recipient_email_1", "c1@example.org")
	form.Set("recipient_kind_1", "known")
	res, body := r.post(r.at("/facts"), form)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Dit adres staat in beide lijsten.") {
		t.Errorf("one address in both lists = %d, want 422 with words", res.StatusCode)
	}
	form.Set("recipient_email_1", "ander@example.net")
	if res, _ = r.post(r.at("/facts"), form); res.StatusCode != http.StatusSeeOther {
		t.Errorf("apart = %d, want 303", res.StatusCode)
	}
	if got := r.stored().Story; got.Recipients[0].Email != "ander@example.net" || got.Subjects.ExternalIDs[0] != "n-c2" || r.stored().Facts.Systems != nil {
		t.Errorf("story = %+v", got)
	}
}
