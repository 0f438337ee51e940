package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// command runs the real program and returns what it wrote and how it ended.
func command(t *testing.T, environ []string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...) // #nosec G204
	cmd.Env = append(os.Environ(), environ...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		environ []string
		args    []string
		want    string
	}{
		{"unknown variable", []string{"DATALEK_ADRESS=:80"}, []string{"version"}, "DATALEK_ADRESS is not known"},
		{"web without a bus", nil, []string{"serve", "--mode", "web", "--smtp", "smtp://x"}, "--nats"},
		{"worker on the default store", nil, []string{"serve", "--mode", "worker", "--nats", "nats://x", "--smtp", "smtp://x"}, "--store mongodb"},
		{"no mail server", nil, []string{"serve", "--data", t.TempDir()}, "--smtp is missing"},
		{"half a certificate", nil, []string{"serve", "--tls-cert", "a"}, "--tls-key"},
		{"a mailbox without TLS", nil, []string{"serve", "--smtp", "smtp://127.0.0.1:1?tls=none", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--imap", "imap://u@h/INBOX"}, "imaps://"},
		{"a return address that is none", nil, []string{"serve", "--smtp", "smtp://x", "--return-address", "bounces"}, "--return-address"},
		{"trust in no return address", nil, []string{"serve", "--smtp", "smtp://x", "--return-trusted"}, "--return-address"},
		{"demo in a foreign folder", nil, []string{"demo", "--data", foreign}, "not a demo's"},
		{"demo --fresh in a foreign folder", nil, []string{"demo", "--fresh", "--data", foreign}, "not a demo's"},
		{"unknown policy", nil, []string{"practice", "add", "--data", t.TempDir(), "--name", "A", "--contact", "B", "--email", "b@x.example", "--policy", "none"}, "refleact-48"},
		{"bad address", nil, []string{"practice", "add", "--data", t.TempDir(), "--name", "A", "--contact", "B", "--email", "b"}, "email address"},
		{"import for no practice", nil, []string{"clients", "import", filepath.Join(foreign, "thesis.txt"), "--practice", "p", "--data", t.TempDir()}, "no practice"},
		{"health of nobody", nil, []string{"healthcheck", "--url", "http://127.0.0.1:1/readyz"}, "127.0.0.1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := command(t, tt.environ, tt.args...)
			if err == nil || !strings.Contains(out, tt.want) {
				t.Errorf("ended with %v and wrote %q, want an error that says %q", err, out, tt.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(foreign, "thesis.txt")); err != nil {
		t.Error("a refused --fresh removed somebody's file")
	}
}

const contacts = "\ufeffnummer;naam;e-mail;begeleiding van;geboortejaar;notities\nB-1;Voorbeeld Een;een@voorbeeld.example;1-3-2025;;geheim\nB-2;Voorbeeld Twee;twee;;;\nB-3;Voorbeeld Drie;drie@voorbeeld.example;2025-03-01;2016;\n"

// The demo's folder lives on: imported beside a stopped server, through the API
// while it runs, backed up while it runs, verified and restored.
func TestCommandsWorkOnTheDemosFolder(t *testing.T) {
	d := startDemo(t, "--empty")
	data, file := filepath.Join(d.dir, "data"), filepath.Join(d.dir, "contacts.csv")
	if err := os.WriteFile(file, []byte(contacts), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, nil, "clients", "import", file, "--practice", string(d.PracticeID), "--data", data); err == nil || !strings.Contains(out, "/api/v1/clients/import") {
		t.Errorf("import beside a running server: %v %q, want it to name the API", err, out)
	}
	var result struct {
		Created, Updated int
		Faults           []struct {
			Line  int
			Field string
		}
		Dropped []string
		DryRun  bool `json:"dry_run"`
	}
	for _, dry := range []string{"true", "false"} {
		status, raw := d.raw("POST", d.BaseURL+"/api/v1/clients/import?dry_run="+dry, contacts, "Authorization", "Bearer "+d.APIToken, "Content-Type", "text/csv")
		if err := json.Unmarshal(raw, &result); err != nil || status != 200 {
			t.Fatalf("import answered %d %s", status, raw)
		}
		if result.Created != 2 || len(result.Faults) != 1 || result.Faults[0].Line != 3 || result.Faults[0].Field != "email" || strings.Join(result.Dropped, ",") != "notities" {
			t.Errorf("dry run %s: %+v, want two in, line 3 refused for its address, the notes dropped", dry, result)
		}
	}
	backup := filepath.Join(d.dir, "backup.db")
	if out, err := command(t, nil, "backup", backup, "--data", data); err != nil {
		t.Fatalf("backup beside a running server: %v %s", err, out)
	}
	d.stop()
	if out, err := command(t, nil, "clients", "import", file, "--practice", string(d.PracticeID), "--data", data); err != nil || !strings.Contains(out, "0 new, 2 changed, 1 refused") || !strings.Contains(out, `column "notities" dropped: notes about somebody are never kept here`) {
		t.Errorf("import: %v %s", err, out)
	}
	cards := filepath.Join(d.dir, "cards.vcf")
	if err := os.WriteFile(cards, []byte("BEGIN:VCARD\nVERSION:3.0\nN:Berg;Eva;van der;;\nTEL:06 0000 0099\nORG:Proef\nEND:VCARD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, nil, "clients", "import", cards, "--practice", string(d.PracticeID), "--data", data, "--mapping", "ORG=coach", "--mapping", "TEL="); err != nil || !strings.Contains(out, "1 new, 0 changed") || !strings.Contains(out, `"TEL" dropped`) || strings.Contains(out, `"ORG"`) {
		t.Errorf("import of a card: %v %s", err, out)
	}
	if out, err := command(t, nil, "verify", "--data", data); err != nil || !strings.Contains(out, "chain whole") {
		t.Errorf("verify: %v %s", err, out)
	}
	if out, err := command(t, nil, "restore", backup, "--data", data); err == nil {
		t.Errorf("restore wrote over a full folder: %s", out)
	}
	other := filepath.Join(d.dir, "other")
	if out, err := command(t, nil, "restore", backup, "--data", other, "--key-file", filepath.Join(data, "datalek.key")); err != nil {
		t.Fatalf("restore: %v %s", err, out)
	}
	if out, err := command(t, nil, "verify", "--data", other, "--key-file", filepath.Join(data, "datalek.key")); err != nil || !strings.Contains(out, string(d.PracticeID)) {
		t.Errorf("verify the restored folder: %v %s", err, out)
	}
}

// A stream of server-sent events tells of each new entry of the register.
func TestEventsAreStreamed(t *testing.T) {
	d := startDemo(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.BaseURL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+d.APIToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	now := d.now().UTC().Format(time.RFC3339)
	d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": now, "aware_at": now, "aware_basis": "Hij was weg.", "systems": []string{"client-file"}}, nil)
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if lines.Text() == "event: incident.opened" {
			return
		}
	}
	t.Fatalf("the stream ended without the incident: %v", lines.Err())
}
