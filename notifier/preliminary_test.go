package notifier_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/notifier"
	"datalek/playbooks"
)

const (
	leadAt = 42 * time.Hour // after the case was filed
	dueAt  = 48 * time.Hour
)

// chooses lets the practice's notices go by themselves six hours before the
// deadline.
func (w *world) chooses() {
	p := w.store.practices["p-1"]
	p.Policy.PreliminaryLeadHours = 6
	w.store.practices["p-1"] = p
}

// early is a case of a practice that chose so, with a child, a client without
// e-mail and two others, all found.
func early(t *testing.T) (*world, *incidents.Incident, *notifier.Notifier) {
	t.Helper()
	w := newWorld(t)
	w.practice("p-1")
	w.chooses()
	w.clients("p-1", 2)
	w.client("p-1", "c-phone", "", "nl")
	parent := w.client("p-1", "c-parent", "ouder@clienten.example", "nl")
	parent.Guidance, parent.Holdings = nil, nil
	child := w.client("p-1", "c-child", "kind@clienten.example", "nl")
	child.BirthYear, child.Guardians = 2020, []string{"c-parent"}
	w.store.clients[key("p-1", "c-parent")], w.store.clients[key("p-1", "c-child")] = parent, child
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	return w, inc, n
}

// toClients counts the mails to clients' addresses.
func (w *world) toClients() map[string]int {
	got := map[string]int{}
	for to, n := range w.mails() {
		if strings.HasSuffix(to, "@clienten.example") {
			got[to] = n
		}
	}
	return got
}

// going is what the page shows beforehand.
func (w *world) going(inc *incidents.Incident) []playbooks.Going {
	w.t.Helper()
	inc = w.incident(inc)
	list, err := w.book.Preliminary(w.t.Context(), w.store, w.store.practices[string(inc.PracticeID)], inc, w.clock(), func(a incidents.Audience, _ int) string { return string(a) })
	if err != nil {
		w.t.Fatalf("preliminary: %v", err)
	}
	return list
}

