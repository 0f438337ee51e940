package page_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"datalek/web/assets"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/templates"
)

// spoken is what the sources ask of the catalogue: whole keys, and the fixed
// beginnings of keys that are completed while running.
type spoken struct {
	keys     map[string][]string // key: where it is used
	prefixes map[string]string
}

var keyLike = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_-]+)+$`)
var prefixLike = regexp.MustCompile(`^[a-z][a-z0-9_]*\.([a-z0-9_.-]*[._])?$`)

func (s *spoken) say(key, where string) { s.keys[key] = append(s.keys[key], where) }

func (s *spoken) template(t *testing.T, name string) {
	raw, err := fs.ReadFile(templates.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`\bt "([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		s.say(found[1], name)
	}
	for _, found := range regexp.MustCompile(`printf "([a-z_.]+[._])%[sdvt]`).FindAllStringSubmatch(string(raw), -1) {
		s.prefixes[found[1]] = name
	}
}

// file notes the texts a Go file names: the second argument of the functions
// that translate, every literal that looks like a key (it may be handed on),
// and beginnings of keys that end in a dot.
func (s *spoken) file(t *testing.T, name string, literals map[string]bool) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		return // half-written; the compiler says so
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.CallExpr:
			if key, ok := translated(n); ok {
				s.say(key, name)
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				literals[text] = true
				if prefixLike.MatchString(text) {
					s.prefixes[text] = name
				}
			}
		}
		return true
	})
}

// translated returns the key that a call translates: T(c, key), NewView(c, key),
// Done(c, key), and the third part of a fault.
func translated(call *ast.CallExpr) (string, bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if !slices.Contains([]string{"T", "NewView", "Done", "Add", "New"}, name) || len(call.Args) < 2 {
		return "", false
	}
	lit, ok := call.Args[1].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	key, err := strconv.Unquote(lit.Value)
	isFault := strings.HasPrefix(key, "error.")
	return key, err == nil && keyLike.MatchString(key) && (isFault || name == "T" || name == "NewView" || name == "Done")
}

func goFiles(t *testing.T, roots ...string) []string {
	t.Helper()
	var names []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "assets_src"):
				return fs.SkipDir
			case !entry.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				names = append(names, path)
			}
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return names
}

func catalogue(t *testing.T, lang string) map[string]json.RawMessage {
	t.Helper()
	names, err := fs.Glob(locales.Files, "*."+lang+".json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	for _, name := range names {
		raw, err := fs.ReadFile(locales.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]json.RawMessage
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, text := range texts {
			if _, twice := all[key]; twice {
				t.Errorf("%s says %s a second time", name, key)
			}
			all[key] = text
		}
	}
	return all
}

func TestEveryTextIsThereInBothLanguagesAndUsed(t *testing.T) {
	s := &spoken{keys: map[string][]string{}, prefixes: map[string]string{}}
	names, err := page.PageNames(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	more, err := fs.Glob(templates.Files, "*/_*.html")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := fs.Glob(templates.Files, "parts/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(names, more, shared, []string{"layout.html"}) {
		s.template(t, name)
	}
	literals := map[string]bool{}
	for _, name := range goFiles(t, "..", "../../incidents", "../../cmd", "../../playbooks") {
		if !strings.HasPrefix(name, "../api/") { // machines read its faults in English
			s.file(t, name, literals)
		}
	}
	dutch, english := catalogue(t, "nl"), catalogue(t, "en")
	compareKeys(t, "en", dutch, english)
	compareKeys(t, "nl", english, dutch)
	for key, where := range s.keys {
		if _, known := dutch[key]; !known {
			t.Errorf("%s is used in %s and stands in no catalogue", key, where[0])
		}
	}
	for prefix, where := range s.prefixes {
		known := false
		for key := range dutch {
			known = known || strings.HasPrefix(key, prefix)
		}
		if area, _, _ := strings.Cut(prefix, "."); !known && hasArea(dutch, area) {
			t.Errorf("%s uses keys that begin with %s; there are none", where, prefix)
		}
	}
	for key := range dutch {
		if s.keys[key] == nil && !literals[key] && !s.begins(key) && !headed(key, literals) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

func hasArea(texts map[string]json.RawMessage, area string) bool {
	for key := range texts {
		if strings.HasPrefix(key, area+".") {
			return true
		}
	}
	return false
}

func (s *spoken) begins(key string) bool {
	for prefix := range s.prefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// headed reports whether a Go file names the head of a key, all but its last
// part, and adds the rest ("desk.delay" + ".title").
func headed(key string, literals map[string]bool) bool {
	head := key[:strings.LastIndex(key, ".")]
	return strings.Contains(head, ".") && literals[head]
}

var blank = regexp.MustCompile(`\{\{\.[a-z_]+\}\}`)

func compareKeys(t *testing.T, lang string, want, got map[string]json.RawMessage) {
	t.Helper()
	for key, text := range want {
		other, there := got[key]
		if !there {
			t.Errorf("%s is not in %s", key, lang)
			continue
		}
		if a, b := blanksIn(text), blanksIn(other); !slices.Equal(a, b) {
			t.Errorf("%s has the blanks %v in %s, and %v in the other language", key, b, lang, a)
		}
	}
}

func blanksIn(text json.RawMessage) []string {
	found := blank.FindAllString(string(text), -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestEveryTemplateParses(t *testing.T) {
	site, err := page.NewWith(page.Options{Store: &memory{}, Now: now}, templates.Files, locales.Files, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	names, err := page.PageNames(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := site.Parse(name); err != nil {
			t.Error(err)
		}
	}
}
