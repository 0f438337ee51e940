package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/contract"
)

// processorReportsCmd lists what processors sent to the host. It shows nothing of
// what stands in it.
type processorReportsCmd struct {
	storeFlags
	Limit int    `help:"How many, at most 500." default:"50"`
	After string `help:"Id of the last report of the page before." placeholder:"ID"`
}

// Run prints a line for each report, and how to see the ones before.
func (r *processorReportsCmd) Run(ctx context.Context, t *terminal) error {
	if r.Limit < 1 || r.Limit > 500 {
		return errors.New("--limit is a number from 1 to 500")
	}
	store, err := openStore(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(r.list(ctx, t, store), store.Close())
}

func (r *processorReportsCmd) list(ctx context.Context, t *terminal, store contract.Store) error {
	if r.After != "" {
		if last, err := store.Receipt(ctx, r.After); errors.Is(err, fault.NotFound) || err == nil && last.PracticeID != "" {
			return errors.New("--after: the host has no report with this id; take it from the list")
		} else if err != nil {
			return err
		}
	}
	page, err := store.Receipts(ctx, "", r.After, r.Limit+1)
	if err != nil {
		return err
	}
	more := len(page) > r.Limit
	page = page[:min(r.Limit, len(page))]
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, err = fmt.Fprintln(table, "ID\tPROCESSOR\tRECEIVED\tPROOF\tBYTES\tPRACTICES\tCASES\tSTATE")
	for _, receipt := range page {
		err = errors.Join(err, line(ctx, table, store, receipt))
	}
	if err := errors.Join(err, table.Flush()); err != nil {
		return err
	}
	if more {
		t.printf("Older ones: datalek processor reports --after %s\n", page[len(page)-1].ID)
	}
	return nil
}

// line is one report: who sent it, how that was proven and how far it came.
func line(ctx context.Context, table *tabwriter.Writer, store contract.Store, r incidents.Receipt) error {
	reached, err := store.CountReach(ctx, []string{r.ID})
	if err != nil {
		return err
	}
	state := "told"
	if r.DoneAt.IsZero() {
		state = "telling"
	}
	_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", r.ID, r.ProcessorID, moment(r.ReceivedAt), cmp.Or(r.Proof, "fetched"), len(r.Raw), reached.Practices, reached.Cases, state)
	return err
}
