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
	EscalationEmail  string `name:"escalation-email" help:"Address of whoever is warned last, when neither a practice nor its stand-in reacts." env:"DATALEK_ESCALATION_EMAIL" placeholder:"ADDRESS"`
	HeartbeatURLFile string `name:"heartbeat-url-file" help:"File with the address of a monitor elsewhere that is called each minute while the clocks are kept; it should raise the alarm when the calls stop. Who knows the address can keep the monitor quiet." env:"DATALEK_HEARTBEAT_URL_FILE" placeholder:"FILE"`
}

func (f watchFlags) validate() error {
	if f.EscalationEmail != "" && !registry.ValidEmail(f.EscalationEmail) {
		return errors.New("--escalation-email must be one email address")
	}
	return nil
}

// heartbeat is the monitor's address, "" for none.
func (f watchFlags) heartbeat() (string, error) {
	return secretAddress(f.HeartbeatURLFile, "heartbeat-url-file", heartbeat.Check)
}

// openHeartbeat prepares the calls to the monitor outside, when there is one.
func (a *app) openHeartbeat(context.Context) error {
	address, err := a.cfg.heartbeat()
	if address == "" {
		return err
	}
	a.beater, err = heartbeat.New(heartbeat.Options{URL: address, Log: a.log, Dial: a.cfg.gate(address).DialContext})
	if err != nil {
		return fmt.Errorf("--heartbeat-url-file: %w", err)
	}
	return nil
}

// passed is told of the keeper's passes.
func (a *app) passed() {
	if a.beater != nil {
		a.beater.Passed()
	}
}
