package smtpmail_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t testing.TB, opts devstack.SMTPOptions) *devstack.SMTPServer {
	t.Helper()
	s, err := devstack.StartSMTP(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// account reaches a server of this machine, with short deadlines.
func account(t testing.TB, addr string) smtpmail.Account {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return smtpmail.Account{
		Host: host, Port: n, TLS: smtpmail.NoTLS, ConnectTimeout: 5 * time.Second, CommandTimeout: 5 * time.Second,
		DataTimeout: 5 * time.Second, Now: func() time.Time { return sent },
	}
}

func sender(t testing.TB, a smtpmail.Account) *smtpmail.Sender {
	t.Helper()
	s := smtpmail.New(a)
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func mailTo(n int) incidents.Mail {
	m := notice()
	m.MessageID = fmt.Sprintf("d-%d", n)
	m.To.Email = fmt.Sprintf("klant%d@example.nl", n)
	return m
}

// wantAnswer compares all but the words, which are only asked to hold text.
func wantAnswer(t *testing.T, got incidents.Answer, kind incidents.AnswerKind, stage string, code int, text string) {
	t.Helper()
	if got.Kind != kind || got.Stage != stage || got.Code != code || !strings.Contains(got.Text, text) {
		t.Errorf("answer = %s at %s, code %d, %q; want %s at %s, code %d, %q in it",
			got.Kind, got.Stage, got.Code, got.Text, kind, stage, code, text)
	}
}

func TestAnAcceptedMailArrivesByteForByte(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	m := notice()
	m.Text = ".\n.punt\n" + m.Text
	got := sender(t, account(t, server.Addr())).Send(t.Context(), m)
	sum := sha256.Sum256(compose(t, m))
	want := incidents.Answer{Kind: incidents.Accepted, Stage: "data", Server: server.Addr(), Code: 250, Text: "2.0.0 OK: queued", At: sent,
		ComposedAt: m.At, MailHash: hex.EncodeToString(sum[:])}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	messages := server.Messages("", 0)
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	if diff := cmp.Diff(string(compose(t, m)), string(messages[0].Raw)); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if messages[0].From != m.From.Email || !cmp.Equal(messages[0].To, []string{m.To.Email}) {
		t.Errorf("envelope %s to %v", messages[0].From, messages[0].To)
	}
}

func TestRefusalsByTheirPlace(t *testing.T) {
	for _, tt := range []struct {
		name     string
		at       devstack.Stage
		code     int
		enhanced string
		text     string
		kind     incidents.AnswerKind
		stage    string
	}{
		{"4yz in the greeting", devstack.AtGreeting, 450, "", "Busy", incidents.Later, "greeting"},
		{"421 in the greeting", devstack.AtGreeting, 421, "", "Busy", incidents.Later, "greeting"},
		{"5yz in the greeting", devstack.AtGreeting, 554, "", "No", incidents.RefusedAccount, "greeting"},
		{"5yz at EHLO", devstack.AtHello, 550, "5.7.1", "No", incidents.RefusedAccount, "greeting"},
		{"4yz at MAIL", devstack.AtMail, 451, "4.3.0", "Later", incidents.Later, "mail"},
		{"5yz at MAIL", devstack.AtMail, 550, "5.1.0", "No", incidents.RefusedAccount, "mail"},
		{"a full quota at MAIL", devstack.AtMail, 552, "5.2.2", "Full", incidents.RefusedAccount, "mail"},
		{"a policy at MAIL", devstack.AtMail, 550, "5.7.1", "No", incidents.RefusedAccount, "mail"},
		{"greylisting", devstack.AtRcpt, 451, "4.7.1", "Greylisted", incidents.Later, "rcpt"},
		{"421 at RCPT", devstack.AtRcpt, 421, "4.3.2", "Closing", incidents.Later, "rcpt"},
		{"an unknown person", devstack.AtRcpt, 550, "5.1.1", "Unknown", incidents.RefusedPerson, "rcpt"},
		{"a person called relay", devstack.AtRcpt, 550, "5.1.1", "<relay@example.nl> unknown", incidents.RefusedPerson, "rcpt"},
		{"a full mailbox for good", devstack.AtRcpt, 552, "5.2.2", "Full", incidents.RefusedPerson, "rcpt"},
		{"a refusal without an enhanced code", devstack.AtRcpt, 553, "", "No", incidents.RefusedPerson, "rcpt"},
		{"no relaying, said late", devstack.AtRcpt, 554, "5.7.1", "Relay access denied", incidents.RefusedAccount, "rcpt"},
		{"login missing, said late", devstack.AtRcpt, 530, "5.7.0", "Authenticate first", incidents.RefusedAccount, "rcpt"},
		{"a bad EHLO name, said late", devstack.AtRcpt, 504, "5.5.2", "Helo command rejected", incidents.RefusedAccount, "rcpt"},
		{"a bad sender, said late", devstack.AtRcpt, 550, "5.1.8", "Bad sender", incidents.RefusedAccount, "rcpt"},
		{"4yz after DATA", devstack.AtDot, 452, "4.3.1", "Full", incidents.Later, "data"},
		{"421 after DATA", devstack.AtDot, 421, "4.3.2", "Closing", incidents.Later, "data"},
		{"5yz after DATA", devstack.AtDot, 554, "5.6.0", "No", incidents.RefusedPerson, "data"},
		{"a day's quota after DATA", devstack.AtDot, 550, "5.4.5", "Daily limit", incidents.RefusedAccount, "data"},
		{"a yes other than 250", devstack.AtDot, 252, "2.0.0", "Will try", incidents.Accepted, "data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, devstack.SMTPOptions{Behave: devstack.Refuse(tt.at, tt.code, tt.enhanced, tt.text)})
			got := sender(t, account(t, server.Addr())).Send(t.Context(), mailTo(1))
			text := tt.text
			if tt.enhanced != "" {
				text = tt.enhanced + " " + text
			}
			wantAnswer(t, got, tt.kind, tt.stage, tt.code, text)
			if got.At != sent || got.Server != server.Addr() {
				t.Errorf("answer of %s at %s", got.Server, got.At)
			}
		})
	}
}

func TestABrokenConnectionByItsPlace(t *testing.T) {
	for _, tt := range []struct {
		at    devstack.Stage
		kind  incidents.AnswerKind
		stage string
	}{
		{devstack.AtGreeting, incidents.Later, "greeting"},
		{devstack.AtHello, incidents.Later, "greeting"},
		{devstack.AtMail, incidents.Later, "mail"},
		{devstack.AtRcpt, incidents.Later, "rcpt"},
		{devstack.AtDot, incidents.Lost, "data"},
	} {
		t.Run("dropped at "+string(tt.at), func(t *testing.T) {
			server := serve(t, devstack.SMTPOptions{Behave: devstack.DropAt(tt.at, 1)})
			s := sender(t, account(t, server.Addr()))
			wantAnswer(t, s.Send(t.Context(), mailTo(1)), tt.kind, tt.stage, 0, "")
			wantAnswer(t, s.Send(t.Context(), mailTo(1)), incidents.Accepted, "data", 250, "")
		})
		t.Run("hung at "+string(tt.at), func(t *testing.T) {
			server := serve(t, devstack.SMTPOptions{Behave: devstack.HangAt(tt.at)})
			a := account(t, server.Addr())
			a.CommandTimeout, a.DataTimeout = 50*time.Millisecond, 50*time.Millisecond
			wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), tt.kind, tt.stage, 0, "")
		})
		t.Run("given up at "+string(tt.at), func(t *testing.T) {
			reached := make(chan struct{}, 1)
			server := serve(t, devstack.SMTPOptions{Behave: announce(tt.at, reached)})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-reached
				cancel()
			}()
			wantAnswer(t, sender(t, account(t, server.Addr())).Send(ctx, mailTo(1)), tt.kind, tt.stage, 0, "cancel")
		})
	}
}

