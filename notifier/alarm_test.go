package notifier_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/notifier"
)

const hostPerson = "dienst@host.example"

// withHost is a notifier that knows whom the host names.
func (w *world) withHost() *notifier.Notifier {
	return notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: w.clock, NewID: w.newID,
		HostSender: registry.Sender{Email: "datalek@host.example", Name: "datalek"}, BaseURL: "https://datalek.example", Escalation: hostPerson})
}

var ackLink = regexp.MustCompile(`https://datalek\.example/ack/(\S+)`)

// tokens returns the tokens of the links mailed to an address, oldest first.
func (w *world) tokens(address string) []string {
	var list []string
	for _, m := range w.sender.accepted() {
		if found := ackLink.FindStringSubmatch(m.Text); m.To.Email == address && found != nil {
			list = append(list, found[1])
		}
	}
	return list
}

// eventsOf lists the register's events of a kind about a case.
func (w *world) eventsOf(inc *incidents.Incident, kind incidents.EventKind) []incidents.Event {
	var list []incidents.Event
	for _, e := range w.store.entries[string(inc.PracticeID)] {
		if e.Event.IncidentID == inc.ID && e.Event.Kind == kind {
			list = append(list, e.Event)
		}
	}
	return list
}

func TestNobodyActsAndTheChainIsMailedOneByOne(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.withHost()
	inc := w.file("p-1", nil)
	w.settle(n)
	for _, step := range []struct {
		move                        time.Duration
		practitioner, standIn, host int // mails with a link so far
	}{
		{24 * time.Hour, 0, 0, 0}, // half of the promise: a warning, and no alarm
		{12 * time.Hour, 1, 0, 0},
		{119 * time.Minute, 1, 0, 0},
		{time.Minute, 1, 1, 0},
		{2 * time.Hour, 1, 1, 1},
		{3 * time.Hour, 1, 1, 1},
	} {
		w.move(step.move)
		w.settle(n)
		if a, b, c := len(w.tokens("anna@praktijk.example")), len(w.tokens("waarnemer@elders.example")), len(w.tokens(hostPerson)); a != step.practitioner || b != step.standIn || c != step.host {
			t.Errorf("after %s more: %d, %d and %d mails with a link, want %d, %d and %d", step.move, a, b, c, step.practitioner, step.standIn, step.host)
		}
	}
	for _, m := range w.sender.accepted() {
		if m.From.Email == "anna@praktijk.example" {
			t.Errorf("%q left through the mailbox that is part of the breach", m.Subject)
		}
		if strings.Contains(m.Subject, "Praktijk") {
			t.Errorf("a subject names the practice: %q", m.Subject)
		}
	}
	token := w.tokens(hostPerson)[0]
	stored := w.incident(inc)
	link, err := stored.AlarmOf(token)
	if err != nil || link.Level != incidents.AlarmHost || len(stored.Clock(incidents.ClientClock).Alarms) != 1 {
		t.Errorf("the mailed link leads to %+v, %v", link, err)
	}
	for _, a := range stored.Clock(incidents.ClientClock).Alarms {
		for _, s := range a.Steps {
			if len(s.Tokens) != 1 || strings.Contains(token, s.Tokens[0]) {
				t.Errorf("%s keeps %v, want one hash", s.Level, s.Tokens)
			}
		}
	}
}

func TestWithoutAStandInTheHostsPersonIsAskedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.clients("p-1", 1)
	p := w.practice("p-1")
	p.Details.StandInMail = ""
	w.store.practices["p-1"] = p
	n := w.withHost()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.move(36 * time.Hour)
	w.settle(n)
	w.move(2 * time.Hour)
	w.settle(n)
	if got := len(w.tokens(hostPerson)); got != 1 {
		t.Errorf("%d mails to the host's person, want one", got)
	}
	if got := w.eventsOf(inc, incidents.AlarmUnheard); len(got) != 1 || got[0].Facts["level"] != "stand_in" {
		t.Errorf("the register says %+v, want that nobody stands in", got)
	}
}

