package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"datalek/playbooks"
)

// earlyView is a case's preliminary notice as the API shows it.
type earlyView struct {
	PlannedAt     *time.Time `json:"planned_at"`
	State         string
	StoppedReason *string `json:"stopped_reason"`
}

func (d *demo) early(incident string) earlyView {
	d.t.Helper()
	var inc struct{ Preliminary *earlyView }
	d.must(200, "GET", incident, nil, &inc)
	if inc.Preliminary == nil {
		return earlyView{State: "off"}
	}
	return *inc.Preliminary
}

// A practice chooses that a preliminary message goes by itself six hours before
// the deadline. Of two breaches one is stopped in time. Of the other the page
// shows what would go; nobody does anything, the program is even killed, and the
// same words reach the same people, once.
func TestStoryOfAMessageThatGoesByItself(t *testing.T) {
	d := startDemo(t, "--empty")
	r := newPlainReader(t, d.BaseURL)
	p := &person{visitor: r, t: t, disturb: func() {}}
	p.logIn(d)
	aware := d.now().UTC().Truncate(time.Second)
	at := func(h int) string { return aware.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
	d.must(201, "POST", "/systems", object{"id": "laptop", "name": "Laptop", "categories": []string{"name", "contact"}, "identifiability": "identified"}, nil)
	d.must(201, "POST", "/clients", []object{
		{"external_id": "c-1", "name": "Cliënt Een", "email": "een@clienten.example", "language": "nl", "guidance": []object{{"from": "2025-03-01"}}},
		{"external_id": "c-2", "name": "Client Two", "email": "two@clienten.example", "language": "en", "guidance": []object{{"from": "2025-03-01"}}},
		{"external_id": "c-3", "name": "Cliënt Drie", "phone": "+31 6 0000 0003", "language": "nl", "guidance": []object{{"from": "2025-03-01"}}},
	}, nil)
	file := func(summary string) string {
		t.Helper()
		var filed struct{ ID string }
		d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": summary, "occurred_from": at(-5), "occurred_until": at(-1), "discovered_at": at(-1), "aware_at": at(0),
			"aware_basis": "Hij was weg.", "systems": []string{"laptop"}, "subjects": object{"all": true}, "unintelligible": "no", "role": "controller"}, &filed)
		return "/incidents/" + filed.ID
	}
	before := file("Nog zonder keuze.")
	chooseSixHours(p)
	goes, stops := file("Laptop weg."), file("Tweede laptop weg.")
	if got := d.early(before).State; got != "off" {
		t.Errorf("a case of before the choice is %s", got)
	}

	shown := d.showsWhatGoes(p, r, goes)
	p.open(stops + "/preliminary")
	p.click("Stop dit bericht")
	p.sees("Leg dit kort uit.")
	p.fill("Waarom mag dit bericht niet vanzelf weg?", "Ik bel ze allemaal.")
	p.click("Stop dit bericht")
	p.sees("Er gaat niets vanzelf weg", "Ik bel ze allemaal.")
	d.must(409, "POST", stops+"/preliminary/stop", object{"reason": "Nog eens."}, nil)
	d.must(200, "POST", stops+"/preliminary/resume", object{}, nil)
	d.must(422, "POST", stops+"/preliminary/stop", object{"reason": ""}, nil)
	d.must(200, "POST", stops+"/preliminary/stop", object{"reason": "Toch niet."}, nil)
	if got := d.early(stops); got.State != "stopped" || *got.StoppedReason != "Toch niet." {
		t.Errorf("stopped: %+v", got)
	}

	d.moveClock(42*time.Hour - time.Minute)
	if n := len(d.mailsTo("een@clienten.example")); n != 0 {
		t.Errorf("%d mails before the lead", n)
	}
	d.moveClock(42*time.Hour + time.Minute)
	d.restart(true)
	await(t, "the message went", func() error {
		if got := d.early(goes).State; got != "sent" {
			return errNot("it is %s", got)
		}
		return nil
	})
	d.sameWordsArrived(shown, map[string]string{"een@clienten.example": "nl", "two@clienten.example": "en"})
	p.logIn(d)
	p.open(goes)
	p.sees("Het voorlopige bericht ging vanzelf weg", "uw eigen beleid")
	p.open(goes + "/notices")
	p.sees("vanzelf verstuurd")
	d.registerTells(goes, []string{"preliminary.planned", "preliminary.due", "notice.approved", "preliminary.sent", "update.promised"})
	d.registerTells(stops, []string{"preliminary.planned", "preliminary.stopped", "preliminary.resumed"})
	var updates struct{ Items []updateView }
	d.must(200, "GET", goes+"/updates", nil, &updates)
	if len(updates.Items) != 1 || updates.Items[0].State != "owed" {
		t.Errorf("promised %+v, want one update that is owed", updates.Items)
	}
	d.moveClock(60 * time.Hour)
	await(t, "the deadline passed", func() error {
		if got := d.early(stops).State; got != "stopped" {
			return errNot("the stopped one is %s", got)
		}
		if !slices.ContainsFunc(d.mails(), func(m letter) bool { return strings.Contains(m.Subject, "De tijd is om") }) {
			return errNot("no warning of it yet")
		}
		return nil
	})
	d.sameWordsArrived(shown, map[string]string{"een@clienten.example": "nl", "two@clienten.example": "en"})
}

