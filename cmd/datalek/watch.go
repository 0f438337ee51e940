package main

import (
	"context"
	"errors"
	"fmt"

	"datalek/incidents/registry"
	"datalek/services/heartbeat"
)

// watchFlags say who hears when nobody acts, and when the program itself is silent.
type watchFlags struct {
	EscalationEmail string `name:"escalation-email" help:"Address of whoever is warned last, when neither a practice nor its stand-in reacts." env:"DATALEK_ESCALATION_EMAIL" placeholder:"ADDRESS"`
	HeartbeatURL    string `name:"heartbeat-url" help:"Address of a monitor elsewhere that is called each minute while the clocks are kept; it should raise the alarm when the calls stop." env:"DATALEK_HEARTBEAT_URL" placeholder:"URL"`
}

func (f watchFlags) validate() error {
	if f.EscalationEmail != "" && !registry.ValidEmail(f.EscalationEmail) {
		return errors.New("--escalation-email must be one email address")
	}
	if f.HeartbeatURL != "" {
		if err := heartbeat.Check(f.HeartbeatURL); err != nil {
			return fmt.Errorf("--heartbeat-url: %w", err)
		}
	}
	return nil
}

// openHeartbeat prepares the calls to the monitor outside, when there is one.
func (a *app) openHeartbeat(context.Context) error {
	if a.cfg.HeartbeatURL == "" {
		return nil
	}
	var err error
	a.beater, err = heartbeat.New(heartbeat.Options{URL: a.cfg.HeartbeatURL, Log: a.log})
	if err != nil {
		return fmt.Errorf("--heartbeat-url: %w", err)
	}
	return nil
}

// passed is told of the keeper's passes.
func (a *app) passed() {
	if a.beater != nil {
		a.beater.Passed()
	}
}