func TestAtTheDeadlineNobodyStandsInAndTheHostsPersonIsAskedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.clients("p-1", 1)
	p := w.practice("p-1")
	p.Details.StandInMail = ""
	w.store.practices["p-1"] = p
	n := w.withHost()
	w.file("p-1", nil)
	w.settle(n)
	w.move(48 * time.Hour)
	w.settle(n)
	w.settle(n)
	if got := len(w.tokens(hostPerson)); got != 1 {
		t.Errorf("%d mails to the host's person, want one", got)
	}
}

func TestWithoutAnybodyTheChainEndsAndTheRegisterSaysSo(t *testing.T) {
	w := newWorld(t)
	w.clients("p-1", 1)
	p := w.practice("p-1")
	p.Details.StandInMail = ""
	w.store.practices["p-1"] = p
	n := w.notifier() // no host's person
	inc := w.file("p-1", nil)
	w.settle(n)
	for range 10 {
		w.move(10 * time.Hour)
		w.settle(n)
	}
	client := 0
	for _, e := range w.eventsOf(inc, incidents.AlarmUnheard) {
		if e.Facts["clock"] == "client" {
			client++
		}
	}
	if client == 0 || client%2 != 0 {
		t.Errorf("the register says %d times that nobody was there, want both levels of each alarm", client)
	}
}

// A kill at any call of the store: each step of an alarm is mailed, and its link
// works, whatever was lost on the way.
func TestNoStepOfAnAlarmIsLostOrDoubledByAKill(t *testing.T) {
	for killAt := 1; ; killAt++ {
		m := newMortal(t, killAt)
		m.store.meddle = nil
		inc := m.file("p-1", nil)
		m.settle(m.notifier())
		m.move(36 * time.Hour)
		m.settle(m.withHost())
		m.store.meddle = m.meddle
		m.taken, m.owed = map[string]int{}, map[string]bool{}
		m.move(2 * time.Hour)
		m.live(m.withHost())
		if !m.killed {
			break
		}
		m.next()
		if got := m.tokens("waarnemer@elders.example"); len(slices.Compact(got)) != 1 {
			t.Fatalf("killed at %s: the stand-in got the links %v, want one", m.where, got)
		}
		token := m.tokens("waarnemer@elders.example")[0]
		if link, err := m.incident(inc).AlarmOf(token); err != nil || link.Level != incidents.AlarmStandIn {
			t.Errorf("killed at %s: the link leads to %+v, %v", m.where, link, err)
		}
		if got := len(m.eventsOf(inc, incidents.AlarmStepped)); got != 1 {
			t.Errorf("killed at %s: the register tells of %d steps, want one", m.where, got)
		}
	}
}

func TestAnApprovalByAPersonQuietsTheAlarm(t *testing.T) {
	for _, tt := range []struct {
		by    incidents.Actor
		quiet bool
	}{
		{incidents.Actor{Kind: register.ActorUser, ID: "anna"}, true},
		{incidents.Actor{Kind: register.ActorAPI, ID: "token"}, true},
		{incidents.System(), false},
	} {
		w := newWorld(t)
		w.practice("p-1")
		w.clients("p-1", 2)
		n := w.withHost()
		inc := w.file("p-1", nil)
		w.settle(n)
		w.move(36 * time.Hour)
		w.settle(n)
		w.sender.script(func(m incidents.Mail) incidents.Answer { // the clients' server is away: the duty stands
			if strings.HasSuffix(m.To.Email, "@clienten.example") {
				return answer(incidents.Later, "connect", 0)
			}
			return incidents.Answer{}
		})
		w.approve(inc, incidents.ToClients, tt.by)
		w.settle(n)
		if got := w.incident(inc).Alarmed(); got == tt.quiet {
			t.Errorf("approved by %s: an alarm runs %t, want %t", tt.by.Kind, got, !tt.quiet)
		}
	}
}
