package checkup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
)

// How much room the data's disk must have: with less than scarce nobody can
// count on the next write, with less than little it is time to make room.
const (
	scarce = 256 << 20
	little = 1 << 30
)

// Disk looks how much room the folder's disk has left.
func Disk(folder string) Check {
	return Check{Name: "disk", Run: func(context.Context) Finding {
		free, err := freeBytes(folder)
		if err != nil {
			return Finding{State: Unchecked, Code: "disk_unknown", Detail: reason(err)}
		}
		return room(free)
	}}
}

func room(free uint64) Finding {
	blanks := []any{"megabytes", free >> 20}
	switch {
	case free < scarce:
		return Finding{State: Unwell, Code: "disk_scarce", Blanks: blanks}
	case free < little:
		return Finding{State: Note, Code: "disk_little", Blanks: blanks}
	}
	return Finding{State: Well, Code: "disk_well", Blanks: blanks}
}

// Keys looks whether the key file can be read, by nobody else, and fits what is
// stored; matches tells that.
func Keys(file string, matches func(ctx context.Context) error) Check {
	return Check{Name: "keys", Run: func(ctx context.Context) Finding {
		f, err := os.Open(file) // #nosec G304 -- the operator names the file
		if err != nil {
			return Finding{State: Unwell, Code: "keys_unreadable", Blanks: []any{"file", file}, Detail: reason(err)}
		}
		info, err := f.Stat()
		if err := errors.Join(err, f.Close()); err != nil {
			return Finding{State: Unwell, Code: "keys_unreadable", Blanks: []any{"file", file}, Detail: reason(err)}
		}
		if err := matches(ctx); err != nil {
			return Finding{State: Unwell, Code: "keys_wrong", Blanks: []any{"file", file}, Detail: err.Error()}
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			return Finding{State: Note, Code: "keys_open", Blanks: []any{"file", file}}
		}
		return Finding{State: Well, Code: "keys_well"}
	}}
}

// reason is the system's word without the path, which the words name already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
