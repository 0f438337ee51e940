package sqlitestore

import (
	"fmt"
	"os"
	"sync"

	"datalek/incidents/fault"
)

// files are the database and its log as they were when opened. The engine goes
// on writing to files that were removed or replaced under it, where nobody will
// find it again; so each write looks first whether they are still there.
type files struct {
	path string // of the database; the log is beside it

	mu    sync.Mutex
	known map[string]os.FileInfo
}

// check returns fault.Unavailable when a file that was there is gone, is another
// one, or (the database) lost a part: it never shrinks by itself.
func (f *files) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = map[string]os.FileInfo{}
	}
	for _, path := range []string{f.path, f.path + "-wal"} {
		before := f.known[path]
		now, err := os.Stat(path)
		switch {
		case err != nil && before == nil: // the log, before the first write
			continue
		case err != nil:
			return fmt.Errorf("%w: %s is gone; stop datalek and put it back, or restore a backup", fault.Unavailable, path)
		case before != nil && !os.SameFile(before, now):
			return fmt.Errorf("%w: %s is not the file that was opened; stop datalek and put that one back, or restore a backup", fault.Unavailable, path)
		case before != nil && path == f.path && now.Size() < before.Size():
			return fmt.Errorf("%w: %s lost a part; stop datalek and restore a backup", fault.Unavailable, path)
		}
		f.known[path] = now
	}
	return nil
}
