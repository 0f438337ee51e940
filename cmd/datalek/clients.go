package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/services/contacts"
	"datalek/services/contract"
	"datalek/services/openpgp"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// clientsCmd works with the clients of a practice.
type clientsCmd struct {
	Import  clientsImportCmd  `cmd:"" help:"Import people from Outlook, Google, vCard, CSV or XLSX, while no server holds the data folder."`
	Imports clientsImportsCmd `cmd:"" help:"List a practice's imports, while no server holds the data folder."`
	Undo    clientsUndoCmd    `cmd:"" help:"Undo a whole import, while no server holds the data folder."`
}

// clientsImportCmd imports a list of people straight into the store.
type clientsImportCmd struct {
	storeFlags
	File     string            `arg:"" help:"The file." type:"existingfile"`
	Practice tenant.ID         `help:"Id of the practice." required:""`
	DryRun   bool              `help:"Only say what would happen."`
	Format   string            `help:"What the file is." enum:"auto,csv,outlook,google,vcard,xlsx" default:"auto"`
	Mapping  map[string]string `help:"What a column is taken for, such as 'Roepnaam=given_name'; nothing behind the sign takes nothing. Columns go by header, or by number from 1." mapsep:"none"`
	Doubles  string            `help:"What becomes of lines that look like somebody known." enum:"ask,apart,same,skip" default:"ask"`
}

// Run prints how many rows went in, and each row that did not with its reason.
func (i *clientsImportCmd) Run(ctx context.Context, t *terminal) error {
	return inPractice(ctx, t, i.storeFlags, string(i.Practice), func(_ contract.Store, office *casework.Office, p registry.Practice) error {
		file, err := os.Open(i.File)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // read only
		result, err := office.Import(ctx, p, file, i.how())
		if err != nil {
			return err
		}
		i.tell(t, result)
		return nil
	})
}

// inPractice opens the store beside no server and works in one practice.
func inPractice(ctx context.Context, t *terminal, f storeFlags, id string, do func(contract.Store, *casework.Office, registry.Practice) error) error {
	store, err := openStore(ctx, f, t.log())
	if errors.Is(err, fault.Unavailable) && f.sqlite() {
		return fmt.Errorf("%w; or, while it runs, go through its page Clients or /api/v1/clients/import and /api/v1/clients/imports", err)
	}
	if err != nil {
		return err
	}
	return errors.Join(inOffice(ctx, t, store, id, do), store.Close())
}

func inOffice(ctx context.Context, t *terminal, store contract.Store, id string, do func(contract.Store, *casework.Office, registry.Practice) error) error {
	practice, err := store.Practice(ctx, tenant.ID(id))
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
	office := casework.New(casework.Options{Store: store, Book: book, Now: t.now, NewID: uuid.NewString, CheckKey: openpgp.Check, OpenList: openList})
	return do(store, office, practice)
}

func (i *clientsImportCmd) how() casework.ImportHow {
	how := casework.ImportHow{Format: roster.Format(i.Format), Mapping: map[string]roster.Field{}, DryRun: i.DryRun}
	for header, field := range i.Mapping {
		how.Mapping[header] = roster.Field(field)
	}
	if i.Doubles != "ask" {
		how.Doubles = casework.DoubleDecision(i.Doubles)
	}
	return how
}

// tell prints what came of the file, by line: nothing of what stands on it.
func (i *clientsImportCmd) tell(t *terminal, result casework.ImportResult) {
	why := map[string]string{}
	for _, c := range result.Refused {
		why[c.Name] = ": " + c.Message
	}
	for _, name := range result.Dropped {
		t.printf("column %q dropped%s\n", name, why[name])
	}
	for _, f := range result.Faults {
		t.printf("line %d: %s: %s\n", f.Line, f.Field, f.Message)
	}
	waiting := 0
	for _, d := range result.Doubles {
		if d.Decision != casework.AskDouble {
			continue
		}
		waiting++
		if d.WithLine > 0 {
			t.printf("line %d looks like line %d\n", d.Line, d.WithLine)
		} else {
			t.printf("line %d looks like somebody in the list already\n", d.Line)
		}
	}
	if waiting > 0 {
		t.printf("%d likely doubles left out: import again with --doubles=apart, same or skip\n", waiting)
	}
	if result.ID != "" {
		t.printf("import %s\n", result.ID)
	}
	t.printf("%d new, %d changed, %d refused\n", result.Created, result.Updated, len(result.Faults))
}

// openList opens lists of people for the office.
func openList(r io.Reader, format roster.Format) (casework.List, error) {
	return contacts.Open(r, format)
}
