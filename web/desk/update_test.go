package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/web/webtest"
)

// march is a moment of a form in March 2027, local time.
func march(name, day, clock string) url.Values {
	return url.Values{name + "_day": {day}, name + "_month": {"3"}, name + "_year": {"2027"}, name + "_time": {clock}}
}

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestThePromiseOfMoreNewsIsMadeMovedAndKept(t *testing.T) {
	r := newRig(t)
	page := r.at("/updates/clients")
	_, body := r.get(page)
	hasAll(t, body, "Wanneer horen uw cliënten meer?", "Leg deze belofte vast")
	for _, tt := range []struct {
		name, day, clock, want string
	}{
		{"no time", "", "", "Vul"},
		{"in the past", "8", "12:00", "Dit moment is al voorbij."},
		{"not a time", "12", "25:00", "Vul een tijd in, zoals 14:30."},
	} {
		res, body := r.post(page, with(march("promised_at", tt.day, tt.clock), "note", "De uitkomst <b>"))
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, tt.want) || !strings.Contains(body, "De uitkomst &lt;b&gt;") {
			t.Errorf("%s = %d, want 422 with %q and what was typed", tt.name, res.StatusCode, tt.want)
		}
	}
	if res, _ := r.post(page, with(march("promised_at", "12", "12:00"), "note", "De uitkomst.")); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("a promise = %d, want 303", res.StatusCode)
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, "De belofte is vastgelegd.", "Beloofd: vervolgbericht aan de cliënten", "Vervolgbericht aan cliënten beloofd", "Cliënten meer laten horen", "/updates/clients")
	_, body = r.get(page)
	hasAll(t, body, "De uitkomst.", "Verplaats de belofte", "Maak het vervolgbericht")

	if res, body := r.post(page+"/move", march("promised_at", "13", "12:00")); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#reason"`) {
		t.Errorf("moved without a reason = %d, want 422", res.StatusCode)
	}
	if res, _ := r.post(page+"/move", with(march("promised_at", "13", "12:00"), "reason", "Het onderzoek duurt langer.")); res.StatusCode != http.StatusSeeOther {
		t.Errorf("moved = %d, want 303", res.StatusCode)
	}
	if due, _ := r.stored().Clock(incidents.ClientUpdateClock).DueAt(); !due.Equal(time.Date(2027, 3, 13, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("due %v, want 13 March at noon", due)
	}
	_, body = r.get(page)
	hasAll(t, body, "Het onderzoek duurt langer.", "Eerst vrijdag 12 maart")
	if res, body := r.post(page+"/kept", url.Values{}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#how"`) {
		t.Errorf("kept without a word = %d, want 422", res.StatusCode)
	}
	if res, _ := r.post(page+"/kept", url.Values{"how": {"Iedereen gebeld."}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("kept = %d, want 303", res.StatusCode)
	}
	if _, stands := r.stored().StandingUpdate(incidents.UpdateToClients); stands {
		t.Error("the promise still stands")
	}
	if res, _ := r.post(page+"/kept", url.Values{"how": {"Nog eens."}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("kept twice = %d, want 404", res.StatusCode)
	}
}

func TestAnOverduePromiseShowsOnTheDesk(t *testing.T) {
	r := newRig(t)
	r.post(r.at("/updates/clients"), march("promised_at", "9", "12:00"))
	_, body := r.get("/")
	hasAll(t, body, "Beloofd: vervolgbericht aan de cliënten", "nog 18 uur")
	r.Pass(25 * time.Hour)
	r.enter()
	_, body = r.get("/")
	hasAll(t, body, "Beloofd: vervolgbericht aan de cliënten", "uur te laat", "Nu: Cliënten meer laten horen")
}

func TestAFilingThatIsNotCompletePromisesItsAddition(t *testing.T) {
	r := newRig(t)
	promise := func(form url.Values, clock string) url.Values {
		form.Del("complete")
		for name, value := range march("update_by", "12", clock) {
			form[name] = value
		}
		return form
	}
	res, body := r.post(r.at("/authority/filing"), promise(filing("17:30"), "26:00"))
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Wanneer stuurt u de aanvulling?") || !strings.Contains(body, `value="26:00"`) {
		t.Errorf("a wrong time = %d, want 422 with what was typed", res.StatusCode)
	}
	if res, _ := r.post(r.at("/authority/filing"), promise(filing("17:30"), "12:00")); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("filing = %d, want 303", res.StatusCode)
	}
	_, body = r.get(r.at("/authority"))
	hasAll(t, body, "Bekijk de beloofde aanvulling")
	_, body = r.get(r.at(""))
	hasAll(t, body, "Beloofd: aanvulling bij de AP", "Aanvulling beloofd bij de AP")
	r.Pass(time.Hour)
	form := filing("18:30")
	form.Set("kind", "follow_up")
	if res, _ := r.post(r.at("/authority/filing"), form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("follow-up = %d, want 303", res.StatusCode)
	}
	if u := r.stored().Updates; len(u) != 1 || u[0].KeptBy != incidents.UpdateByFiling {
		t.Errorf("promises %+v, want one kept by the follow-up", u)
	}
	_, body = r.get(r.at("/updates/authority"))
	hasAll(t, body, "Wanneer krijgt de AP de aanvulling?", "gedaan met een aanvulling", "Leg deze belofte vast")
}

