package redact_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"datalek/services/redact"
)

func TestTextKeepsWhatTellsWhatHappenedAndNotToWhom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"the words of an error stay", "claim notice: connection refused", "claim notice: connection refused"},
		{"an id stays", "incident 0197a1b2-12ab-7cde-89ab-0123456789ab: conflict", "incident 0197a1b2-12ab-7cde-89ab-0123456789ab: conflict"},
		{"a route stays", "/p/:code/lees", "/p/:code/lees"},
		{"a server's address stays", "dial tcp 127.0.0.1:4222: i/o timeout", "dial tcp 127.0.0.1:4222: i/o timeout"},
		{"a time stays", "due 2026-03-05T10:00:00.123Z", "due 2026-03-05T10:00:00.123Z"},
		{"a library stays", "/mod/github.com/labstack/echo/v4@v4.13.4/echo.go:667 +0x1a4", "/mod/github.com/labstack/echo/v4@v4.13.4/echo.go:667 +0x1a4"},
		{"a mail server's answer", "550 5.1.1 <jan@voorbeeld.example> no such user", "550 5.1.1 <[mail address]> no such user"},
		{"an address without a domain", "554 <root@localhost> refused", "554 <[mail address]> refused"},
		{"an address in a sentence", "message for j.vd.berg+x@voorbeeld.example looks like spam", "message for [mail address] looks like spam"},
		{"an address in a URL", "GET /clients/jan%40voorbeeld.example: 404", "GET /clients/[mail address] 404"},
		{"a telephone number", "call 06-12345678 or +32 470 12 34 56", "call [phone] or [phone]"},
		{"an account", "IBAN NL91 ABNA 0417 1643 00.", "IBAN [iban]."},
		{"a citizen's number", "row 111222333 refused", "row [bsn] refused"},
		{"what is quoted", `parsing time "Jan Jansen \"x\" as 2006": cannot parse "Jan"`, `parsing time "…": cannot parse "…"`},
		{"a token in a path", "GET /setup/Abc: used; POST /webhooks/processors/x-1/y", "GET /setup/[withheld]: used; POST /webhooks/processors/[withheld]/y"},
		{"an invitation", "GET /join/p-1/geheim and /join/:practice/:secret", "GET /join/[withheld] and /join/:practice/:secret"},
		{"a drawn word", "session k3JxP0_aQ9LmZ7bTtYw1-2 ended", "session [secret] ended"},
		{"a hash", "head 0123456789abcdef0123456789abcdef", "head [secret]"},
		{"a processor's secret", "whsec_c2VjcmV0", "[secret]"},
		{"a head of HTTP", "Authorization: Bearer x.y.z", "Authorization: [secret]"},
		{"a login in a URL", "dial smtp://post:geheim@mail.voorbeeld.example:587: refused", "dial smtp://mail.voorbeeld.example:587: refused"},
		{"a question in a URL", "GET https://x.example/a?q=jansen&b=1: EOF", "GET https://x.example/a?[withheld] EOF"},
		{"what a handler panicked with", "http: panic serving 127.0.0.1:9: Jan Jansen\ngoroutine 7 [running]:", "http: panic serving 127.0.0.1:9: [withheld]\ngoroutine 7 [running]:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := redact.Text(tt.text); got != tt.want {
				t.Errorf("Text(%q)\n got %q\nwant %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestALongTextIsCut(t *testing.T) {
	t.Parallel()
	if got := redact.Text(strings.Repeat("é ", 1<<20)); len(got) > 17<<10 || !strings.HasSuffix(got, "[cut]") {
		t.Errorf("%d bytes are written, ending in %q", len(got), got[max(0, len(got)-20):])
	}
}

// A stack still says where it happened.
func TestAStackStays(t *testing.T) {
	t.Parallel()
	got := redact.Text(string(debug.Stack()))
	if !strings.Contains(got, "redact_test.TestAStackStays(") || !strings.Contains(got, "handler_test.go:") || strings.Contains(got, "[secret]") {
		t.Errorf("the stack reads %s", got)
	}
}

// person is a value that no logger is meant to be given.
type person struct{ Name, Mail string }

// disclosing resolves to somebody's name.
type disclosing struct{}

func (disclosing) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", "Jan Jansen"), slog.String("why", "asked by jan@voorbeeld.example"))
}

type state string

