package smtpmail_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
)

func TestOneConnectionCarriesManyMails(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Behave: devstack.RefuseRecipients(func(rcpt string) (int, string, string) {
		if strings.HasPrefix(rcpt, "klant3@") {
			return 550, "5.1.1", "Unknown"
		}
		return 0, "", ""
	})})
	s := sender(t, account(t, server.Addr()))
	for n := range 6 {
		kind := incidents.Accepted
		if n == 3 {
			kind = incidents.RefusedPerson
		}
		if got := s.Send(t.Context(), mailTo(n)); got.Kind != kind {
			t.Errorf("mail %d: %+v, want %s", n, got, kind)
		}
	}
	if server.Connections() != 1 || server.Count() != 5 {
		t.Errorf("%d connections for %d mails, want 1 for 5", server.Connections(), server.Count())
	}
}

func TestADeadIdleConnectionIsNoAttempt(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Behave: devstack.CutOff(1)})
	s := sender(t, account(t, server.Addr()))
	for n := range 4 {
		wantAnswer(t, s.Send(t.Context(), mailTo(n)), incidents.Accepted, "data", 250, "")
	}
	if server.Connections() != 4 || server.Count() != 4 {
		t.Errorf("%d connections for %d mails, want 4 for 4", server.Connections(), server.Count())
	}
}

func TestA421OnAnIdleConnectionIsNoAttempt(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Behave: func(e devstack.Event) devstack.Act {
		if e.Stage == devstack.AtMail && e.Mails == 2 {
			return devstack.Act{Code: 421, Enhanced: "4.7.0", Text: "Enough"}
		}
		return devstack.Act{}
	}})
	s := sender(t, account(t, server.Addr()))
	for n := range 5 {
		wantAnswer(t, s.Send(t.Context(), mailTo(n)), incidents.Accepted, "data", 250, "")
	}
	if server.Connections() != 3 {
		t.Errorf("%d connections, want 3", server.Connections())
	}
}

func TestEightSendersShareTheirConnections(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	a.Connections = 3
	s := sender(t, a)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 25 {
				if got := s.Send(t.Context(), mailTo(g*100+n)); got.Kind != incidents.Accepted {
					t.Errorf("mail %d of %d: %+v", n, g, got)
				}
			}
		})
	}
	wg.Wait()
	if server.Count() != 200 || server.Connections() > 3 {
		t.Errorf("%d mails over %d connections, want 200 over at most 3", server.Count(), server.Connections())
	}
	seen := map[string]bool{}
	for _, m := range server.Messages("", 0) {
		if len(m.To) != 1 || show(t, m.Raw).to != m.To[0] || seen[m.To[0]] {
			t.Errorf("a mail to %v says To: %s", m.To, show(t, m.Raw).to)
		}
		seen[m.To[0]] = true
	}
}

func TestTheRateIsKept(t *testing.T) {
	a := account(t, serve(t, devstack.SMTPOptions{}).Addr())
	a.PerSecond = 50
	s := sender(t, a)
	began := time.Now()
	for n := range 6 {
		wantAnswer(t, s.Send(t.Context(), mailTo(n)), incidents.Accepted, "data", 250, "")
	}
	if took := time.Since(began); took < 95*time.Millisecond {
		t.Errorf("six mails at 50 a second took %s, want at least 100 ms", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	a.PerSecond = 0.001
	s = sender(t, a)
	s.Send(t.Context(), mailTo(1))
	wantAnswer(t, s.Send(ctx, mailTo(2)), incidents.Later, "greeting", 0, "rate limit")
}

func TestCloseWaitsThenCutsOff(t *testing.T) {
	reached := make(chan struct{}, 1)
	server := serve(t, devstack.SMTPOptions{Behave: announce(devstack.AtRcpt, reached)})
	s := smtpmail.New(account(t, server.Addr()))
	answers := make(chan incidents.Answer, 1)
	go func() { answers <- s.Send(context.Background(), mailTo(1)) }()
	<-reached
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); err == nil {
		t.Error("close did not wait for the hung mail")
	}
	wantAnswer(t, <-answers, incidents.Later, "rcpt", 0, "cancel")
	wantAnswer(t, s.Send(t.Context(), mailTo(2)), incidents.Later, "greeting", 0, "closed")
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("second close: %v", err)
	}
}
