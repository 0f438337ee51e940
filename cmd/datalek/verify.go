package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"datalek/incidents/register"
	"datalek/services/contract"
)

// verifyCmd checks the register's chain of every practice.
type verifyCmd struct {
	storeFlags
	Practice string `help:"Check this practice only." placeholder:"ID"`
}

// Run reads every entry and says which one is at fault, if one is.
func (v *verifyCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, v.storeFlags, slog.New(slog.NewTextHandler(t.err, nil)))
	if err != nil {
		return err
	}
	return errors.Join(v.all(ctx, t, store), store.Close())
}

func (v *verifyCmd) all(ctx context.Context, t *terminal, store contract.Store) error {
	if v.Practice != "" {
		return verifyPractice(ctx, t, store, v.Practice)
	}
	var faults error
	after := ""
	for {
		practices, err := store.Practices(ctx, after, 200)
		if err != nil || len(practices) == 0 {
			return errors.Join(faults, err)
		}
		for _, p := range practices {
			if p.IsDrill() {
				continue // no register that anybody answers for
			}
			faults = errors.Join(faults, verifyPractice(ctx, t, store, p.ID))
		}
		after = practices[len(practices)-1].ID
	}
}

// verifyPractice walks one chain from its first entry to the head.
func verifyPractice(ctx context.Context, t *terminal, store contract.Store, practice string) error {
	var head register.Head
	for {
		entries, err := store.Entries(ctx, practice, head.Seq, 500)
		if err != nil {
			return fmt.Errorf("practice %s: read the register: %w", practice, err)
		}
		if len(entries) == 0 {
			break
		}
		if head, err = register.Verify(head, entries); err != nil {
			return fmt.Errorf("practice %s: %w", practice, err)
		}
	}
	kept, err := store.RegisterHead(ctx, practice)
	if err != nil {
		return fmt.Errorf("practice %s: read the register's head: %w", practice, err)
	}
	if kept != head {
		return fmt.Errorf("practice %s: the chain ends at entry %d, but the head says %d", practice, head.Seq, kept.Seq)
	}
	t.printf("practice %s: %d entries, chain whole, head %s\n", practice, head.Seq, head.Hash)
	return nil
}
