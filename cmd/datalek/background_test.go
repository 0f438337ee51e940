package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// backgroundNames are what reads Regulation 1182/71 and asks for public
// holidays, with the only folders that may name them. The rest of the program
// counts hours: no clock, no warning and no worker knows a holiday.
func backgroundNames() map[string][]string {
	return map[string][]string{
		"Background":       {"incidents/background.go", "web/desk"},
		"LawReading":       {"incidents/background.go", "web/desk"},
		"afterWorkingDays": {"incidents/background.go"},
		"Holiday":          {"services/calendar", "web/desk"},
	}
}

func TestNoClockKnowsTheBackgroundReading(t *testing.T) {
	root, seen := "../..", map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && (d.Name() == "node_modules" || d.Name() == ".git") {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		place := strings.TrimPrefix(filepath.ToSlash(path), root+"/")
		for name := range namesIn(file) {
			seen[name]++
			if !withinAny(place, backgroundNames()[name]) {
				t.Errorf("%s names %s: the background reading is shown, and used for nothing", place, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range backgroundNames() {
		if seen[name] == 0 {
			t.Errorf("nothing is named %s any more: the test would look for nothing", name)
		}
	}
}

// namesIn returns those of backgroundNames that a file's code names.
func namesIn(file *ast.File) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, is := n.(*ast.Ident); is {
			if _, watched := backgroundNames()[id.Name]; watched && !(id.Name == "Background" && ofContext(file, id)) {
				found[id.Name] = true
			}
		}
		return true
	})
	return found
}

// ofContext reports whether the name is that of context.Background.
func ofContext(file *ast.File, id *ast.Ident) bool {
	is := false
	ast.Inspect(file, func(n ast.Node) bool {
		s, selects := n.(*ast.SelectorExpr)
		if selects && s.Sel == id {
			pkg, named := s.X.(*ast.Ident)
			is = is || named && pkg.Name == "context"
		}
		return !is
	})
	return is
}
