package incidents_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// mark is a mark on a first step of the mailbox's kind, due three hours after noon.
func mark(step string, state incidents.StepState, reason string) incidents.StepMark {
	return incidents.StepMark{Playbook: "phished-mailbox", Step: step, State: state, Text: "Change the password.", DueAt: noon.Add(3 * time.Hour), Reason: reason, By: anna}
}

func TestAFirstStepIsTickedOffOnceAndCanBeOpenedAgain(t *testing.T) {
	inc := open(t, nil)
	before := len(inc.Outbox.Pending)
	for range 2 {
		if err := inc.MarkStep(mark("password", incidents.StepIsDone, "x"), noon.Add(4*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	got, some := inc.StepMark("phished-mailbox", "password")
	if !some || !got.Late() || got.Reason != "" || got.By != anna || !got.At.Equal(noon.Add(4*time.Hour)) {
		t.Errorf("mark %+v, want done and late", got)
	}
	events := inc.Outbox.Pending[before:]
	if len(events) != 1 || events[0].Kind != incidents.StepDone || events[0].Facts["step"] != "password" || events[0].Facts["due_at"] != "2027-03-05T15:00:00Z" || events[0].Words["step"] != "Change the password." {
		t.Errorf("events %+v, want one that the step is done", events)
	}
	if err := inc.MarkStep(mark("password", incidents.StepIsOpen, ""), noon.Add(5*time.Hour)); err != nil || len(inc.Steps) != 0 {
		t.Errorf("opened again: %v, marks %+v", err, inc.Steps)
	}
	if last := inc.Outbox.Pending[len(inc.Outbox.Pending)-1]; last.Kind != incidents.StepReopened {
		t.Errorf("last event %s, want that it is open again", last.Kind)
	}
}

func TestAStepDoesNotApplyForAReasonOnly(t *testing.T) {
	inc := open(t, nil)
	var faults fault.List
	if err := inc.MarkStep(mark("police", incidents.StepDoesNotApply, " "), noon); !errors.As(err, &faults) || faults[0].Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := inc.MarkStep(mark("police", incidents.StepDoesNotApply, "Nothing was stolen."), noon); err != nil {
		t.Fatal(err)
	}
	if got, _ := inc.StepMark("phished-mailbox", "police"); got.Late() || got.Reason != "Nothing was stolen." {
		t.Errorf("mark %+v", got)
	}
	if err := inc.MarkStep(mark("police", "maybe", ""), noon); !errors.As(err, &faults) || faults[0].Field != "state" {
		t.Errorf("an unknown state: %v", err)
	}
}

func TestAnotherKindBringsItsOwnStepsAndKeepsTheTicks(t *testing.T) {
	inc := open(t, nil)
	done := mark("password", incidents.StepIsDone, "")
	if err := inc.MarkStep(done, noon); err != nil {
		t.Fatal(err)
	}
	become := func(kind string) {
		t.Helper()
		err := inc.Change(incidents.Change{Reason: "It was another.", By: anna, Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Playbook = kind }}, noon)
		if err != nil {
			t.Fatal(err)
		}
	}
	become("lost-device")
	if _, some := inc.StepMark("lost-device", "password"); some || len(inc.Steps) != 1 {
		t.Errorf("marks %+v, want the old one under the old kind", inc.Steps)
	}
	if err := inc.MarkStep(mark("other", incidents.StepIsDone, ""), noon); !errors.Is(err, fault.Conflict) {
		t.Errorf("a step of the former kind: %v, want a conflict", err)
	}
	become("phished-mailbox")
	if _, some := inc.StepMark("phished-mailbox", "password"); !some {
		t.Error("the tick is gone once the kind is the first again")
	}
}

func TestAMeasureOutlivesItsCase(t *testing.T) {
	inc := open(t, nil)
	endDuties(inc)
	if err := inc.Close("Learned.", noon, anna); err != nil {
		t.Fatal(err)
	}
	add := func(m incidents.Measure) {
		t.Helper()
		if err := inc.AddMeasure(m, noon); err != nil {
			t.Fatal(err)
		}
	}
	add(incidents.Measure{Text: "Turn on a second step.", By: anna})
	add(incidents.Measure{Text: "Practise.", Lesson: "phished-mailbox/practise", By: anna})
	add(incidents.Measure{Text: "Practise.", Lesson: "phished-mailbox/practise", By: anna}) // taken once
	if open, unowned := inc.OpenMeasures(); open != 2 || unowned != 2 {
		t.Errorf("%d open, %d of nobody", open, unowned)
	}
	if at, some := inc.MeasureAt(); !some || at.Year() != 9999 {
		t.Errorf("sorted at %s, want far away without a last day", at)
	}
	day := incidents.Measure{Text: "Turn on a second step.", Owner: "Anna", By: anna}
	day.DueOn.Year, day.DueOn.Month, day.DueOn.Day = 2027, 3, 20
	if err := inc.ChangeMeasure("m1", day, noon); err != nil {
		t.Fatal(err)
	}
	if at, _ := inc.MeasureAt(); at.Day() != 20 {
		t.Errorf("sorted at %s, want its last day", at)
	}
	m, _ := inc.Measure("m1")
	zone := amsterdam(t)
	if last := time.Date(2027, 3, 20, 22, 59, 0, 0, time.UTC); m.Late(last, zone) || !m.Late(last.Add(time.Minute), zone) {
		t.Error("it is late from the end of its last day in Amsterdam on")
	}
	if err := inc.EndMeasure("m1", "", false, noon, anna); err != nil {
		t.Fatal(err)
	}
	if err := inc.EndMeasure("m1", "", false, noon, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("ended twice: %v", err)
	}
	if err := inc.EndMeasure("m2", "", true, noon, anna); err == nil {
		t.Error("dropped without a reason")
	}
	if err := inc.EndMeasure("m2", "No longer needed.", true, noon, anna); err != nil {
		t.Fatal(err)
	}
	if _, some := inc.MeasureAt(); some {
		t.Error("something is still to be done")
	}
	got := kinds(inc.Outbox.Pending)
	want := []incidents.EventKind{incidents.MeasureAdded, incidents.MeasureAdded, incidents.MeasureChanged, incidents.MeasureDone, incidents.MeasureDropped}
	if !slices.Equal(got[len(got)-len(want):], want) {
		t.Errorf("events %v, want %v at the end", got, want)
	}
}

// endDuties lets every duty of a case fall away.
func endDuties(inc *incidents.Incident) {
	for n := range inc.Clocks {
		inc.Clocks[n].EndedAt = noon
	}
}

func TestTheChecklistBlocksOrAsksWhy(t *testing.T) {
	inc := open(t, nil)
	names := func(points []incidents.CheckPoint) (blocking, asking []string) {
		for _, p := range points {
			switch {
			case p.Open > 0 && p.Blocks:
				blocking = append(blocking, p.Name)
			case p.Open > 0:
				asking = append(asking, p.Name)
			}
		}
		return blocking, asking
	}
	if err := inc.AddMeasure(incidents.Measure{Text: "Encrypt.", By: anna}, noon); err != nil {
		t.Fatal(err)
	}
	blocking, asking := names(inc.Checklist(incidents.Outside{StepsOpen: 2, Undelivered: 1}))
	if !slices.Equal(blocking, []string{"client", "authority"}) || !slices.Equal(asking, []string{"steps", "decisions", "delivered", "register", "measures"}) {
		t.Errorf("blocking %v, asking %v", blocking, asking)
	}
	endDuties(inc)
	points := inc.Checklist(incidents.Outside{StepsOpen: 2})
	var faults fault.List
	if err := inc.CloseAfter(incidents.Closing{Reason: "Learned.", Points: points, By: anna}, noon); !errors.As(err, &faults) || faults[0].Field != "despite" {
		t.Errorf("without why: %v", err)
	}
	if err := inc.CloseAfter(incidents.Closing{Reason: "Learned.", Despite: "It cannot be done.", Points: points, By: anna}, noon); err != nil {
		t.Fatal(err)
	}
	last := inc.Outbox.Pending[len(inc.Outbox.Pending)-1]
	if last.Kind != incidents.IncidentClosed || last.Facts["check_steps"] != "2" || last.Facts["check_client"] != "0" || last.Facts["check_measures"] != "1" || last.Words["despite"] != "It cannot be done." {
		t.Errorf("event %+v does not tell the checklist", last)
	}
}

func TestAnswersToAKindsQuestionsStayWithTheirKind(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) {
		n.Story.Answers = map[string]string{incidents.AnswerKey("phished-mailbox", "mfa"): "no"}
	})
	if got := inc.Answer("mfa"); got != "no" {
		t.Errorf("answer %q", got)
	}
	inc.Facts.Playbook = "lost-device"
	if got := inc.Answer("mfa"); got != "" {
		t.Errorf("another kind's answer is %q", got)
	}
}
