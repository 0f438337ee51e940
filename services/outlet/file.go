// Package outlet takes the signed heads of the registers' trees out of the house:
// to the end of a file, or to an address on the web.
package outlet

import (
	"context"
	"errors"
	"fmt"
	"os"

	"datalek/incidents/register"
)

// File adds heads to the end of a file, each with an empty line after it.
type File struct{ path string }

// NewFile returns a File; path must be writable, and is made when missing (0600).
func NewFile(path string) (*File, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	return &File{path}, f.Close()
}

func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("open the file of tree heads: %w", err)
	}
	return f, nil
}

// Publish adds a head; it is on the disk when Publish returns. The file is opened
// each time, so that it may be moved away meanwhile.
func (f *File) Publish(_ context.Context, h register.SignedHead) error {
	file, err := open(f.path)
	if err != nil {
		return err
	}
	_, err = file.WriteString(h.Note + "\n")
	return errors.Join(err, file.Sync(), file.Close())
}
