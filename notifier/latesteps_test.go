package notifier_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// told files a case of which the playbook says all that it has to say.
func (w *world) told(practice tenant.ID) *incidents.Incident {
	w.t.Helper()
	return w.file(practice, func(n *incidents.NewIncident) {
		kind, _ := w.book.Playbook(n.Facts.Playbook)
		kind.Tell(&n.Facts, nil)
	})
}

// lateMails are the accepted mails about late first steps to one address, oldest first.
func (w *world) lateMails(to, subject string) []string {
	var got []string
	for _, m := range w.sender.accepted() {
		if m.To.Email == to && strings.Contains(m.Subject, subject) {
			got = append(got, m.Text)
		}
	}
	return got
}

// Nobody does anything for a day. The practitioner hears of each first step that is
// late once, together with the others, also while two workers look at the same time
// and one of them is started anew.
func TestLateFirstStepsAreMailedOnceEachInFewMails(t *testing.T) {
	for _, tt := range []struct{ language, subject, first, second string }{
		{"nl", "te laat", "- Beëindig alle sessies en verander het wachtwoord", "(vóór "},
		{"en", "late: ", "- End all sessions and change the password", "(before "},
	} {
		t.Run(tt.language, func(t *testing.T) {
			w := newWorld(t)
			p := w.practice("p-1")
			p.Language = tt.language
			w.store.practices["p-1"] = p
			one, two := w.notifier(), w.notifier()
			inc := w.told("p-1")
			w.settle(one, two)
			for range 24 {
				w.move(time.Hour)
				w.settle(one, two)
				two = w.notifier()
			}
			mails := w.lateMails("anna@thuis.example", tt.subject)
			if len(mails) != 3 { // of the first hour, of the second in the sixth, of the eighth in the tenth
				t.Fatalf("%d mails, want 3:\n%s", len(mails), strings.Join(mails, "\n---\n"))
			}
			if !strings.Contains(mails[0], tt.first) || !strings.Contains(mails[0], tt.second) || !strings.Contains(mails[0], "https://datalek.example/incidents/"+inc.ID) {
				t.Errorf("the first mail is\n%s", mails[0])
			}
			all := strings.Join(mails, "\n")
			kind, _ := w.book.Playbook("phished-mailbox")
			for _, step := range kind.Tasks {
				want := 1
				if step.Within > 24*time.Hour {
					want = 0
				}
				if got := strings.Count(all, step.Text[tt.language]); got != want {
					t.Errorf("%s: told %d times, want %d", step.ID, got, want)
				}
			}
			if got := w.lateMails("waarnemer@elders.example", tt.subject); len(got) != 0 {
				t.Errorf("the stand-in got %d of them", len(got))
			}
		})
	}
}
