package main_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"datalek/services/devstack"
)

// Story: the mail server refuses the login in the middle of a mailing. The
// program is killed and started anew while the account rests; the desk says what
// is wrong; the password is mended at the server; a press lets all mails go, and
// nobody was marked.
func TestStoryRefusedAccount(t *testing.T) {
	h := &pausedHost{}
	h.served = newServed(t, devstack.SMTPOptions{Username: "post@host.example", Password: "new", Behave: func(e devstack.Event) devstack.Act {
		if e.Stage == devstack.AtAuth {
			h.logins.Add(1)
			if !h.mended.Load() {
				return devstack.Act{Code: 535, Enhanced: "5.7.8", Text: "login of post@host.example refused"}
			}
		}
		return devstack.Act{}
	}})
	h.addOwn(t, "Praktijk", "Anna", "bericht@praktijk.example")
	h.mail, h.metrics = "smtp://post%40host.example@"+h.smtp.Addr()+"?tls=none", freeAddr(t)
	h.args = []string{"--metrics-addr", h.metrics, "--smtp-password-file", h.secretFile("password", "new")}
	h.serve()
	const clients = 40
	incident, notice := h.approved(t, clients)
	await(t, "the gauge shows one refused account", func() error { return h.gauge("1") })

	h.kill()
	tried := h.logins.Load()
	h.serve()
	p := h.visit(t)
	for _, path := range []string{"/", "/notices/" + notice + "/progress"} {
		p.open(path)
		p.sees("De mailserver laat ons niet binnen sinds", fmt.Sprintf("Er wachten %d e-mails. Niemand telt als bereikt of als geweigerd.", clients),
			"Kijk of het wachtwoord", "5.7.8 login of … refused", "Het programma probeert het weer op")
	}
	if now := h.logins.Load(); now != tried {
		t.Errorf("%d logins were tried after the restart, while the account rests", now-tried)
	}
	if err := h.gauge("1"); err != nil {
		t.Error(err)
	}

	h.mended.Store(true)
	p.open("/")
	p.click("Probeer het nu")
	p.sees("Het programma probeert het meteen.")
	awaitClient(t, h.demo, incident, "met", clients)
	p.open("/")
	if strings.Contains(p.words(), "laat ons niet binnen") {
		t.Error("the banner stands still")
	}
	h.nobodyMarked(notice, clients)
	await(t, "the gauge shows none", func() error { return h.gauge("0") })
}

// pausedHost is the served program with a mail server that asks for a password.
type pausedHost struct {
	*served
	mended  atomic.Bool
	logins  atomic.Int32
	metrics string
}

// approved lets a message go to so many clients.
func (h *pausedHost) approved(t *testing.T, clients int) (incident, notice string) {
	h.t.Helper()
	var ids []string
	for n := range clients {
		ids = append(ids, fmt.Sprintf("c-%02d", n))
		h.must(201, "POST", "/clients", object{"external_id": ids[n], "name": "Cliënt " + ids[n], "email": ids[n] + "@post.example", "guidance": []object{{"from": "2025-01-01"}}}, nil)
	}
	incident, _ = h.fileRead(ids...)
	return incident, h.tellClients(t, incident)
}

// nobodyMarked fails unless every client got his mail once, by one acceptance.
func (h *pausedHost) nobodyMarked(notice string, clients int) {
	h.t.Helper()
	var page struct {
		Items []struct {
			State    string
			Attempts []struct{ Outcome string }
		}
	}
	h.must(200, "GET", "/notices/"+notice+"/deliveries?limit=500", nil, &page)
	if len(page.Items) != clients {
		h.t.Errorf("%d deliveries", len(page.Items))
	}
	for _, row := range page.Items {
		if row.State != "sent" || row.Attempts[len(row.Attempts)-1].Outcome != "accepted" {
			h.t.Errorf("%+v", row)
		}
		for _, x := range row.Attempts {
			if x.Outcome != "accepted" && x.Outcome != "refused_account" {
				h.t.Errorf("an attempt ended as %s", x.Outcome)
			}
		}
	}
	got := map[string]int{}
	for _, m := range h.smtp.Messages("", 0) {
		got[m.To[0]]++
	}
	for n := range clients {
		if mails := got[fmt.Sprintf("c-%02d@post.example", n)]; mails != 1 {
			h.t.Errorf("c-%02d got %d mails", n, mails)
		}
	}
}

// gauge says what is not as wanted of the metric.
func (h *pausedHost) gauge(want string) error {
	answer, err := http.Get("http://" + h.metrics + "/metrics")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if !strings.Contains(string(raw), "\ndatalek_mail_accounts_paused "+want+"\n") || strings.Contains(string(raw), "@") {
		return errNot("%s", regexp.MustCompile(`datalek_mail\S* .*`).FindString(string(raw)))
	}
	return nil
}
