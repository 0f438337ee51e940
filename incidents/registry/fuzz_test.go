package registry_test

import (
	"net/mail"
	"strings"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// A day that was read is written as it was, and none outside the calendar is read.
func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2027-03-05", "2024-02-29", "2023-02-29", "0000-00-00", "9999-12-31", "-001-01-01", "", "2027-3-5", "12027-03-05", "2027-03-05T00:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		day, err := registry.ParseDate(text)
		if err != nil || day.IsZero() {
			return
		}
		if got := day.String(); got != text || day.AddDays(0) != day {
			t.Errorf("%q was read as %s", text, got)
		}
	})
}

// An address that is taken is one line and one address, also for a mail program.
func FuzzCheckEmail(f *testing.F) {
	for _, seed := range []string{"anna@voorbeeld.example", "", "a@b", "anna", "a@b@c.example", "a b@c.example", "Anna <anna@voorbeeld.example>", "a@voorbeeld.example\r\nBcc: b@c.example", "a,b@c.example", `"a b"@c.example`, "\u202ea@c.example", "ä@bücher.example", "a@[127.0.0.1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var faults fault.List
		registry.CheckEmail(&faults, "email", text)
		if len(faults) > 0 || text == "" {
			return
		}
		if strings.ContainsAny(text, "\r\n\x00 ,;<>") {
			t.Errorf("%q is taken for an address", text)
		}
		if all, err := mail.ParseAddressList(text); err != nil || len(all) != 1 || all[0].Name != "" {
			t.Errorf("%q is taken, and a mail program reads %v, %v", text, all, err)
		}
	})
}

// A line that is taken can stand in a head of a mail and in a name of a file.
func FuzzCheckLine(f *testing.F) {
	for _, seed := range []string{"", "Anna", "a\nb", "a\x00", "\xff", "\u2028", strings.Repeat("é", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var faults fault.List
		registry.CheckLine(&faults, "name", text, 0, 200)
		if len(faults) == 0 && (strings.ContainsAny(text, "\r\n\x00") || len([]rune(text)) > 200 || !strings.Contains(strings.ToValidUTF8(text, "\ufffd"), text)) {
			t.Errorf("%q is taken for a line", text)
		}
	})
}
