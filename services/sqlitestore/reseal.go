package sqlitestore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"datalek/incidents/tenant"
	"datalek/services/record"
)

// sealedTable is a table that has sealed parts.
type sealedTable struct {
	name string
	keys []column
	// of is the condition on whose rows they are; its one argument is the practice.
	of     string
	outbox bool
	// again reads a row, seals what lies under an older key anew, and gives what to
	// put in its place; nil for a row that stays.
	again func(ctx context.Context, s record.Resealer, practice tenant.ID, r sealedRow) (*sealedRow, error)
}

// column is one by which rows are put in order, and what comes before all its values.
type column struct {
	name   string
	before any
}

// sealedRow is a row's place and what may be sealed in it.
type sealedRow struct {
	place  []any
	doc    []byte
	outbox *string
}

// How a table says whose a row is.
const (
	ofPractice   = `practice_id = ?`
	ofItself     = `id = ?`
	ofItsDoc     = `json_extract(doc, '$.practice_id') = ?`
	ofHost       = `? = ''`
	sealedColumn = "sealed" // of clients, whose rows are no JSON
)

// sealedTables is every table with sealed parts, by collection.
func sealedTables() map[string]sealedTable {
	id, version, seq := column{"id", ""}, column{"version", -1}, column{"seq", -1}
	list := []sealedTable{
		{record.Practices, []column{id}, ofItself, true, withOutbox(practiceOutbox)},
		{record.Systems, []column{id}, ofPractice, true, withNotes(func(r *record.System) *record.Noted { return &r.Noted })},
		{record.Processors, []column{id}, ofPractice, true, withNotes(func(r *record.Processor) *record.Noted { return &r.Noted })},
		{record.Endpoints, []column{id}, ofPractice, true, withNotes(endpointNotes)},
		{record.Clients, []column{id}, ofPractice, true, clientPerson},
		{record.Feeds, []column{id}, ofPractice, true, withNotes(feedNotes)},
		{record.Receipts, []column{id}, ofItsDoc, false, wholeDoc[record.Receipt]},
		{record.Reports, []column{id}, ofPractice, true, withOutbox(func(r *record.Report) *record.Outbox { return &r.Outbox })},
		{record.Incidents, []column{id}, ofPractice, true, withOutbox(func(r *record.Incident) *record.Outbox { return &r.Outbox })},
		{record.Notices, []column{id}, ofPractice, true, withOutbox(func(r *record.Notice) *record.Outbox { return &r.Outbox })},
		{record.AffectedPersons, []column{{"incident_id", ""}, version, id}, ofPractice, false, wholeDoc[record.Affected]},
		{record.Deliveries, []column{id}, ofPractice, false, wholeDoc[record.Delivery]},
		{record.Entries, []column{seq}, ofPractice, false, wholeDoc[record.Entry]},
		{record.Users, []column{id}, ofHost, true, withNotes(userNotes)},
		{record.Tokens, []column{id}, ofItsDoc, true, withNotes(func(r *record.Token) *record.Noted { return &r.Noted })},
		{record.Sessions, []column{{"token_hash", ""}}, ofHost, false, wholeDoc[record.Session]},
		{record.Settings, []column{{"key", ""}}, ofHost, false, wholeDoc[record.Setting]},
		{record.Drafts, []column{id}, ofPractice, false, wholeDoc[record.Draft]},
		{record.Requests, []column{{"key", ""}}, ofPractice, false, wholeDoc[record.Request]},
		{record.Returns, []column{id}, ofPractice, false, wholeDoc[record.Return]},
		{record.Questions, []column{id}, ofPractice, false, wholeDoc[record.Question]},
		{record.RightsRequests, []column{id}, ofPractice, true, withOutbox(func(r *record.RightsRequest) *record.Outbox { return &r.Outbox })},
		{record.StuckWork, []column{id}, ofPractice, false, wholeDoc[record.Stuck]},
		{record.Imports, []column{id}, ofPractice, true, withNotes(importNotes)},
		{record.ImportParts, []column{{"import_id", ""}, {"number", -1}}, ofPractice, false, wholeDoc[record.ImportPart]},
	}
	tables := map[string]sealedTable{}
	for _, t := range list {
		tables[t.name] = t
	}
	return tables
}

// Reseal puts up to limit rows of one of a practice's collections under its newest
// key, after the place given ("" begins). It returns how many lay under an older
// one, and the place to go on from, "" after the last. A row that is written
// meanwhile is left to its writer, who has the newest key.
func (s *Store) Reseal(ctx context.Context, practice tenant.ID, collection, after string, limit int) (next string, changed int, err error) {
	step := "seal " + collection + " anew"
	table, known := sealedTables()[collection]
	if !known {
		return "", 0, fmt.Errorf("%s: there is no such collection", step)
	}
	sealer, err := record.ResealerOf(s.sealer)
	if err != nil {
		return "", 0, err
	}
	if collection == record.Deliveries { // what waits in the ledger was sealed a while ago
		if err := s.write(ctx, step, func(t *tx) error { return t.fold() }); err != nil {
			return "", 0, err
		}
	}
	rows, err := table.rows(ctx, s, practice, after, limit)
	if err != nil {
		return "", 0, failed(step, err)
	}
	if len(rows) == limit {
		if next, err = format(rows[len(rows)-1].place); err != nil {
			return "", 0, err
		}
	}
	changed, err = table.reseal(ctx, s, sealer, practice, rows)
	return next, changed, failed(step, err)
}

