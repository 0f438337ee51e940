//go:build !windows

package natsbus

import (
	"os"
	"syscall"
)

// lockFile opens path and locks it until the file is closed or the process
// ends, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // the refusal matters, not the close
		return nil, err
	}
	return f, nil
}
