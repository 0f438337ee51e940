package main_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// connects is what makes a connection, or a client that does.
var connects = regexp.MustCompile(`net\.Dial|tls\.Dial|http\.(Client\{|Transport\{|Get\(|Post\(|Head\(|PostForm\(|Default)|smtp\.Dial|imapclient\.Dial`)

// waysOut are the files that connect to somewhere, and where. All of it is named
// by the operator: pages and API take no address to connect to.
func waysOut() map[string]string {
	return map[string]string{
		"services/outlet/gate.go": "the gate itself", "services/outlet/url.go": "through the gate",
		"cmd/datalek/outgoing.go": "the authority of certificates, through the gate", "services/heartbeat/heartbeat.go": "by Dial: through the gate",
		"services/oauth/ask.go": "by Dial: through the gate", "services/checkup/clock.go": "by dial: through the gate",
		"services/smtpmail/connect.go": "by Dial: through the gate", "services/imapmail/conn.go": "by Dial: through the gate",
		"services/checkup/dns.go": "the name server of --dns-server", "cmd/datalek/healthcheck.go": "the server itself, from the command line",
		"cmd/datalek/verify.go": "the server of --url, from the command line", "cmd/datalek/reportcmd.go": "the address of --to, from the command line",
		"services/graph/graph.go": "by Dial: through the gate",
	}
}

func TestEveryWayOutIsKnown(t *testing.T) {
	found := map[string]bool{}
	for _, folder := range []string{"cmd", "incidents", "notifier", "playbooks", "services", "web"} {
		err := filepath.WalkDir(filepath.Join(upToModule, folder), func(path string, e fs.DirEntry, err error) error {
			name, _ := filepath.Rel(upToModule, path)
			testOnly := strings.HasPrefix(name, "services/devstack") || strings.HasPrefix(name, "web/webtest") || strings.Contains(name, "testdata")
			if err != nil || e.IsDir() || testOnly || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path) // #nosec G122 -- of the module
			if err == nil && connects.Match(raw) {
				found[filepath.ToSlash(name)] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(waysOut()))
	if !slices.Equal(got, want) {
		t.Errorf("these files connect to somewhere:\n%s\nknown are:\n%s\nsend a new one through services/outlet, and name it here", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// upToModule leads from this package to the module's folder.
const upToModule = "../.."
