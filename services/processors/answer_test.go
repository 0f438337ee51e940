package processors_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/services/processors"
)

func answer(form string) advisory.Advisory {
	return processors.Reader{}.Read([]byte(form), map[string]string{"content-type": "application/x-www-form-urlencoded", advisory.AnswerHeader: "CH-1"}, told)
}

func TestWhatASupplierAnswersOnItsPageIsReadWhole(t *testing.T) {
	got := answer("_form=f1&summary=Mail+was+read.%0D%0ABy+strangers.&occurred_from=2027-03-01+10%3A00&occurred_until=2027-03-02+11%3A30&subject_kinds=clients%2C+staff" +
		"&subjects=120&records=4000&categories=health&categories=nonsense&categories=health&contact_name=Desk&contact_email=desk%40contoso.example&contact_phone=%2B31201234567" +
		"&consequences=Phishing.&measures=Closed.&sub_processors=Cloud+BV%0D%0ADisk+BV&next_update=2027-03-20+09%3A00")
	twelve, many := 120, 4000
	want := advisory.Advisory{Kind: incidents.MessageReport, Format: advisory.Answer, Reference: "CH-1", Stage: advisory.StageUpdate, SaidAt: &told,
		Text: "Mail was read.\nBy strangers.", OccurredFrom: at("2027-03-01T10:00:00Z"), OccurredUntil: at("2027-03-02T11:30:00Z"), SubjectKinds: []string{"clients", "staff"},
		Subjects: &advisory.Count{Min: &twelve, Max: &twelve}, Records: &advisory.Count{Min: &many, Max: &many}, Categories: []registry.Category{registry.Health},
		Contact:      advisory.Contact{Name: "Desk", Email: "desk@contoso.example", Phone: "+31201234567"},
		Consequences: "Phishing.", Measures: "Closed.", SubProcessors: []string{"Cloud BV", "Disk BV"}, NextAt: at("2027-03-20T09:00:00Z"), Unintelligible: incidents.UnintelligibleUnknown}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if left := advisory.Missing(got); left != nil {
		t.Errorf("a whole answer leaves %v", left)
	}
}

func TestAnAnswerThatCannotBeIsNone(t *testing.T) {
	for _, tt := range []struct {
		name, form string
		told       advisory.Point
	}{
		{"a number that is none", "subjects=many", advisory.PointSubjects},
		{"fewer than nobody", "subjects=-1", advisory.PointSubjects},
		{"more than there are people", "records=99999999999", advisory.PointRecords},
		{"a time that is none", "occurred_from=soon", advisory.PointWhen},
		{"a time to come", "occurred_from=2037-03-01+10%3A00", advisory.PointWhen},
		{"kinds of data that do not exist", "categories=shoes", advisory.PointDataKinds},
		{"a next update in the past", "next_update=2027-01-01+10%3A00", advisory.PointNext},
		{"a box that is not ticked", "no_sub_processors=", advisory.PointSubProcessors},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := answer(tt.form)
			if a.Kind != incidents.MessageReport || len(advisory.Missing(a)) != len(advisory.Points()) {
				t.Errorf("%q tells of %s: %+v", tt.form, tt.told, a)
			}
		})
	}
	if a := answer("no_sub_processors=yes"); a.SubProcessors == nil || len(a.SubProcessors) != 0 {
		t.Errorf("none involved = %v", a.SubProcessors)
	}
	if a := answer("%zz"); a.Kind != incidents.MessageUnknown {
		t.Errorf("what is no form is %s", a.Kind)
	}
}

// Who sends a form may not say which case it answers.
func TestAFormFromOutsideIsNoAnswer(t *testing.T) {
	a := processors.Reader{}.Read([]byte("measures=Closed."), incidents.KeptHeaders(map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}, "Datalek-Answer": {"CH-1"}}), told)
	if a.Kind != incidents.MessageUnknown || a.Format != advisory.FormBody {
		t.Errorf("a form from outside is %s of form %s", a.Kind, a.Format)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("summary=x&occurred_from=2027-03-01+10%3A00&subjects=1&categories=health&sub_processors=a,b")
	f.Add("%zz")
	f.Add("occurred_from=2027-03-03+10%3A00&occurred_until=2027-03-01+10%3A00")
	f.Fuzz(func(t *testing.T, form string) {
		a := answer(form)
		if a.Kind != incidents.MessageReport && a.Kind != incidents.MessageUnknown {
			t.Errorf("an answer is %s", a.Kind)
		}
		if len([]rune(a.Text)) > advisory.MaxText || len(a.SubProcessors) > advisory.MaxNames || len([]rune(a.Measures)) > advisory.MaxPart {
			t.Error("an answer is larger than it may be")
		}
		if a.OccurredFrom != nil && (a.OccurredFrom.After(told.AddDate(0, 0, 1)) || a.OccurredUntil != nil && a.OccurredUntil.Before(*a.OccurredFrom)) {
			t.Errorf("from %v until %v", a.OccurredFrom, a.OccurredUntil)
		}
	})
}
