package casework

import (
	"context"
	"errors"
	"fmt"
	"io"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// ImportResult is what came of a file of clients: good rows go in, bad ones are
// listed with their line and reason.
type ImportResult struct {
	Created int        `json:"created"`
	Updated int        `json:"updated"`
	Faults  []RowFault `json:"faults"`
	// More says that not every fault is listed.
	More    bool     `json:"more"`
	Dropped []string `json:"dropped"` // headers of columns that nothing was taken from
	DryRun  bool     `json:"dry_run"`
}

// RowFault is one thing wrong with one line; it never repeats the line's data.
type RowFault struct {
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Key     string `json:"code"`
	Message string `json:"message"`
}

// importChunk is how many rows are saved at a time.
const importChunk = 500

// Import reads a CSV file of clients. A dry run only says what would happen.
func (o *Office) Import(ctx context.Context, p registry.Practice, r io.Reader, dryRun bool, by incidents.Actor) (ImportResult, error) {
	result := ImportResult{Faults: []RowFault{}, Dropped: []string{}, DryRun: dryRun}
	file, err := openClientFile(r)
	if err != nil {
		return result, err
	}
	result.Dropped = append(result.Dropped, file.Dropped...)
	seen := map[string]bool{}
	for done := false; !done; {
		var rows []fileRow
		if rows, done, err = result.read(file, seen); err != nil {
			return result, err
		}
		if err := o.importRows(ctx, p, rows, &result); err != nil {
			return result, err
		}
	}
	if dryRun || result.Created+result.Updated == 0 {
		return result, nil
	}
	return result, o.reassessOpen(ctx, p.ID, by)
}

// read collects the next good rows; a number that stood before is a fault.
func (r *ImportResult) read(file *clientFile, seen map[string]bool) (rows []fileRow, done bool, err error) {
	for len(rows) < importChunk {
		row, err := file.next()
		if errors.Is(err, io.EOF) {
			return rows, true, nil
		}
		if err != nil {
			return nil, true, fmt.Errorf("read the file: %w", err)
		}
		number := row.input.Client.Person.ExternalID
		if number != "" && seen[number] {
			row.faults.Add(string(colNumber), "error.external_id_twice", "this number stands twice in the list")
		}
		seen[number] = true
		if len(row.faults) > 0 {
			r.refuse(row.line, row.faults)
			continue
		}
		rows = append(rows, row)
	}
	return rows, false, nil
}

func (r *ImportResult) refuse(line int, faults fault.List) {
	for _, f := range faults {
		if len(r.Faults) >= mostFaults {
			r.More = true
			return
		}
		r.Faults = append(r.Faults, RowFault{Line: line, Field: f.Field, Key: f.Key, Message: f.Message})
	}
}

// importRows saves the good rows among these, each judged by itself.
func (o *Office) importRows(ctx context.Context, p registry.Practice, rows []fileRow, result *ImportResult) error {
	if len(rows) == 0 {
		return nil
	}
	inputs := make([]ClientInput, len(rows))
	for i, row := range rows {
		inputs[i] = row.input
	}
	ids, known, err := o.resolve(ctx, p.ID, inputs)
	if err != nil {
		return err
	}
	var good []registry.Client
	for i, in := range inputs {
		c := o.fill(p, in.Client, ids)
		faults := fault.Fields(c.Validate(""))
		c.Guardians = guardians(in.Guardians, ids, "", &faults)
		if len(faults) > 0 {
			result.refuse(rows[i].line, faults)
			continue
		}
		good = append(good, c)
	}
	if result.DryRun {
		result.foresee(good, known)
		return nil
	}
	created, err := o.store.PutClients(ctx, p.ID, good)
	for _, fresh := range created {
		if fresh {
			result.Created++
		} else {
			result.Updated++
		}
	}
	return err
}

func (r *ImportResult) foresee(good []registry.Client, known map[string]bool) {
	for _, c := range good {
		if known[c.Person.ExternalID] {
			r.Updated++
		} else {
			r.Created++
		}
	}
}
