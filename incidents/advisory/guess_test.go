package advisory_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/advisory"
	"datalek/incidents/registry"
)

func TestWhatTheWordsOfAMailMayMean(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	received := time.Date(2027, 3, 5, 16, 42, 0, 0, time.UTC)
	at := func(day, hour, minute int) *time.Time {
		when := time.Date(2027, 3, day, hour, minute, 0, 0, time.UTC)
		return &when
	}
	for _, tt := range []struct {
		name, subject, text string
		want                advisory.Guess
	}{
		{"nothing at all", "", "", advisory.Guess{}},
		{"a span in English with a reference and a number", "Security incident [ref]",
			"Between March 1, 2027 at 08:15 UTC and March 2, 2027 at 10:00 UTC strangers read mailboxes of 60 of your customers. Reference: CTS-2027-0042. Names and email addresses were seen.",
			advisory.Guess{Reference: "CTS-2027-0042", From: at(1, 8, 15), Until: at(2, 10, 0), People: 60,
				Categories: []registry.Category{registry.Name, registry.Contact, registry.Correspondence}}},
		{"a day in Dutch is of the practice's zone", "Melding datalek", "Op 2 maart 2027 om 14.30 uur zijn wachtwoorden gelekt. Ons kenmerk: 2027/118.",
			advisory.Guess{Reference: "2027/118", From: at(2, 13, 30), Categories: []registry.Category{registry.Credentials}}},
		{"figures are the day first", "", "Het gebeurde op 03-03-2027.", advisory.Guess{From: at(2, 23, 0), Roughly: true}},
		{"what ended on a day may have gone on until its end", "", "Tussen 1 maart 2027 en 2 maart 2027 lazen vreemden mee.",
			advisory.Guess{From: at(0, 23, 0), Until: at(2, 22, 59), Roughly: true}},
		{"but not for longer than it was told of", "", "Van 3 maart 2027 om 10.00 uur tot 5 maart 2027 was het open.",
			advisory.Guess{From: at(3, 9, 0), Until: at(5, 16, 42), Roughly: true}},
		{"ISO with an offset", "", "started 2027-03-03T09:00:00+02:00", advisory.Guess{From: at(3, 7, 0)}},
		{"the time of the mail itself is no time of a breach", "", "From: a@b.example\nSent: 4 March 2027 10:00\n\nHello", advisory.Guess{}},
		{"what lies ahead is no time of a breach", "", "We tell you more on 10 March 2027.", advisory.Guess{}},
		{"no such day", "", "31 February 2027 and 2027-13-01 and 99-99-2027", advisory.Guess{}},
		{"a word is no reference", "", "This incident affected nobody. Case closed.", advisory.Guess{}},
		{"thousands with dots", "", "Ongeveer 1.200 klanten zijn geraakt.", advisory.Guess{People: 1200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, advisory.GuessFrom(tt.subject, tt.text, amsterdam, received)); diff != "" {
				t.Errorf("guess (-want +got):\n%s", diff)
			}
		})
	}
	if !(advisory.Guess{}).IsZero() || (advisory.Guess{People: 1}).IsZero() {
		t.Error("a guess with something in it counts as none, or the other way round")
	}
}
