package notices_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// voicedRig is the rig with a client of 14 who is phoned, one who gets a letter,
// and a contact person of an organisation.
func voicedRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	changed, err := r.store.ClientsByIDs(t.Context(), "p1", []string{"c-05", "c-11", "c-12"})
	must(t, err)
	for i := range changed {
		if changed[i].ID == "c-05" {
			changed[i].Relation = registry.RelationOrganisationContact
		} else {
			changed[i].BirthYear = 2013
		}
	}
	_, err = r.store.PutClients(t.Context(), "p1", changed)
	must(t, err)
	r.inc = r.file("p1")
	return r
}

const (
	forYoung   = "Nederlands, voor jongeren van 12 tot en met 15"
	forContact = "Nederlands, voor contactpersonen van opdrachtgevers"
)

func TestEachTextIsHeadedByItsReadersAndEditedAlone(t *testing.T) {
	r := voicedRig(t)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id)
	wants(t, body, forYoung, forContact, `id="notice-nl-young"`, `<div class="dl-mail" lang="nl">`, `name="text_nl-organisation"`, `value="nl-young"`)
	hash := hidden(t, body, "text_hash")
	res, _ := r.send("POST", "/notices/"+id+"/text", url.Values{"language": {"nl-young"}, "subject_nl-young": {"Voor jou"}, "text_nl-young": {"Hallo,\n\nEigen woorden."}, "text_hash": {hash}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id+"#notice-nl-young" {
		t.Fatalf("save = %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	n, err := r.store.Notice(t.Context(), "p1", id)
	must(t, err)
	for _, text := range n.Texts {
		if own := strings.Contains(text.Body, "Eigen woorden."); own != (text.For == incidents.ForYoung) {
			t.Errorf("the text for %q in %s has the new words: %t", text.For, text.Language, own)
		}
	}
	res, body = r.send("POST", "/notices/"+id+"/text", url.Values{"language": {"nl-young"}, "subject_nl-young": {""}, "text_nl-young": {"x"}, "text_hash": {n.TextHash}})
	if res.StatusCode != 422 {
		t.Errorf("an empty subject = %d, want 422", res.StatusCode)
	}
	wants(t, body, "#subject_nl-young", "Vul een onderwerp in.")
}

func TestEachTextIsShownAndTriedAsItsReaderGetsIt(t *testing.T) {
	r := voicedRig(t)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id + "/preview?lang=nl-young")
	wants(t, body, `src="/notices/`+id+`/preview/html?lang=nl-young" sandbox `, "Jij hebt niets fout gedaan.", "Bekijk de tekst in het "+forContact)
	_, body = r.get("/notices/" + id + "/preview/html?lang=nl-organisation")
	wants(t, body, "onze contactpersoon bij een opdrachtgever")
	for _, code := range []string{"en-young", "nl-adult", "young"} {
		if res, _ := r.get("/notices/" + id + "/preview?lang=" + code); res.StatusCode != 404 {
			t.Errorf("%s = %d, want 404", code, res.StatusCode)
		}
	}
	if res, _ := r.send("POST", "/notices/"+id+"/trial", url.Values{"language": {"nl-young"}, "email": {"anna@example.org"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("trial = %d", res.StatusCode)
	}
	due, err := r.store.DueDeliveries(t.Context(), r.now(), 10)
	must(t, err)
	if len(due) != 1 {
		t.Fatalf("%d mails wait, want the trial", len(due))
	}
	trial, err := r.store.Delivery(t.Context(), "p1", due[0].ID)
	must(t, err)
	if trial.Own == nil || !strings.Contains(trial.Own.Body, "Jij hebt niets fout gedaan.") {
		t.Errorf("the trial is %+v", trial)
	}
	_, body = r.get("/notices/" + id + "/readers")
	wants(t, body, forYoung, forContact)
}

func TestApprovalShowsEveryTextAndTasksHaveTheReadersOwnWords(t *testing.T) {
	r := voicedRig(t)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id + "/approve")
	wants(t, body, forYoung, forContact, "Jij hebt niets fout gedaan.", "onze contactpersoon bij een opdrachtgever")
	id = r.approved()
	byPhone := r.delivery(id, func(d incidents.Delivery) bool { return d.Reader == "c-11" })
	byLetter := r.delivery(id, func(d incidents.Delivery) bool { return d.Reader == "c-12" })
	if byPhone.For != incidents.ForYoung || byLetter.For != incidents.ForYoung {
		t.Errorf("the tasks are for %q and %q", byPhone.For, byLetter.For)
	}
	_, body = r.get("/incidents/" + r.inc.ID + "/calls")
	wants(t, body, forYoung, "Jij hebt niets fout gedaan.", "Cliënt 11 van Voorbeeld", "Kan ik je nu even spreken, en ben je alleen?", "Wil je dit ook op papier?")
	_, body = r.get("/notices/" + id + "/calls")
	wants(t, body, forYoung, "Jij hebt niets fout gedaan.")
	_, body = r.get("/deliveries/" + byLetter.ID + "/letter")
	wants(t, body, "Bericht over je gegevens", "Jij hebt niets fout gedaan.")
	_, body = r.get("/notices/" + id + "/letters.pdf")
	wants(t, body, "|Bericht over je gegevens\n")
}
