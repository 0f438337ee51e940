package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datalek/services/devstack"
	"datalek/services/devstack/nameserver"
)

// signingKey writes a key that signs and returns the file and the record for it.
func signingKey(t *testing.T) (file, record string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "dkim.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	sign, err := mailFlags{DKIMKeyFile: file, DKIMSelector: "s1", DKIMDomain: "good.example"}.dkim()
	if err != nil {
		t.Fatal(err)
	}
	if record, err = sign.TXT(); err != nil {
		t.Fatal(err)
	}
	return file, record
}

// The doctor is asked about one setup that is well, and again with each part of
// it broken in turn.
func TestTheDoctorSaysWhatToDo(t *testing.T) {
	post, err := devstack.StartSMTP(devstack.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close()
	key, record := signingKey(t)
	names, err := nameserver.Start(map[string][]string{
		"good.example": {"v=spf1 mx -all"}, "_dmarc.good.example": {"v=DMARC1; p=reject"}, "s1._domainkey.good.example": {record},
		"bad.example": {"v=spf1 +all"}, "_dmarc.bad.example": {"v=DMARC1; p=none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	data := t.TempDir()
	well := map[string]string{"--data": data, "--smtp": "smtp://" + post.Addr() + "?tls=none", "--dns-server": names.Addr(), "--time-url": web.URL,
		"--dkim-key-file": key, "--dkim-selector": "s1", "--dkim-domain": "good.example"}
	for _, tt := range []struct {
		name   string
		change map[string]string
		code   int
		says   []string
	}{
		{"all is well", nil, 0, []string{"well       Mail server:", "well       SPF good.example:", "well       DKIM good.example:", "well       DMARC good.example:", "well       Time:", "well       Keys:", "well       Store:"}},
		{"records that open to all and are not there", map[string]string{"--dkim-domain": "bad.example"}, 1,
			[]string{"NOT WELL   SPF bad.example:", "NOT WELL   DKIM bad.example:", record, "note       DMARC bad.example:"}},
		{"no mail server answers", map[string]string{"--smtp": "smtp://127.0.0.1:1?tls=none"}, 1, []string{"NOT WELL   Mail server:", "Look at the address and port"}},
		{"no mail server is named", map[string]string{"--smtp": ""}, 1, []string{"No mail server is named"}},
		{"the key that signs is missing", map[string]string{"--dkim-key-file": key + "x"}, 1, []string{"The mail account is not set up well", "--dkim-key-file"}},
		{"half a key", map[string]string{"--dkim-selector": ""}, 1, []string{"NOT WELL   Configuration:", "go together"}},
		{"nothing to compare the clock with", map[string]string{"--time-url": ""}, 0, []string{"unchecked  Time:"}},
		{"another key than the data's", map[string]string{"--key-file": filepath.Join(data, "other.key")}, 1, []string{"NOT WELL   Keys:", "other.key"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"doctor"}
			for flag, value := range well {
				if _, changed := tt.change[flag]; !changed {
					args = append(args, flag+"="+value)
				}
			}
			for flag, value := range tt.change {
				args = append(args, flag+"="+value)
			}
			var out, errs bytes.Buffer
			if code := run(args, nil, &out, &errs); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the doctor does not say %q", want)
				}
			}
			if t.Failed() {
				t.Logf("%s%s", out.String(), errs.String())
			}
		})
	}
}

func TestEveryFlagAboutMailAndChecksIsExplained(t *testing.T) {
	readme := string(readRoot(t, "README.md"))
	for _, flag := range []string{"--smtp-per-minute", "--dkim-key-file", "--dkim-selector", "--dkim-domain", "--dns-server", "--time-url",
		"--smtp-oauth-token-url", "--smtp-oauth-client-id", "--smtp-oauth-client-secret-file", "--smtp-oauth-refresh-token-file", "--smtp-oauth-scopes",
		"--imap-oauth-token-url", "--imap-oauth-client-id", "--imap-oauth-client-secret-file", "--imap-oauth-refresh-token-file", "--imap-oauth-scopes"} {
		if !strings.Contains(readme, "`"+flag) {
			t.Errorf("the README does not explain %s", flag)
		}
	}
}
