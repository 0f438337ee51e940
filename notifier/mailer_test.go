package notifier_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/notifier"
)

// ready returns a world with an approved notice to so many clients, unsent.
func ready(t tester, clients int) (*world, *notifier.Notifier, *incidents.Incident) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", clients)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToClients)
	return w, n, inc
}

func (w *world) states(inc *incidents.Incident) map[incidents.DeliveryState]int {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	got := map[incidents.DeliveryState]int{}
	for _, d := range w.store.deliveries {
		if d.IncidentID == inc.ID && d.NoticeID != "" {
			got[d.State]++
		}
	}
	return got
}

func answer(kind incidents.AnswerKind, stage string, code int) incidents.Answer {
	return incidents.Answer{Kind: kind, Stage: stage, Code: code, Server: "mx.example:25", Text: "words of the server"}
}

func TestAMailThatCannotGoYetIsTriedAgainLater(t *testing.T) {
	w, n, inc := ready(t, 5)
	var tries atomic.Int32
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if m.To.Email == "c-002@clienten.example" && tries.Add(1) < 3 {
			return answer(incidents.Later, "rcpt", 451)
		}
		return incidents.Answer{}
	})
	w.settle(n)
	if got := w.states(inc); got[incidents.Sent] != 4 || got[incidents.Deferred] != 1 {
		t.Fatalf("states = %v, want 4 sent and 1 deferred", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 4 || !c.MetAt.IsZero() {
		t.Fatalf("clock says %d told, met %s; want 4, not met", c.Told, c.MetAt)
	}
	for range 3 {
		w.move(3 * time.Minute)
		w.settle(n)
	}
	if got := w.states(inc); got[incidents.Sent] != 5 {
		t.Errorf("states = %v, want 5 sent", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 5 || c.MetAt.IsZero() {
		t.Errorf("clock says %d told, met %s; want 5, met", c.Told, c.MetAt)
	}
	if got := w.mails()["c-002@clienten.example"]; got != 1 {
		t.Errorf("mailed %d times, want once", got)
	}
}

func TestARefusedPersonIsATaskAndTheNoticeIsDone(t *testing.T) {
	w, n, inc := ready(t, 3)
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if m.To.Email == "c-001@clienten.example" {
			return answer(incidents.RefusedPerson, "rcpt", 550)
		}
		return incidents.Answer{}
	})
	w.settle(n)
	if got := w.states(inc); got[incidents.Refused] != 1 || got[incidents.Sent] != 2 {
		t.Errorf("states = %v, want 1 refused and 2 sent", got)
	}
	if got := w.notice(inc, incidents.ToClients).State; got != incidents.NoticeIsSent {
		t.Errorf("notice is %s, want sent", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 2 || !c.MetAt.IsZero() {
		t.Errorf("clock says %d told, met %s; want 2 and not met", c.Told, c.MetAt)
	}
}

func TestAMailIsHeldBeforeItsDotUntilItsClaimIsWritten(t *testing.T) {
	w, n, inc := ready(t, 60)
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		rows, err := w.store.DeliveriesByIDs(t.Context(), inc.PracticeID, []string{m.MessageID})
		if err != nil || len(rows) != 1 || rows[0].State != incidents.Sending {
			t.Errorf("a mail went out whose row reads %+v (%v), want it claimed", rows, err)
		}
		return incidents.Answer{}
	})
	w.settle(n)
	now, most := w.sender.holding()
	if got := len(w.sender.accepted()); got < 60 || now != 0 || most < 2 || most > 8 {
		t.Errorf("%d mails went out, %d are still held, %d were at once; want 60, none, and as many as there are lanes", got, now, most)
	}
}

func TestARefusedAccountMarksNobodyWarnsAndGoesOnLater(t *testing.T) {
	w, n, inc := ready(t, 30)
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if m.From.Email == "nood@anders.example" {
			return answer(incidents.RefusedAccount, "mail", 535)
		}
		return incidents.Answer{}
	})
	w.settle(n)
	got := w.states(inc)
	if got[incidents.Sent]+got[incidents.Refused] != 0 || got[incidents.Deferred]+got[incidents.Queued] != 30 {
		t.Fatalf("states = %v, want all 30 waiting", got)
	}
	attempts := 0
	for _, d := range w.store.deliveries {
		if d.NoticeID != "" {
			attempts += len(d.Attempts)
		}
	}
	if attempts == 0 || attempts > 8 {
		t.Errorf("%d attempts were burnt, want those under way only", attempts)
	}
	if held, _ := w.sender.holding(); held != 0 {
		t.Errorf("%d mails that were spared are still held before their dot", held)
	}
	warned := 0
	for _, m := range w.sender.accepted() {
		if strings.Contains(m.Text, "weigert uw account") {
			warned++
		}
		if m.From.Email != "datalek@host.example" {
			t.Errorf("the warning came from %s, want the host's own address: one is breached, the other refused", m.From.Email)
		}
	}
	if warned != 2 {
		t.Errorf("%d warnings about the account, want one at each address", warned)
	}

	w.sender.script(nil)
	w.move(time.Minute)
	w.settle(n)
	if got := w.states(inc); got[incidents.Sent] != 0 {
		t.Errorf("mail went out during the pause: %v", got)
	}
	for range 4 { // a mail put back untried has no job until the sweep has missed it a few times
		w.move(6 * time.Minute)
		w.settle(n)
	}
	if got := w.states(inc); got[incidents.Sent] != 30 {
		t.Errorf("states = %v, want 30 sent", got)
	}
}

