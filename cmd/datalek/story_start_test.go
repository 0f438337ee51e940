package main_test

import (
	"strings"
	"testing"
	"time"
)

// The most that setting up may ask of somebody: pages and clicks, from the empty desk
// to the desk of a practice that can find who is affected.
const (
	mostStartPages  = 8
	mostStartClicks = 12
)

// Setting up goes by three steps from the empty desk: the rules, the systems, the
// people. An incident then finds the right ones, and says by which rule.
func TestSettingUpTakesFewPagesAndClicks(t *testing.T) {
	d := startDemo(t, "--empty")
	p := &person{visitor: openBrowser(t, d.BaseURL, phoneWidth), t: t, disturb: func() {}}
	p.logIn(d)
	b := p.visitor.(*browser)
	pages, clicks := map[string]bool{p.path(): true}, 0
	click := func(words string) {
		t.Helper()
		p.click(words)
		clicks++
		pages[p.path()] = true
	}
	p.sees("Richt datalek in")
	click("Begin met inrichten")
	p.sees("Stap 1 van 3", "Binnen 48 uur") // the practice's present one is chosen
	click("Ga verder")
	p.sees("Stap 2 van 3", "Dit hoort bij uw beleid", "Cliëntdossiers", "datalek zelf staat altijd in de lijst", "Nieuwsbrief (Mailchimp)")
	b.choose("Telefoon")
	clicks++
	b.choose("Nieuwsbrief (Mailchimp)")
	clicks++
	click("Ga verder")
	p.sees("Stap 3 van 3")
	eval[bool](b, `(() => { const list = new DataTransfer(); list.items.add(new File(["name;external_id;email;relation;guidance_from\nJan Proef;n-1;jan@voorbeeldpost.example;client;2025-03-01\nLies Lezer;n-2;lies@voorbeeldpost.example;newsletter;\n"], "clients.csv", {type: "text/csv"})); document.querySelector("input[type=file]").files = list.files; return true })()`)
	clicks++
	click("Kijk eerst, bewaar nog niets")
	p.sees("2 nieuwe mensen")
	click("Importeer dit bestand")
	click("Overzicht")
	if strings.Contains(p.words(), "Richt datalek in") {
		t.Error("a practice that is set up is still led to the start")
	}
	if len(pages) > mostStartPages || clicks > mostStartClicks {
		t.Errorf("setting up takes %d pages and %d clicks, want at most %d and %d", len(pages), clicks, mostStartPages, mostStartClicks)
	}

	var systems struct {
		Items []struct{ ID, Processor string }
	}
	d.must(200, "GET", "/systems", nil, &systems)
	held := map[string]string{}
	for _, s := range systems.Items {
		held[s.ID] = s.Processor
	}
	if _, own := held["datalek"]; !own || held["newsletter"] != "mailchimp" || held["therapy-platform"] != "therapieland" {
		t.Errorf("the systems are %v", held)
	}
	ago := func(h int) string {
		return d.now().UTC().Truncate(time.Second).Add(-time.Duration(h) * time.Hour).Format(time.RFC3339)
	}
	for _, tt := range []struct{ system, finds, rule string }{{"client-file", "n-1", "Cliëntdossiers"}, {"newsletter", "n-2", "Nieuwsbrief"}} {
		var filed struct{ ID string }
		d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand keek mee.", "discovered_at": ago(1), "aware_at": ago(1), "aware_basis": "Gezien.",
			"systems": []string{tt.system}, "occurred_from": ago(9), "occurred_until": ago(2)}, &filed)
		await(t, "the finding in "+tt.system, func() error {
			var found struct {
				Items []struct {
					ExternalID string `json:"external_id"`
					Certainty  string
					Reasons    []struct{ Code, Text string }
				}
				Complete bool
			}
			d.must(200, "GET", "/incidents/"+filed.ID+"/affected", nil, &found)
			if !found.Complete || len(found.Items) != 2 {
				return errNot("%+v", found)
			}
			for _, x := range found.Items {
				said := ""
				for _, why := range x.Reasons {
					if why.Code == "by_rule" {
						said = why.Text
					}
				}
				if (x.ExternalID == tt.finds) != (x.Certainty != "none" && strings.Contains(said, tt.rule)) {
					return errNot("%s is %s, by %q", x.ExternalID, x.Certainty, said)
				}
			}
			return nil
		})
	}
}

// datalek is a system of every practice, and nobody can end it.
func TestDatalekItselfIsASystemThatStays(t *testing.T) {
	d := startDemo(t, "--empty")
	p := &person{visitor: openBrowser(t, d.BaseURL, deskWidth), t: t, disturb: func() {}}
	p.logIn(d)
	p.open("/systems/datalek")
	p.sees("Dit programma staat altijd in de lijst.", "Van wie staan er gegevens in?")
	if strings.Contains(p.words(), "Niet meer in gebruik vanaf nu") {
		t.Error("the program offers to end itself")
	}
}
