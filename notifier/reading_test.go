package notifier_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

var codeInMail = regexp.MustCompile(`(?:code in|this code): ([0-9A-Z]{5}-[0-9A-Z]{5})`)

// A mail that is tried again carries the same code, in both of its forms, each
// reader his own; without a page there is no word of it.
func TestEachMailHasItsReadersCodeInEveryAttempt(t *testing.T) {
	for _, address := range []string{"https://praktijk.example/p/x/lees", ""} {
		w, n, _ := ready(t, 2)
		n.SetReadingAt(func(registry.Practice) string { return address })
		var mu sync.Mutex // mails go out side by side
		tries := map[string][]string{}
		w.sender.script(func(m incidents.Mail) incidents.Answer {
			mu.Lock()
			defer mu.Unlock()
			found := codeInMail.FindStringSubmatch(m.Text)
			if address == "" {
				if found != nil || strings.Contains(m.Text+m.HTML, "code") {
					t.Error("a mail tells of a page that there is not")
				}
				return incidents.Answer{}
			}
			if found == nil || !strings.Contains(m.HTML, found[1]) || !strings.Contains(m.Text, address) || strings.Contains(m.HTML, `href="http`) {
				t.Errorf("the mail does not say where and with which code, or as a link:\n%s", m.Text)
				return incidents.Answer{}
			}
			if tries[m.To.Email] = append(tries[m.To.Email], found[1]); len(tries[m.To.Email]) == 1 {
				return answer(incidents.Lost, "data", 0)
			}
			return incidents.Answer{}
		})
		w.settle(n)
		w.move(5 * time.Minute)
		w.settle(n)
		seen := map[string]bool{}
		for email, codes := range tries {
			if len(codes) < 2 || codes[0] != codes[1] || seen[codes[0]] {
				t.Errorf("%s got the codes %v; want the same in every attempt, and nobody else's", email, codes)
			}
			seen[codes[0]] = true
		}
		if address != "" && len(tries) != 2 {
			t.Errorf("%d readers, want 2", len(tries))
		}
	}
}
