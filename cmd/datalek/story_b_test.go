package main_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// phishedClient is one of the sixty people of story B, with what must be found.
type phishedClient struct {
	body      object
	email     string
	group     string
	certainty string
	reasons   []string
}

// sixtyClients are forty in scope and twenty who are not, each for a reason of his own.
func sixtyClients(now time.Time) map[string]phishedClient {
	people := map[string]phishedClient{}
	for n := 1; n <= 60; n++ {
		id, language := fmt.Sprintf("V-%03d", n), "nl"
		if n%2 == 0 {
			language = "en"
		}
		email := fmt.Sprintf("story%03d@voorbeeldpost.example", n)
		c := phishedClient{email: email, body: object{"external_id": id, "name": fmt.Sprintf("Verhaalpersoon %03d", n), "email": email, "language": language,
			"guidance": []object{{"from": "2025-01-01", "until": nil}}}}
		c.place(n, now)
		people[id] = c
	}
	return people
}

func (c *phishedClient) place(n int, now time.Time) {
	long, then := "2025-01-01T00:00:00+01:00", func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	hold := func(system, kind string, more object) object {
		h := object{"system": system, "categories": []string{"name", "contact"}, "identifiability": kind, "key_system": nil, "from": long, "until": nil, "destroyed_at": nil}
		maps.Copy(h, more)
		return h
	}
	ended := []object{{"from": "2024-01-01", "until": "2025-06-30"}}
	none := func(reasons ...string) { c.group, c.certainty, c.reasons = "not_affected", "none", reasons }
	switch {
	case n <= 40:
		c.body["holdings"] = []object{hold("mailbox", "identified", nil), hold("agenda", "identified", nil)}
		c.group, c.certainty, c.reasons = "in_guidance", "certain", []string{"held", "in_guidance"}
	case n <= 45:
		c.body["guidance"], c.body["holdings"] = ended, []object{hold("mailbox", "identified", object{"destroyed_at": "2025-08-01T00:00:00+02:00"})}
		none("destroyed_before")
	case n <= 50:
		c.body["guidance"], c.body["holdings"] = ended, []object{hold("mailbox", "pseudonymised", object{"key_system": "key-list"})}
		none("key_system_safe")
	case n <= 53:
		c.body["holdings"] = []object{hold("mailbox", "anonymous", nil)}
		none("anonymous")
	case n <= 56:
		c.body["holdings"] = []object{hold("client-file", "identified", nil)}
		none("system_not_hit")
	case n == 57:
		c.body["holdings"] = []object{hold("mailbox", "identified", object{"categories": []string{"appointments"}})}
		none("categories_not_hit")
	case n == 58:
		c.body["holdings"] = []object{hold("mailbox", "identified", object{"from": then(1)})}
		none("held_later")
	case n == 59:
		c.body["guidance"], c.body["holdings"] = ended, []object{hold("mailbox", "identified", object{"until": "2025-07-01T00:00:00+02:00"})}
		c.group, c.certainty, c.reasons = "former", "possible", []string{"held", "destruction_unconfirmed", "guidance_ended"}
	default:
		c.body["holdings"] = []object{}
		none("no_holdings")
	}
}

// stage is a running program that story B is played on, whatever its form.
type stage interface {
	must(status int, method, path string, body, into any, headers ...string)
	moveClock(ahead time.Duration)
	mails() []letter
	mailsTo(address string) []letter
	// disturb is called between the acts: some stages restart there.
	disturb()
}

func (d *demo) disturb() {}

// restless restarts the program between the acts, every other time by kill -9.
type restless struct {
	*demo
	times int
}

func (r *restless) disturb() {
	r.times++
	r.restart(r.times%2 == 1)
}

// mails counts a mail once that was sent again under its own Message-ID: a kill
// between the server's 250 and its record leaves the program no other way.
func (r *restless) mails() []letter {
	first := map[string]letter{}
	var out []letter
	twice := 0
	for _, m := range r.demo.mails() {
		known, again := first[m.MessageID]
		if !again {
			first[m.MessageID] = m
			out = append(out, m)
			continue
		}
		twice++
		if known.To != m.To || known.Text != m.Text {
			r.t.Errorf("two different mails have the Message-ID %s", m.MessageID)
		}
	}
	const underWay = 8 // mails that one process sends at the same time
	if kills := (r.times + 1) / 2; twice > kills*underWay {
		r.t.Errorf("%d mails came twice after %d kills, more than were under way", twice, kills)
	}
	return out
}

