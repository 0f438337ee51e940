package playbooks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed systems.yaml policies/*.yaml kinds/*.yaml law/*.yaml texts/*/*.yaml texts/*/*.tmpl
var embedded embed.FS

// layers reads the embedded data, and a folder that may stand over it.
type layers struct {
	over    fs.FS // nil: none
	overDir string
	// own are folders that stand over one of the embedded ones alone, by its name.
	own map[string]ownFolder
}

// ownFolder holds files of one kind, without folders in it.
type ownFolder struct {
	files fs.FS
	dir   string
}

func newLayers(f Folders) (layers, error) {
	over, err := openFolder(f.All, "playbooks")
	if err != nil {
		return layers{}, err
	}
	l := layers{over: over, overDir: f.All, own: map[string]ownFolder{}}
	for name, dir := range map[string]string{"policies": f.Policies, "law": f.Law} {
		files, err := openFolder(dir, name)
		if err != nil {
			return layers{}, err
		}
		if files != nil {
			l.own[name] = ownFolder{files, dir}
		}
	}
	return l, nil
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
	folder, file, _ := strings.Cut(name, "/")
	if own, some := l.own[folder]; some {
		raw, err := fs.ReadFile(own.files, file)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return raw, filepath.Join(own.dir, file), err
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
	if own, some := l.own[dir]; some {
		folders = append(folders, struct {
			layer fs.FS
			dir   string
		}{own.files, "."})
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
	for _, folder := range slices.Sorted(maps.Keys(l.own)) {
		if err := l.own[folder].unread(faults); err != nil {
			return err
		}
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

// unread does so for a folder of files of one kind, which has no folders in it: a
// mounted one may have hidden ones, which are left alone.
func (o ownFolder) unread(faults *Faults) error {
	entries, err := fs.ReadDir(o.files, ".")
	if err != nil {
		return fmt.Errorf("list %s: %w", o.dir, err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "README") || !e.IsDir() && strings.HasSuffix(name, ".yaml") {
			continue
		}
		faults.add(filepath.Join(o.dir, name), 0, "nothing reads this; each is one file whose name ends in .yaml")
	}
	return nil
}