// announce hangs at a stage and says so.
func announce(at devstack.Stage, reached chan<- struct{}) func(devstack.Event) devstack.Act {
	hang := devstack.HangAt(at)
	return func(e devstack.Event) devstack.Act {
		act := hang(e)
		if act.Hang {
			reached <- struct{}{}
		}
		return act
	}
}

func TestALostAnswerIsRepeatedUnderTheSameMessageID(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Behave: devstack.DropAt(devstack.AtDot, 1)})
	s := sender(t, account(t, server.Addr()))
	wantAnswer(t, s.Send(t.Context(), mailTo(1)), incidents.Lost, "data", 0, "")
	wantAnswer(t, s.Send(t.Context(), mailTo(1)), incidents.Accepted, "data", 250, "")
	got := server.Messages("", 0)
	if len(got) != 2 || show(t, got[0].Raw).messageID != "<d-1@vandijk.example>" || string(got[0].Raw) != string(got[1].Raw) {
		t.Errorf("the server took %d mails, not two equal ones", len(got))
	}
}

func TestNoServerIsLater(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	server.Close()
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Later, "greeting", 0, "connect")
}

func TestAMailThatCannotBeComposed(t *testing.T) {
	s := sender(t, smtpmail.Account{Host: "mail.example.nl"})
	m := mailTo(1)
	m.To.Email = "één@example.nl"
	wantAnswer(t, s.Send(t.Context(), m), incidents.RefusedPerson, "compose", 0, "to.email")
	m = mailTo(1)
	m.From.Email = "één@example.nl"
	wantAnswer(t, s.Send(t.Context(), m), incidents.RefusedAccount, "compose", 0, "from.email")
}