func (r *restless) mailsTo(address string) []letter {
	var out []letter
	for _, m := range r.mails() {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}

func TestStoryB(t *testing.T) {
	playStoryB(t, startDemo(t))
}

func TestStoryBWithRestartsBetweenTheActs(t *testing.T) {
	playStoryB(t, &restless{demo: startDemo(t)})
}

type noticeView struct {
	ID, State, Audience string
	TextHash            string `json:"text_hash"`
	RecipientsHash      string `json:"recipients_hash"`
	Recipients          int
	Languages           []struct{ Language, Subject, Text string }
}

// playStoryB: a mailbox was phished; forty of sixty clients are in scope.
func playStoryB(t *testing.T, s stage) {
	now := time.Now().UTC().Truncate(time.Second)
	people := sixtyClients(now)
	var bodies []object
	for _, id := range slices.Sorted(maps.Keys(people)) {
		bodies = append(bodies, people[id].body)
	}
	s.must(200, "POST", "/clients", bodies, nil)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	var filed struct{ ID string }
	s.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mijn mailbox.", "occurred_from": ago(20), "occurred_until": ago(2),
		"discovered_at": ago(1), "aware_at": now.Format(time.RFC3339), "aware_basis": "Er stond vreemde mail in Verzonden.", "systems": []string{"mailbox"},
		"categories": []string{"contact"}, "subjects": object{"all": true}, "unintelligible": "no", "measures_taken": "Wachtwoord veranderd."}, &filed)
	s.disturb()
	checkSixty(t, s, filed.ID, people)
	s.disturb()
	for _, hours := range []int{25, 37, 44} { // half, three quarters and nine tenths of the promise
		s.moveClock(time.Duration(hours) * time.Hour)
		awaitFired(t, s, filed.ID, "client", map[int]int{25: 1, 37: 2, 44: 3}[hours])
	}
	s.disturb()
	notice := approveToClients(t, s, filed.ID)
	s.disturb()
	awaitAllSent(t, s, notice, 40)
	checkFortyMails(t, s, people)
	checkMet(t, s, filed.ID)
	for i, hours := range []int{49, 61, 69, 72} { // 49: h48 fires; 61: h60; 69: h68; 72 and a bit: h71 and due
		s.moveClock(time.Duration(hours)*time.Hour + time.Minute)
		awaitFired(t, s, filed.ID, "authority", []int{2, 3, 4, 6}[i])
		s.disturb()
	}
	checkOverdueAsksWhy(t, s, filed.ID)
	// w50, w75, w90; h24, h48, h60, h68, due (which speaks for h71): eight warnings,
	// to the practitioner's two addresses, the last to the stand-in as well, who is
	// also asked each time that nobody had seen one: after w75, h60 and h68.
	// Two more mails name the first steps that nobody ticked off: those of the first
	// day and those of the second.
	for address, want := range map[string]int{"anna.thuis@voorbeeldpost.example": 10, "anna@lindehof.example": 10, "bram@waarnemer.example": 4} {
		await(t, "the warnings to "+address, func() error {
			if got := aboutCases(s.mailsTo(address)); len(got) != want {
				return errNot("%d mails, want %d: %v", len(got), want, subjects(got))
			}
			return nil
		})
	}
	time.Sleep(1500 * time.Millisecond) // a sweep and more: nothing comes twice
	if got := len(aboutCases(s.mails())); got != 40+10+10+4 {
		t.Errorf("%d mails in all, want 64", got)
	}
}

// aboutCases leaves out the fingerprints of the register, which come by the day.
func aboutCases(list []letter) []letter {
	return slices.DeleteFunc(slices.Clone(list), func(l letter) bool { return l.Subject == "De vingerafdruk van uw register" })
}

func subjects(list []letter) (out []string) {
	for _, l := range list {
		out = append(out, l.Subject)
	}
	return out
}

func checkSixty(t *testing.T, s stage, incident string, people map[string]phishedClient) {
	t.Helper()
	var found struct {
		Items []struct {
			ExternalID string `json:"external_id"`
			Group      string
			InScope    bool `json:"in_scope"`
			Certainty  string
			Reasons    []struct{ Code, Text string }
		}
		Complete bool
	}
	await(t, "the assessment is complete", func() error {
		s.must(200, "GET", "/incidents/"+incident+"/affected?limit=500", nil, &found)
		if !found.Complete {
			return errNot("not complete")
		}
		return nil
	})
	if len(found.Items) != 60 {
		t.Fatalf("%d findings, want 60", len(found.Items))
	}
	for _, a := range found.Items {
		want := people[a.ExternalID]
		var codes []string
		for _, r := range a.Reasons {
			codes = append(codes, r.Code)
			if r.Text == "" || strings.HasPrefix(r.Text, "reason.") {
				t.Errorf("%s: reason %s has no words", a.ExternalID, r.Code)
			}
		}
		if diff := cmp.Diff(want.reasons, codes); diff != "" || a.Group != want.group || a.Certainty != want.certainty || a.InScope != (want.group == "in_guidance") {
			t.Errorf("%s is %s, %s, in scope %t; want %s, %s; reasons (-want +got):\n%s", a.ExternalID, a.Group, a.Certainty, a.InScope, want.group, want.certainty, diff)
		}
	}
}

func clockOf(t *testing.T, s stage, incident, kind string) clockView {
	t.Helper()
	var clocks struct{ Items []clockView }
	s.must(200, "GET", "/incidents/"+incident+"/clocks", nil, &clocks)
	for _, c := range clocks.Items {
		if c.Kind == kind {
			return c
		}
	}
	t.Fatalf("no %s clock", kind)
	return clockView{}
}