func TestALostAnswerIsSentAgainUnderTheSameMessageID(t *testing.T) {
	w, n, inc := ready(t, 1)
	var tries atomic.Int32
	w.sender.script(func(incidents.Mail) incidents.Answer {
		if tries.Add(1) == 1 {
			return answer(incidents.Lost, "data", 0)
		}
		return incidents.Answer{}
	})
	w.settle(n)
	w.move(2 * time.Minute)
	w.settle(n)
	if len(w.sender.tried) != 2 || w.sender.tried[0].MessageID != w.sender.tried[1].MessageID {
		t.Fatalf("tried %d times under %v", len(w.sender.tried), w.sender.tried)
	}
	if got := w.states(inc); got[incidents.Sent] != 1 {
		t.Errorf("states = %v, want sent", got)
	}
	for _, d := range w.store.deliveries {
		if d.NoticeID != "" && len(d.Attempts) != 2 {
			t.Errorf("%d attempts kept, want both", len(d.Attempts))
		}
	}
}

func TestNothingOfANoticeThatIsNotApprovedIsSent(t *testing.T) {
	for _, state := range []incidents.NoticeState{incidents.NoticeIsDraft, incidents.NoticeIsSuperseded} {
		t.Run(string(state), func(t *testing.T) {
			w, n, inc := ready(t, 2)
			notice := w.notice(inc, incidents.ToClients)
			w.store.notices[key("p-1", notice.ID)].State = state
			var ids []string
			for _, d := range w.store.deliveries {
				ids = append(ids, d.ID)
			}
			raw, _ := json.Marshal(map[string]any{"practice": "p-1", "incident": inc.ID, "notice": notice.ID, "deliveries": ids})
			if err := n.Handle(t.Context(), "mail", raw); err != nil {
				t.Fatal(err)
			}
			if got := len(w.sender.tried); got != 0 {
				t.Errorf("%d mails tried, want none", got)
			}
		})
	}
}

