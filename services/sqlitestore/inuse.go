package sqlitestore

import (
	"fmt"
	"os"
	"path/filepath"

	"datalek/incidents/fault"
)

// RefuseInUse returns fault.Unavailable when another process has the folder
// open, for commands that must not touch it then. A missing folder is free.
func RefuseInUse(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, lockName)); os.IsNotExist(err) {
		return nil
	}
	lock, held, err := lockFile(filepath.Join(dir, lockName))
	if held {
		return fmt.Errorf("data folder %s is in use by another datalek process; stop that one first: %w", dir, fault.Unavailable)
	}
	if err != nil {
		return fmt.Errorf("lock data folder %s: %w", dir, err)
	}
	return lock.Close()
}
