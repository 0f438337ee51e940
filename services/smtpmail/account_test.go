package smtpmail_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/services/smtpmail"
)

func TestParseURLReadsAnAccount(t *testing.T) {
	for _, tt := range []struct {
		name, url, password string
		want                smtpmail.Account
	}{
		{"a submission port", "smtp://anna@mail.example.nl:587", "pw", smtpmail.Account{Host: "mail.example.nl", Port: 587, Username: "anna", Password: "pw"}},
		{"an address as the user", "smtp://anna%40praktijk.example@mail.example.nl", "pw", smtpmail.Account{Host: "mail.example.nl", Port: 587, Username: "anna@praktijk.example", Password: "pw"}},
		{"TLS from the start", "smtps://mail.example.nl", "", smtpmail.Account{Host: "mail.example.nl", Port: 465, TLS: smtpmail.ImplicitTLS}},
		{"this machine without TLS", "smtp://127.0.0.1:2525?tls=none", "", smtpmail.Account{Host: "127.0.0.1", Port: 2525, TLS: smtpmail.NoTLS}},
		{"this machine by IPv6", "smtp://[::1]:2525/?tls=none", "", smtpmail.Account{Host: "::1", Port: 2525, TLS: smtpmail.NoTLS}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := smtpmail.ParseURL(tt.url, tt.password)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want.Port, got.Port) + cmp.Diff(tt.want.Host, got.Host) + cmp.Diff(tt.want.TLS, got.TLS) +
				cmp.Diff(tt.want.Username, got.Username) + cmp.Diff(tt.want.Password, got.Password); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseURLSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, url, password, want string }{
		{"nothing", "", "", "smtp://user@host:587"},
		{"a bare host", "mail.example.nl:587", "", "smtp://user@host:587"},
		{"a web address", "https://mail.example.nl", "", "smtp://"},
		{"no host", "smtp://anna@:587", "pw", "host"},
		{"a password in the URL", "smtp://anna:geheim@mail.example.nl", "", "in a file"},
		{"a password in a URL that cannot be read", "smtp://anna:geheim@mail.example.nl:x%", "", "smtp://user@host:587"},
		{"a user without a password", "smtp://anna@mail.example.nl", "", "no password"},
		{"a password without a user", "smtp://mail.example.nl", "geheim", "no user"},
		{"a port that is none", "smtp://mail.example.nl:70000", "", "65535"},
		{"a path", "smtp://mail.example.nl/inbox", "", "follows the port"},
		{"an unknown setting", "smtp://mail.example.nl?starttls=no", "", "?tls=none"},
		{"no TLS to another machine", "smtp://mail.example.nl?tls=none", "", "this machine"},
		{"no TLS with smtps", "smtps://localhost?tls=none", "", "?tls=none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := smtpmail.ParseURL(tt.url, tt.password)
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("error = %v, want %q in it", err, tt.want)
			}
		})
	}
}
