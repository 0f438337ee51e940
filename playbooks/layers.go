package playbooks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed policies/*.yaml kinds/*.yaml texts/*/*.yaml texts/*/*.tmpl
var embedded embed.FS

// layers reads the embedded data, and a folder that may stand over it.
type layers struct {
	over    fs.FS // nil: none
	overDir string
}

func newLayers(overrideDir string) (layers, error) {
	if overrideDir == "" {
		return layers{}, nil
	}
	info, err := os.Stat(overrideDir)
	if err != nil {
		return layers{}, fmt.Errorf("open playbooks folder: %w", err)
	}
	if !info.IsDir() {
		return layers{}, fmt.Errorf("open playbooks folder: %s is not a folder", overrideDir)
	}
	return layers{over: os.DirFS(overrideDir), overDir: overrideDir}, nil
}

// read returns a file's content and the name under which a person finds it.
func (l layers) read(name string) ([]byte, string, error) {
	if l.over != nil {
		raw, err := fs.ReadFile(l.over, name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return raw, filepath.Join(l.overDir, filepath.FromSlash(name)), err
		}
	}
	raw, err := embedded.ReadFile(name)
	return raw, "playbooks/" + name, err
}

// path returns the name under which a person finds a file.
func (l layers) path(name string) string {
	_, file, _ := l.read(name)
	return file
}

func (l layers) has(name string) bool {
	_, _, err := l.read(name)
	return err == nil
}

// list returns the names in a folder that end in ext, without it, sorted.
func (l layers) list(dir, ext string) ([]string, error) {
	var names []string
	for _, layer := range []fs.FS{embedded, l.over} {
		if layer == nil {
			continue
		}
		entries, err := fs.ReadDir(layer, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list %s: %w", dir, err)
		}
		for _, e := range entries {
			if name, fits := strings.CutSuffix(e.Name(), ext); fits && !e.IsDir() {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// unread adds a fault for every file of the override folder that nothing reads:
// a misspelt name must not be lost in silence.
func (l layers) unread(used map[string]bool, faults *Faults) error {
	if l.over == nil {
		return nil
	}
	return fs.WalkDir(l.over, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || used[name] || strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "README") {
			return err
		}
		faults.add(filepath.Join(l.overDir, filepath.FromSlash(name)), 0, "nothing reads a file of this name; see the package documentation for the names")
		return nil
	})
}
