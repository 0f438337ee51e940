package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// tend lets the keeper pass over the own case.
func (r *rig) tend() {
	r.t.Helper()
	_, err := r.store.UpdateIncident(r.t.Context(), "p1", r.own.ID, func(i *incidents.Incident) error { i.Tend(r.Now()); return nil })
	r.must(err)
}

func TestAnAlarmStandsOnTheCaseUntilItIsSeen(t *testing.T) {
	r := newRig(t)
	if _, body := r.get(r.at("")); strings.Contains(body, "Ik heb dit gezien") {
		t.Error("a case without an alarm asks whether it was seen")
	}
	r.Pass(36 * time.Hour)
	r.tend()
	r.enter()
	_, body := r.get(r.at(""))
	hasAll(t, body, "Een waarschuwing wacht op u", "Vertellen aan de cliënten: gewaarschuwd u (", "Dan krijgt de contactpersoon van de beheerder bericht op")
	_, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error { p.Details.StandInMail = "bram@elders.example"; return nil })
	r.must(err)
	_, body = r.get(r.at(""))
	hasAll(t, body, "Dan krijgt uw waarnemer bericht op")
	r.Pass(2 * time.Hour)
	r.tend()
	_, body = r.get(r.at(""))
	hasAll(t, body, "en uw waarnemer (", "Dan krijgt de contactpersoon van de beheerder bericht op", "Ook gewaarschuwd: uw waarnemer")
	_, err = r.store.UpdateIncident(t.Context(), "p1", r.own.ID, func(i *incidents.Incident) error {
		i.PassAlarm(incidents.ClientClock, "1", incidents.AlarmStandIn, r.Now())
		i.Tend(r.Now())
		i.PassAlarm(incidents.ClientClock, "1", incidents.AlarmHost, r.Now())
		return nil
	})
	r.must(err)
	_, body = r.get(r.at(""))
	hasAll(t, body, "Er is geen adres van uw waarnemer.", "Na deze waarschuwing is er niemand meer om te waarschuwen.", "Niemand te waarschuwen: er is geen adres van uw waarnemer")
	_, body = r.get("/")
	hasAll(t, body, "Een waarschuwing wacht op u")
	if res, _ := r.post(r.at("/seen"), url.Values{}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("seen = %d, want 303", res.StatusCode)
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, "Vastgelegd dat u de waarschuwing gezien hebt.", "Waarschuwing gezien", "Anna de Wit")
	if r.stored().Alarmed() || strings.Contains(body, "Ik heb dit gezien") {
		t.Error("the alarm still asks")
	}
	if res, _ := r.post("/incidents/"+r.other.ID+"/seen", url.Values{}); res.StatusCode != http.StatusNotFound {
		t.Errorf("another practice's case = %d, want 404", res.StatusCode)
	}
}

func TestTheDeskSaysThatNobodyStandsIn(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/")
	hasAll(t, body, "Niemand neemt voor u waar.", "dan krijgt meteen de contactpersoon", "Vul het adres van een waarnemer in")
	_, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error { p.Details.StandInMail = "bram@elders.example"; return nil })
	r.must(err)
	if _, body = r.get("/"); strings.Contains(body, "Niemand neemt voor u waar.") {
		t.Error("the desk says that nobody stands in, though somebody does")
	}
}
