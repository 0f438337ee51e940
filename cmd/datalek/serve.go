package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents/fault"
	"datalek/web/account"
	"datalek/web/casework"
)

// serveCmd runs the program for good.
type serveCmd struct {
	config
}

// Run serves until the process is asked to stop.
func (s *serveCmd) Run(ctx context.Context, t *terminal) error {
	if err := errors.Join(s.validate(), s.checkSecretAddresses()); err != nil {
		return err
	}
	if s.SMTP == "" {
		return errors.New("--smtp is missing: name the mail server that notices leave through, such as smtp://user@mail.example.nl:587")
	}
	log := redacted(slog.NewJSONHandler(t.err, nil))
	slog.SetDefault(log)
	a, err := openApp(ctx, s.config, t.now, log)
	if err != nil {
		return err
	}
	if err := a.offerSetup(ctx, t); err != nil {
		return errors.Join(err, a.close())
	}
	if err := a.start(ctx); err != nil {
		return errors.Join(err, a.close())
	}
	t.printf("datalek %s answers on %s\n", version, a.cfg.BaseURL)
	return a.wait(ctx)
}

// setupOffer is the one-time link's trace in the store: only the token's hash.
type setupOffer struct {
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

const (
	setupKey = "setup"
	// setupLife is how long a link may be used: it stands in logs.
	setupLife = 24 * time.Hour
	// setupFresh is how long a second web process leaves the first one's link alone.
	setupFresh = 10 * time.Minute
)

// offerSetup prints a one-time link that makes the first account and practice,
// as long as there is no account.
func (a *app) offerSetup(ctx context.Context, t *terminal) error {
	users, err := a.store.CountUsers(ctx)
	if err != nil || users > 0 || a.cfg.Mode == "worker" {
		return err
	}
	raw, held, err := a.store.Setting(ctx, setupKey)
	if err != nil {
		return fmt.Errorf("read set-up: %w", err)
	}
	var offer setupOffer
	if held > 0 {
		if err := json.Unmarshal(raw, &offer); err != nil {
			return fmt.Errorf("read set-up: %w", err)
		}
	}
	if held > 0 && !a.cfg.sqlite() && a.now().Sub(offer.At) < setupFresh {
		a.setup, a.setupUntil = offer.Hash, offer.At.Add(setupLife) // another web process printed the link
		return nil
	}
	return a.newSetup(ctx, t, held)
}

func (a *app) newSetup(ctx context.Context, t *terminal, held int64) error {
	token := casework.Secret(24)
	offer := setupOffer{Hash: account.HashToken(token), At: a.now()}
	raw, err := json.Marshal(offer)
	if err != nil {
		return fmt.Errorf("write set-up: %w", err)
	}
	err = a.store.PutSetting(ctx, setupKey, raw, held)
	if errors.Is(err, fault.Conflict) {
		return a.offerSetup(ctx, t) // another web process was just first
	}
	if err != nil {
		return fmt.Errorf("write set-up: %w", err)
	}
	a.setup, a.setupUntil = offer.Hash, offer.At.Add(setupLife)
	t.printf("No account yet. Open this link once, within a day, to make the first account and practice:\n  %s/setup/%s\n", a.cfg.BaseURL, token)
	return nil
}
