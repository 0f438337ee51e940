package desk_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/web/casework"
	"datalek/web/webtest"
)

// announced approves a text for the public and records where it stands.
func (r *rig) announced() incidents.Announcement {
	r.t.Helper()
	ctx, p := r.t.Context(), r.Practice("p1")
	n, err := r.office.Draft(ctx, p, r.own.ID, incidents.ToPublic, anna)
	r.must(err)
	_, err = r.office.Approve(ctx, p, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, By: anna})
	r.must(err)
	inc, err := r.office.Announce(ctx, "p1", r.own.ID, casework.NewAnnouncement{Announcement: incidents.Announcement{By: anna,
		Places: []incidents.Place{{Kind: incidents.InNewspaper, Where: "=De <b>Courant</b>"}}, From: r.Now(), Until: r.Now().Add(720 * time.Hour), Why: "Geen adres bewaard."}})
	r.must(err)
	return inc.Announcements[0]
}

func TestAnAnnouncementStandsInEveryFile(t *testing.T) {
	r := newRig(t)
	_, err := r.office.Decide(t.Context(), "p1", r.own.ID, incidents.Decision{Question: incidents.AboutPersons, Answer: incidents.Notify, Reason: "Gevoelig.", By: anna})
	r.must(err)
	_, body := r.get(r.at("/authority"))
	hasAll(t, body, "Openbare mededeling (artikel 34, lid 3, onder c) Geen")
	a := r.announced()
	if a.Reaches.Beyond != 1 || a.Reaches.Unreachable != 0 {
		t.Errorf("it counts for %+v, want the one former client", a.Reaches)
	}
	_, body = r.get(r.at(""))
	hasAll(t, body, "Openbare mededeling vastgelegd", "Telt voor 1 persoon.")
	webtest.Lacks(t, body, "nog niet ingelicht")
	for _, path := range []string{r.at("/file"), r.at("/authority")} {
		_, body = r.get(path)
		hasAll(t, body, "Krant: =De &lt;b&gt;Courant&lt;/b&gt;", "Geen adres bewaard.", "Telt voor 1 persoon die niet anders te bereiken was.")
	}
	_, csv := r.get("/register/export?format=csv")
	if !strings.Contains(csv, "Openbare mededeling") || !strings.Contains(csv, "Krant: =De <b>Courant</b>; Van maandag 8 maart 2027") {
		t.Errorf("the CSV tells of no announcement:\n%s", csv)
	}
	r.inJSON(a)
	_, err = r.office.TakeBack(t.Context(), "p1", r.own.ID, a.ID, "Stond er niet.", anna)
	r.must(err)
	_, body = r.get(r.at("/authority"))
	hasAll(t, body, "Openbare mededeling (artikel 34, lid 3, onder c) Geen")
	_, body = r.get(r.at("/file"))
	hasAll(t, body, "Teruggenomen mededeling", "Stond er niet.")
	_, body = r.get(r.at(""))
	hasAll(t, body, "Openbare mededeling teruggenomen", "1 eerdere cliënt nog niet ingelicht")
}

func (r *rig) inJSON(want incidents.Announcement) {
	r.t.Helper()
	_, raw := r.get("/register/export?format=json")
	var file struct {
		Incidents []struct {
			Announcements []struct {
				Places  []struct{ Kind, Where string }
				Persons int
				Why     string
			}
		}
	}
	r.must(json.Unmarshal([]byte(raw), &file))
	if len(file.Incidents) != 1 || len(file.Incidents[0].Announcements) != 1 {
		r.t.Fatalf("the JSON export: %+v", file)
	}
	if got := file.Incidents[0].Announcements[0]; got.Persons != 1 || got.Why != want.Why || got.Places[0].Kind != "newspaper" {
		r.t.Errorf("the JSON export tells of %+v", got)
	}
}

func TestTheCallListIsATaskOnceSomebodyStandsOnIt(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at(""))
	webtest.Lacks(t, body, r.at("/calls"))
	ctx, p := t.Context(), r.Practice("p1")
	n, err := r.office.Draft(ctx, p, r.own.ID, incidents.ToClients, anna)
	r.must(err)
	_, err = r.office.Approve(ctx, p, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, By: anna})
	r.must(err)
	rows, err := r.store.DeliveriesOf(ctx, "p1", n.ID, nil, "", 10)
	r.must(err)
	back := rows[0].ID
	_, err = r.store.UpdateDelivery(ctx, "p1", back, func(d *incidents.Delivery) error { d.State = incidents.Bounced; return nil })
	r.must(err)
	_, body = r.get(r.at(""))
	hasAll(t, body, "Bel of schrijf wie geen e-mail kreeg", "Nog 1 persoon")
	_, err = r.office.Tried(ctx, "p1", back, casework.Word{By: "phone", At: r.Now(), Note: "Geen gehoor.", User: anna})
	r.must(err)
	_, body = r.get(r.at(""))
	hasAll(t, body, "Nog 1 persoon", "Iemand geprobeerd te bereiken, niet gelukt", "(poging 1)", "Geen gehoor.", "Anna de Wit")
	_, err = r.office.Told(ctx, "p1", back, casework.Word{By: "phone", At: r.Now(), User: anna})
	r.must(err)
	_, body = r.get(r.at(""))
	hasAll(t, body, "Bel of schrijf wie geen e-mail kreeg", "Iedereen gehad")
}

func TestAServersWordsInTheTimelineAreItsOwn(t *testing.T) {
	r := newRig(t)
	_, err := r.store.UpdateIncident(t.Context(), "p1", r.own.ID, func(i *incidents.Incident) error {
		i.Outbox.Pending = append(i.Outbox.Pending, incidents.Event{ID: "bounce-1", PracticeID: "p1", IncidentID: i.ID, Kind: incidents.MailBounced, At: r.Now(),
			Actor: incidents.System(), Facts: map[string]string{"kind": "hard"}, Words: map[string]string{"server_says": "550 Ongeldig adres"}})
		return nil
	})
	r.must(err)
	for language, words := range map[string]string{"nl": "In de woorden van de server zelf: 550 Ongeldig adres", "en": "In the server's own words: 550 Ongeldig adres"} {
		_, body := r.get(r.at("") + "?taal=" + language)
		if body == "" {
			_, body = r.get(r.at(""))
		}
		hasAll(t, body, words)
		if !strings.Contains(body, `<q lang="">550 Ongeldig adres</q>`) {
			t.Errorf("in %s the server's words have the page's language", language)
		}
	}
}
