package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/contract"
)

// registerCmd works with the registers.
type registerCmd struct {
	Export registerExportCmd `cmd:"" help:"Write a practice's register as a file that can be checked elsewhere."`
	Key    registerKeyCmd    `cmd:"" help:"Print the key by which this host's signed heads are checked."`
}

// registerExportCmd writes a register while no server holds the data folder.
type registerExportCmd struct {
	storeFlags
	File     string    `arg:"" help:"File to write; it must not be there yet."`
	Practice tenant.ID `help:"Whose register; not needed on a host with one." placeholder:"ID"`
}

// Run writes the file.
func (r *registerExportCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(r.write(ctx, t, store), store.Close())
}

func (r *registerExportCmd) write(ctx context.Context, t *terminal, store contract.Store) (err error) {
	practice, err := onePractice(ctx, store, r.Practice)
	if err != nil {
		return err
	}
	key, err := readHeadKey(ctx, store)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(r.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("write the register: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	maker := register.Maker{Kind: register.ActorSystem, ID: "command", At: t.now()}
	if err := register.WriteFile(file, sourceOf(ctx, store, practice, key.Verifier, maker)); err != nil {
		return err
	}
	t.printf("practice %s: register written to %s\n", practice, r.File)
	return nil
}

// sourceOf is a practice's register in the store.
func sourceOf(ctx context.Context, store contract.Store, practice tenant.ID, key string, maker register.Maker) register.Source {
	return register.Source{Practice: practice, Key: key, Made: maker,
		Entries: func(after int64, limit int) ([]register.Entry, error) {
			return store.Entries(ctx, practice, after, limit)
		},
		Heads: func(after int64, limit int) ([]register.SignedHead, error) {
			return store.TreeHeads(ctx, practice, after, limit)
		},
		Branches: func(seqs []int64) (map[int64][]register.Hash, error) { return store.Branches(ctx, practice, seqs) }}
}

// onePractice returns the practice that is named, or the only one.
func onePractice(ctx context.Context, store contract.Store, id tenant.ID) (tenant.ID, error) {
	if id != "" {
		p, err := store.Practice(ctx, id)
		return p.ID, err
	}
	var found []tenant.ID
	err := eachPractice(ctx, store, func(id tenant.ID) error { found = append(found, id); return nil })
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("this host has %d practices: say which by --practice", len(found))
	}
	return found[0], nil
}

// registerKeyCmd prints the host's key for checking.
type registerKeyCmd struct {
	storeFlags
}

// Run prints the key.
func (r *registerKeyCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	key, err := ensureHeadKey(ctx, store)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	t.printf("%s\n", key.Verifier)
	return nil
}