func TestPhoneTasksAreLeftToPeople(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.client("p-1", "c-1", "een@clienten.example", "nl")
	c := w.client("p-1", "c-2", "twee@clienten.example", "nl")
	c.Channel = registry.ByPhone
	w.store.clients[key("p-1", "c-2")] = c
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToClients)
	w.settle(n)
	if got := w.mails(); got["een@clienten.example"] != 1 || got["twee@clienten.example"] != 0 {
		t.Errorf("mailed %v, want only the first", got)
	}
	if got := w.notice(inc, incidents.ToClients).State; got != incidents.NoticeIsSent {
		t.Errorf("notice is %s, want sent: every mail is answered", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 1 || !c.MetAt.IsZero() {
		t.Errorf("clock = %d told, met %s; want 1 and not met", c.Told, c.MetAt)
	}
}

func TestANoticeWithTasksOnlyIsSentAtOnce(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.client("p-1", "c-1", "", "nl")
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToClients)
	w.settle(n)
	if got := w.notice(inc, incidents.ToClients).State; got != incidents.NoticeIsSent {
		t.Errorf("notice is %s, want sent", got)
	}
}

func TestAManyReadersNoticeIsSplitIntoJobs(t *testing.T) {
	w, n, inc := ready(t, 600)
	for w.bus.empty() {
		if err := n.Relay(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	j, _ := w.bus.take()
	if err := n.Handle(t.Context(), j.queue, j.data); err != nil {
		t.Fatal(err)
	}
	if got := len(w.bus.jobs); got != 3 {
		t.Fatalf("%d jobs for 600 mails, want 3", got)
	}
	for _, j := range w.bus.jobs {
		if strings.Contains(string(j.data), "@") {
			t.Errorf("a job holds an address: %s", j.data)
		}
	}
	w.settle(n)
	if got := w.states(inc); got[incidents.Sent] != 600 {
		t.Errorf("states = %v, want 600 sent", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 600 || c.MetAt.IsZero() {
		t.Errorf("clock = %d told, met %s; want 600, met", c.Told, c.MetAt)
	}
}

func TestARefusedAccountStopsTheOtherJobsToo(t *testing.T) {
	w, n, _ := ready(t, 600)
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if strings.Contains(m.To.Email, "clienten") {
			return answer(incidents.RefusedAccount, "auth", 535)
		}
		return incidents.Answer{}
	})
	w.settle(n)
	tries := 0
	for _, m := range w.sender.tried {
		if strings.Contains(m.To.Email, "clienten") {
			tries++
		}
	}
	if tries > 8 {
		t.Errorf("%d mails were tried at a server that refuses the login", tries)
	}
}

func TestANameIsInTheMailWhereThePolicyAllowsIt(t *testing.T) {
	w := newWorld(t)
	p := w.practice("p-1")
	p.Policy.NameInMail = true
	w.store.practices["p-1"] = p
	w.clients("p-1", 2)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToClients)
	w.settle(n)
	for _, m := range w.sender.accepted() {
		own := "Cliënt " + strings.TrimSuffix(m.To.Email, "@clienten.example")
		if m.To.Name != own || strings.Count(m.Text, "Cliënt c-") != 1 || !strings.Contains(m.Text, own) || !strings.Contains(m.HTML, own) {
			t.Errorf("mail to %q does not name him alone:\n%s", m.To.Name, m.Text)
		}
	}
	if got := len(w.sender.accepted()); got != 2 {
		t.Errorf("%d mails, want 2", got)
	}
}

func TestTrialMailsGoOutWithoutAJob(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	n := w.notifier()
	d := incidents.NewWarning("p-1", "", "trial/1", "anna@praktijk.example", incidents.Text{Language: "nl", Subject: "Bericht", Body: "Beste [[name]],\n\nProef."})
	w.store.deliveries[key("p-1", d.ID)] = d
	for range 3 { // a bell that rings often makes no second job
		if err := n.Fresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(w.bus.jobs); got != 1 {
		t.Errorf("%d jobs for one mail", got)
	}
	w.work(n)
	sent := w.sender.accepted()
	if len(sent) != 1 || strings.Contains(sent[0].Text, "[[") || sent[0].From.Email != "anna@praktijk.example" {
		t.Errorf("sent = %+v, want one mail with a general salutation", sent)
	}
}
