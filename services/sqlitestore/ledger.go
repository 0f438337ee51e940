package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// mostLines is how many rows may wait in the ledger; then all are brought over.
const mostLines = 4096

// ledger holds what was written of mails going out and has not reached their rows
// yet. Claims and answers come in groups of a few, many times a second, and each
// must be durable at once. A row has five indexes, so a group would write a dozen
// pages of the file; a line of the table sendings writes one. The rows follow
// together: before anything else reads or writes them, and when the log tells of
// them. Only the writer's goroutine changes it.
type ledger struct {
	mu    sync.Mutex
	lines map[rowKey]line
	// leaving are the rows that the present transaction brings over: until it is
	// committed no reader sees them in their place.
	leaving map[rowKey]bool
	last    int64 // number of the newest line written
	first   int64 // below it no line is left in the table
}

type rowKey struct {
	practice tenant.ID
	id       string
}

// line is a delivery's row as it will be.
type line struct {
	seq int64
	row record.Delivery
	raw string // the row's doc; empty for a claim, which is almost always overtaken
	// whole gives a claim with its sealed part and doc.
	whole func() (line, error)
}

// claim is how a claim lies in the table sendings: the rest of the row is as it was.
type claim struct {
	PracticeID tenant.ID `json:"practice_id"`
	ID         string    `json:"claimed"`
	Version    int64     `json:"version"`
	NextAt     time.Time `json:"next_at"`
}

const claimBegins = `{"practice_id":` // no record of a delivery begins so

// newLine returns the line of a delivery.
func (s *Store) newLine(ctx context.Context, d incidents.Delivery) (line, error) {
	if !claimOnly(d) {
		return wholeLine(record.FromDelivery(ctx, s.sealer, d))
	}
	r := record.Delivery{PracticeID: d.PracticeID, ID: d.ID, Version: d.Version, NextAt: d.NextAt}
	later := context.WithoutCancel(ctx)
	return line{row: r, whole: func() (line, error) { return wholeLine(record.FromDelivery(later, s.sealer, d)) }}, nil
}

// claimOnly reports whether a row differs from the one that was read by its claim
// alone: one that found a cut-off attempt notes that as well.
func claimOnly(d incidents.Delivery) bool {
	n := len(d.Attempts)
	return d.State == incidents.Sending && (n == 0 || d.Attempts[n-1].Stage != incidents.StageCutOff)
}

func wholeLine(r record.Delivery, err error) (line, error) {
	if err != nil {
		return line{}, err
	}
	raw, err := format(r)
	return line{row: r, raw: raw}, err
}

// entry is how the line lies in the table.
func (l line) entry() (string, error) {
	if l.raw != "" {
		return l.raw, nil
	}
	return format(claim{l.row.PracticeID, l.row.ID, l.row.Version, l.row.NextAt.UTC()})
}

func (l line) key() rowKey { return rowKey{l.row.PracticeID, l.row.ID} }

// has reports whether one of the rows waits in the ledger; no ids are all rows.
func (l *ledger) has(practice tenant.ID, ids ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting := len(l.lines) + len(l.leaving); waiting == 0 || len(ids) == 0 {
		return waiting > 0
	}
	return slices.ContainsFunc(ids, func(id string) bool {
		key := rowKey{practice, id}
		_, some := l.lines[key]
		return some || l.leaving[key]
	})
}

// ended says that the present transaction is committed or undone.
func (l *ledger) ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.leaving) > 0 {
		l.leaving = map[rowKey]bool{}
	}
}

// put sets a row's line, nil takes it away, and returns what undoes that.
func (l *ledger) put(key rowKey, v *line) (undo func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old, some := l.lines[key]
	if v == nil {
		delete(l.lines, key)
		l.leaving[key] = true
	} else {
		l.lines[key] = *v
	}
	return func() {
		if some {
			l.put(key, &old)
			return
		}
		l.put(key, nil)
	}
}

// oldest returns the lowest number a line still needs.
func (l *ledger) oldest() int64 {
	low := l.last + 1
	for _, v := range l.lines {
		low = min(low, v.seq)
	}
	return low
}

// record writes those of the lines whose rows nobody wrote since they were read,
// and returns their places.
func (t *tx) record(lines []line) (won []int, err error) {
	var docs []string
	for i, v := range lines {
		version, err := t.deliveryVersion(v.key())
		if err != nil {
			return nil, err
		}
		if version != v.row.Version-1 {
			continue
		}
		entry, err := v.entry()
		if err != nil {
			return nil, err
		}
		won, docs = append(won, i), append(docs, entry)
	}
	if len(won) == 0 {
		return nil, nil
	}
	l := &t.w.ledger
	l.last++
	if err := t.exec(`INSERT INTO sendings (seq, doc) VALUES (?, ?)`, l.last, strings.Join(docs, "\n")); err != nil {
		return nil, err
	}
	for _, i := range won {
		v := lines[i]
		v.seq = l.last
		t.undone(l.put(v.key(), &v))
	}
	if len(l.lines) > mostLines {
		return won, t.fold()
	}
	return won, nil
}

// deliveryVersion returns the version a row has by now, 0 for none.
func (t *tx) deliveryVersion(key rowKey) (version int64, err error) {
	if v, some := t.w.ledger.lines[key]; some {
		return v.row.Version, nil
	}
	err = t.one(`SELECT version FROM deliveries WHERE practice_id = ? AND id = ?`, []any{key.practice, key.id}, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

// fold brings rows over from the ledger; without keys all.
func (t *tx) fold(keys ...rowKey) error {
	l := &t.w.ledger
	for _, v := range l.chosen(keys) {
		if err := t.bring(v); err != nil {
			return err
		}
		t.undone(l.put(v.key(), nil))
	}
	return t.dropLines()
}

// chosen returns the lines of the keys, or all, in the order of their ids.
func (l *ledger) chosen(keys []rowKey) []line {
	var list []line
	for _, k := range keys {
		if v, some := l.lines[k]; some {
			list = append(list, v)
		}
	}
	if len(keys) == 0 {
		for _, v := range l.lines {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b line) int { return cmp.Compare(a.row.ID, b.row.ID) })
	return list
}

// bring writes a line into its row.
func (t *tx) bring(v line) error {
	noted := v.row.Noted
	if v.raw == "" {
		var err error
		if v, err = v.whole(); err != nil {
			return err
		}
	}
	r := v.row
	return t.exec(`UPDATE deliveries SET version = ?, state = ?, told_at = ?, waits_for = ?, attempts = ?, noted = max(noted, ?), call = ?, doc = ?
		WHERE practice_id = ? AND id = ? AND version < ?1`,
		r.Version, r.State, millisOrNull(&r.ToldAt), millisOrNull(r.WaitsFor), r.Attempts, max(r.Noted, noted), r.Call, v.raw, r.PracticeID, r.ID)
}

// linesTogether is how many lines are worth a delete.
const linesTogether = 64

// dropLines removes lines whose rows have all been brought over.
func (t *tx) dropLines() error {
	l := &t.w.ledger
	low := l.oldest()
	if low <= l.first || low-l.first < linesTogether && len(l.lines) > 0 {
		return nil
	}
	if err := t.exec(`DELETE FROM sendings WHERE seq < ?`, low); err != nil {
		return err
	}
	was := l.first
	l.first = low
	t.undone(func() { l.first = was })
	return nil
}
