package request_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
)

// asked is when the request of the tests came in: a Monday, 14.00 in Amsterdam.
var asked = time.Date(2027, 3, 1, 13, 0, 0, 0, time.UTC)

func amsterdam(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func user() incidents.Actor { return incidents.Actor{Kind: "user", ID: "user-1"} }

// file files a request with four weeks to answer, over the night that clocks go forward.
func file(t *testing.T, kind request.Kind) *request.Request {
	t.Helper()
	r, err := request.File(request.New{ID: "r1", PracticeID: "p1", Kind: kind, ClientID: "c1", Channel: "phone", ReceivedAt: asked,
		Person: request.Person{Words: "Wat staat er over mij?"}, DueOn: registry.Date{Year: 2027, Month: 3, Day: 29}, Zone: amsterdam(t), By: user()}, asked)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAClockWarnsAtEachThresholdOnce(t *testing.T) {
	r := file(t, request.Access)
	if want := time.Date(2027, 3, 29, 22, 0, 0, 0, time.UTC); !r.DueAt.Equal(want) {
		t.Fatalf("due at %s, want %s: the end of the last day there", r.DueAt, want)
	}
	for _, tt := range []struct {
		name, mark, missed string
		now                time.Time
	}{
		{"half of the time", "half", "", asked.Add(r.DueAt.Sub(asked) / 2)},
		{"a week left", "week", "", r.DueAt.Add(-7 * 24 * time.Hour)},
		{"away until the end", "due", "day", r.DueAt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.missed == "" && r.Fire(tt.now.Add(-time.Second)) {
				t.Error("it fired a second early")
			}
			if next, some := r.NextAt(); !some || next.After(tt.now) {
				t.Errorf("next at %s, %t", next, some)
			}
			if !r.Fire(tt.now) || r.Fire(tt.now) {
				t.Error("it did not fire, or fired twice")
			}
			e := r.Outbox.Pending[len(r.Outbox.Pending)-1]
			if e.Kind != request.ThresholdPassed || e.Facts["mark"] != tt.mark || e.Facts["missed"] != tt.missed || len(e.Words) > 0 || e.Subject != "r1" {
				t.Errorf("event %+v", e)
			}
		})
	}
	if _, some := r.NextAt(); some || !r.Late(r.DueAt.Add(time.Second)) || r.Late(r.DueAt) {
		t.Error("after the end nothing is left to warn of, and it is late")
	}
}

func TestAnAnsweredRequestWarnsOfNothingUntilItIsReopened(t *testing.T) {
	r := file(t, request.Access)
	if err := r.Answer(request.Refused, "", asked.Add(time.Hour), asked.Add(time.Hour), user()); !errors.Is(err, fault.Invalid) {
		t.Errorf("a refusal without a ground: %v", err)
	}
	if err := r.Answer(request.Granted, "", asked.Add(time.Hour), asked.Add(time.Hour), user()); err != nil {
		t.Fatal(err)
	}
	if _, some := r.NextAt(); some || r.Fire(r.DueAt) || r.Late(r.DueAt.Add(time.Hour)) {
		t.Error("an answered request still counts")
	}
	if err := r.Reopen("Hij vroeg door.", asked.Add(2*time.Hour), user()); err != nil {
		t.Fatal(err)
	}
	if !r.Fire(r.DueAt) || r.DueOn.String() != "2027-03-29" || r.Outcomes[0].Reason != "Hij vroeg door." {
		t.Errorf("reopened: %+v", r)
	}
}

func TestMoreTimeIsTakenOnceAndToldWithinTheMonth(t *testing.T) {
	zone, month, until := amsterdam(t), registry.Date{Year: 2027, Month: 4, Day: 1}, registry.Date{Year: 2027, Month: 6, Day: 1}
	late := time.Date(2027, 4, 1, 22, 0, 0, 0, time.UTC)
	r := file(t, request.Erasure)
	if err := r.Extend("Veel werk.", late, month, until, zone, late, user()); !errors.Is(err, fault.Invalid) {
		t.Errorf("told after the month: %v", err)
	}
	if err := r.Extend("Veel werk.", late.Add(-time.Second), month, until, zone, late, user()); err != nil {
		t.Fatal(err)
	}
	if r.DueOn != until || r.Extension.From.String() != "2027-03-29" || slices.ContainsFunc(r.Thresholds, func(x request.Threshold) bool { return !x.At.After(late) }) {
		t.Errorf("extended: due %s, %+v", r.DueOn, r.Thresholds)
	}
	if err := r.Extend("Nog meer.", late.Add(-time.Second), month, until, zone, late, user()); !errors.Is(err, fault.Conflict) {
		t.Errorf("extended twice: %v", err)
	}
}

func TestErasureWaitsForIdentityAndItsRight(t *testing.T) {
	r := file(t, request.Access)
	if err := r.BeginErasure(request.Marks{}, 30, asked, user()); !errors.Is(err, fault.Conflict) {
		t.Errorf("a request for access erases: %v", err)
	}
	r = file(t, request.Erasure)
	if err := r.BeginErasure(request.Marks{}, 30, asked, user()); !errors.Is(err, fault.Conflict) {
		t.Errorf("nobody knows who asks: %v", err)
	}
	if err := r.CheckIdentity("Gebeld.", asked, user()); err != nil {
		t.Fatal(err)
	}
	if err := r.BeginErasure(request.Marks{}, 9_999, asked, user()); !errors.Is(err, fault.Invalid) {
		t.Errorf("so many days: %v", err)
	}
	if err := r.BeginErasure(request.Marks{IDs: []string{"c1"}}, 30, asked, user()); err != nil {
		t.Fatal(err)
	}
	if r.Claim(asked) || !r.Claim(asked.Add(time.Minute)) || r.Claim(asked.Add(time.Minute)) {
		t.Error("an erasure is taken over before its worker had a minute, or by two")
	}
}

func TestAPersonIsFoundInWordsAndNobodyElseIs(t *testing.T) {
	c := registry.Client{ID: "c1", Person: registry.Person{ExternalID: "V-1", Name: "Jan de Vries", Email: "Jan@Vries.example", Phone: "06 1234 5678", PostalAddress: "Dorpsstraat 1\n1234 AB Ons Dorp"}}
	f := request.MarksOf(request.Person{}, &c).Finder("[weg]")
	for text, want := range map[string]string{
		"Map van jan  de\nvries, gebeld.":   "Map van [weg], gebeld.",
		"Mail: JAN@vries.example.":          "Mail: [weg].",
		"Bel 06 1234 5678 of schrijf":       "Bel [weg] of schrijf",
		"Woont Dorpsstraat 1":               "Woont [weg]",
		"Jan belde. De Vries is een ander.": "Jan belde. De Vries is een ander.",
	} {
		if got := f.Without(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if f := request.MarksOf(request.Person{Name: "Jan"}, nil).Finder("x"); f.In("Jan en Janneke") {
		t.Error("a first name alone is found in others")
	}
}

func TestCleaningLeavesTheOriginalAndAllElseAsItIs(t *testing.T) {
	f := request.MarksOf(request.Person{Name: "Jan de Vries"}, nil).Finder("[weg]")
	type deep struct {
		At    time.Time
		Words map[string]string
		List  []incidents.Recipient
		Ptr   *incidents.Text
	}
	list := []incidents.Recipient{{Email: "Jan de Vries", Kind: incidents.RecipientKnown}}
	v := deep{At: asked, Words: map[string]string{"a": "Jan de Vries", "b": "x"}, List: list, Ptr: &incidents.Text{Body: "Dag Jan de Vries"}}
	if !f.Clean(&v) || f.Clean(&v) {
		t.Error("it did not find him, or found him twice")
	}
	want := deep{At: asked, Words: map[string]string{"a": "[weg]", "b": "x"}, List: []incidents.Recipient{{Email: "[weg]", Kind: incidents.RecipientKnown}}, Ptr: &incidents.Text{Body: "Dag [weg]"}}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("cleaned (-want +got):\n%s", diff)
	}
	if list[0].Email != "Jan de Vries" {
		t.Error("a list that others hold was changed")
	}
}

func TestEveryFaultOfARequestIsToldAtOnce(t *testing.T) {
	_, err := request.File(request.New{Kind: "theft", Channel: "fax", ReceivedAt: asked.Add(time.Hour), Person: request.Person{Email: "nobody"}, Zone: time.UTC}, asked)
	for _, field := range []string{"kind", "channel", "received_at", "name", "email"} {
		if !slices.ContainsFunc(fault.Fields(err), func(f *fault.Error) bool { return f.Field == field }) {
			t.Errorf("no fault at %s: %v", field, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "nobody") {
		t.Error("the fault repeats what was typed")
	}
}
