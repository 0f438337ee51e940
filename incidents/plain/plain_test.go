package plain_test

import (
	"testing"
	"time"

	"datalek/incidents/plain"
	"datalek/incidents/tenant"

	"github.com/google/go-cmp/cmp"
)

type day struct{ n int }

func (d day) String() string { return "day " + string(rune('0'+d.n)) }

type kind string

type inner struct {
	Kind   kind
	Harm   *float64
	Secret string
}

type base struct{ PracticeID tenant.ID }

type outer struct {
	base
	ReportIDs     []string
	AwareAt       time.Time
	ClosedAt      time.Time
	Within        time.Duration
	OpenPGPKey    string
	Day           day
	Inner         inner
	List          []inner
	Answers       map[string]string
	Raw           []byte
	Unknown       []string
	Known         []string
	HandPicked    bool
	hidden        int
	NothingPicked *inner
}

func sample() outer {
	harm := 1.5
	return outer{base: base{"p1"}, ReportIDs: []string{"a", "b"}, AwareAt: time.Date(2027, 3, 6, 10, 0, 0, 0, time.FixedZone("", 3600)), Within: 48 * time.Hour,
		OpenPGPKey: "key", Day: day{3}, Inner: inner{Kind: "x", Harm: &harm, Secret: "s"}, List: []inner{{Kind: "y", Secret: "s"}},
		Answers: map[string]string{"q": "yes"}, Raw: []byte("raw"), Known: []string{}, HandPicked: true, hidden: 1}
}

func TestAThingIsToldByNamesThatAnybodyReads(t *testing.T) {
	want := map[string]any{"report_ids": []any{"a", "b"}, "aware_at": "2027-03-06T09:00:00Z", "closed_at": nil, "within": "48h0m0s",
		"open_pgp_key": "key", "day": "day 3", "inner": map[string]any{"kind": "x", "harm": 1.5}, "list": []any{map[string]any{"kind": "y", "harm": nil}},
		"answers": map[string]any{"q": "yes"}, "raw": "raw", "unknown": nil, "known": []any{}, "hand_picked": true, "nothing_picked": nil}
	if d := cmp.Diff(want, plain.Of(sample(), "Secret")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWhatChangedIsToldByItsPathWithWhatStoodAndStandsThere(t *testing.T) {
	was, is := sample(), sample()
	is.ReportIDs, is.Inner.Kind, is.List[0].Kind, is.Answers = []string{"a"}, "", "z", map[string]string{"q": "yes", "r": "no"}
	before, after := plain.Differ(plain.Flat(was), plain.Flat(is))
	if d := cmp.Diff(map[string]string{"report_ids": "a, b", "inner/kind": "x", "list/1/kind": "y", "answers/r": ""}, before); d != "" {
		t.Errorf("before (-want +got)\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"report_ids": "a", "inner/kind": "", "list/1/kind": "z", "answers/r": "no"}, after); d != "" {
		t.Errorf("after (-want +got)\n%s", d)
	}
	if before, after := plain.Differ(plain.Flat(was), plain.Flat(sample())); len(before)+len(after) > 0 {
		t.Errorf("the same differs: %v %v", before, after)
	}
}