func TestANoticeGoesByItselfExactlyAsShownBefore(t *testing.T) {
	w, inc, n := early(t)
	shown := w.going(inc)
	w.move(leadAt - time.Minute)
	w.settle(n)
	if got := w.toClients(); len(got) != 0 {
		t.Fatalf("mails before the lead: %v", got)
	}
	w.move(time.Minute)
	w.settle(n, w.notifier())
	want := map[string]int{"c-000@clienten.example": 1, "c-001@clienten.example": 1, "ouder@clienten.example": 1}
	if diff := cmp.Diff(want, w.toClients()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	for i, audience := range incidents.PreliminaryAudiences() {
		sent := w.notice(inc, audience)
		if diff := cmp.Diff(shown[i].Texts, sent.Texts); diff != "" || sent.RecipientsHash != incidents.HashRecipients(shown[i].Recipients) || !sent.ByPolicy() {
			t.Errorf("%s: approved by %s, other than shown (-shown +sent):\n%s", audience, sent.ApprovedBy.Kind, diff)
		}
	}
	w.says(t, "c-000@clienten.example", "Dit is een eerste bericht.", "U hoort uiterlijk op zaterdag 13 maart 2027 om 04.00 uur meer van ons.")
	w.says(t, "c-001@clienten.example", "This is a first message.", "You will hear more from us by Saturday 13 March 2027 at 04:00 at the latest.")
	got := w.incident(inc)
	if u, some := got.StandingUpdate(incidents.UpdateToClients); !some || !u.PromisedAt.Equal(monday.Add(114*time.Hour)) {
		t.Errorf("promised %+v", u)
	}
	if got.PreliminaryState() != incidents.PreliminarySent || got.Clock(incidents.ClientClock).Told != 3 {
		t.Errorf("state %s, %d told; want sent, 3", got.PreliminaryState(), got.Clock(incidents.ClientClock).Told)
	}
	for _, to := range []string{"anna@praktijk.example", "anna@thuis.example", "waarnemer@elders.example"} {
		if !w.heard(to, "Er ging vanzelf een bericht") {
			t.Errorf("%s was not told that it went", to)
		}
	}
	w.move(100 * time.Hour)
	w.settle(n)
	if diff := cmp.Diff(want, w.toClients()); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
}

// says checks that the mail to an address holds each of the sentences.
func (w *world) says(t *testing.T, to string, sentences ...string) {
	t.Helper()
	for _, m := range w.sender.accepted() {
		for _, s := range sentences {
			if m.To.Email == to && !strings.Contains(m.Text, s) {
				t.Errorf("the mail to %s does not say %q:\n%s", to, s, m.Text)
			}
		}
	}
}

// heard reports whether a mail with such a subject came to an address.
func (w *world) heard(to, subject string) bool {
	return slices.ContainsFunc(w.sender.accepted(), func(m incidents.Mail) bool { return m.To.Email == to && strings.Contains(m.Subject, subject) })
}

func TestNoNoticeGoesByItselfWhenAPersonDecided(t *testing.T) {
	for _, tt := range []struct {
		name  string
		act   func(*world, *incidents.Incident)
		mails int
	}{
		{"he approved the notice", func(w *world, inc *incidents.Incident) { w.approve(inc, incidents.ToClients) }, 2},
		{"he approved it in the moment in which it came due", func(w *world, inc *incidents.Incident) {
			w.move(leadAt)
			_, err := w.store.UpdateIncident(w.t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error { i.Fire(w.clock()); return nil })
			if err != nil {
				w.t.Fatal(err)
			}
			w.approve(inc, incidents.ToClients)
			w.move(2 * time.Minute)
		}, 2},
		{"he stopped it", func(w *world, inc *incidents.Incident) {
			_, err := w.store.UpdateIncident(w.t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error {
				return i.StopPreliminary("Ik bel ze.", w.clock(), incidents.Actor{})
			})
			if err != nil {
				w.t.Fatal(err)
			}
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, inc, n := early(t)
			tt.act(w, inc)
			w.settle(n)
			w.move(200 * time.Hour)
			w.settle(n)
			if got := w.toClients(); len(got) != tt.mails {
				t.Errorf("mails %v, want %d", got, tt.mails)
			}
			if w.heard("anna@thuis.example", "Er ging vanzelf") {
				t.Error("the practice was told that it went by itself")
			}
		})
	}
}

func TestWordsOfAPersonGoAsHeWroteThem(t *testing.T) {
	w, inc, n := early(t)
	draft := w.notice(inc, incidents.ToClients)
	_, err := w.store.UpdateNotice(t.Context(), "p-1", draft.ID, func(n *incidents.Notice) error {
		return n.Edit([]incidents.Text{{Language: "nl", Subject: "Bericht", Body: "Dag,\n\nMijn eigen woorden.\n\nAnna"}}, w.clock(), incidents.System())
	})
	if err != nil {
		t.Fatal(err)
	}
	w.move(leadAt)
	w.settle(n)
	w.says(t, "c-000@clienten.example", "Dag,\n\nDit is een eerste bericht.", "Mijn eigen woorden.\n\nAnna\n\nU hoort uiterlijk")
	w.says(t, "c-001@clienten.example", "This is a first message.", "Kind regards,")
}

func TestTheTextFollowsWhatBecameKnown(t *testing.T) {
	w, inc, n := early(t)
	_, err := w.store.UpdateIncident(t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error {
		return i.Change(incidents.Change{Apply: func(_ *incidents.Facts, s *incidents.Story) { s.MeasuresTaken = "Het slot is vervangen." }, Reason: "Gedaan.", By: incidents.System()}, w.clock())
	})
	if err != nil {
		t.Fatal(err)
	}
	w.move(leadAt)
	w.settle(n)
	w.says(t, "c-000@clienten.example", "Het slot is vervangen.")
}

func TestNothingLeavesABreachedMailbox(t *testing.T) {
	w, inc, n := early(t)
	w.move(leadAt)
	w.settle(n)
	if from := w.notice(inc, incidents.ToClients).Sender.Email; from != "nood@anders.example" {
		t.Errorf("it came from %s", from)
	}

	t.Run("when all are, the practice and the stand-in are warned", func(t *testing.T) {
		w, inc, n := early(t)
		p := w.store.practices["p-1"]
		all := p.Details.Senders
		p.Details.Senders = all[:1]
		w.store.practices["p-1"] = p
		w.move(leadAt)
		w.settle(n)
		if got := w.toClients(); len(got) != 0 || w.incident(inc).PreliminaryState() != incidents.PreliminaryBlocked {
			t.Errorf("mails %v, state %s", got, w.incident(inc).PreliminaryState())
		}
		for _, to := range []string{"anna@thuis.example", "waarnemer@elders.example"} {
			if !w.heard(to, "kan niet weg") {
				t.Errorf("%s was not warned", to)
			}
		}
		p.Details.Senders = all
		w.store.practices["p-1"] = p
		w.move(11 * time.Minute)
		w.settle(n)
		if got := w.toClients(); len(got) != 3 {
			t.Errorf("with another sender %v, want three", got)
		}
	})
	t.Run("but tasks alone need no sender", func(t *testing.T) {
		w := newWorld(t)
		p := w.practice("p-1")
		p.Details.Senders = p.Details.Senders[:1]
		w.store.practices["p-1"] = p
		w.chooses()
		w.client("p-1", "c-phone", "", "nl")
		n := w.notifier()
		inc := w.file("p-1", nil)
		w.settle(n)
		w.move(leadAt)
		w.settle(n)
		if got := w.notice(inc, incidents.ToClients); !got.ByPolicy() || got.Recipients != 1 || got.ByEmail != 0 {
			t.Errorf("notice %+v", got)
		}
	})
}

func TestAKeeperThatWasAwayLetsItGoLate(t *testing.T) {
	w, inc, _ := early(t)
	w.move(dueAt + 5*time.Hour)
	w.settle(w.notifier())
	if got := w.toClients(); len(got) != 3 {
		t.Errorf("mails %v, want three", got)
	}
	if got := w.incident(inc).Preliminary; got.SentAt.IsZero() || !slices.ContainsFunc(w.sender.accepted(), func(m incidents.Mail) bool { return strings.Contains(m.Text, "Het ging weg na de termijn") }) {
		t.Errorf("nobody was told that it was late: %+v", got)
	}
}

func TestAtTheDeadlineThoseFoundAreTold(t *testing.T) {
	w, inc, n := early(t)
	w.move(time.Hour)
	_, err := w.store.UpdateIncident(t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error { i.Reassess(w.clock(), incidents.System()); return nil })
	if err != nil {
		t.Fatal(err)
	}
	turn := func() { // everything but the assessor
		for range 6 {
			for _, step := range []func(context.Context) error{n.Keep, n.Sweep, n.Relay, n.Recount} {
				if err := step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for j, some := w.bus.take(); some; j, some = w.bus.take() {
				if j.queue != "assess" {
					_ = n.Handle(t.Context(), j.queue, j.data)
				}
			}
		}
	}
	w.move(leadAt)
	turn()
	if got := w.toClients(); len(got) != 0 {
		t.Errorf("mails before the deadline: %v", got)
	}
	w.move(dueAt - leadAt - time.Hour)
	turn()
	if got := w.toClients(); len(got) != 3 {
		t.Errorf("mails at the deadline %v, want three", got)
	}
	if !slices.ContainsFunc(w.sender.accepted(), func(m incidents.Mail) bool { return strings.Contains(m.Text, "die toen gevonden waren") }) {
		t.Error("nobody was told that there may be more")
	}
}

// Killed at any call of the store, it goes once: every reader gets one mail, or a
// second under the same Message-ID where the server's answer was lost with the
// process; the case says once that it went.
func TestAPreliminaryNoticeSurvivesEveryKill(t *testing.T) {
	for killAt := 1; ; killAt++ {
		m := newMortal(t, killAt)
		m.chooses()
		m.client("p-1", "c-2", "", "en")
		m.store.meddle = nil
		inc := m.file("p-1", nil)
		m.settle(m.notifier())
		m.store.meddle = m.meddle
		m.move(leadAt)
		m.live(m.notifier())
		if !m.killed {
			t.Logf("killed at each of %d calls", killAt-1)
			break
		}
		where := m.where
		m.next()
		m.next()
		m.checkGone(t, where, inc)
		if t.Failed() {
			return
		}
	}
}

func (m *mortal) checkGone(t *testing.T, where string, inc *incidents.Incident) {
	t.Helper()
	ids := map[string]bool{}
	for _, mail := range m.sender.accepted() {
		if mail.To.Email == "c-1@clienten.example" {
			ids[mail.MessageID] = true
		}
	}
	got := m.incident(inc)
	n := m.notice(inc, incidents.ToClients)
	if len(ids) != 1 || got.PreliminaryState() != incidents.PreliminarySent || n == nil || !n.ByPolicy() || n.Recipients != 2 {
		t.Errorf("killed at %s: %d mails, state %s, notice %+v", where, len(ids), got.PreliminaryState(), n)
	}
	went, promised := 0, 0
	for _, e := range m.store.entries["p-1"] {
		switch e.Event.Kind {
		case incidents.PreliminaryWent:
			went++
		case incidents.UpdatePromised:
			promised++
		}
	}
	if went != 1 || promised != 1 {
		t.Errorf("killed at %s: the register says %d times that it went and %d times that more was promised", where, went, promised)
	}
}

func TestTheFirstWarningSaysWhatGoesByItself(t *testing.T) {
	w, _, n := early(t)
	w.move(24*time.Hour + time.Minute)
	w.settle(n)
	if !slices.ContainsFunc(w.sender.accepted(), func(m incidents.Mail) bool {
		return strings.Contains(m.Text, "Dan stuurt het programma zelf een voorlopig bericht, op woensdag 10 maart 2027 om 04.00 uur, Nederlandse tijd.")
	}) {
		t.Error("no warning says when the notice goes by itself")
	}
}

func TestAProcessorsReportSaysWhatGoesByItself(t *testing.T) {
	for lead, want := range map[int]string{0: "Er gaat niets weg voordat u het goedkeurt.", 6: "zelf een voorlopig bericht aan uw cliënten"} {
		w := newWorld(t)
		p := w.practice("p-1")
		p.Policy.PreliminaryLeadHours = lead
		w.store.practices["p-1"] = p
		w.file("p-1", func(n *incidents.NewIncident) { n.Source = incidents.FromWebhook })
		w.settle(w.notifier())
		if !slices.ContainsFunc(w.sender.accepted(), func(m incidents.Mail) bool { return strings.Contains(m.Text, want) }) {
			t.Errorf("lead %d: no mail says %q", lead, want)
		}
	}
}
