package smtpmail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-smtp"

	"datalek/incidents"
)

// Where in the talk with the server an answer came (incidents.Answer.Stage).
const (
	stageCompose  = "compose"
	stageGreeting = "greeting" // dialling, the greeting and EHLO
	stageStartTLS = "starttls"
	stageAuth     = "auth"
	stageMail     = "mail"
	stageRcpt     = "rcpt"
	stageData     = "data" // the DATA command, the message and the reply to it
)

const maxText = 500 // bytes of the server's words that are kept

// errRefused marks what this side refuses: a server without TLS or with one that
// cannot be trusted, without a way to log in, a plain connection to another machine.
var errRefused = errors.New("refused here")

// failure is how one attempt ended; with err nil it was no failure.
type failure struct {
	stage string
	reply string // the words of the good answer
	err   error

	reused bool   // the connection had served before
	handed bool   // a part of the message may have reached the server
	dotted bool   // the final dot went out, so the server may have taken the mail
	token  string // what a login by token showed
}

// smtpCode returns the server's reply code, 0 when there was none.
func (f failure) smtpCode() int {
	var reply *smtp.SMTPError
	if errors.As(f.err, &reply) {
		return reply.Code
	}
	return 0
}

// deadIdle reports that the connection had died, or was being closed by the
// server, before this mail: nothing was handed over and another may be tried.
func (f failure) deadIdle() bool {
	if f.err == nil || !f.reused || f.handed || timedOut(f.err) {
		return false
	}
	code := f.smtpCode()
	return code == 0 || code == 421
}

// reusable reports that the server is in a known state and goes on talking.
func (f failure) reusable() bool {
	if f.err == nil {
		return true
	}
	code := f.smtpCode()
	return code >= 400 && code != 421 && (f.stage == stageRcpt || f.stage == stageData)
}

// open reports that the transaction still stands at the server.
func (f failure) open() bool { return f.err != nil && !f.dotted }

// kind classifies the end of an attempt by the place where it came
// (RFC 5321 section 4.2.1); to is the recipient, left out of the reading.
func (f failure) kind(to string) incidents.AnswerKind {
	var reply *smtp.SMTPError
	switch {
	case f.err == nil:
		return incidents.Accepted
	case errors.As(f.err, &reply) && reply.Code/100 == 2 && f.dotted:
		return incidents.Accepted // another 2yz than 250 is a yes as well
	case errors.As(f.err, &reply) && reply.Code/100 == 4:
		return incidents.Later
	case errors.As(f.err, &reply) && reply.Code/100 == 5:
		if (f.stage == stageRcpt || f.stage == stageData) && !aboutAccount(reply, to) {
			return incidents.RefusedPerson
		}
		return incidents.RefusedAccount
	case errors.Is(f.err, errRefused):
		return incidents.RefusedAccount
	case f.dotted:
		return incidents.Lost
	}
	return incidents.Later
}

// aboutAccount reports a 5yz at RCPT or after DATA that says nothing about this
// person: the login is missing, the sender is not trusted, a quota is used up.
// Many servers hold such refusals back until RCPT. Marking the person would
// set somebody to telephone all clients for one wrong setting.
func aboutAccount(reply *smtp.SMTPError, to string) bool {
	if slices.Contains([]int{500, 502, 503, 504, 530, 534, 535, 538}, reply.Code) {
		return true // the protocol or the login (RFC 5321 section 4.2.2, RFC 4954 section 6)
	}
	switch e := reply.EnhancedCode; {
	case e == smtp.EnhancedCode{5, 1, 7}, e == smtp.EnhancedCode{5, 1, 8}:
		return true // the sender's address (RFC 3463 section 3.2)
	case e == smtp.EnhancedCode{5, 4, 5}:
		return true // the day's quota at Gmail
	case e[0] == 5 && (e[1] == 1 || e[1] == 2):
		return false // the recipient's address or mailbox
	}
	words := strings.ToLower(strings.ReplaceAll(reply.Message, to, ""))
	for _, sign := range []string{"relay", "client host", "helo command", "authenticat"} {
		if strings.Contains(words, sign) {
			return true
		}
	}
	return false
}

func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// answer turns the end of an attempt into what is recorded.
func (s *Sender) answer(f failure, to string) incidents.Answer {
	a := incidents.Answer{Kind: f.kind(to), Stage: f.stage, Server: s.account.addr(), At: s.now()}
	var reply *smtp.SMTPError
	switch {
	case f.err == nil:
		a.Code, a.Text = 250, clean(f.reply)
	case errors.As(f.err, &reply):
		a.Code, a.Text = reply.Code, clean(replyText(reply))
	default:
		a.Text = clean(f.err.Error())
	}
	return a
}

// replyText puts the enhanced code, which the library takes off, in front again.
func replyText(reply *smtp.SMTPError) string {
	e := reply.EnhancedCode
	if e == smtp.EnhancedCodeNotSet {
		return reply.Message
	}
	return fmt.Sprintf("%d.%d.%d %s", e[0], e[1], e[2], reply.Message)
}

// clean makes a server's words safe to keep: UTF-8, no control characters but
// line ends, at most 500 bytes.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return strings.TrimSpace(text)
}

func (s *Sender) now() time.Time {
	if s.account.Now == nil {
		return time.Time{}
	}
	return s.account.Now().UTC()
}