func TestTLS(t *testing.T) {
	old, oldRoots, err := devstack.SelfSigned("elsewhere.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		opts   devstack.SMTPOptions
		change func(*smtpmail.Account, *devstack.SMTPServer)
		kind   incidents.AnswerKind
		stage  string
		text   string
	}{
		{"STARTTLS", devstack.SMTPOptions{Security: devstack.StartTLS},
			func(a *smtpmail.Account, _ *devstack.SMTPServer) {}, incidents.Accepted, "data", ""},
		{"TLS from the start", devstack.SMTPOptions{Security: devstack.Implicit},
			func(a *smtpmail.Account, _ *devstack.SMTPServer) { a.TLS = smtpmail.ImplicitTLS }, incidents.Accepted, "data", ""},
		{"a server that offers none", devstack.SMTPOptions{},
			func(*smtpmail.Account, *devstack.SMTPServer) {}, incidents.RefusedAccount, "starttls", "no STARTTLS"},
		{"plain text where TLS should be", devstack.SMTPOptions{},
			func(a *smtpmail.Account, _ *devstack.SMTPServer) { a.TLS = smtpmail.ImplicitTLS }, incidents.RefusedAccount, "starttls", "TLS"},
		{"an unknown authority", devstack.SMTPOptions{Security: devstack.StartTLS},
			func(a *smtpmail.Account, _ *devstack.SMTPServer) { a.RootCAs = nil }, incidents.RefusedAccount, "starttls", "certificate"},
		{"another host's certificate", devstack.SMTPOptions{Security: devstack.StartTLS, Certificate: &old},
			func(a *smtpmail.Account, _ *devstack.SMTPServer) { a.RootCAs = oldRoots }, incidents.RefusedAccount, "starttls", "certificate"},
		{"a refused handshake", devstack.SMTPOptions{Security: devstack.StartTLS, Behave: devstack.Refuse(devstack.AtStartTLS, 554, "", "")},
			func(*smtpmail.Account, *devstack.SMTPServer) {}, incidents.RefusedAccount, "starttls", "TLS"},
		{"a dropped handshake", devstack.SMTPOptions{Security: devstack.StartTLS, Behave: devstack.DropAt(devstack.AtStartTLS, 1)},
			func(*smtpmail.Account, *devstack.SMTPServer) {}, incidents.Later, "starttls", "TLS"},
		{"a hung handshake", devstack.SMTPOptions{Security: devstack.StartTLS, Behave: devstack.HangAt(devstack.AtStartTLS)},
			func(a *smtpmail.Account, _ *devstack.SMTPServer) { a.ConnectTimeout = 200 * time.Millisecond }, incidents.Later, "starttls", "TLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, tt.opts)
			a := account(t, server.Addr())
			a.TLS, a.RootCAs = smtpmail.StartTLS, server.RootCAs()
			tt.change(&a, server)
			got := sender(t, a).Send(t.Context(), mailTo(1))
			if got.Kind != tt.kind || got.Stage != tt.stage || !strings.Contains(got.Text, tt.text) {
				t.Errorf("answer = %+v, want %s at %s", got, tt.kind, tt.stage)
			}
			if got.Kind != incidents.Accepted && server.Count() != 0 {
				t.Error("a mail went out nevertheless")
			}
		})
	}
}