func TestHandlerWithholdsValuesByKindAndByName(t *testing.T) {
	t.Parallel()
	jan := person{"Jan Jansen", "jan@voorbeeld.example"}
	for _, tt := range []struct {
		name  string
		value any
		want  string // "" when the value is not to be seen at all
	}{
		{"practice", "p-1", "p-1"},
		{"count", 612345678, "612345678"},
		{"took", 3 * time.Second, "3000000000"},
		{"state", state("sent"), "sent"},
		{"fields", []string{"retention", "jan@voorbeeld.example"}, "retention"},
		{"error", fmt.Errorf("send: %w", errors.New(`550 "Jan Jansen" <jan@voorbeeld.example>`)), "send: 550"},
		{"client_name", "Jan Jansen", ""},
		{"to", "Jan Jansen", ""},
		{"phone", 612345678, ""},
		{"found", jan, "[redact_test.person]"},
		{"found", &jan, "[*redact_test.person]"},
		{"found", []person{jan}, "[[]redact_test.person]"},
		{"found", map[string]string{"Jan Jansen": "jan@voorbeeld.example"}, "[map[string]string]"},
		{"request", &http.Request{URL: &url.URL{Path: "/Jan Jansen"}}, "[*http.Request]"},
		{"who", &mail.Address{Name: "Jan Jansen", Address: "jan@voorbeeld.example"}, "[*mail.Address]"},
		{"where", &url.URL{Scheme: "https", Host: "x.example", RawQuery: "q=jansen"}, "https://x.example"},
		{"asked", disclosing{}, "asked by"},
		{"raw", []byte("Jan Jansen"), "[[]uint8]"},
	} {
		t.Run(tt.name+" "+fmt.Sprintf("%T", tt.value), func(t *testing.T) {
			t.Parallel()
			for how, got := range loggedAs(tt.name, tt.value) {
				if !strings.Contains(got, tt.want) || tt.want == "" && !strings.Contains(got, "[withheld]") {
					t.Errorf("%s the log lacks %q: %s", how, tt.want, got)
				}
				if found := strings.ToLower(got); strings.Contains(found, "jan@") || strings.Contains(found, "jansen") || tt.want == "" && strings.Contains(got, "612345678") {
					t.Errorf("%s the log tells who: %s", how, got)
				}
			}
		})
	}
}

// loggedAs writes a value in each way in which it can reach a log.
func loggedAs(name string, value any) map[string]string {
	written := map[string]string{}
	for how, write := range map[string]func(*slog.Logger){
		"as an attribute":  func(l *slog.Logger) { l.Info("x", name, value) },
		"carried along":    func(l *slog.Logger) { l.With(name, value).Info("x") },
		"in a group":       func(l *slog.Logger) { l.WithGroup("g").Info("x", name, value) },
		"in a group's own": func(l *slog.Logger) { l.Info("x", slog.Group("g", name, value)) },
	} {
		var out bytes.Buffer
		write(slog.New(redact.New(slog.NewJSONHandler(&out, nil))))
		written[how] = out.String()
	}
	return written
}

func TestLibrariesThatLogPlainlyAreRedacted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	plain := slog.NewLogLogger(redact.New(slog.NewTextHandler(&out, nil)), slog.LevelError)
	plain.Printf("http: panic serving 127.0.0.1:1: %v", person{"Jan Jansen", "jan@voorbeeld.example"})
	if got := out.String(); !strings.Contains(got, "panic serving") || strings.Contains(got, "Jan") {
		t.Errorf("the log reads %s", got)
	}
}

func TestLevelsAreTheHandlersBehind(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := slog.New(redact.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
	l.Info("unseen")
	l.Warn("seen")
	if got := out.String(); strings.Contains(got, "unseen") || !strings.Contains(got, "seen") {
		t.Errorf("the log reads %s", got)
	}
}

// Nothing that reaches the log takes it down, and an address between words is
// never written, whatever stands around it.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", `"`, `"\`, "a@b.c", "<@>", "%40", "06-12345678 x", "/p/x?y", "\xff@\xfe.nl", strings.Repeat("a@", 50)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := redact.Text(text + " jan.jansen@voorbeeld.example ")
		if len(text) < 4<<10 && strings.Contains(got, "jan.jansen@voorbeeld.example") {
			t.Errorf("the address stands in %q", got)
		}
	})
}
