package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents"
	"datalek/services/smtpmail"
)

// doctorCmd looks whether everything that a server needs works.
type doctorCmd struct {
	config
	Full bool `help:"Read the whole store."`
}

// errUnwell says that a check failed; the list above it says which.
var errUnwell = errors.New("not everything is well; see above what to do")

// Run checks one thing after the other and says what to do about each.
func (d *doctorCmd) Run(ctx context.Context, t *terminal) error {
	well := true
	for _, check := range []struct {
		name, advice string
		run          func(context.Context, *terminal) error
	}{
		{"configuration", "correct the flag it names", func(context.Context, *terminal) error { return d.validate() }},
		{"store", "check the folder, its rights and the free space; a running server holds it, so ask its /readyz instead", d.checkStore},
		{"mail server", "check --smtp, the password file and that the server offers TLS", d.checkMail},
	} {
		limit, cancel := context.WithTimeout(ctx, time.Minute)
		err := check.run(limit, t)
		cancel()
		if err != nil {
			well = false
			t.printf("NOT WELL  %s: %v\n          %s\n", check.name, err, check.advice)
			continue
		}
		t.printf("well      %s\n", check.name)
	}
	if !well {
		return errUnwell
	}
	return nil
}

func (d *doctorCmd) checkStore(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, d.storeFlags, slog.New(slog.NewTextHandler(t.err, nil)))
	if err != nil {
		return err
	}
	return errors.Join(store.Check(ctx, d.Full), store.Close())
}

func (d *doctorCmd) checkMail(ctx context.Context, t *terminal) error {
	account, err := d.mailAccount(t.now)
	if err != nil {
		return err
	}
	sender := smtpmail.New(account)
	answer := sender.Check(ctx)
	if err := sender.Close(ctx); err != nil {
		return err
	}
	if answer.Kind != incidents.Accepted {
		return fmt.Errorf("%s said no at %s: %d %s", answer.Server, answer.Stage, answer.Code, answer.Text)
	}
	return nil
}
