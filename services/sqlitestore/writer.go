package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync/atomic"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// errClosed says that the store was closed.
var errClosed = errors.New("the store is closed")

const (
	// mostTogether bounds how many writes share one commit.
	mostTogether = 200
	// mostBehind is how many of them nobody may wait for at a screen: who does then
	// waits for no more than those.
	mostBehind = 50
)

// writer is the one goroutine that writes.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]prepared
	files *files // must be the ones that were opened
	// ledger is what the transactions left to be brought over into rows.
	ledger ledger
	jobs   chan *job
	behind chan *job     // taken when there is room beside the others
	quit   chan struct{} // closed: take no more
	done   chan struct{} // closed: the goroutine has ended
	// refused is why the last group of writes was refused as a whole; nil once
	// one was written.
	refused atomic.Pointer[error]
}

// job is one caller's write. It runs wholly, or not at all.
type job struct {
	ctx    context.Context
	run    func(*tx) error
	taken  atomic.Bool // by the writer, or by the caller who gave up
	err    error
	answer chan error
}

// newWriter starts the writer; close ends it, and db with it.
func newWriter(ctx context.Context, db *sql.DB, files *files) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		db: db, conn: conn, stmts: map[string]prepared{}, files: files, ledger: ledger{lines: map[rowKey]line{}, leaving: map[rowKey]bool{}},
		jobs: make(chan *job, mostTogether), behind: make(chan *job, mostTogether), quit: make(chan struct{}), done: make(chan struct{}),
	}
	go w.loop()
	return w, nil
}

// write hands run to the writer and returns once it is committed, or has
// failed. A caller whose time is up before its turn leaves nothing behind.
func (w *writer) write(ctx context.Context, run func(*tx) error) error {
	j := &job{ctx: ctx, run: run, answer: make(chan error, 1)}
	select {
	case <-w.quit: // first, so that a closed store never takes a job by chance
		return errClosed
	default:
	}
	line := w.jobs
	if incidents.IsBehind(ctx) {
		line = w.behind
	}
	select {
	case line <- j:
	case <-w.quit:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.answer:
		return err
	case <-ctx.Done():
	case <-w.done:
	}
	if j.taken.CompareAndSwap(false, true) {
		if err := ctx.Err(); err != nil {
			return err
		}
		return errClosed
	}
	return <-j.answer // it is being written; only the outcome may be told
}

// loop writes until quit, then what waits, then ends.
func (w *writer) loop() {
	defer close(w.done)
	for {
		select {
		case j := <-w.jobs:
			w.commit(w.gather([]*job{j}, nil))
		case j := <-w.behind:
			w.commit(w.gather(nil, []*job{j}))
		case <-w.quit:
			for {
				batch := w.gather(nil, nil)
				if len(batch) == 0 {
					return
				}
				w.commit(batch)
			}
		}
	}
}

// gather takes the jobs that wait already, beside those taken; it never waits for
// more. Those that somebody waits for come first.
func (w *writer) gather(ahead, behind []*job) []*job {
	ahead = waiting(w.jobs, ahead, mostTogether)
	return append(ahead, waiting(w.behind, behind, min(mostBehind, mostTogether-len(ahead)))...)
}

// waiting adds what waits in a line to a batch of at most so many.
func waiting(line <-chan *job, batch []*job, most int) []*job {
	for len(batch) < most {
		select {
		case j := <-line:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit runs the jobs in one transaction and answers each when it is durable.
func (w *writer) commit(batch []*job) {
	err := w.transact(batch)
	w.ledger.ended()
	w.refused.Store(nil)
	if err != nil {
		w.refused.Store(&err)
	}
	for _, j := range batch {
		if err != nil && j.err == nil {
			j.err = err
		}
		j.answer <- j.err
	}
}

// transact returns why none of the jobs was written, nil when those without an
// error of their own were.
func (w *writer) transact(batch []*job) error {
	if err := w.files.check(); err != nil {
		return w.refuse(batch, err)
	}
	t := &tx{w: w}
	if err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return w.refuse(batch, err)
	}
	for _, j := range batch {
		if !j.taken.CompareAndSwap(false, true) {
			continue // the caller gave up
		}
		if j.err = j.ctx.Err(); j.err != nil {
			continue
		}
		if err := w.attempt(t, j); err != nil {
			_ = t.exec("ROLLBACK") // the engine may have rolled back already
			t.undo(0)
			return w.refuse(batch, err)
		}
	}
	if err := t.exec("COMMIT"); err != nil {
		_ = t.exec("ROLLBACK") // the engine may have rolled back already
		t.undo(0)
		return w.refuse(batch, err)
	}
	return nil
}

// attempt runs one job in a savepoint. Its own failure is noted in the job; the
// error returned means that the whole transaction is lost.
func (w *writer) attempt(t *tx, j *job) error {
	if err := t.exec("SAVEPOINT job"); err != nil {
		return err
	}
	before := len(t.undos)
	if j.err = j.run(t); j.err == nil {
		return t.exec("RELEASE job")
	}
	t.undo(before)
	// A full disk makes the engine roll back the whole transaction; then the
	// savepoint is gone too, and the others learn why.
	if err := t.exec("ROLLBACK TO job"); err != nil {
		return j.err
	}
	return t.exec("RELEASE job")
}

// refuse takes every job, so that no caller waits, and returns err for all.
func (w *writer) refuse(batch []*job, err error) error {
	for _, j := range batch {
		j.taken.Store(true)
		if j.err != nil && errors.Is(failed("", j.err), fault.Unavailable) {
			continue
		}
		j.err = nil // whatever it met is not so: nothing was written
	}
	return err
}

// close ends the goroutine, after what waits is written.
func (w *writer) close() error {
	close(w.quit)
	<-w.done
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close(), w.db.Close())...)
}

// tx is the writer's transaction as a job sees it. The engine works in memory
// until the commit, and locks end after the busy timeout, so it needs no
// deadline of its own.
type tx struct {
	w     *writer
	undos []func() // what takes back in memory what a rollback takes back on disk
}

// undone remembers how to take back a change in memory.
func (t *tx) undone(how func()) { t.undos = append(t.undos, how) }

// undo takes back all changes in memory but the first ones.
func (t *tx) undo(keep int) {
	for _, how := range slices.Backward(t.undos[keep:]) {
		how()
	}
	t.undos = t.undos[:keep]
}

func (t *tx) stmt(query string) (prepared, error) {
	if s, found := t.w.stmts[query]; found {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = s
	return s, nil
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.change(query, args...)
	return err
}

// change executes query and returns how many rows it wrote.
func (t *tx) change(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one reads a single row into dest; sql.ErrNoRows when there is none.
func (t *tx) one(query string, args []any, dest ...any) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(dest...)
}
