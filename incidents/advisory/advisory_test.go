package advisory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
)

func TestWhatArticle33StillLacks(t *testing.T) {
	from, some := time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC), 12
	full := advisory.Advisory{Text: "Mail was read.", OccurredFrom: &from, SubjectKinds: []string{"clients"}, Subjects: &advisory.Count{Min: &some},
		Categories: []registry.Category{registry.Contact}, Records: &advisory.Count{Max: &some}, Contact: advisory.Contact{Phone: "+31"}, Consequences: "Phishing.", Measures: "Closed.",
		SubProcessors: []string{"Cloud BV"}, NextAt: &from}
	without := func(change func(*advisory.Advisory)) advisory.Advisory {
		a := full
		change(&a)
		return a
	}
	for _, tt := range []struct {
		name string
		told []advisory.Advisory
		want []advisory.Point
	}{
		{"no message tells nothing", nil, advisory.Points()},
		{"a full message leaves nothing", []advisory.Advisory{full}, nil},
		{"an empty one leaves all", []advisory.Advisory{{Title: "Security advisory"}}, advisory.Points()},
		{"a name alone is nobody to ask", []advisory.Advisory{without(func(a *advisory.Advisory) { a.Contact = advisory.Contact{Name: "Desk"} })}, []advisory.Point{advisory.PointContact}},
		{"people by name are a number of people", []advisory.Advisory{without(func(a *advisory.Advisory) { a.Subjects, a.People = nil, []string{"jan@praktijk.example"} })}, nil},
		{"words for data we have no name for are kinds of data", []advisory.Advisory{without(func(a *advisory.Advisory) { a.Categories, a.UnknownKinds = nil, []string{"telemetry"} })}, nil},
		{"that no sub-processor was involved is an answer too", []advisory.Advisory{without(func(a *advisory.Advisory) { a.SubProcessors = []string{} })}, nil},
		{"nothing of sub-processors is none", []advisory.Advisory{without(func(a *advisory.Advisory) { a.SubProcessors = nil })}, []advisory.Point{advisory.PointSubProcessors}},
		{"a last message needs no next one", []advisory.Advisory{without(func(a *advisory.Advisory) { a.NextAt, a.Stage = nil, advisory.StageFinal })}, nil},
		{"any other does", []advisory.Advisory{without(func(a *advisory.Advisory) { a.NextAt, a.Stage = nil, advisory.StageUpdate })}, []advisory.Point{advisory.PointNext}},
		{"a later message fills what the first left out",
			[]advisory.Advisory{{Text: "Mail was read."}, {Measures: "Closed.", Consequences: "Phishing."}},
			[]advisory.Point{advisory.PointWhen, advisory.PointSubjectKinds, advisory.PointSubjects, advisory.PointDataKinds, advisory.PointRecords, advisory.PointContact,
				advisory.PointSubProcessors, advisory.PointNext}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, advisory.Missing(tt.told...)); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyAReportIsAskedMore(t *testing.T) {
	if m := (advisory.Advisory{Kind: incidents.MessageReport, Text: "x"}).Facts(); len(m.Missing) != len(advisory.Points())-1 {
		t.Errorf("missing = %v", m.Missing)
	}
	if m := (advisory.Advisory{Kind: incidents.MessageBeside}).Facts(); m.Missing != nil {
		t.Errorf("maintenance is asked for %v", m.Missing)
	}
}

func TestTheSummaryNamesTheTitleOnce(t *testing.T) {
	for _, tt := range []struct{ title, text, want string }{
		{"Mail was read", "By strangers.", "Mail was read\n\nBy strangers."},
		{"Mail was read", "Mail was read by strangers.", "Mail was read by strangers."},
		{"Mail was read", "", "Mail was read"},
		{"", "By strangers.", "By strangers."},
	} {
		if got := (advisory.Advisory{Title: tt.title, Text: tt.text}).Summary(); got != tt.want {
			t.Errorf("summary = %q, want %q", got, tt.want)
		}
	}
	long := advisory.Advisory{Title: "T", Text: strings.Repeat("x", advisory.MaxText)}.Summary()
	if n := len([]rune(long)); n != advisory.MaxSummary {
		t.Errorf("a long summary is %d characters", n)
	}
}

func TestOnlyHeadersThatMatterAreKept(t *testing.T) {
	got := incidents.KeptHeaders(map[string][]string{"Content-Type": {"application/json"}, "User-Agent": {strings.Repeat("x", 600)}, "Authorization": {"Bearer secret"},
		"Cookie": {"a=b"}, "Ce-Id": {"1"}, "Webhook-Signature": {"v1,a", "v1,b"}, "X-Forwarded-For": {"10.0.0.1"}})
	want := map[string]string{"content-type": "application/json", "user-agent": strings.Repeat("x", 512), "ce-id": "1", "webhook-signature": "v1,a, v1,b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	many := map[string][]string{}
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL", "") {
		many["ce-"+name+name] = []string{"x"}
		many["Ce-"+name] = []string{"x"}
	}
	if n := len(incidents.KeptHeaders(many)); n > 24 {
		t.Errorf("%d headers are kept", n)
	}
}

func TestAWindowThatEndsBeforeItStartsIsUnknown(t *testing.T) {
	early, late := time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC), time.Date(2027, 3, 3, 0, 0, 0, 0, time.UTC)
	var a advisory.Advisory
	if a.SetWindow(&late, &early); a.OccurredFrom != nil || a.OccurredUntil != nil || !a.BadWindow {
		t.Errorf("window = %v to %v", a.OccurredFrom, a.OccurredUntil)
	}
	var b advisory.Advisory
	if b.SetWindow(nil, &late); b.OccurredUntil == nil || b.BadWindow {
		t.Errorf("window = %v to %v", b.OccurredFrom, b.OccurredUntil)
	}
	if !slices.Contains(advisory.Points(), advisory.PointWhen) {
		t.Error("nobody is asked when it was")
	}
}

func TestACaseLacksWhatEachOfItsMessagesLacks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lists [][]string
		want  []advisory.Point
	}{
		{"no message says what is lacking", nil, nil},
		{"one message", [][]string{{"measures", "when"}}, []advisory.Point{advisory.PointWhen, advisory.PointMeasures}},
		{"what the second tells is asked no more", [][]string{{"measures", "when"}, {"measures", "contact"}}, []advisory.Point{advisory.PointMeasures}},
		{"a point of another version is none of ours", [][]string{{"shoe_size"}}, nil},
		{"a message that lacks nothing ends all questions", [][]string{{"measures"}, nil}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, advisory.InAll(tt.lists...)); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryQuestionNamesTheRuleThatAsksIt(t *testing.T) {
	want := map[advisory.Point]string{advisory.PointNature: "33(3)(a)", advisory.PointRecords: "33(3)(a)", advisory.PointContact: "33(3)(b)", advisory.PointConsequences: "33(3)(c)",
		advisory.PointMeasures: "33(3)(d)", advisory.PointSubProcessors: "28(2), 28(4)", advisory.PointNext: "33(4)"}
	for point, source := range want {
		if got := point.Source(); got != source {
			t.Errorf("%s = Art. %s, want %s", point, got, source)
		}
	}
}
