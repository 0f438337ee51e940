package smtpmail_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/services/devstack"
)

func TestNobodyReceivesAHeldMailBeforeItIsSent(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	s := sender(t, account(t, server.Addr()))
	for n := range 3 {
		send, drop := s.Prepare(mailTo(n))(t.Context())
		if got := server.Count(); got != n {
			t.Errorf("the server delivered %d mails before the dot of number %d", got, n)
		}
		wantAnswer(t, send(t.Context()), incidents.Accepted, "data", 250, "queued")
		drop() // after send there is nothing to give up
	}
	if server.Count() != 3 || server.Connections() != 1 {
		t.Errorf("%d mails over %d connections, want 3 over 1", server.Count(), server.Connections())
	}
}

func TestADroppedMailReachesNobodyAndFreesItsConnection(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	a.Connections = 1
	s := sender(t, a)
	_, drop := s.Prepare(mailTo(1))(t.Context())
	drop()
	wantAnswer(t, s.Send(t.Context(), mailTo(2)), incidents.Accepted, "data", 250, "")
	messages := server.Messages("", 0)
	if len(messages) != 1 || messages[0].To[0] != mailTo(2).To.Email {
		t.Errorf("the server delivered %d mails, want only the one that was sent", len(messages))
	}
}

func TestAMailHeldForTooLongIsHandedOverAnew(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	a.Connections = 1
	s := sender(t, a)
	s.HoldAtMost(time.Millisecond)
	send, _ := s.Prepare(mailTo(1))(t.Context())
	if a := s.Check(t.Context()); a.Kind != incidents.Accepted { // waits until the one connection is given up
		t.Fatalf("check: %+v", a)
	}
	wantAnswer(t, send(t.Context()), incidents.Accepted, "data", 250, "")
	if server.Count() != 1 {
		t.Errorf("%d mails arrived, want 1", server.Count())
	}
}

func TestARefusalBeforeTheDotIsTheAnswer(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Behave: devstack.RefuseEvery(2)})
	s := sender(t, account(t, server.Addr()))
	for n, want := range []incidents.AnswerKind{incidents.Accepted, incidents.RefusedPerson, incidents.Accepted} {
		send, _ := s.Prepare(mailTo(n))(t.Context())
		if got := send(t.Context()); got.Kind != want {
			t.Errorf("mail %d: %+v, want %s", n, got, want)
		}
	}
	if server.Connections() != 1 {
		t.Errorf("%d connections, want 1", server.Connections())
	}
}
