package account_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"datalek/incidents/fault"
	"datalek/web/account"
)

func TestWhatIsEasilyGuessedIsNoPassword(t *testing.T) {
	for _, tt := range []struct{ name, password, key string }{
		{"a sentence", "een lange zin over fietsen", ""},
		{"a sentence with a common word in it", "mijn wachtwoord is geheim", ""},
		{"nine characters", "koffiezet", "error.password_short"},
		{"one from the list", "1234567890", "error.password_common"},
		{"one from the list in capitals", "QwertyUIOP", "error.password_common"},
		{"one from the list with a year and a sign behind it", "Welkom2027!!", "error.password_common"},
		{"one from the list with signs before it", "!!!!password", "error.password_common"},
		{"one character again and again", "éééééééééééé", "error.password_common"},
		{"the own address in capitals", "Anna@Example.org", "error.password_known"},
		{"201 characters", strings.Repeat("ab", 100) + "c", "error.too_long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var faults fault.List
			account.CheckPassword(&faults, "password", tt.password, "anna@example.org")
			key := ""
			for _, f := range faults {
				key += f.Key
			}
			if key != tt.key {
				t.Errorf("%q has the fault %q, want %q", tt.password, key, tt.key)
			}
		})
	}
}

func TestTheListOfCommonPasswordsIsLong(t *testing.T) {
	raw, err := os.ReadFile("passwords/common.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(raw))
	if len(lines) < 10_000 {
		t.Errorf("%d passwords, want at least 10000", len(lines))
	}
	for i, line := range lines {
		if line != strings.ToLower(line) {
			t.Errorf("line %d is not in lower case", i+1)
		}
	}
}

func TestACommonPasswordIsRefusedInPlainWords(t *testing.T) {
	r := newRig(t)
	form := setupForm()
	form.Set("password", "Password123!")
	if res, body := r.post("/setup/first", form); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Veel mensen gebruiken dit wachtwoord") {
		t.Errorf("the set-up with it = %d", res.StatusCode)
	}
	r.setUp()
	res, body := r.post("/settings/account/password", url.Values{"old_password": {"een lange zin"}, "password": {"Password123!"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Veel mensen gebruiken dit wachtwoord") {
		t.Errorf("changing to it = %d", res.StatusCode)
	}
}