// chooseSixHours makes the choice on the page of settings, after some that
// cannot be.
func chooseSixHours(p *person) {
	p.t.Helper()
	const label = "Hoeveel uur voor de termijn gaat een voorlopig bericht vanzelf weg?"
	for _, wrong := range []string{"48", "-1", "zes"} {
		p.open("/settings")
		p.fill(label, wrong)
		p.click("Bewaar")
		p.sees("Vul hele uren in")
	}
	p.fill(label, "6")
	p.click("Bewaar")
	p.open("/settings")
	if !strings.Contains(p.visitor.(*plainReader).value(label), "6") {
		p.t.Error("the choice was not kept")
	}
}

// value is what stands in a field.
func (r *plainReader) value(label string) string {
	return attr(r.control("", label, func(n *html.Node) bool { return n.Data == "input" }), "value")
}

// showsWhatGoes reads the panel on the case, and on its page each text that
// would go, by language.
func (d *demo) showsWhatGoes(p *person, r *plainReader, incident string) map[string]string {
	d.t.Helper()
	await(d.t, "the draft is there", func() error {
		var list struct{ Items []noticeView }
		if d.must(200, "GET", incident+"/notices", nil, &list); len(list.Items) == 0 {
			return errNot("no draft")
		}
		return nil
	})
	planned := *d.early(incident).PlannedAt
	p.open(incident)
	p.sees("Besluit niemand iets? Dan stuurt datalek zelf een bericht", inWords(planned.In(amsterdam(p.t))), "aan 3 mensen", "Bericht dat vanzelf weggaat")
	p.click("Bekijk precies wat er weggaat en aan wie, of stop het")
	p.sees("2 e-mails", "1 persoon belt u zelf", "Dit is een eerste bericht.")
	shown := map[string]string{}
	for n := range r.page.Descendants() {
		if n.Type == html.ElementNode && attr(n, "class") == "dl-mail__body" {
			shown[attr(parent(n, "div"), "lang")] = squeezed(text(n))
		}
	}
	if len(shown) != 2 {
		d.t.Fatalf("the page shows texts in %d languages, want 2", len(shown))
	}
	for _, word := range []string{"Cliënt Een", "Client Two", "Cliënt Drie"} {
		p.open(incident + "/preliminary/clients/readers")
		p.sees(word)
	}
	p.open(incident + "/preliminary/clients/mail?lang=en")
	p.sees("This is a first message.")
	status, raw := d.raw("GET", d.BaseURL+"/api/v1"+incident, nil, "Authorization", "Bearer "+d.APIToken)
	if status != 200 || !json.Valid(raw) {
		d.t.Errorf("the case answered %d", status)
	}
	return shown
}

