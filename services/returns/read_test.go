package returns_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/services/returns"
)

const (
	ours  = "0123456789abcdef01234567@praktijk.example"
	token = "0123456789abcdef01234567-abcdefghij234567"
	an    = "an@post.example"
)

// seen is what a test compares of a reading.
type seen struct {
	Kind      incidents.ReturnKind
	Final     bool
	Status    string
	Code      int
	Recipient string // of the only report
	Ours      bool   // it names our message
	Token     bool
	Plausible bool // worth reading in a mailbox that people use too
}

func see(raw []byte) seen {
	r := returns.Read(raw)
	s := seen{Kind: r.Kind, Plausible: returns.Plausible(raw)}
	for _, id := range r.MessageIDs {
		s.Ours = s.Ours || id == ours
	}
	for _, x := range r.Tokens {
		s.Token = s.Token || x == token
	}
	if len(r.Reports) == 1 {
		one := r.Reports[0]
		s.Final, s.Status, s.Code = one.Final, one.Status, one.Code
		if len(one.Recipients) > 0 {
			s.Recipient = one.Recipients[len(one.Recipients)-1]
		}
	}
	return s
}

func TestEveryKnownFormSaysWhatItSays(t *testing.T) {
	hard := seen{Kind: incidents.HardReturn, Final: true, Status: "5.1.1", Code: 550, Recipient: an, Ours: true, Plausible: true}
	soft := func(status string, code int) seen {
		return seen{Kind: incidents.SoftReturn, Final: true, Status: status, Code: code, Recipient: an, Ours: true, Plausible: true}
	}
	with := func(s seen, change func(*seen)) seen { change(&s); return s }
	answer := seen{Kind: incidents.OutOfOffice, Ours: true, Plausible: true}
	for file, want := range map[string]seen{
		"hard.eml":                hard,
		"lf-mbox-line.eml":        hard,
		"hard-token.eml":          with(hard, func(s *seen) { s.Token = true }),
		"headers-only.eml":        hard,
		"original-recipient.eml":  hard,
		"nested-text.eml":         hard,
		"qmail.eml":               hard,
		"gmail.eml":               hard,
		"no-parts.eml":            with(hard, func(s *seen) { s.Code = 0 }),
		"exim-no-code.eml":        with(hard, func(s *seen) { s.Status, s.Code, s.Ours = "", 0, false }),
		"full.eml":                soft("5.2.2", 550),
		"blocked.eml":             soft("5.7.1", 550),
		"generic-status.eml":      soft("5.2.2", 552),
		"gave-up.eml":             soft("4.4.7", 0),
		"exim.eml":                soft("5.7.26", 550),
		"delayed.eml":             {Kind: incidents.DelayedReturn, Status: "4.2.0", Code: 451, Recipient: an, Ours: true, Plausible: true},
		"exim-warning.eml":        {Kind: incidents.DelayedReturn, Recipient: an, Plausible: true},
		"delivered.eml":           {Kind: incidents.DeliveredReturn, Final: true, Status: "2.0.0", Code: 250, Recipient: an, Ours: true, Plausible: true},
		"two-recipients.eml":      {Kind: incidents.UnknownReturn, Ours: true, Plausible: true},
		"success-code-failed.eml": {Kind: incidents.UnknownReturn, Final: true, Status: "2.0.0", Recipient: an, Ours: true, Plausible: true},
		"no-action.eml":           {Kind: incidents.UnknownReturn, Status: "5.1.1", Recipient: an, Ours: true, Plausible: true},
		"vacation.eml":            answer,
		"vacation-generated.eml":  answer,
		"vacation-old.eml":        answer,
		"vacation-of-others.eml":  {Kind: incidents.OutOfOffice}, // an answer to the practitioner's own mail is left alone
		"unknown-daemon.eml":      {Kind: incidents.UnknownReturn, Plausible: true},
		"challenge.eml":           {Kind: incidents.ChallengeReturn, Ours: true, Plausible: true},
		"letter.eml":              {Kind: incidents.UnknownReturn, Ours: true}, // a person's own answer is left alone
		"complaint.eml":           {Kind: incidents.ComplaintReturn, Final: true, Recipient: an, Ours: true, Plausible: true},
		"complaint-redacted.eml":  {Kind: incidents.ComplaintReturn, Ours: true, Plausible: true},
		"deep.eml":                {Kind: incidents.UnknownReturn, Plausible: true},
		"no-header.eml":           {Kind: incidents.UnknownReturn},
		"broken-report.eml":       {Kind: incidents.UnknownReturn, Plausible: true},
	} {
		t.Run(file, func(t *testing.T) {
			if diff := cmp.Diff(want, see(fixture(t, file))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEveryFixtureIsRead(t *testing.T) {
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(names) != 33 {
		t.Errorf("%d fixtures, %v", len(names), err)
	}
}

func TestReportsOfSeveralRecipientsAreKeptApart(t *testing.T) {
	var got []string
	for _, r := range returns.Read(fixture(t, "two-recipients.eml")).Reports {
		got = append(got, string(r.Kind)+" "+strings.Join(r.Recipients, ","))
	}
	if diff := cmp.Diff([]string{"hard an@post.example", "delayed piet@post.example"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAReportThatWasCutOffIsReadAsFarAsItGoes(t *testing.T) {
	raw := fixture(t, "hard.eml")
	at := strings.Index(string(raw), "Content-Type: message/rfc822")
	got := see(raw[:at])
	if got.Kind != incidents.HardReturn || got.Ours {
		t.Errorf("%+v", got)
	}
}

func TestWordsAreShortAndHarmless(t *testing.T) {
	text := "a\x1b[31m\u202e" + strings.Repeat("é", 400)
	raw := "From: MAILER-DAEMON@x.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text
	got := returns.Read([]byte(raw)).Text
	if len(got) > 500 || !utf8.ValidString(got) || strings.ContainsAny(got, "\x1b\u202e") || !strings.HasPrefix(got, "a [31m é") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.eml")
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := returns.Read(raw)
		returns.Plausible(raw)
		if r.Kind == "" || len(r.Text) > 500 || len(r.MessageIDs) > 32 || len(r.Tokens) > 32 || len(r.Reports) > 100 || !utf8.ValidString(r.Text) {
			t.Errorf("out of bounds: %+v", r)
		}
		for _, x := range r.Tokens {
			if incidents.DeliveryOfToken(x) == "" {
				t.Errorf("token %q", x)
			}
		}
		for _, x := range r.Reports {
			if x.Kind == "" || len(x.Text) > 500 {
				t.Errorf("report %+v", x)
			}
		}
	})
}

func fixture(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
