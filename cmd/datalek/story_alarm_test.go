package main_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datalek/services/devstack"
)

// alarmHost is the served program with somebody whom the host names, and a
// monitor outside.
type alarmHost struct {
	*served
	beats atomic.Int64
}

const secretOfMonitor = "ping-4f1c9a"

func startAlarmHost(t *testing.T, env ...string) *alarmHost {
	t.Helper()
	h := &alarmHost{served: newServed(t, devstack.SMTPOptions{})}
	h.environ = env
	monitor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+secretOfMonitor {
			h.beats.Add(1)
		}
	}))
	t.Cleanup(monitor.Close)
	h.addOwn(t, "Praktijk Lindehof", "Anna", "anna@praktijk.example", "--stand-in-email", "bram@waarnemer.example")
	h.args = []string{"--escalation-email", "dienst@host.example", "--heartbeat-url-file", h.secretFile("heartbeat-url", monitor.URL+"/"+secretOfMonitor)}
	h.serve()
	return h
}

// letters are the mails to an address about an alarm, oldest first.
func (h *alarmHost) letters(to string) []letter {
	var list []letter
	for _, m := range h.smtp.Messages("", 0) {
		if l := parseLetter(h.t, m.Raw); m.To[0] == to && strings.Contains(l.Text, "/ack/") {
			list = append(list, l)
		}
	}
	slices.Reverse(list) // the newest came first
	return eachOnce(list)
}

func (h *alarmHost) awaitLetters(to string, want int) []letter {
	h.t.Helper()
	var got []letter
	await(h.t, "the mails to "+to, func() error {
		if got = h.letters(to); len(got) != want {
			return errNot("%d mails with a link, want %d", len(got), want)
		}
		return nil
	})
	return got
}

var ackAddress = regexp.MustCompile(`http://\S+/ack/\S+`)

// Story: nobody acts. The practitioner is warned, then the stand-in, then the
// person whom the host names, each by mail, through kills in between. The link
// is pressed once and works; a second press says so; nobody hears more, and the
// register tells it all.
func TestStoryNobodyActs(t *testing.T) {
	h := startAlarmHost(t)
	h.must(201, "POST", "/clients", object{"external_id": "c-1", "name": "Cliënt Geheim", "email": "c1@post.example", "guidance": []object{{"from": "2025-01-01"}}}, nil)
	incident, reference := h.fileRead("c-1")
	noticeTo(t, h.demo, incident, "clients")

	h.moveClock(36*time.Hour + time.Minute)
	h.awaitLetters("anna@praktijk.example", 1)
	h.again()
	h.moveClock(38*time.Hour + 2*time.Minute)
	standIn := h.awaitLetters("bram@waarnemer.example", 1)[0]
	h.again()
	h.moveClock(40*time.Hour + 5*time.Minute)
	host := h.awaitLetters("dienst@host.example", 1)[0]
	for _, l := range []letter{standIn, host} {
		if !strings.Contains(l.Subject, reference) || strings.Contains(l.Subject, "Lindehof") || strings.Contains(l.Raw, "Geheim") {
			t.Errorf("the mail %q names whom it must not, or not the case", l.Subject)
		}
	}

	link := ackAddress.FindString(standIn.Text)
	open := func(method string, status int, words ...string) {
		t.Helper()
		got, raw := h.raw(method, link, nil)
		for _, w := range append(words, "") {
			if got != status || !strings.Contains(string(raw), w) {
				t.Errorf("%s answered %d, want %d with %q:\n%s", method, got, status, w, raw)
			}
		}
		for _, personal := range []string{"Geheim", "Anna", "Lindehof", "post.example"} {
			if strings.Contains(string(raw), personal) {
				t.Errorf("the page says %q", personal)
			}
		}
	}
	for range 3 { // a mail scanner opens it
		open(http.MethodGet, http.StatusOK, "Hebt u deze waarschuwing gezien?", reference)
	}
	open(http.MethodPost, http.StatusOK, "Vastgelegd dat u dit gezien hebt", reference)
	open(http.MethodPost, http.StatusGone, "Deze waarschuwing is al gezien", "De waarnemer heeft dit gezien")
	open(http.MethodGet, http.StatusGone, "Deze link werkt één keer.")
	h.again()
	h.moveClock(43 * time.Hour) // before the next threshold
	time.Sleep(1500 * time.Millisecond)
	for to, want := range map[string]int{"anna@praktijk.example": 1, "bram@waarnemer.example": 1, "dienst@host.example": 1} {
		if got := h.letters(to); len(got) != want {
			t.Errorf("%d mails to %s after somebody had seen it, want %d", len(got), to, want)
		}
	}

	p := h.visit(t)
	p.open(incident)
	p.sees("Ook gewaarschuwd: uw waarnemer", "Ook gewaarschuwd: de contactpersoon van de beheerder", "Waarschuwing gezien door uw waarnemer", "via de link in een e-mail")
	if h.beats.Load() == 0 {
		t.Error("the monitor outside heard nothing")
	}
	if log := h.out.String(); strings.Contains(log, secretOfMonitor) || strings.Contains(log, link[strings.LastIndex(link, ".")+1:]) {
		t.Error("the log holds a secret")
	}
}