// sameWordsArrived compares what arrived with what the page had shown: each
// reader has one message, in his language, with those words.
func (d *demo) sameWordsArrived(shown, readers map[string]string) {
	d.t.Helper()
	await(d.t, "the mails are there", func() error {
		for to := range readers {
			if len(d.mailsTo(to)) == 0 {
				return errNot("%s has none", to)
			}
		}
		return nil
	})
	for to, language := range readers {
		got := eachOnce(d.mailsTo(to))
		if len(got) != 1 {
			d.t.Errorf("%s has %d messages, want 1", to, len(got))
		}
		if words := squeezed(got[0].Text); !samePrefix(words, shown[language]) {
			d.t.Errorf("%s got other words than were shown:\n%s\n\nshown:\n%s", to, words, shown[language])
		}
	}
}

// samePrefix reports whether a mail says what was shown, but for the code of its
// one reader: a made-up one was shown.
func samePrefix(mail, shown string) bool {
	words, _, found := strings.Cut(shown, squeezed(playbooks.SampleCode))
	return found && strings.HasPrefix(mail, words)
}

// registerTells waits until the case's register names these, each once.
func (d *demo) registerTells(incident string, kinds []string) {
	d.t.Helper()
	await(d.t, "the register tells of it", func() error {
		var timeline struct {
			Items []struct {
				Kind  string
				Actor struct{ Kind string }
			}
		}
		d.must(200, "GET", incident+"/timeline", nil, &timeline)
		for _, kind := range kinds {
			n := 0
			for _, x := range timeline.Items {
				if x.Kind == kind {
					n++
				}
				if x.Kind == "notice.approved" && x.Actor.Kind != "policy" {
					return errNot("approved by %s", x.Actor.Kind)
				}
			}
			if n == 0 {
				return errNot("nothing of %s in %s", kind, incident)
			}
		}
		return nil
	})
}

// makePlanned chooses that messages go by themselves, and files a case of which
// one will and one that was stopped.
func (w *world) makePlanned(t *testing.T, d *demo, p *person) {
	t.Helper()
	p.open("/settings")
	p.fill("Hoeveel uur voor de termijn gaat een voorlopig bericht vanzelf weg?", "6")
	p.click("Bewaar")
	now := d.now().UTC().Truncate(time.Second).Format(time.RFC3339)
	for _, place := range []*string{&w.planned, &w.stopped} {
		var filed struct{ ID string }
		d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": now, "aware_at": now, "aware_basis": "Hij was weg.",
			"systems": []string{"agenda"}, "subjects": object{"all": true}, "unintelligible": "no"}, &filed)
		*place = "/incidents/" + filed.ID
	}
	noticeTo(t, d, w.planned, "clients")
	d.must(200, "POST", w.stopped+"/preliminary/stop", object{"reason": "Ik bel ze allemaal zelf."}, nil)
}

// plannedPages are those of a message that goes by itself.
func (w *world) plannedPages() []view {
	return []view{
		{name: "planned-incident", path: w.planned}, {name: "planned-notices", path: w.planned + "/notices"}, {name: "preliminary", path: w.planned + "/preliminary"},
		{name: "preliminary-refused", path: w.planned + "/preliminary", status: 422, act: func(p *person) { p.click("Stop dit bericht") }},
		{name: "preliminary-readers", path: w.planned + "/preliminary/clients/readers"}, {name: "preliminary-mail", path: w.planned + "/preliminary/clients/mail"},
		{name: "preliminary-stopped", path: w.stopped + "/preliminary"}, {name: "preliminary-off", path: w.running + "/preliminary"},
		{name: "preliminary-of-nobody", path: w.planned + "/preliminary/public/mail", status: 404},
	}
}
