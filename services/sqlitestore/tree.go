package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// treeBatch is how many older entries get their place in the tree in one write.
const treeBatch = 500

// Branches returns what entries added to the tree, by number.
func (s *Store) Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error) {
	const step = "read the register's tree"
	found := map[int64][]register.Hash{}
	chosen, err := format(append([]int64{}, seqs...))
	if err != nil {
		return nil, failed(step, err)
	}
	err = each(ctx, s, `SELECT seq, tree FROM entries WHERE practice_id = ? AND seq IN (SELECT value FROM json_each(?)) AND tree IS NOT NULL`,
		[]any{practice, chosen}, func(row scanner) error {
			var seq int64
			var packed []byte
			if err := row.Scan(&seq, &packed); err != nil {
				return err
			}
			branch, err := register.UnpackBranch(packed)
			found[seq] = branch
			return err
		})
	return found, failed(step, err)
}

func (s *Store) branches(ctx context.Context, practice tenant.ID) register.Branches {
	return func(seqs []int64) (map[int64][]register.Hash, error) { return s.Branches(ctx, practice, seqs) }
}

// grown returns what new entries add to the tree, after the tree has grown over
// those of an older program.
func (s *Store) grown(ctx context.Context, practice tenant.ID, entries []register.Entry) ([][]register.Hash, error) {
	branches, err := register.Grow(entries, s.branches(ctx, practice))
	if !errors.Is(err, register.ErrNoBranch) {
		return branches, err
	}
	if err := s.GrowTree(ctx, practice); err != nil {
		return nil, err
	}
	return register.Grow(entries, s.branches(ctx, practice).Patched())
}

// GrowTree gives entries that an older program wrote their place in the tree.
func (s *Store) GrowTree(ctx context.Context, practice tenant.ID) error {
	const step = "grow the register's tree"
	for {
		r, err := many(ctx, s, `SELECT doc FROM entries INDEXED BY entries_treeless WHERE practice_id = ? AND tree IS NULL ORDER BY seq LIMIT ?`,
			[]any{practice, treeBatch}, doc[record.Entry])
		if err != nil || len(r) == 0 {
			return failed(step, err)
		}
		entries := make([]register.Entry, len(r))
		for i := range r {
			entries[i] = r[i].PlainEntry() // a leaf needs no words
		}
		branches, err := register.Grow(entries, s.branches(ctx, practice).Patched())
		if err != nil {
			return failed(step, err)
		}
		if err := s.write(ctx, step, func(t *tx) error {
			for i, e := range entries {
				if err := t.exec(`UPDATE entries SET tree = ? WHERE practice_id = ? AND seq = ? AND tree IS NULL`, register.PackBranch(branches[i]), practice, e.Seq); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

// EntryRows lists entries by number as they lie in the store, damaged ones too.
func (s *Store) EntryRows(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Row, error) {
	rows, err := many(ctx, s, `SELECT seq, event_id, incident_id, hash, doc, tree FROM entries WHERE practice_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
		[]any{practice, after, atMost(limit)}, func(row scanner) (entryRow, error) {
			var r entryRow
			return r, row.Scan(&r.seq, &r.event, &r.incident, &r.hash, &r.doc, &r.tree)
		})
	if err != nil {
		return nil, failed("read the register's rows", err)
	}
	found := make([]register.Row, len(rows))
	for i, r := range rows {
		if found[i], err = r.read(ctx, s, practice); err != nil {
			return nil, failed("read the register's rows", err)
		}
	}
	return found, nil
}

// entryRow is a row of the table, as bytes: a damaged one may be no text.
type entryRow struct {
	seq                        int64
	event, incident, hash, doc []byte
	tree                       []byte
}

// read says what the row holds and what is wrong with it.
func (r entryRow) read(ctx context.Context, s *Store, practice tenant.ID) (register.Row, error) {
	kept, exact := record.ReadEntryDoc(r.doc)
	row := register.Row{Seq: r.seq, Entry: kept.PlainEntry(), Fault: kept.Fault(practice, r.seq)}
	branch, err := register.UnpackBranch(r.tree)
	row.Branch = branch
	switch {
	case !exact:
		row.Fault = "its text is not as it was written"
	case row.Fault != "":
	case kept.EventID != string(r.event) || kept.IncidentID != string(r.incident) || kept.Hash != string(r.hash):
		row.Fault = "what it is found by does not agree with it"
	case err != nil:
		row.Fault = err.Error()
	default:
		entry, err := kept.ToEntry(ctx, s.sealer)
		if err != nil && ctx.Err() != nil {
			return row, ctx.Err()
		}
		if err != nil {
			row.Fault = "its sealed words cannot be opened"
			break
		}
		row.Entry = entry
	}
	return row, nil
}

// AddTreeHead keeps a published head; fault.Duplicate when its number is given.
func (s *Store) AddTreeHead(ctx context.Context, h register.SignedHead) error {
	const step = "keep tree head"
	raw, err := format(record.FromTreeHead(h))
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		err := t.exec(`INSERT INTO tree_heads (practice_id, number, doc) VALUES (?, ?, ?)`, h.Practice, h.Number, raw)
		if isDuplicate(err) {
			err = fault.Duplicate
		}
		return err
	})
}

// TreeHeads lists a practice's published heads by number.
func (s *Store) TreeHeads(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.SignedHead, error) {
	heads, err := many(ctx, s, `SELECT doc FROM tree_heads WHERE practice_id = ? AND number > ? ORDER BY number LIMIT ?`,
		[]any{practice, after, atMost(limit)}, treeHead)
	return heads, failed("list tree heads", err)
}

// LastTreeHead returns the newest published head, the zero value for none.
func (s *Store) LastTreeHead(ctx context.Context, practice tenant.ID) (register.SignedHead, error) {
	h, err := first(ctx, s, `SELECT doc FROM tree_heads WHERE practice_id = ? ORDER BY number DESC LIMIT 1`, []any{practice}, treeHead)
	if errors.Is(err, sql.ErrNoRows) {
		return register.SignedHead{}, nil
	}
	return h, failed("read the last tree head", err)
}

// MarkHeadSent notes that a head has gone out everywhere.
func (s *Store) MarkHeadSent(ctx context.Context, practice tenant.ID, number int64, at time.Time) error {
	const step = "note that a tree head went out"
	h, err := first(ctx, s, `SELECT doc FROM tree_heads WHERE practice_id = ? AND number = ?`, []any{practice, number}, treeHead)
	if err != nil {
		return failed(step, err)
	}
	h.SentAt = at
	raw, err := format(record.FromTreeHead(h))
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`UPDATE tree_heads SET doc = ? WHERE practice_id = ? AND number = ?`, raw, practice, number)
	})
}

func treeHead(row scanner) (register.SignedHead, error) {
	r, err := doc[record.TreeHead](row)
	if err != nil {
		return register.SignedHead{}, err
	}
	return r.ToTreeHead()
}
