package outlet_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datalek/incidents/register"
	"datalek/services/outlet"
)

func head(note string) register.SignedHead { return register.SignedHead{Number: 1, Note: note} }

func TestAFileHasEveryHeadAtItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heads.txt")
	f, err := outlet.NewFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range []string{"one\n", "two\n"} {
		if err := f.Publish(t.Context(), head(note)); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil || string(raw) != "one\n\ntwo\n\n" {
		t.Errorf("file %q, %v", raw, err)
	}
	if _, err := outlet.NewFile(filepath.Join(t.TempDir(), "missing", "heads.txt")); err == nil {
		t.Error("a file in a folder that is not there is taken")
	}
}

func TestAnAddressWithinTheHouseIsCalledOnlyWhenItsNetworkIsAllowed(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body) // a short one is seen below
		got = append(got, r.Method+" "+string(raw))
		if strings.Contains(r.URL.Path, "moved") {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	refused, err := outlet.NewURL(server.URL+"/secret-path", outlet.NewGate(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := refused.Publish(t.Context(), head("one")); err == nil || strings.Contains(err.Error(), "secret-path") || len(got) > 0 {
		t.Errorf("a private address gives %v, calls %q", err, got)
	}
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	allowed, err := outlet.NewURL(server.URL, outlet.NewGate(here))
	if err != nil {
		t.Fatal(err)
	}
	if err := allowed.Publish(t.Context(), head("one")); err != nil || len(got) != 1 || got[0] != "POST one" {
		t.Errorf("an allowed address gives %v, calls %q", err, got)
	}
	moved, err := outlet.NewURL(server.URL+"/moved", outlet.NewGate(here))
	if err != nil {
		t.Fatal(err)
	}
	if err := moved.Publish(t.Context(), head("two")); err == nil || len(got) != 2 {
		t.Errorf("a redirect gives %v, calls %q", err, got)
	}
	for _, wrong := range []string{"", "file:///etc/passwd", "ftp://example.org", "https://"} {
		if _, err := outlet.NewURL(wrong, outlet.NewGate(nil)); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
