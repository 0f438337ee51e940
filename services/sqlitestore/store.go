package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver

	"datalek/incidents/fault"
	"datalek/services/record"
)

// Names in the data folder.
const (
	fileName = "datalek.db" // beside it, while open: -wal and -shm
	lockName = "store.lock"
)

// Options says how to open the store.
type Options struct {
	// Seal returns the sealer whose wrapped keys lie in the store. It is called
	// before anything is changed, so that a wrong key changes nothing. Required.
	Seal func(ctx context.Context, keys record.Keyring) (record.Sealer, error)
	// MaxPages bounds the file, in pages of 4 KiB; 0 leaves it to the disk.
	MaxPages int
	// CheckWithin is how long Open waits for the quick check, to refuse a damaged
	// database at once; what is found later Ping tells. 0 does not wait.
	CheckWithin time.Duration
}

// Store keeps the data of all practices of one host in one folder. It is safe
// for use by several goroutines.
type Store struct {
	lock      *os.File
	w         *writer
	readers   *sql.DB
	behind    *sql.DB // reads what nobody waits for at a screen
	preparing sync.Mutex
	stmts     map[reading]prepared
	sealer    record.Sealer
	locks     keyLocks
	damage    atomic.Pointer[error] // once damage was met: nothing is written any more
	files     *files
	stop      context.CancelFunc // ends the check at the start
	checked   chan struct{}      // closed when it has ended
	cutOff    bool               // the process before did not close the database
	gone      atomic.Bool        // closed
}

// Open opens the store in dir, which it makes when missing (0700), brings an
// older database up to date and, where that is due, starts a quick check in the background. A
// folder that another process has open is refused, and so is a database that a
// newer program wrote. Open returns within ctx; the store lives until Close.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{stmts: map[reading]prepared{}, checked: make(chan struct{})}
	if s.lock, err = claimFolder(dir); err != nil {
		return nil, err
	}
	if err := s.open(ctx, filepath.Join(dir, fileName), o); err != nil {
		return nil, errors.Join(err, s.release())
	}
	// The check outlives Open and ends with Close.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.checkAtStart(background)
	if err := s.awaitCheck(o.CheckWithin); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func claimFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, held, err := lockFile(filepath.Join(dir, lockName))
	if held {
		return nil, fmt.Errorf("data folder %s is in use by another datalek process; stop that one first: %w", dir, fault.Unavailable)
	}
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be written; look at its rights and its disk: %w", dir, err)
	}
	return lock, nil
}

func (s *Store) open(ctx context.Context, path string, o Options) error {
	if err := s.expectFile(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	s.files = &files{path: path}
	s.cutOff = leftOver(path + "-wal")
	if err := s.connect(ctx, path, o); err != nil {
		return failed("open database "+path, err)
	}
	if err := s.migrate(ctx, o); err != nil {
		return failed("open database "+path, err)
	}
	if err := s.noteFile(); err != nil {
		return err
	}
	return failed("take over from the process before", s.takeOver(ctx))
}

// madeHere stands in the lock file once the folder holds a database.
const madeHere = "datalek.db was made in this folder\n"

// expectFile refuses to make a new, empty database where there was one.
func (s *Store) expectFile(path string) error {
	lock, err := s.lock.Stat()
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("open database: %w", err)
	}
	if lock.Size() > 0 && (err != nil || info.Size() == 0) {
		return fmt.Errorf("open database: %w: %s is missing or empty, and there was one; put it back, or restore a backup into a new folder", fault.Unavailable, path)
	}
	return nil
}

// noteFile remembers that the folder holds a database.
func (s *Store) noteFile() error {
	if lock, err := s.lock.Stat(); err == nil && lock.Size() > 0 {
		return nil
	}
	_, err := s.lock.WriteAt([]byte(madeHere), 0)
	if err := errors.Join(err, s.lock.Sync()); err != nil {
		return fmt.Errorf("open database: note it in the folder: %w", err)
	}
	return nil
}

func (s *Store) connect(ctx context.Context, path string, o Options) error {
	pragmas := []string{"journal_mode(wal)", "cache_size(-4000)", "journal_size_limit(67108864)"}
	if o.MaxPages > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count(%d)", o.MaxPages))
	}
	db, err := sql.Open("sqlite", address(path, pragmas...))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if s.w, err = newWriter(ctx, db, s.files); err != nil {
		return errors.Join(err, db.Close())
	}
	if s.readers, err = openReaders(path); err != nil {
		return err
	}
	s.behind, err = openReaders(path)
	return err
}

// openReaders returns a few connections that only read.
func openReaders(path string) (*sql.DB, error) {
	const most = 4
	db, err := sql.Open("sqlite", address(path, "query_only(1)", "cache_size(-2000)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

// address returns the data source name: durable commits, foreign keys, what is
// deleted overwritten, and two seconds of patience with a foreign lock.
func address(path string, pragmas ...string) string {
	values := url.Values{"_txlock": {"immediate"}}
	common := []string{"busy_timeout(2000)", "synchronous(full)", "foreign_keys(1)", "secure_delete(1)", "temp_store(memory)"}
	for _, p := range append(common, pragmas...) {
		values.Add("_pragma", p)
	}
	return fileAddress(path, values)
}

// fileAddress returns the address of a file by its absolute path.
func fileAddress(path string, values url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}).String()
}

// readOnly opens a database file that nothing here writes to.
func readOnly(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", fileAddress(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}))
}

// write runs a group of statements as one atomic, durable write.
func (s *Store) write(ctx context.Context, step string, run func(*tx) error) error {
	if err := s.harm(); err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	return failed(step, s.noting(s.w.write(ctx, run)))
}

// Close writes what waits and closes the store.
func (s *Store) Close() error {
	if s.gone.Swap(true) {
		return nil
	}
	s.stop()
	<-s.checked
	return s.release()
}

// release closes what is open.
func (s *Store) release() error {
	var errs []error
	s.preparing.Lock()
	defer s.preparing.Unlock()
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	for _, db := range []*sql.DB{s.readers, s.behind} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.w != nil {
		errs = append(errs, s.w.close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}
