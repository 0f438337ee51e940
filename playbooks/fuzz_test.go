package playbooks_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"datalek/playbooks"
)

// embedded are the files of a folder that the program brings, as seeds.
func embedded(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatalf("no files like %s: %v", pattern, err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Add("a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n")
	f.Add("{{{{[[[[")
	f.Add("? ? ? !!binary x")
	f.Add("id: 1\nid: 2\n<<: *x")
}

// A policy that somebody brings is taken when each of its rules is sound, or
// refused with its faults.
func FuzzReadPolicyOrder(f *testing.F) {
	embedded(f, "policies/*.yaml")
	f.Add(`{"id":"own","client":{"hours":48}}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, lines := range []bool{true, false} {
			order, err := playbooks.ReadPolicyOrder([]byte(text), lines)
			if err == nil && order.Policy.ID == "" {
				t.Errorf("%q is taken for a policy", text)
			}
		}
	})
}

// A folder of one's own may stand over what the program brings: a kind of breach
// in it is taken whole or refused by name.
func FuzzKinds(f *testing.F) {
	embedded(f, "kinds/*.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		folder := t.TempDir()
		if err := os.Mkdir(filepath.Join(folder, "kinds"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "kinds", "lost-letter.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var faults playbooks.Faults
		if _, err := playbooks.Load(folder); err != nil && !errors.As(err, &faults) {
			t.Errorf("the fault is %v", err)
		}
	})
}
