package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// ImportResult is what came of a file of clients: good rows go in, bad ones are
// listed with their line and reason. Of a client who is known already, only what
// the file has columns for is replaced.
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

// importer is one run over one file.
type importer struct {
	office   *Office
	practice registry.Practice
	file     *clientFile
	result   ImportResult
	seen     map[string]bool
	foreseen map[string]string // dry run: number to id of those who would be new
}

// Import reads a CSV file of clients. A dry run only says what would happen.
func (o *Office) Import(ctx context.Context, p registry.Practice, r io.Reader, dryRun bool) (ImportResult, error) {
	m := &importer{office: o, practice: p, seen: map[string]bool{}, foreseen: map[string]string{},
		result: ImportResult{Faults: []RowFault{}, Dropped: []string{}, DryRun: dryRun}}
	var err error
	if m.file, err = openClientFile(r); err != nil {
		return m.result, err
	}
	m.result.Dropped = append(m.result.Dropped, m.file.Dropped...)
	for done := false; !done; {
		var rows []fileRow
		if rows, done, err = m.read(); err != nil {
			return m.result, err
		}
		if err := m.take(ctx, rows); err != nil {
			return m.result, err
		}
	}
	o.nudge()
	return m.result, nil
}

// read collects the next good rows; a number that stood before is a fault.
func (m *importer) read() (rows []fileRow, done bool, err error) {
	for len(rows) < importChunk {
		row, err := m.file.next()
		if errors.Is(err, io.EOF) {
			return rows, true, nil
		}
		if err != nil {
			return nil, true, fmt.Errorf("read the file: %w", err)
		}
		number := row.input.Client.Person.ExternalID
		if number != "" && m.seen[number] {
			row.faults.Add(string(colNumber), "error.external_id_twice", "this number stands twice in the list")
		}
		m.seen[number] = true
		if len(row.faults) > 0 {
			m.result.refuse(row.line, row.faults)
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

// take saves the good rows among these, each judged by itself.
func (m *importer) take(ctx context.Context, rows []fileRow) error {
	if len(rows) == 0 {
		return nil
	}
	inputs := make([]ClientInput, len(rows))
	for i, row := range rows {
		inputs[i] = row.input
	}
	ids, known, err := m.office.resolve(ctx, m.practice.ID, inputs)
	if err != nil {
		return err
	}
	for number, id := range m.foreseen {
		if ids[number] == "" {
			ids[number] = id
		}
	}
	clients := m.judge(rows, inputs, ids, known)
	if m.result.DryRun {
		m.foresee(clients, known)
		return nil
	}
	created, err := m.office.store.PutClients(ctx, m.practice.ID, clients)
	if err != nil {
		return fmt.Errorf("save clients: %w", err)
	}
	for _, fresh := range created {
		m.result.count(fresh)
	}
	return nil
}

// judge returns the clients that can be stored and refuses the others. Who is
// refused can be nobody's guardian, so it looks until nobody more falls away.
func (m *importer) judge(rows []fileRow, inputs []ClientInput, ids map[string]string, known map[string]registry.Client) []registry.Client {
	clients, refused := make([]registry.Client, len(rows)), make([]bool, len(rows))
	for again := true; again; {
		again = false
		for i, in := range inputs {
			if refused[i] {
				continue
			}
			c, faults := m.check(in, ids, known)
			clients[i] = c
			if len(faults) == 0 {
				continue
			}
			m.result.refuse(rows[i].line, faults)
			refused[i], again = true, true
			if _, stored := known[in.Client.Person.ExternalID]; !stored {
				delete(ids, in.Client.Person.ExternalID)
			}
		}
	}
	var good []registry.Client
	for i, c := range clients {
		if !refused[i] {
			good = append(good, c)
		}
	}
	slices.SortStableFunc(m.result.Faults, func(a, b RowFault) int { return a.Line - b.Line })
	return good
}

func (m *importer) check(in ClientInput, ids map[string]string, known map[string]registry.Client) (registry.Client, fault.List) {
	told := in.Client
	if stored, some := known[told.Person.ExternalID]; some {
		told = m.file.onto(stored, told)
	}
	c := m.office.fill(m.practice, told, ids)
	faults := fault.Fields(c.Validate(""))
	if g := guardians(in, ids, "", &faults); m.file.has(colParents) {
		c.Guardians = g
	}
	return c, faults
}

// foresee counts what would be stored, and remembers the new ones for rows
// that name them as guardians.
func (m *importer) foresee(clients []registry.Client, known map[string]registry.Client) {
	for _, c := range clients {
		_, stored := known[c.Person.ExternalID]
		m.result.count(!stored)
		m.foreseen[c.Person.ExternalID] = c.ID
	}
}

func (r *ImportResult) count(fresh bool) {
	if fresh {
		r.Created++
	} else {
		r.Updated++
	}
}
