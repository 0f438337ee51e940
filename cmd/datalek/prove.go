package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/notifier"
	"datalek/services/checkup"
)

// prover finds out whether mails may leave under a return address of their own: it
// sends a mail to that address, under that address, and looks whether it comes in
// as it left.
type prover struct {
	address string // --return-address; "" when none is named
	trusted bool
	store   settings
	now     clockFunc
	from    string // the sender of the trial
	send    func(ctx context.Context, m incidents.Mail) incidents.Answer
	// find returns the header of the mail to an address; nil when there is no mailbox.
	find func(ctx context.Context, to string) ([]byte, error)
}

// trial is the mail that is on its way.
type trial struct {
	Address string    `json:"address"`
	To      string    `json:"to"`
	At      time.Time `json:"at"`
}

const (
	trialSetting = "mail/envelope/trial"
	// trialLife is how long a trial is looked for before another is sent.
	trialLife     = 10 * time.Minute
	trialPatience = 6 * time.Second
	trialPause    = 300 * time.Millisecond
)

// state says what is known, without sending anything.
func (p prover) state(ctx context.Context) checkup.Finding {
	f := checkup.Finding{State: checkup.Unchecked, Blanks: []any{"address", p.address}}
	if p.address == "" {
		f.Code = "envelope_none"
		return f
	}
	passes, at, err := notifier.EnvelopeProven(ctx, p.store, p.address)
	switch {
	case err != nil:
		f.Code, f.Detail = "envelope_unread", err.Error()
	case passes:
		f.State, f.Code = checkup.Well, "envelope_well"
	case !at.IsZero():
		f.State, f.Code = checkup.Note, "envelope_refused"
	case p.trusted:
		f.State, f.Code = checkup.Well, "envelope_trusted"
	default:
		f.Code = "envelope_untried"
	}
	return f
}

// prove sends a trial, or looks for the one that is on its way, and records what
// came of it. What is proven, or trusted, is not tried again.
func (p prover) prove(ctx context.Context) checkup.Finding {
	if f := p.state(ctx); f.State == checkup.Well || f.Code == "envelope_none" || f.Code == "envelope_unread" {
		return f
	}
	t, sent, err := p.underway(ctx)
	if err != nil {
		return p.found(checkup.Unchecked, "envelope_unread", err.Error())
	}
	if !sent {
		if f, gone := p.post(ctx, &t); !gone {
			return f
		}
	}
	if p.find == nil {
		return p.found(checkup.Note, "envelope_unseen", "")
	}
	return p.await(ctx, t)
}

func (p prover) found(state checkup.State, code, detail string) checkup.Finding {
	return checkup.Finding{State: state, Code: code, Detail: detail, Blanks: []any{"address", p.address}}
}

func (p prover) underway(ctx context.Context) (t trial, sent bool, err error) {
	raw, version, err := p.store.Setting(ctx, trialSetting)
	if err != nil || version == 0 {
		return t, false, err
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, false, fmt.Errorf("read the trial of the return address: %w", err)
	}
	age := p.now().Sub(t.At)
	return t, t.Address == p.address && age >= 0 && age < trialLife, nil
}

// post sends a trial. It is false when nothing is on its way then.
func (p prover) post(ctx context.Context, t *trial) (checkup.Finding, bool) {
	var word [18]byte
	_, _ = rand.Read(word[:])                      // never fails (crypto/rand, Go 1.24)
	token := "proof" + hex.EncodeToString(word[:]) // as long as a real one, and none
	*t = trial{Address: p.address, To: incidents.ReturnAddress(p.address, token), At: p.now()}
	answer := p.send(ctx, incidents.Mail{MessageID: token, From: incidents.Address{Email: p.from}, To: incidents.Address{Email: t.To}, ReturnPath: t.To,
		Subject: "datalek: test of the return address", Text: "This message tests whether returned mail comes in. You may delete it.\n", Language: "en", At: p.now()})
	said := strings.TrimSpace(fmt.Sprintf("%d %s", answer.Code, answer.Text))
	switch {
	case answer.Kind == incidents.Accepted:
	case answer.Kind == incidents.RefusedPerson, answer.Kind == incidents.RefusedAccount && answer.Stage == "mail":
		return p.settle(ctx, false, "envelope_refused", said), false
	default:
		return p.found(checkup.Note, "envelope_later", said), false
	}
	raw, err := json.Marshal(*t)
	if err == nil {
		var version int64
		if _, version, err = p.store.Setting(ctx, trialSetting); err == nil {
			err = p.store.PutSetting(ctx, trialSetting, raw, version)
		}
	}
	if err != nil {
		return p.found(checkup.Unchecked, "envelope_unread", err.Error()), false
	}
	return checkup.Finding{}, true
}

// await looks for the trial in the mailbox for a few seconds.
func (p prover) await(ctx context.Context, t trial) checkup.Finding {
	ctx, cancel := context.WithTimeout(ctx, trialPatience)
	defer cancel()
	for {
		header, err := p.find(ctx, t.To)
		if err != nil && ctx.Err() == nil {
			return p.found(checkup.Note, "envelope_waiting", err.Error())
		}
		if header != nil {
			return p.judge(ctx, t, header)
		}
		select {
		case <-time.After(trialPause):
		case <-ctx.Done():
			return p.found(checkup.Note, "envelope_waiting", "")
		}
	}
}

// judge compares the envelope sender under which the trial came in with that under
// which it left. A mailbox that does not show it proves nothing.
func (p prover) judge(ctx context.Context, t trial, header []byte) checkup.Finding {
	fields, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(header, "\r\n\r\n"...)))).ReadMIMEHeader() // what could be read counts
	came := strings.ToLower(strings.Trim(strings.TrimSpace(fields.Get("Return-Path")), "<>"))
	switch came {
	case "":
		return p.found(checkup.Note, "envelope_unseen", "")
	case strings.ToLower(t.To):
		return p.settle(ctx, true, "envelope_well", "")
	}
	return p.settle(ctx, false, "envelope_changed", "")
}

// settle records what was proven.
func (p prover) settle(ctx context.Context, passes bool, code, said string) checkup.Finding {
	if err := notifier.ProveEnvelope(context.WithoutCancel(ctx), p.store, p.address, passes, p.now()); err != nil {
		return p.found(checkup.Unchecked, "envelope_unread", err.Error())
	}
	if passes {
		return p.found(checkup.Well, code, said)
	}
	return p.found(checkup.Note, code, said)
}