func awaitFired(t *testing.T, s stage, incident, kind string, want int) {
	t.Helper()
	await(t, fmt.Sprintf("%d thresholds of the %s clock fired", want, kind), func() error {
		fired := 0
		for _, th := range clockOf(t, s, incident, kind).Thresholds {
			if th.FiredAt != nil {
				fired++
			}
		}
		if fired != want {
			return errNot("%d fired", fired)
		}
		return nil
	})
}

// approveToClients approves the draft to clients: not from the breached mailbox.
func approveToClients(t *testing.T, s stage, incident string) string {
	t.Helper()
	var n noticeView
	await(t, "the draft to clients", func() error {
		var list struct{ Items []noticeView }
		s.must(200, "GET", "/incidents/"+incident+"/notices", nil, &list)
		for _, n = range list.Items {
			if n.Audience == "clients" && n.State == "draft" {
				return nil
			}
		}
		return errNot("%d notices", len(list.Items))
	})
	if n.Recipients != 40 || len(n.Languages) != 2 {
		t.Fatalf("the draft has %d recipients in %d languages, want 40 in 2", n.Recipients, len(n.Languages))
	}
	pins := object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash}
	var refused struct {
		Errors []struct{ Field, Code string }
	}
	s.must(422, "POST", "/notices/"+n.ID+"/approve", pins, &refused)
	if len(refused.Errors) != 1 || refused.Errors[0].Code != "sender_breached" {
		t.Errorf("refused for %+v, want the breached sender", refused.Errors)
	}
	pins["sender"] = "bericht@lindehof-post.example"
	s.must(202, "POST", "/notices/"+n.ID+"/approve", pins, nil)
	return n.ID
}

func awaitAllSent(t *testing.T, s stage, notice string, want int) {
	t.Helper()
	awaitWithin(t, 4*time.Minute, "every mail is sent", func() error { // a lease of a killed worker runs two minutes
		var page struct{ Items []struct{ State string } }
		s.must(200, "GET", "/notices/"+notice+"/deliveries?limit=500", nil, &page)
		sent := 0
		for _, d := range page.Items {
			if d.State == "sent" {
				sent++
			}
		}
		if sent != want {
			return errNot("%d of %d sent", sent, want)
		}
		return nil
	})
}

// checkFortyMails: one mail each, in his language, with nobody else in it.
func checkFortyMails(t *testing.T, s stage, people map[string]phishedClient) {
	t.Helper()
	byAddress := map[string][]letter{}
	for _, m := range s.mails() {
		byAddress[m.To] = append(byAddress[m.To], m)
	}
	for id, p := range people {
		got := byAddress[p.email]
		if p.group != "in_guidance" {
			if len(got) != 0 {
				t.Errorf("%s is not in scope, but got %d mails", id, len(got))
			}
			continue
		}
		if len(got) != 1 {
			t.Errorf("%s got %d mails, want one", id, len(got))
			continue
		}
		m := got[0]
		if m.From != "bericht@lindehof-post.example" || m.Language != p.body["language"] {
			t.Errorf("%s: from %s in %s", id, m.From, m.Language)
		}
		for other, q := range people {
			if other != id && (strings.Contains(m.Raw, q.email) || strings.Contains(m.Raw, q.body["name"].(string))) {
				t.Errorf("the mail to %s names %s", id, other)
			}
		}
	}
}

func checkMet(t *testing.T, s stage, incident string) {
	t.Helper()
	await(t, "the client clock is met", func() error {
		c := clockOf(t, s, incident, "client")
		if c.State != "met" || c.Told != 40 || c.InScope == nil || *c.InScope != 40 || c.LateSecond != 0 {
			return errNot("%s, told %d of %v, late %d s", c.State, c.Told, c.InScope, c.LateSecond)
		}
		return nil
	})
}

func checkOverdueAsksWhy(t *testing.T, s stage, incident string) {
	t.Helper()
	if c := clockOf(t, s, incident, "authority"); c.State != "overdue" {
		t.Errorf("authority clock is %s, want overdue", c.State)
	}
	filing := object{"authority": "AP", "kind": "new", "complete": true, "filed_at": clockOf(t, s, incident, "authority").DueAt.Add(time.Second), "reference": "AP-7"}
	var refused struct {
		Errors []struct{ Field, Code string }
	}
	s.must(422, "POST", "/incidents/"+incident+"/filings", filing, &refused)
	if len(refused.Errors) != 1 || refused.Errors[0].Field != "late_reason" {
		t.Errorf("refused for %+v, want late_reason", refused.Errors)
	}
	filing["late_reason"] = "De leverancier antwoordde pas vandaag."
	s.must(201, "POST", "/incidents/"+incident+"/filings", filing, nil)
	if c := clockOf(t, s, incident, "authority"); c.State != "met" || c.LateSecond != 1 || c.LateReason == "" {
		t.Errorf("authority clock %+v, want met one second late, with the reason", c)
	}
}
