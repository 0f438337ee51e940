package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/contract"
	"datalek/web/casework"
)

// clientsImportsCmd lists a practice's imports, newest first.
type clientsImportsCmd struct {
	storeFlags
	Practice tenant.ID `help:"Id of the practice." required:""`
}

const mostListed = 100

// Run prints a line for each import: id, when, how far, and numbers.
func (i *clientsImportsCmd) Run(ctx context.Context, t *terminal) error {
	return inPractice(ctx, t, i.storeFlags, string(i.Practice), func(store contract.Store, _ *casework.Office, p registry.Practice) error {
		jobs, err := store.Imports(ctx, p.ID, "", mostListed)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			t.printf("%s  %s  %s  %d new, %d changed, %d refused, %d waiting\n", j.ID, j.CreatedAt.Format("2006-01-02 15:04Z"), j.State, j.Count.Added, j.Count.Changed, j.Count.Refused, j.Count.Waiting)
		}
		return nil
	})
}

// clientsUndoCmd undoes a whole import.
type clientsUndoCmd struct {
	storeFlags
	Import   string    `arg:"" help:"Id of the import, as clients imports lists it."`
	Practice tenant.ID `help:"Id of the practice." required:""`
	Rest     bool      `help:"Leave those on whom open cases rest, and undo the rest."`
}

// Run undoes the import and prints what became of its people.
func (u *clientsUndoCmd) Run(ctx context.Context, t *terminal) error {
	return inPractice(ctx, t, u.storeFlags, string(u.Practice), func(_ contract.Store, office *casework.Office, p registry.Practice) error {
		job, err := office.UndoImport(ctx, p, u.Import, "", u.Rest)
		switch {
		case errors.Is(err, fault.NotFound):
			return errors.New("this practice has no import with this id")
		case errors.Is(err, fault.Conflict):
			var why *fault.Error
			if errors.As(err, &why) && why.Key == "error.import_cases" {
				return fmt.Errorf("%s: add --rest", why.Message)
			}
			return err
		case err != nil:
			return err
		}
		t.printf("%d removed, %d put back, %d kept\n", job.Undo.Removed, job.Undo.PutBack, job.Undo.Kept)
		if len(job.Undo.Cases) > 0 {
			t.printf("open cases rest on some: %s\n", strings.Join(job.Undo.Cases, ", "))
		}
		return nil
	})
}
