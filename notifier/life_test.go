package notifier_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
)

func TestACaseFromReportToEverybodyTold(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 40)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)

	if got := w.incident(inc).Assessment.Counts.InScope; got != 40 {
		t.Fatalf("in scope = %d, want 40", got)
	}
	notice := w.notice(inc, incidents.ToClients)
	if notice == nil || notice.Recipients != 40 || len(notice.Texts) != 2 {
		t.Fatalf("draft = %+v, want one for 40 readers in two languages", notice)
	}
	if len(w.sender.accepted()) != 0 {
		t.Fatal("mail went out before the approval")
	}

	w.approve(inc, incidents.ToClients)
	w.settle(n)
	mails := w.mails()
	if len(mails) != 40 {
		t.Errorf("%d people were mailed, want 40", len(mails))
	}
	for to, count := range mails {
		if count != 1 {
			t.Errorf("%s was mailed %d times, want once", to, count)
		}
	}
	if got := w.notice(inc, incidents.ToClients).State; got != incidents.NoticeIsSent {
		t.Errorf("notice is %s, want sent", got)
	}
	clock := w.incident(inc).Clock(incidents.ClientClock)
	if clock.Told != 40 || clock.State(w.clock()) != incidents.ClockIsMet {
		t.Errorf("client clock = %d told, %s; want 40, met", clock.Told, clock.State(w.clock()))
	}
	if _, err := register.Verify(register.Head{}, w.store.entries["p-1"]); err != nil {
		t.Errorf("register: %v", err)
	}
}

func TestMailsAreInTheReadersLanguageAndNameNobodyElse(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.client("p-1", "c-1", "een@clienten.example", "nl")
	w.client("p-1", "c-2", "two@clienten.example", "en")
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToClients)
	w.settle(n)

	want := map[string]string{"een@clienten.example": "nl", "two@clienten.example": "en"}
	for _, m := range w.sender.accepted() {
		if m.Language != want[m.To.Email] {
			t.Errorf("%s reads %q, want %q", m.To.Email, m.Language, want[m.To.Email])
		}
		if m.From.Email != "nood@anders.example" || m.Text == "" || m.HTML == "" || m.Subject == "" || m.MessageID == "" {
			t.Errorf("mail to %s is incomplete: from %q, message id %q", m.To.Email, m.From.Email, m.MessageID)
		}
		if m.To.Name != "" {
			t.Errorf("the policy keeps names out of mail, got %q", m.To.Name)
		}
	}
}

func TestThresholdsWarnOnceEachAndTheStandInAtTheDeadline(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 3)
	n, other := w.notifier(), w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n, other)
	for range 80 {
		w.move(time.Hour)
		w.settle(n, other)
	}
	fired := 0
	for _, c := range w.incident(inc).Clocks {
		for _, th := range c.Thresholds {
			if th.FiredAt.IsZero() || th.Missed {
				t.Errorf("%s %s: fired %s, missed %t", c.Kind, th.Mark, th.FiredAt, th.Missed)
			}
			fired++
		}
	}
	mails := w.mails()
	if mails["anna@praktijk.example"] != fired || mails["anna@thuis.example"] != fired {
		t.Errorf("warnings = %v, want %d at both addresses", mails, fired)
	}
	if mails["waarnemer@elders.example"] != 7 {
		t.Errorf("the stand-in was warned %d times, want at both deadlines and for each of five alarms that nobody saw", mails["waarnemer@elders.example"])
	}
	for _, m := range w.sender.accepted() {
		if m.From.Email != "nood@anders.example" {
			t.Errorf("a warning came from %s; the mailbox is part of the breach", m.From.Email)
		}
	}
}

func TestAKeeperThatWasAwayWarnsOnceOfTheNewest(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	w.file("p-1", nil)
	w.settle(n)
	w.move(100 * time.Hour)
	w.settle(n)
	if got := w.mails()["anna@praktijk.example"]; got != 2 {
		t.Errorf("%d warnings, want one for each of the two clocks", got)
	}
}