func (t sealedTable) reseal(ctx context.Context, s *Store, sealer record.Resealer, practice tenant.ID, rows []sealedRow) (int, error) {
	fresh, err := inParallel(rows, func(r sealedRow) (*sealedRow, error) { return t.again(ctx, sealer, practice, r) })
	if err != nil {
		return 0, err
	}
	changed := 0
	for _, r := range fresh {
		if r != nil {
			changed++
		}
	}
	if changed == 0 {
		return 0, nil
	}
	return changed, s.write(ctx, "write", func(x *tx) error {
		for i, r := range fresh {
			if r == nil {
				continue
			}
			if err := x.exec(t.update(), t.change(practice, rows[i], *r)...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t sealedTable) columns() string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

func (t sealedTable) marks() string {
	return strings.TrimSuffix(strings.Repeat("?, ", len(t.keys)), ", ")
}

func (t sealedTable) blob() string {
	if t.name == record.Clients {
		return sealedColumn
	}
	return "doc"
}

func (t sealedTable) rows(ctx context.Context, s *Store, practice tenant.ID, after string, limit int) ([]sealedRow, error) {
	args := []any{practice}
	if after != "" {
		var place []any
		if err := json.Unmarshal([]byte(after), &place); err != nil || len(place) != len(t.keys) {
			return nil, fmt.Errorf("this is no place in %s", t.name)
		}
		args = append(args, place...)
	} else {
		for _, k := range t.keys {
			args = append(args, k.before)
		}
	}
	outbox := "NULL"
	if t.outbox {
		outbox = "outbox"
	}
	query := `SELECT ` + t.columns() + `, ` + t.blob() + `, ` + outbox + ` FROM ` + t.name + ` WHERE ` + t.of +
		` AND (` + t.columns() + `) > (` + t.marks() + `) ORDER BY ` + t.columns() + ` LIMIT ?`
	return many(ctx, s, query, append(args, atMost(limit)), func(row scanner) (sealedRow, error) {
		r := sealedRow{place: make([]any, len(t.keys))}
		into := make([]any, 0, len(t.keys)+2)
		for i := range r.place {
			into = append(into, &r.place[i])
		}
		err := row.Scan(append(into, &r.doc, &r.outbox)...)
		return r, err
	})
}

// update writes over a row that is still as it was read.
func (t sealedTable) update() string {
	set, was := t.blob()+` = ?`, t.blob()+` = ?`
	if t.outbox {
		set, was = set+`, outbox = ?`, was+` AND outbox IS ?`
	}
	return `UPDATE ` + t.name + ` SET ` + set + ` WHERE ` + t.of + ` AND (` + t.columns() + `) = (` + t.marks() + `) AND ` + was
}

func (t sealedTable) change(practice tenant.ID, old, fresh sealedRow) []any {
	args := t.parts(fresh)
	args = append(append(args, practice), old.place...)
	return append(args, t.parts(old)...)
}

func (t sealedTable) parts(r sealedRow) []any {
	if t.name == record.Clients {
		return []any{r.doc, r.outbox}
	}
	if t.outbox {
		return []any{string(r.doc), r.outbox}
	}
	return []any{string(r.doc)}
}

// resealable is a pointer to a record with sealed parts.
type resealable[R any] interface {
	*R
	record.Resealable
}

// wholeDoc seals the parts of a record anew.
func wholeDoc[R any, P resealable[R]](ctx context.Context, s record.Resealer, _ tenant.ID, row sealedRow) (*sealedRow, error) {
	var r R
	if err := parse(string(row.doc), &r); err != nil {
		return nil, err
	}
	if changed, err := record.Reseal(ctx, s, P(&r)); err != nil || !changed {
		return nil, err
	}
	doc, err := format(r)
	return &sealedRow{doc: []byte(doc)}, err
}

// withOutbox seals the parts of a record and its events anew.
func withOutbox[R any, P resealable[R]](outbox func(*R) *record.Outbox) func(context.Context, record.Resealer, tenant.ID, sealedRow) (*sealedRow, error) {
	return func(ctx context.Context, s record.Resealer, _ tenant.ID, row sealedRow) (*sealedRow, error) {
		var r R
		if err := parse(string(row.doc), &r); err != nil {
			return nil, err
		}
		if row.outbox != nil {
			if err := parse(*row.outbox, &outbox(&r).Pending); err != nil {
				return nil, err
			}
		}
		if changed, err := record.Reseal(ctx, s, P(&r)); err != nil || !changed {
			return nil, err
		}
		fresh := sealedRow{}
		if events, ok := takeOutbox(outbox(&r)).(string); ok {
			fresh.outbox = &events
		}
		doc, err := format(r)
		fresh.doc = []byte(doc)
		return &fresh, err
	}
}

// withNotes seals the parts of a record and the events of its own changes anew.
func withNotes[R any, P resealable[R]](notes func(*R) *record.Noted) func(context.Context, record.Resealer, tenant.ID, sealedRow) (*sealedRow, error) {
	return withOutbox[R, P](func(r *R) *record.Outbox { return notes(r).Box() })
}

// clientPerson seals the person of a client, and the events of his changes, anew.
func clientPerson(ctx context.Context, s record.Resealer, practice tenant.ID, row sealedRow) (*sealedRow, error) {
	id, _ := row.place[0].(string)
	r := record.Client{ID: id, PracticeID: practice, Sealed: row.doc}
	if row.outbox != nil {
		if err := parse(*row.outbox, &r.Box().Pending); err != nil {
			return nil, err
		}
	}
	changed, err := record.Reseal(ctx, s, &r)
	if err != nil || !changed {
		return nil, err
	}
	fresh := sealedRow{doc: r.Sealed}
	events, err := noted(&r.Noted)
	if raw, some := events.(string); some {
		fresh.outbox = &raw
	}
	return &fresh, err
}
