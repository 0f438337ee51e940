package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// updateView is a promised update as the API shows it.
type updateView struct {
	ID         string
	Audience   string
	State      string
	PromisedAt time.Time `json:"promised_at"`
	KeptBy     *string   `json:"kept_by"`
	Moves      []struct{ Reason string }
}

// promisesAnUpdate promises, moves and keeps a next update of a case, and asks
// for its calendar file.
func (d *demo) promisesAnUpdate(of string, ago func(hours int) string) {
	d.t.Helper()
	d.must(422, "POST", of+"/updates", object{"audience": "press", "promised_at": ago(1)}, nil)
	d.must(422, "POST", of+"/updates", object{"audience": "clients", "promised_at": "morgen"}, nil)
	promise := object{"audience": "clients", "promised_at": ago(-48), "note": "Wat het onderzoek oplevert."}
	var made, again updateView
	d.must(201, "POST", of+"/updates", promise, &made, "Idempotency-Key", "update-1")
	d.must(201, "POST", of+"/updates", promise, &again, "Idempotency-Key", "update-1")
	if made.ID == "" || made.ID != again.ID || made.State != "owed" {
		d.t.Errorf("promised %+v and %+v, want one, owed", made, again)
	}
	d.must(409, "POST", of+"/updates", object{"audience": "clients", "promised_at": ago(-90)}, nil)
	place := of + "/updates/" + made.ID
	d.must(422, "PATCH", place, object{"promised_at": ago(-72), "reason": ""}, nil)
	d.must(404, "PATCH", of+"/updates/u99", object{"promised_at": ago(-72), "reason": "Later."}, nil)
	d.must(200, "PATCH", place, object{"promised_at": ago(-72), "reason": "Later."}, &made)
	if len(made.Moves) != 1 || made.Moves[0].Reason != "Later." {
		d.t.Errorf("moved %+v, want the reason kept", made)
	}
	status, file := d.raw("GET", d.BaseURL+"/api/v1"+of+"/deadlines.ics", nil, "Authorization", "Bearer "+d.APIToken)
	if status != http.StatusOK || !strings.Contains(string(file), "Termijn vervolgbericht") || strings.Contains(string(file), "onderzoek") {
		d.t.Errorf("calendar file answered %d:\n%s", status, file)
	}
	d.must(200, "POST", place+"/kept", object{"reason": "Gebeld."}, &made)
	d.must(409, "POST", place+"/kept", object{"reason": "Gebeld."}, nil)
	var all struct{ Items []updateView }
	d.must(200, "GET", of+"/updates", nil, &all)
	if len(all.Items) != 1 || all.Items[0].State != "kept" || *all.Items[0].KeptBy != "word" {
		d.t.Errorf("promises %+v, want one, kept by a person's word", all.Items)
	}
}

// A filing in parts, from its promise to its addition: the warning a day before,
// the promise that passes, what the desk says, and the addition that keeps it.
func TestAPromisedAdditionFromWarningToFiling(t *testing.T) {
	d := startDemo(t, "--empty")
	start := d.now().UTC()
	hour := func(h int) string { return start.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": hour(0), "aware_at": hour(0), "aware_basis": "Hij was weg."}, &filed)
	place := "/incidents/" + filed.ID
	d.must(201, "POST", place+"/filings", object{"authority": "AP", "kind": "new", "complete": false, "filed_at": hour(0), "reference": "AP-1", "update_by": hour(30)}, nil)

	warned := func(subject string) {
		t.Helper()
		await(t, subject, func() error {
			for _, m := range d.mails() {
				if strings.Contains(m.Subject, subject) {
					return nil
				}
			}
			return errNot("no mail %q among %d", subject, len(d.mails()))
		})
	}
	d.moveClock(6*time.Hour + time.Minute)
	warned("voor de aanvulling")
	d.moveClock(33 * time.Hour)
	warned("de aanvulling moet nog")

	desk := loggedIn(t, d.BaseURL, d.Login, d.Password)
	if body := desk.get("/").Body; !strings.Contains(body, "Nu: Melding aanvullen") || !strings.Contains(body, "Beloofd: aanvulling bij de AP") || !strings.Contains(body, "uur te laat") {
		t.Errorf("the desk does not show the promise that passed:\n%s", body)
	}
	state := func() (update, clock string) {
		t.Helper()
		var all struct{ Items []updateView }
		d.must(200, "GET", place+"/updates", nil, &all)
		var clocks struct{ Items []clockView }
		d.must(200, "GET", place+"/clocks", nil, &clocks)
		for _, c := range clocks.Items {
			if c.Kind == "update_authority" {
				clock = c.State
			}
		}
		return all.Items[0].State, clock
	}
	if update, clock := state(); update != "overdue" || clock != "overdue" {
		t.Errorf("promise %s, clock %s; want overdue", update, clock)
	}
	d.restart(true)
	d.must(201, "POST", place+"/filings", object{"authority": "AP", "kind": "follow_up", "complete": true, "filed_at": hour(32), "reference": "AP-1"}, nil)
	if update, clock := state(); update != "kept" || clock != "met" {
		t.Errorf("after the addition promise %s, clock %s; want kept and met", update, clock)
	}
	if body := loggedIn(t, d.BaseURL, d.Login, d.Password).get("/").Body; strings.Contains(body, "Beloofd: aanvulling") {
		t.Error("the desk still asks for the addition")
	}
}
