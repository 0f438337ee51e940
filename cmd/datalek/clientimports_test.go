package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A host without a server imports a list, lists its imports and takes one back.
func TestCommandsListAndUndoImports(t *testing.T) {
	folder := t.TempDir()
	data, file := filepath.Join(folder, "data"), filepath.Join(folder, "list.csv")
	if err := os.WriteFile(file, []byte("naam;nummer\nVoorbeeld Een;B-1\nVoorbeeld Twee;B-2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := command(t, nil, append(args, "--data", data)...)
		if err != nil {
			t.Fatalf("%v: %v %s", args, err, out)
		}
		return out
	}
	id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	practice := id.FindString(run("practice", "add", "--name", "Praktijk Voorbeeld", "--contact", "Anna Voorbeeld", "--email", "anna@voorbeeld.example"))
	if practice == "" {
		t.Fatal("the practice has no id")
	}
	brought := id.FindString(run("clients", "import", file, "--practice", practice))
	if list := run("clients", "imports", "--practice", practice); !strings.Contains(list, brought) || !strings.Contains(list, "done  2 new") {
		t.Errorf("imports = %q, want %s with two new", list, brought)
	}
	if out := run("clients", "undo", brought, "--practice", practice); !strings.Contains(out, "2 removed, 0 put back, 0 kept") {
		t.Errorf("undo said %q", out)
	}
	if out, err := command(t, nil, "clients", "undo", brought, "--practice", practice, "--data", data); err == nil || !strings.Contains(out, "undone already") {
		t.Errorf("undone twice = %v %q", err, out)
	}
}
