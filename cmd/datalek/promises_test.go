package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryPromiseNamesTestsThatExist reads the README's table of what one can
// rely on: each row names tests, and each of them is there.
func TestEveryPromiseNamesTestsThatExist(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "\n## What you can rely on\n")
	section, _, _ = strings.Cut(section, "\n## ")
	tests, rows := declaredTests(t), 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| what is promised") {
			continue
		}
		rows++
		named := regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(line[strings.LastIndex(strings.TrimRight(line, " |\n"), "|"):], -1)
		if len(named) == 0 {
			t.Errorf("no test shows this:\n%s", line)
		}
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("there is no test %s, which is to show this:\n%s", name[1], line)
			}
		}
	}
	if rows == 0 {
		t.Error("the README promises nothing")
	}
}

// declaredTests are the names of all tests of the module.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	found, declared := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(\w+ \*testing\.T\)`)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, name := range declared.FindAllStringSubmatch(string(raw), -1) {
			found[name[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
