package smtpmail_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/services/smtpmail"
)

// script is a server that answers each line as told, for what no honest server
// says. A line is "" for the greeting, "." for a message that is complete.
type script struct {
	addr  string
	ended chan struct{} // one for each connection that has ended
}

// hush is the reply that says nothing and leaves the client waiting.
const hush = "\x00"

// play starts a script. An empty reply closes the connection.
func play(t *testing.T, reply func(connection int, line string) string) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{addr: l.Addr().String(), ended: make(chan struct{}, 100)}
	var running sync.WaitGroup
	running.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.talk(c, func(line string) string { return reply(n, line) }) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return s
}

func (s *script) talk(c net.Conn, reply func(line string) string) {
	defer func() {
		c.Close()
		s.ended <- struct{}{}
	}()
	lines := bufio.NewScanner(c)
	data := false
	say := func(line string) bool {
		answer := reply(line)
		if answer == hush {
			return true
		}
		data = strings.HasPrefix(answer, "354")
		_, err := fmt.Fprintf(c, "%s\r\n", answer)
		return answer != "" && err == nil
	}
	for ok := say(""); ok && lines.Scan(); {
		if line := lines.Text(); !data || line == "." {
			ok = say(line)
		}
	}
}

// well is what an ordinary server replies.
func well(line string) string {
	switch verb, _, _ := strings.Cut(line, " "); verb {
	case "":
		return "220 ready"
	case "DATA":
		return "354 go on"
	case "QUIT":
		return "221 bye"
	}
	return "250 fine"
}

// but is well, with another reply to the lines that begin with verb.
func but(verb, answer string) func(int, string) string {
	return func(_ int, line string) string {
		if strings.HasPrefix(line, verb) && (verb != "" || line == "") {
			return answer
		}
		return well(line)
	}
}

func TestOddAnswers(t *testing.T) {
	for _, tt := range []struct {
		name         string
		verb, answer string
		kind         incidents.AnswerKind
		stage        string
		code         int
		text         string
	}{
		{"a greeting that is no SMTP", "", "HTTP/1.1 400 Bad Request", incidents.Later, "greeting", 0, ""},
		{"a greeting without end", "", strings.Repeat("220-x", 10_000), incidents.Later, "greeting", 0, ""},
		{"nonsense at RCPT", "RCPT", "nonsense", incidents.Later, "rcpt", 0, ""},
		{"a question at MAIL", "MAIL", "354 go on", incidents.Later, "mail", 354, ""},
		{"nonsense after the dot", ".", "nonsense", incidents.Lost, "data", 0, ""},
		{"a question after the dot", ".", "354 go on", incidents.Lost, "data", 354, ""},
		{"DATA refused for now", "DATA", "451 4.3.0 busy", incidents.Later, "data", 451, "busy"},
		{"DATA refused for good", "DATA", "554 5.6.0 no", incidents.RefusedPerson, "data", 554, "no"},
		{"DATA out of order", "DATA", "503 5.5.1 no", incidents.RefusedAccount, "data", 503, "no"},
		{"words over several lines", "RCPT", "550-5.1.1 No such\r\n550 5.1.1 person", incidents.RefusedPerson, "rcpt", 550, "5.1.1 No such\nperson"},
		{"control characters in the words", "RCPT", "550 5.1.1 a\x1b[2Jb\xff", incidents.RefusedPerson, "rcpt", 550, "5.1.1 a [2Jb\uFFFD"},
		{"a server that knows HELO only", "EHLO", "502 what", incidents.Accepted, "data", 250, "fine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := play(t, but(tt.verb, tt.answer))
			wantAnswer(t, sender(t, account(t, s.addr)).Send(t.Context(), mailTo(1)), tt.kind, tt.stage, tt.code, tt.text)
		})
	}
}

func TestLongWordsAreCut(t *testing.T) {
	s := play(t, but("RCPT", "550 5.1.1 "+strings.Repeat("é", 400)))
	got := sender(t, account(t, s.addr)).Send(t.Context(), mailTo(1))
	if len(got.Text) > 500 || len(got.Text) < 498 || !strings.HasSuffix(got.Text, "é") {
		t.Errorf("%d bytes: %q", len(got.Text), got.Text)
	}
}

func TestAServerThatSpeaksOnBeforeTLSIsRefused(t *testing.T) {
	s := play(t, func(_ int, line string) string {
		switch verb, _, _ := strings.Cut(line, " "); verb {
		case "EHLO":
			return "250-me\r\n250 STARTTLS"
		case "STARTTLS":
			return "220 go\r\n250 injected"
		}
		return well(line)
	})
	a := account(t, s.addr)
	a.TLS = smtpmail.StartTLS
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "starttls", 0, "spoke on")
}

func TestLoginByQuestions(t *testing.T) {
	var said []string
	s := play(t, func(_ int, line string) string {
		switch {
		case strings.HasPrefix(line, "EHLO"):
			said = append(said, line)
			return "250-me\r\n250 AUTH LOGIN"
		case line == "AUTH LOGIN":
			return "334 VXNlciBOYW1lAA=="
		case line == "YW5uYQ==":
			said = append(said, "anna")
			return "334 UGFzc3dvcmQA"
		case line == "Z2VoZWlt":
			said = append(said, "geheim")
			return "235 welcome"
		}
		return well(line)
	})
	a := account(t, s.addr)
	a.Username, a.Password = "anna", "geheim"
	wantAnswer(t, sender(t, a).Check(t.Context()), incidents.Accepted, "auth", 250, "ready")
	<-s.ended
	if got := strings.Join(said, ","); got != "EHLO [127.0.0.1],anna,geheim" {
		t.Errorf("said %s", got)
	}
}

func TestAnIdleConnectionIsClosedInTime(t *testing.T) {
	s := play(t, func(_ int, line string) string { return well(line) })
	a := account(t, s.addr)
	a.IdleTimeout = 10 * time.Millisecond
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Accepted, "data", 250, "")
	<-s.ended
}

func TestAForgottenConnectionIsNoAttempt(t *testing.T) {
	s := play(t, func(connection int, line string) string {
		if connection == 1 && line == "NOOP" {
			return hush // as a firewall that dropped the connection
		}
		return well(line)
	})
	a := account(t, s.addr)
	a.CommandTimeout = 200 * time.Millisecond
	mails := sender(t, a)
	wantAnswer(t, mails.Send(t.Context(), mailTo(1)), incidents.Accepted, "data", 250, "")
	time.Sleep(700 * time.Millisecond) // only a connection that lay idle is asked
	wantAnswer(t, mails.Send(t.Context(), mailTo(2)), incidents.Accepted, "data", 250, "")
	<-s.ended
}
