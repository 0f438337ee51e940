package notifier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/notifier"
)

// refuses lets the server refuse every mail to a client at a stage.
func (w *world) refuses(stage string) {
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if strings.HasSuffix(m.To.Email, "@clienten.example") {
			return answer(incidents.RefusedAccount, stage, 535)
		}
		return incidents.Answer{}
	})
}

// triedClients counts the attempts at mail to clients.
func (w *world) triedClients() int {
	n := 0
	for _, m := range w.sender.tried {
		if strings.HasSuffix(m.To.Email, "@clienten.example") {
			n++
		}
	}
	return n
}

func (w *world) pauses() *notifier.Pauses { return notifier.NewPauses(w.store, w.clock) }

func (w *world) paused(addresses ...string) []incidents.Pause {
	w.t.Helper()
	list, err := w.pauses().Of(w.t.Context(), addresses...)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestARefusedAccountRestsInEveryWorkerAndAfterARestart(t *testing.T) {
	w, n, inc := ready(t, 600)
	w.refuses("mail")
	w.settle(n)
	first := w.triedClients()
	other := w.notifier() // another process, or this one started anew
	for range 4 {
		w.move(time.Minute)
		w.settle(other)
	}
	if got := w.triedClients(); got != first {
		t.Errorf("%d mails were tried while the account rested", got-first)
	}
	found := w.paused("Nood@anders.example")
	if len(found) != 1 || found[0].Account != "nood@anders.example" || !found[0].Since.Equal(monday) || found[0].Refusals != 1 || found[0].Words != "words of the server" {
		t.Fatalf("paused: %+v", found)
	}
	for _, stranger := range []string{"anna@praktijk.example", "x@anders.example"} {
		if found := w.paused(stranger); len(found) != 0 {
			t.Errorf("%s sees %+v", stranger, found)
		}
	}
	var rests []time.Duration
	for range 3 {
		before, at := w.triedClients(), w.paused("nood@anders.example")[0].NextAt
		w.move(at.Sub(w.clock()))
		w.settle(n, other)
		if got := w.triedClients() - before; got != 1 {
			t.Errorf("after a rest %d mails were tried at an account that is still refused, want 1", got)
		}
		rests = append(rests, w.paused("nood@anders.example")[0].NextAt.Sub(w.clock()))
	}
	if rests[0] != 10*time.Minute || rests[1] != 20*time.Minute || rests[2] != 40*time.Minute {
		t.Errorf("rests of %v, want each twice the one before", rests)
	}
	w.sender.script(nil)
	w.move(40 * time.Minute)
	w.settle(other)
	if got := w.states(inc); got[incidents.Sent] != 600 {
		t.Errorf("states = %v, want all sent as soon as one was taken", got)
	}
	w.settle(other)
	if count, err := w.pauses().Count(t.Context()); err != nil || count != 0 {
		t.Errorf("%d accounts are paused still, %v", count, err)
	}
	if keys, err := w.store.SettingKeys(t.Context(), "mail/pause/", 10); err != nil || len(keys) != 0 {
		t.Errorf("the pause is not forgotten: %v, %v", keys, err)
	}
}

func TestAWishToTryLetsAllMailsGoAtOnce(t *testing.T) {
	for _, stage := range []string{"auth", "mail"} {
		t.Run("refused at "+stage, func(t *testing.T) {
			w, n, inc := ready(t, 600)
			w.refuses(stage)
			w.settle(n)
			account := map[string]string{"auth": "", "mail": "nood@anders.example"}[stage]
			if count, err := w.pauses().Count(t.Context()); err != nil || count != 1 {
				t.Fatalf("%d accounts are paused, %v", count, err)
			}
			w.sender.script(nil)
			if asked, err := w.pauses().TryNow(t.Context(), account); err != nil || !asked {
				t.Fatalf("asked: %t, %v", asked, err)
			}
			if again, err := w.pauses().TryNow(t.Context(), account); err != nil || again {
				t.Errorf("a second press counts: %t, %v", again, err)
			}
			w.settle(n)
			w.settle(n)
			if got := w.states(inc); got[incidents.Sent] != 600 {
				t.Errorf("states = %v, want 600 sent without the clock moving", got)
			}
			for address, mails := range w.mails() {
				if strings.HasSuffix(address, "@clienten.example") && mails != 1 {
					t.Errorf("%s got %d mails", address, mails)
				}
			}
		})
	}
}

func TestAWishToTryAnAccountThatIsStillRefusedCostsOneTry(t *testing.T) {
	w, n, inc := ready(t, 600)
	w.refuses("auth")
	w.settle(n)
	before := w.triedClients()
	w.move(time.Minute)
	if _, err := w.pauses().TryNow(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	if got := w.triedClients() - before; got != 1 {
		t.Errorf("%d mails were tried, want 1", got)
	}
	if p := w.paused()[0]; p.NextAt.Sub(w.clock()) != 5*time.Minute || !p.Since.Equal(monday) {
		t.Errorf("rests until %s since %s", p.NextAt, p.Since)
	}
	if got := w.states(inc); got[incidents.Sent]+got[incidents.Refused] != 0 {
		t.Errorf("states = %v, want nobody marked", got)
	}
}

func TestNobodyAsksForATryOfWhatIsNotPaused(t *testing.T) {
	w := newWorld(t)
	if asked, err := w.pauses().TryNow(t.Context(), "anna@praktijk.example"); err != nil || asked {
		t.Errorf("asked: %t, %v", asked, err)
	}
}

// A mail that is always told to come later, and an account that is always refused:
// both are tried in the last minutes before the promise ends.
func TestTriesReachUpToThePromise(t *testing.T) {
	for name, kind := range map[string]incidents.AnswerKind{"greylisted": incidents.Later, "refused": incidents.RefusedAccount} {
		t.Run(name, func(t *testing.T) {
			w, n, inc := ready(t, 1)
			var last time.Time
			w.sender.script(func(m incidents.Mail) incidents.Answer {
				if !strings.HasSuffix(m.To.Email, "@clienten.example") {
					return incidents.Answer{}
				}
				last = w.clock()
				return answer(kind, map[bool]string{true: "mail", false: "rcpt"}[kind == incidents.RefusedAccount], 450)
			})
			due, _ := w.incident(inc).Clock(incidents.ClientClock).DueAt()
			w.settle(n)
			w.move(due.Sub(w.clock()) - 3*time.Hour)
			w.settle(n)
			for w.clock().Before(due) {
				w.move(20 * time.Second)
				w.settle(n)
			}
			if left := due.Sub(last); left < 0 || left > 2*time.Minute {
				t.Errorf("the last try was %s before the promise ended", left)
			}
			tried := last
			for range 9 {
				w.move(time.Hour)
				w.settle(n)
			}
			if !last.After(tried) {
				t.Error("after the promise nothing was tried any more")
			}
		})
	}
}

// What lies in the store names no address, and the words of the server have none.
func TestAPauseTellsNobodyTheAddress(t *testing.T) {
	w, n, _ := ready(t, 3)
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if !strings.HasSuffix(m.To.Email, "@clienten.example") {
			return incidents.Answer{}
		}
		a := answer(incidents.RefusedAccount, "mail", 550)
		a.Text = "sender nood@anders.example not allowed"
		return a
	})
	w.settle(n)
	keys, err := w.store.SettingKeys(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(keys, " "); !strings.Contains(all, "mail/pause/") || strings.Contains(all, "nood") || strings.Contains(all, "@") {
		t.Errorf("keys %s", all)
	}
	if got := w.paused("nood@anders.example")[0].Words; got != "sender … not allowed" {
		t.Errorf("words %q", got)
	}
}

// Mails that the sweep had seen for long before they were put off go at once
// when the account is let go: it is a new wait, and no other job is theirs.
func TestMailsThatWaitedLongBeforeARefusalGoWhenItIsOver(t *testing.T) {
	w, n, inc := ready(t, 30)
	for range 5 { // a slow bus: nobody takes their job yet
		if err := n.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if m.From.Email == "nood@anders.example" {
			return answer(incidents.RefusedAccount, "mail", 535)
		}
		return incidents.Answer{}
	})
	w.work(n)
	w.sender.script(nil)
	for range 3 { // one proves that the account works, the others follow
		if _, err := w.pauses().TryNow(t.Context(), "nood@anders.example"); err != nil {
			t.Fatal(err)
		}
		w.move(10 * time.Second)
		for _, step := range []func(context.Context) error{n.Wake, n.Sweep} {
			if err := step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.work(n)
	}
	if got := w.states(inc); got[incidents.Sent] != 30 {
		t.Errorf("states = %v, want 30 sent", got)
	}
}
