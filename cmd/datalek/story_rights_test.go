package main_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Somebody who was told of a breach asks to be erased. The clock warns by mail, the
// practice gives him all that it holds, an open case keeps him in the list, and once
// it is closed he is gone: from every answer of the API, while the count of people
// told and the register's chain stay.
func TestStoryOfSomebodyWhoWantsToBeErased(t *testing.T) {
	d := startDemo(t, "--empty")
	notice := d.tellTwo(t)
	incident := d.caseOf(t, notice)
	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	p.logIn(d)
	p.open(clientPage(t, d, "c-1"))
	p.click("Vraagt deze persoon naar de eigen gegevens?")
	p.sees("Cliënt Een", "Leg een verzoek vast")
	p.choose("Wissen")
	p.click("Leg vast")
	p.sees("Het verzoek is vastgelegd", "Controleer wie het vraagt")
	request := strings.TrimPrefix(p.path(), "/requests/")

	d.moveClock(24 * 24 * time.Hour)
	await(t, "a mail warns, and names nobody", func() error {
		for _, m := range d.mails() {
			if strings.Contains(m.Subject, "Een verzoek over gegevens: nog een week") {
				if strings.Contains(m.Raw, "Cliënt Een") || !strings.Contains(m.Text, "het wissen van zijn gegevens") {
					t.Errorf("the warning says %q", m.Text)
				}
				return nil
			}
		}
		return errNot("no warning yet")
	})
	p.logIn(d)
	p.open("/requests/" + request)
	p.fill("Hoe weet u wie het is?", "Teruggebeld op het bekende nummer.")
	p.click("Leg vast")
	p.sees("Vastgelegd hoe u weet wie het is.")

	var held struct {
		MadeBy   string `json:"made_by"`
		Person   struct{ Name, Email string }
		Holdings []struct{ System string }
		Breaches []struct {
			Messages []struct{ State, Text string }
			Reasons  []struct{ Text string }
		}
	}
	d.must(200, "POST", "/requests/"+request+"/export", nil, &held)
	if held.MadeBy != "een programma (API)" || held.Person.Email != "een@clienten.example" || len(held.Breaches) != 1 || len(held.Breaches[0].Messages) != 1 || held.Breaches[0].Messages[0].Text == "" || len(held.Breaches[0].Reasons) == 0 {
		t.Errorf("the export holds %+v", held)
	}
	if _, pdf := d.raw(http.MethodPost, d.BaseURL+"/api/v1/requests/"+request+"/export?format=pdf", nil, "Authorization", "Bearer "+d.APIToken); !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("no PDF: %.80q", pdf)
	}

	p.click("Bekijk wat er gewist wordt")
	p.sees("Wissen kan nog niet.", "Deze persoon staat in een open datalek")
	d.must(409, "POST", "/requests/"+request+"/erase", object{"backup_days": 30}, nil)
	d.must(201, "POST", incident+"/decisions", object{"question": "authority", "answer": "not_notifiable", "reason": "Geen risico."}, nil)
	d.must(200, "POST", incident+"/close", object{"reason": "Geleerd.", "despite": "Het is klaar."}, nil)
	before := d.sent(notice)
	p.open("/requests/" + request + "/erase")
	p.sees("Dit gaat weg", "Dit blijft, zonder naam")
	p.click("Wis nu, voorgoed")
	await(t, "he is erased", func() error {
		p.open("/requests/" + request)
		if !strings.Contains(p.words(), "In back-ups kan deze persoon nog staan tot en met") {
			return errNot("%.300s", p.words())
		}
		return nil
	})
	if after := d.sent(notice); after != before || before != 2 {
		t.Errorf("%d people were told before and %d after", before, after)
	}
	d.holdsNothingOf(t, incident, notice, request, "Cliënt Een", "een@clienten.example", "+31 6 0000 0001")
	d.must(200, "POST", "/requests/"+request+"/answer", object{"result": "granted", "at": d.now().UTC().Format(time.RFC3339)}, nil)
	d.stop()
	if out, err := command(t, nil, "verify", "--data", filepath.Join(d.dir, "data")); err != nil {
		t.Errorf("the register does not verify: %v\n%s", err, out)
	}
}

// caseOf is the path of a notice's case.
func (d *demo) caseOf(t *testing.T, _ string) string {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	d.must(200, "GET", "/incidents", nil, &list)
	if len(list.Items) != 1 {
		t.Fatalf("%d cases", len(list.Items))
	}
	return "/incidents/" + list.Items[0].ID
}

// sent counts the mails of a notice that were accepted.
func (d *demo) sent(notice string) int {
	var list struct{ Items []struct{ State string } }
	d.must(200, "GET", "/notices/"+notice+"/deliveries", nil, &list)
	n := 0
	for _, x := range list.Items {
		if x.State == "sent" {
			n++
		}
	}
	return n
}

// holdsNothingOf asks the API for all that it lists, and looks for a person in it.
func (d *demo) holdsNothingOf(t *testing.T, incident, notice, request string, texts ...string) {
	t.Helper()
	for _, path := range []string{"/clients?limit=500", "/incidents", incident, incident + "/affected", incident + "/timeline", incident + "/notices", "/notices/" + notice,
		"/notices/" + notice + "/deliveries", incident + "/calls", "/questions", "/reports?state=all", "/requests", "/requests/" + request, "/register"} {
		var raw json.RawMessage
		d.must(200, "GET", path, nil, &raw)
		for _, text := range texts {
			if strings.Contains(string(raw), text) {
				t.Errorf("%s still holds %q", path, text)
			}
		}
	}
}