func TestNoPlainTextToAnotherMachine(t *testing.T) {
	s := sender(t, smtpmail.Account{Host: "192.0.2.1", Port: 25, TLS: smtpmail.NoTLS})
	wantAnswer(t, s.Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "starttls", 0, "this machine")
	wantAnswer(t, s.Check(t.Context()), incidents.RefusedAccount, "starttls", 0, "this machine")
}

func TestLogin(t *testing.T) {
	for _, security := range []devstack.Security{devstack.Plain, devstack.StartTLS} {
		server := serve(t, devstack.SMTPOptions{Security: security, Username: "anna", Password: "geheim"})
		a := account(t, server.Addr())
		if security == devstack.StartTLS {
			a.TLS, a.RootCAs = smtpmail.StartTLS, server.RootCAs()
		}
		wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "mail", 530, "5.7.0")
		a.Username, a.Password = "anna", "fout"
		wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "auth", 535, "5.7.8")
		a.Password = "geheim"
		wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Accepted, "data", 250, "")
	}
	t.Run("a server that offers none", func(t *testing.T) {
		a := account(t, serve(t, devstack.SMTPOptions{}).Addr())
		a.Username, a.Password = "anna", "geheim"
		wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "auth", 0, "no login")
	})
	t.Run("a server that is not ready", func(t *testing.T) {
		a := account(t, serve(t, devstack.SMTPOptions{Username: "anna", Password: "geheim",
			Behave: devstack.Refuse(devstack.AtAuth, 454, "4.7.0", "Try later")}).Addr())
		a.Username, a.Password = "anna", "geheim"
		wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Later, "auth", 454, "4.7.0 Try later")
	})
}

func TestCheckSendsNothing(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Security: devstack.StartTLS, Username: "anna", Password: "geheim"})
	a := account(t, server.Addr())
	a.TLS, a.RootCAs, a.Username, a.Password = smtpmail.StartTLS, server.RootCAs(), "anna", "geheim"
	wantAnswer(t, sender(t, a).Check(t.Context()), incidents.Accepted, "auth", 250, "ready")
	a.Password = "fout"
	wantAnswer(t, sender(t, a).Check(t.Context()), incidents.RefusedAccount, "auth", 535, "5.7.8")
	if server.Count() != 0 {
		t.Error("a check sent a mail")
	}
}

func TestLateRepliesOverTLSAreLost(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Security: devstack.StartTLS, Behave: devstack.DropAt(devstack.AtDot, 1)})
	a := account(t, server.Addr())
	a.TLS, a.RootCAs = smtpmail.StartTLS, server.RootCAs()
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Lost, "data", 0, "")
}
