package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"datalek/incidents/fault"
	"datalek/playbooks"
	"datalek/services/contract"
	"datalek/services/openpgp"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// clientsCmd works with the clients of a practice.
type clientsCmd struct {
	Import clientsImportCmd `cmd:"" help:"Import clients from a CSV file, while no server holds the data folder."`
}

// clientsImportCmd imports a CSV file straight into the store.
type clientsImportCmd struct {
	storeFlags
	File     string `arg:"" help:"CSV file." type:"existingfile"`
	Practice string `help:"Id of the practice." required:""`
	DryRun   bool   `help:"Only say what would happen."`
}

// Run prints how many rows went in, and each row that did not with its reason.
func (i *clientsImportCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, i.storeFlags, slog.New(slog.NewTextHandler(t.err, nil)))
	if errors.Is(err, fault.Unavailable) && i.sqlite() {
		return fmt.Errorf("%w; or, while it runs, import on its page Clients or by POST /api/v1/clients/import", err)
	}
	if err != nil {
		return err
	}
	return errors.Join(i.read(ctx, t, store), store.Close())
}

func (i *clientsImportCmd) read(ctx context.Context, t *terminal, store contract.Store) error {
	practice, err := store.Practice(ctx, i.Practice)
	if errors.Is(err, fault.NotFound) {
		return errors.New("there is no practice with this id")
	}
	if err != nil {
		return err
	}
	book, err := playbooks.Load("")
	if err != nil {
		return fmt.Errorf("load playbooks: %w", err)
	}
	file, err := os.Open(i.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // read only
	office := casework.New(casework.Options{Store: store, Book: book, Now: t.now, NewID: uuid.NewString, CheckKey: openpgp.Check})
	result, err := office.Import(ctx, practice, file, i.DryRun)
	if err != nil {
		return err
	}
	for _, f := range result.Faults {
		t.printf("line %d: %s: %s\n", f.Line, f.Field, f.Message)
	}
	t.printf("%d new, %d changed, %d refused\n", result.Created, result.Updated, len(result.Faults))
	return nil
}
