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
	over        fs.FS // nil: none
	overDir     string
	policies    fs.FS // stands over the folder policies alone; nil: none
	policiesDir string
}

func newLayers(f Folders) (layers, error) {
	over, err := openFolder(f.All, "playbooks")
	if err != nil {
		return layers{}, err
	}
	policies, err := openFolder(f.Policies, "policies")
	return layers{over: over, overDir: f.All, policies: policies, policiesDir: f.Policies}, err
}

func openFolder(dir, what string) (fs.FS, error) {
	if dir == "" {
		return nil, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open %s folder: %w", what, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open %s folder: %s is not a folder", what, dir)
	}
	return os.DirFS(dir), nil
}

// read returns a file's content and the name under which a person finds it.
func (l layers) read(name string) ([]byte, string, error) {
	if policy, some := strings.CutPrefix(name, "policies/"); some && l.policies != nil {
		raw, err := fs.ReadFile(l.policies, policy)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return raw, filepath.Join(l.policiesDir, policy), err
		}
	}
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
	folders := []struct {
		layer fs.FS
		dir   string
	}{{embedded, dir}, {l.over, dir}}
	if dir == "policies" {
		folders = append(folders, struct {
			layer fs.FS
			dir   string
		}{l.policies, "."})
	}
	for _, f := range folders {
		if f.layer == nil {
			continue
		}
		entries, err := fs.ReadDir(f.layer, f.dir)
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
	if err := l.unreadPolicies(faults); err != nil {
		return err
	}
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

// unreadPolicies does so for the folder of policies, which has no folders in it:
// a mounted one may have hidden ones, which are left alone.
func (l layers) unreadPolicies(faults *Faults) error {
	if l.policies == nil {
		return nil
	}
	entries, err := fs.ReadDir(l.policies, ".")
	if err != nil {
		return fmt.Errorf("list policies: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "README") || !e.IsDir() && strings.HasSuffix(name, ".yaml") {
			continue
		}
		faults.add(filepath.Join(l.policiesDir, name), 0, "nothing reads this; a policy is one file whose name ends in .yaml")
	}
	return nil
}