func TestTheBackgroundReadingStandsBesideTheDeadline(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "11 maart 2027 om 16.42 uur", "Volgens een Europese telregel (Verordening 1182/71) zou deze termijn tot donderdag 11 maart", "17.00 uur", "maar datalek rekent daar niet mee.")
	friday := time.Date(2027, 3, 5, 15, 30, 0, 0, time.UTC)
	_, err := r.office.Change(t.Context(), "p1", r.own.ID, incidents.Change{AwareAt: &friday, Reason: "Eerder gezien.", By: incidents.System()})
	r.must(err)
	_, body = r.get(r.at("/authority"))
	hasAll(t, body, "tot maandag 8 maart", "en volgens sommigen zelfs tot woensdag 10 maart")
	if due, _ := r.stored().Clock(incidents.AuthorityClock).DueAt(); !due.Equal(friday.Add(72 * time.Hour)) {
		t.Errorf("due %v, want 72 hours after awareness", due)
	}
}

func TestTheDeadlinesGoIntoACalendar(t *testing.T) {
	r := newRig(t)
	r.post(r.at("/updates/clients"), with(march("promised_at", "12", "12:00"), "note", "Iets heel persoonlijks"))
	_, body := r.get(r.at(""))
	hasAll(t, body, "/deadlines.ics", "Zet deze termijnen in uw agenda")
	res, file := r.get(r.at("/deadlines.ics"))
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/calendar; charset=utf-8" {
		t.Fatalf("file = %d %s", res.StatusCode, got)
	}
	reference := r.stored().Reference
	hasAll(t, file, "SUMMARY:Termijn AP\\, zaak "+reference+"\r\n", "SUMMARY:Termijn bericht\\, zaak "+reference+"\r\n", "SUMMARY:Termijn vervolgbericht\\, zaak "+reference+"\r\n",
		"DTSTART:20270311T154200Z\r\n", "DTSTART:20270312T110000Z\r\n", "TRIGGER:-PT24H\r\n", "UID:"+r.own.ID+"-authority@datalek\r\n")
	for _, private := range []string{"Iemand", "persoonlijks", "phished", "Cliënt", "José", "mailbox"} {
		if strings.Contains(file, private) {
			t.Errorf("the calendar file says %q", private)
		}
	}
}

func TestAnothersPromisesAreNotFound(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/incidents/" + r.other.ID + "/updates/clients", "/incidents/" + r.other.ID + "/deadlines.ics", r.at("/updates/press")} {
		if res, _ := r.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
	}
	var res webtest.Answer
	for _, path := range []string{"/updates/clients", "/updates/clients/move", "/updates/clients/kept"} {
		if res, _ = r.post("/incidents/"+r.other.ID+path, with(march("promised_at", "12", "12:00"), "reason", "x", "how", "x")); res.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s = %d, want 404", path, res.StatusCode)
		}
	}
	other, err := r.store.Incident(t.Context(), "p2", r.other.ID)
	r.must(err)
	if len(other.Updates) != 0 {
		t.Error("another practice's case was changed")
	}
}
