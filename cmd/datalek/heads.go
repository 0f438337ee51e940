package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/notifier"
	"datalek/services/outlet"
)

// headFlags say where the signed heads of the registers' trees go, besides the
// mail to each practice.
type headFlags struct {
	HeadsFile    string `name:"heads-file" help:"File to whose end each signed head of a register is added; best on another machine's disk." env:"DATALEK_HEADS_FILE" placeholder:"FILE"`
	HeadsURLFile string `name:"heads-url-file" help:"File with an address elsewhere to which each signed head of a register is posted as text." env:"DATALEK_HEADS_URL_FILE" placeholder:"FILE"`
}

// address is where heads are posted, "" for nowhere.
func (f headFlags) address() (string, error) {
	return secretAddress(f.HeadsURLFile, "heads-url-file", outlet.CheckURL)
}

// outlets opens the places that the flags name.
func (c config) outlets() ([]notifier.HeadOutlet, error) {
	var list []notifier.HeadOutlet
	if c.HeadsFile != "" {
		file, err := outlet.NewFile(c.HeadsFile)
		if err != nil {
			return nil, fmt.Errorf("--heads-file: %w", err)
		}
		list = append(list, file)
	}
	to, err := c.address()
	if err != nil {
		return nil, err
	}
	if to != "" {
		address, err := outlet.NewURL(to, c.gate(to))
		if err != nil {
			return nil, fmt.Errorf("--heads-url-file: %w", err)
		}
		list = append(list, address)
	}
	return list, nil
}

// headKey is the host's key for tree heads; it lies sealed in the store.
type headKey struct {
	Secret   string `json:"secret"`
	Verifier string `json:"verifier"`
}

const headKeySetting = "register/key"

// readHeadKey returns the host's key, the zero value when none was made yet.
func readHeadKey(ctx context.Context, store settings) (headKey, error) {
	var key headKey
	raw, version, err := store.Setting(ctx, headKeySetting)
	if err != nil || version == 0 {
		return key, err
	}
	if err := json.Unmarshal(raw, &key); err != nil {
		return key, fmt.Errorf("read the register's key: %w", err)
	}
	return key, nil
}

// ensureHeadKey returns the host's key, and makes it when there is none.
func ensureHeadKey(ctx context.Context, store settings) (headKey, error) {
	key, err := readHeadKey(ctx, store)
	if err != nil || key.Secret != "" {
		return key, err
	}
	if key.Secret, key.Verifier, err = register.NewHeadKey(rand.Reader); err != nil {
		return key, err
	}
	raw, err := json.Marshal(key) // #nosec G117 -- it lies sealed in the store
	if err != nil {
		return key, err
	}
	err = store.PutSetting(ctx, headKeySetting, raw, 0)
	if errors.Is(err, fault.Conflict) {
		return readHeadKey(ctx, store) // another process was just first
	}
	return key, err
}

// openHeads makes ready what publishes the registers' heads.
func (a *app) openHeads(ctx context.Context) error {
	key, err := ensureHeadKey(ctx, a.store)
	if err != nil {
		return fmt.Errorf("the register's key: %w", err)
	}
	signer, err := register.NewHeadSigner(key.Secret)
	if err != nil {
		return err
	}
	outlets, err := a.cfg.outlets()
	if err != nil {
		return err
	}
	a.headKey = key.Verifier
	a.heads = &notifier.Heads{Store: a.store, Signer: signer, Outlets: outlets}
	return nil
}
