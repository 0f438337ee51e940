package mongostore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// treeBatch is how many older entries are read at once to get their place in the tree.
const treeBatch = 500

// keptBranch is what an entry's document has of the tree.
type keptBranch struct {
	Seq  int64  `bson:"seq"`
	Tree []byte `bson:"tree"`
}

// Branches returns what entries added to the tree, by number.
func (s *Store) Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error) {
	const step = "read the register's tree"
	found := map[int64][]register.Hash{}
	if len(seqs) == 0 {
		return found, nil
	}
	docs, err := find[keptBranch](ctx, s.in(record.Entries), query{
		filter: where("practice_id", practice, "seq", oneOf(seqs)), fields: where("seq", 1, "tree", 1)})
	if err != nil {
		return nil, failed(step, err)
	}
	for _, d := range docs {
		if len(d.Tree) == 0 {
			continue
		}
		if found[d.Seq], err = register.UnpackBranch(d.Tree); err != nil {
			return nil, failed(step, err)
		}
	}
	return found, nil
}

func (s *Store) branches(ctx context.Context, practice tenant.ID) register.Branches {
	return func(seqs []int64) (map[int64][]register.Hash, error) { return s.Branches(ctx, practice, seqs) }
}

// grown returns what new entries add to the tree, after the tree has grown over
// those of an older program.
func (s *Store) grown(ctx context.Context, practice tenant.ID, entries []register.Entry) ([][]register.Hash, error) {
	before := entries[0].Seq - 1
	last, err := s.Branches(ctx, practice, []int64{before})
	if err == nil && before > 0 && last[before] == nil {
		err = s.GrowTree(ctx, practice)
	}
	if err != nil {
		return nil, err
	}
	return register.Grow(entries, s.branches(ctx, practice).Patched())
}

// GrowTree gives entries that an older program wrote their place in the tree. When
// the newest has one, all have.
func (s *Store) GrowTree(ctx context.Context, practice tenant.ID) error {
	const step = "grow the register's tree"
	head, err := s.RegisterHead(ctx, practice)
	if err != nil || head.Seq == 0 {
		return err
	}
	if last, err := s.Branches(ctx, practice, []int64{head.Seq}); err != nil || last[head.Seq] != nil {
		return err
	}
	for {
		docs, err := find[filed[record.Entry]](ctx, s.in(record.Entries), query{
			filter: where("practice_id", practice, "tree", nil), order: where("seq", 1), limit: treeBatch})
		if err != nil || len(docs) == 0 {
			return failed(step, err)
		}
		entries := make([]register.Entry, len(docs))
		for i := range docs {
			entries[i] = docs[i].Record.PlainEntry() // a leaf needs no words
		}
		branches, err := register.Grow(entries, s.branches(ctx, practice).Patched())
		if err != nil {
			return failed(step, err)
		}
		for i, d := range docs { // in order: when the newest has a place, all have
			_, err := s.in(record.Entries).UpdateOne(ctx, where("_id", d.Key, "practice_id", practice), where("$set", where("tree", register.PackBranch(branches[i]))))
			if err != nil {
				return failed(step, err)
			}
		}
	}
}

// EntryRows lists entries by number as they lie in the store, damaged ones too.
func (s *Store) EntryRows(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Row, error) {
	const step = "read the register's rows"
	docs, err := find[bson.Raw](ctx, s.in(record.Entries), query{
		filter: where("practice_id", practice, "_id", where("$gte", entryKey(practice, after+1), "$lt", keyOf(practice)+"0")), order: where("_id", 1), limit: limit})
	if err != nil {
		return nil, failed(step, err)
	}
	rows := make([]register.Row, len(docs))
	for i, raw := range docs {
		if rows[i], err = s.entryRow(ctx, practice, raw); err != nil {
			return nil, failed(step, err)
		}
	}
	return rows, nil
}

// entryRow says what a document holds and what is wrong with it. It is found by
// its key, which has its number.
func (s *Store) entryRow(ctx context.Context, practice tenant.ID, raw bson.Raw) (register.Row, error) {
	var d filed[record.Entry]
	err := bson.Unmarshal(raw, &d)
	row := register.Row{Seq: seqOfKey(d.Key), Entry: d.Record.PlainEntry()}
	if err != nil {
		row.Fault = "it is not as it was written"
		return row, nil
	}
	branch, broken := register.UnpackBranch(d.Aside.Tree)
	row.Branch, row.Fault = branch, d.Record.Fault(practice, row.Seq)
	if broken != nil {
		row.Fault = broken.Error()
	}
	if row.Fault != "" {
		return row, nil
	}
	entry, err := d.Record.ToEntry(ctx, s.sealer)
	if err != nil && ctx.Err() != nil {
		return row, ctx.Err()
	}
	if err != nil {
		row.Fault = "its sealed words cannot be opened"
		return row, nil
	}
	row.Entry = entry
	return row, nil
}

// seqOfKey reads the number out of an entry's key, 0 when there is none.
func seqOfKey(key string) int64 {
	_, digits, _ := strings.Cut(key, "/")
	seq, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return seq
}

func treeHeads() kind[register.SignedHead, record.TreeHead] {
	return kind[register.SignedHead, record.TreeHead]{collection: record.TreeHeads,
		record: func(_ context.Context, _ record.Sealer, h register.SignedHead) (record.TreeHead, error) {
			return record.FromTreeHead(h), nil
		},
		value: func(r record.TreeHead, _ context.Context, _ record.Sealer) (register.SignedHead, error) {
			return r.ToTreeHead()
		},
		key: func(r record.TreeHead) string { return entryKey(r.PracticeID, r.Number) }}
}

// AddTreeHead keeps a published head; fault.Duplicate when its number is given.
func (s *Store) AddTreeHead(ctx context.Context, h register.SignedHead) error {
	return create(ctx, s, treeHeads(), "keep tree head", h)
}

// TreeHeads lists a practice's published heads by number.
func (s *Store) TreeHeads(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.SignedHead, error) {
	return list(ctx, s, treeHeads(), "list tree heads", query{
		filter: where("practice_id", practice, "number", where("$gte", after+1)), order: where("number", 1), limit: limit})
}

// LastTreeHead returns the newest published head, the zero value for none.
func (s *Store) LastTreeHead(ctx context.Context, practice tenant.ID) (register.SignedHead, error) {
	newest, err := list(ctx, s, treeHeads(), "read the last tree head", query{
		filter: where("practice_id", practice), order: where("number", -1), limit: 1})
	if err != nil || len(newest) == 0 {
		return register.SignedHead{}, err
	}
	return newest[0], nil
}

// MarkHeadSent notes that a head has gone out everywhere.
func (s *Store) MarkHeadSent(ctx context.Context, practice tenant.ID, number int64, at time.Time) error {
	const step = "note that a tree head went out"
	result, err := s.in(record.TreeHeads).UpdateOne(ctx, where("_id", entryKey(practice, number), "practice_id", practice),
		where("$set", where("sent_at", at.UTC().Truncate(time.Millisecond))))
	if err == nil && result.MatchedCount == 0 {
		err = fault.NotFound
	}
	return failed(step, err)
}
