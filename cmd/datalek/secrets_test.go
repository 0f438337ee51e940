package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnAddressWithAPasswordIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, tt := range []struct {
		name, flag, value, want string
	}{
		{"the mail server", "smtp", "smtp://post:geheim@mail.example:587", "--smtp-password-file"},
		{"the mail server, with signs that must be escaped", "smtp", "smtp://post:ge/he@im@mail.example", "--smtp-password-file"},
		{"the mailbox", "imap", "imaps://post:geheim@mail.example/INBOX", "--imap-password-file"},
		{"the store", "store", "mongodb://datalek:geheim@db1:27017,db2:27017/datalek", "--store-password-file"},
		{"the bus", "nats", "nats://bus1:4222,nats://datalek:geheim@bus2:4222", "--nats-credentials-file"},
		{"the bus, with a token", "nats", "nats://geheim@bus1:4222", "--nats-credentials-file"},
		{"who gives out tokens", "smtp-oauth-token-url", "https://app:geheim@login.example/token", "takes none"},
		{"the own address", "base-url", "https://me:geheim@datalek.example", "takes none"},
	} {
		for way, run := range map[string]func() (string, error){
			"on the command line": func() (string, error) { return command(t, nil, "serve", "--"+tt.flag, tt.value) },
			"in the environment": func() (string, error) {
				return command(t, []string{"DATALEK_" + strings.ToUpper(strings.ReplaceAll(tt.flag, "-", "_")) + "=" + tt.value}, "serve")
			},
		} {
			out, err := run()
			if err == nil || !strings.Contains(out, tt.want) || !strings.Contains(out, "--"+tt.flag+":") || strings.Contains(out, "geheim") || strings.Contains(out, "ge/he") {
				t.Errorf("%s %s: %v\n%s", tt.name, way, err, out)
			}
		}
	}
}

func TestASecretAddressComesFromAFile(t *testing.T) {
	for name, content := range map[string]string{"no address": "geheim", "two addresses": "https://a.example/geheim https://b.example", "another scheme": "file:///geheim"} {
		file := filepath.Join(t.TempDir(), "address")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, flag := range []string{"--heartbeat-url-file", "--heads-url-file"} {
			out, err := command(t, nil, "serve", "--smtp", "smtp://mail.example:587", flag, file)
			if err == nil || !strings.Contains(out, flag) || strings.Contains(out, "geheim") {
				t.Errorf("%s with %s: %v\n%s", flag, name, err, out)
			}
		}
	}
}
