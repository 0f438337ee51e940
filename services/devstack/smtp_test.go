package devstack_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"datalek/services/devstack"
)

var noon = time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, opts devstack.SMTPOptions) *devstack.SMTPServer {
	t.Helper()
	opts.Now = func() time.Time { return noon }
	s, err := devstack.StartSMTP(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func dial(t *testing.T, s *devstack.SMTPServer) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func letter(n int) string {
	return fmt.Sprintf("From: a@example.nl\r\nTo: b@example.nl\r\nSubject: mail %d\r\n\r\nDag %d.\r\n", n, n)
}

func post(t *testing.T, s *devstack.SMTPServer, n int) {
	t.Helper()
	c := dial(t, s)
	if err := c.SendMail("a@example.nl", []string{"b@example.nl"}, strings.NewReader(letter(n))); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
}

func TestAMailIsCaughtAsItCame(t *testing.T) {
	s := start(t, devstack.SMTPOptions{})
	post(t, s, 1)
	got := s.Messages("", 0)
	want := []devstack.Message{{
		ID: "0000000001", At: noon, From: "a@example.nl", To: []string{"b@example.nl"}, Raw: []byte(letter(1)),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if s.Connections() != 1 {
		t.Errorf("connections = %d, want 1", s.Connections())
	}
}

func TestPagesGoFromNewToOld(t *testing.T) {
	for _, folder := range []string{"", t.TempDir()} {
		s := start(t, devstack.SMTPOptions{Folder: folder, Keep: 4})
		for n := range 5 {
			post(t, s, n+1)
		}
		var subjects []string
		before := ""
		for range 3 {
			page := s.Messages(before, 3)
			for _, m := range page {
				subjects = append(subjects, subject(m))
				before = m.ID
			}
			subjects = append(subjects, "|")
		}
		want := []string{"mail 5", "mail 4", "mail 3", "|", "mail 2", "|", "|"}
		if diff := cmp.Diff(want, subjects); diff != "" {
			t.Errorf("folder %t: pages (-want +got):\n%s", folder != "", diff)
		}
	}
}

func TestTheFolderSurvivesARestart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mail")
	first := start(t, devstack.SMTPOptions{Folder: folder})
	post(t, first, 1)
	post(t, first, 2)
	before := first.Messages("", 0)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "0000000009.eml"), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}

	second := start(t, devstack.SMTPOptions{Folder: folder})
	if diff := cmp.Diff(before, second.Messages("", 0)); diff != "" {
		t.Errorf("after the restart (-want +got):\n%s", diff)
	}
	post(t, second, 3)
	m, ok := second.Message("0000000003")
	if !ok || subject(m) != "mail 3" {
		t.Errorf("message after the restart = %+v, %t", m, ok)
	}
	info, err := os.Stat(filepath.Join(folder, "0000000003.eml"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
}

func TestOnlyALoopbackAddressIsServed(t *testing.T) {
	s, err := devstack.StartSMTP(devstack.SMTPOptions{Addr: "0.0.0.0:0"})
	if err == nil {
		s.Close()
		t.Fatal("the server listens to everybody")
	}
}

func TestLoginAndTLSAreAskedFor(t *testing.T) {
	for _, tt := range []struct {
		name     string
		security devstack.Security
		dial     func(addr string, config *tls.Config) (*smtp.Client, error)
	}{
		{"after STARTTLS", devstack.StartTLS, smtp.DialStartTLS},
		{"with TLS from the start", devstack.Implicit, smtp.DialTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, devstack.SMTPOptions{Security: tt.security, Username: "anna", Password: "geheim"})
			c, err := tt.dial(s.Addr(), &tls.Config{RootCAs: s.RootCAs()})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			wantCode(t, c.Mail("a@example.nl", nil), 530)
			wantCode(t, c.Auth(sasl.NewPlainClient("", "anna", "fout")), 535)
			if err := c.Auth(sasl.NewLoginClient("anna", "geheim")); err != nil {
				t.Fatal(err)
			}
			if err := c.SendMail("a@example.nl", []string{"b@example.nl"}, strings.NewReader(letter(1))); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) || reply.Code != code {
		t.Errorf("answer = %v, want %d", err, code)
	}
}

func TestBehaviours(t *testing.T) {
	refuse := devstack.RefuseRecipients(func(rcpt string) (int, string, string) {
		if strings.HasPrefix(rcpt, "bad") {
			return 550, "5.1.1", "No such person"
		}
		return 0, "", ""
	})
	t.Run("one recipient is refused and the next is not", func(t *testing.T) {
		c := dial(t, start(t, devstack.SMTPOptions{Behave: refuse}))
		if err := c.Mail("a@example.nl", nil); err != nil {
			t.Fatal(err)
		}
		wantCode(t, c.Rcpt("bad@example.nl", nil), 550)
		if err := c.Rcpt("good@example.nl", nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("the greeting is an error", func(t *testing.T) {
		c := dial(t, start(t, devstack.SMTPOptions{Behave: devstack.Refuse(devstack.AtGreeting, 554, "", "Closed")}))
		wantCode(t, c.Hello("x"), 554)
	})
	t.Run("the answer to a kept mail is lost once", func(t *testing.T) {
		s := start(t, devstack.SMTPOptions{Behave: devstack.DropAt(devstack.AtDot, 1)})
		err := dial(t, s).SendMail("a@example.nl", []string{"b@example.nl"}, strings.NewReader(letter(1)))
		if err == nil {
			t.Error("the first mail was answered")
		}
		post(t, s, 2)
		if s.Count() != 2 {
			t.Errorf("kept %d, want both", s.Count())
		}
	})
	t.Run("a mail is refused after its dot and not kept", func(t *testing.T) {
		s := start(t, devstack.SMTPOptions{Behave: devstack.Refuse(devstack.AtDot, 554, "5.6.0", "No")})
		err := dial(t, s).SendMail("a@example.nl", []string{"b@example.nl"}, strings.NewReader(letter(1)))
		wantCode(t, err, 554)
		if s.Count() != 0 {
			t.Errorf("kept %d, want none", s.Count())
		}
	})
	t.Run("a connection carries two mails", func(t *testing.T) {
		s := start(t, devstack.SMTPOptions{Behave: devstack.CutOff(2)})
		c := dial(t, s)
		var err error
		for n := 0; n < 3 && err == nil; n++ {
			err = c.SendMail("a@example.nl", []string{"b@example.nl"}, strings.NewReader(letter(n)))
		}
		if err == nil || s.Count() != 2 {
			t.Errorf("third mail: %v, kept %d", err, s.Count())
		}
	})
	t.Run("behaviours take turns", func(t *testing.T) {
		both := devstack.InTurn(refuse, devstack.Slow(time.Millisecond))
		c := dial(t, start(t, devstack.SMTPOptions{Behave: both}))
		wantCode(t, c.SendMail("a@example.nl", []string{"bad@example.nl"}, strings.NewReader("")), 550)
	})
}

func TestCloseFreesWhatHangs(t *testing.T) {
	for _, stage := range []devstack.Stage{devstack.AtGreeting, devstack.AtHello, devstack.AtMail, devstack.AtRcpt, devstack.AtData, devstack.AtDot} {
		t.Run("at "+string(stage), func(t *testing.T) {
			reached := make(chan struct{})
			hang := devstack.HangAt(stage)
			s := start(t, devstack.SMTPOptions{Behave: func(e devstack.Event) devstack.Act {
				act := hang(e)
				if act.Hang {
					close(reached)
				}
				return act
			}})
			c := dial(t, s)
			ended := make(chan error, 1)
			go func() {
				ended <- c.SendMail("a@example.nl", []string{"b@example.nl"}, strings.NewReader(letter(1)))
			}()
			<-reached
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil {
				t.Error("the mail was taken")
			}
			if _, err := net.Dial("tcp", s.Addr()); err == nil {
				t.Error("the port still answers")
			}
		})
	}
}

func TestCloseRightAfterTheStart(t *testing.T) {
	for range 50 {
		s := start(t, devstack.SMTPOptions{})
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection outlived the server")
		}
		c.Close()
	}
}

func TestWaitSeesMailsAndTheEndOfPatience(t *testing.T) {
	s := start(t, devstack.SMTPOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error, 1)
	go func() { waited <- s.Wait(ctx, 2) }()
	post(t, s, 1)
	post(t, s, 2)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	cancel()
	if err := s.Wait(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("wait = %v, want cancelled", err)
	}
}

// subject reads what a mail is about.
func subject(m devstack.Message) string {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return ""
	}
	return parsed.Header.Get("Subject")
}

func TestSelfSignedNeedsAHost(t *testing.T) {
	if _, _, err := devstack.SelfSigned(); err == nil {
		t.Error("a certificate for nobody was made")
	}
}
