package desk_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
)

var formID = regexp.MustCompile(`name="_form" value="([A-Z2-7]{26})"`)

// formOf returns the id of the form that a page shows.
func (r *rig) formOf(path string) string {
	r.t.Helper()
	_, body := r.get(path)
	found := formID.FindStringSubmatch(body)
	if found == nil {
		r.t.Fatalf("the form of %s has no id", path)
	}
	return found[1]
}

// pressed presses the button of a form twice, one press after the other or both
// at once, and returns where each led.
func (r *rig) pressed(path string, form url.Values, together bool) (places []string) {
	r.t.Helper()
	led := make([]string, 2)
	press := func(n int) {
		res, _ := r.post(path, form)
		led[n] = http.StatusText(res.StatusCode) + " " + res.Header.Get("Location")
	}
	if !together {
		press(0)
		press(1)
		return led
	}
	var both sync.WaitGroup
	for n := range led {
		both.Go(func() { press(n) })
	}
	both.Wait()
	return led
}

func TestAFormPressedTwiceActsOnce(t *testing.T) {
	reason := url.Values{"reason": {"Daarom."}}
	for _, tt := range []struct {
		name, shown string
		ready       func(*rig)
		form        func(*rig) url.Values
		kind        incidents.EventKind // of the event that must be noted once
	}{
		{"a filing", "/authority/filing", nil, func(*rig) url.Values { return filing("17:30") }, incidents.FilingRecorded},
		{"a decision not to notify", "/authority/decision", nil, nil, incidents.DecisionTaken},
		{"a decision about people", "/risk", nil, func(*rig) url.Values { return url.Values{"answer": {"notify"}, "reason": {"Veel."}} }, incidents.DecisionTaken},
		{"telling the controller", "/controller", func(r *rig) { r.as(incidents.AsProcessor) }, func(*rig) url.Values { return tellingForm("17:30") }, incidents.ControllerTold},
		{"taking a person out", "/affected/c1", nil, func(*rig) url.Values { return url.Values{"act": {"remove"}, "reason": {"Was al weg."}} }, incidents.PersonRemoved},
		{"explaining a delay", "/delay/client", func(r *rig) {
			r.Pass(96 * time.Hour)
			r.enter()
		}, nil, incidents.DelayExplained},
		{"correcting the facts", "/facts", nil, func(r *rig) url.Values { return factsForm(r.stored()) }, incidents.FactsChanged},
		{"closing", "/close", (*rig).settle, func(*rig) url.Values { return url.Values{"reason": {"Daarom."}, "despite": {"Niet nodig."}} }, incidents.IncidentClosed},
		{"ticking off a first step", "/steps/sessions", nil, func(*rig) url.Values {
			return url.Values{"playbook": {"phished-mailbox"}, "state": {"done"}}
		}, incidents.StepDone},
		{"answering the kind's questions", "/answers", nil, func(*rig) url.Values { return url.Values{"answer_1": {"phished-mailbox/second-step/yes"}} }, incidents.FactsChanged},
		{"saying whose the data is", "/whose", nil, func(*rig) url.Values { return url.Values{"role": {"joint"}, "controller": {"Gemeente"}} }, incidents.FactsChanged},
	} {
		for _, together := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{false: ", once more", true: ", at the same time"}[together], func(t *testing.T) {
				r := newRig(t)
				if tt.ready != nil {
					tt.ready(r)
				}
				form := maps.Clone(reason)
				if tt.form != nil {
					form = tt.form(r)
				}
				before := r.noted(tt.kind)
				form.Set("_form", r.formOf(r.at(tt.shown)))
				led := r.pressed(r.at(tt.shown), form, together)
				if led[0] != led[1] || led[0][:9] != "See Other" {
					t.Errorf("the presses led to %q and %q", led[0], led[1])
				}
				if n := r.noted(tt.kind) - before; n != 1 {
					t.Errorf("noted %d times, want once", n)
				}
			})
		}
	}
}

func TestAFormThatWasRefusedOrChangedActs(t *testing.T) {
	r := newRig(t)
	form := filing("25:00")
	form.Set("_form", r.formOf(r.at("/authority/filing")))
	for range 2 {
		if res, _ := r.post(r.at("/authority/filing"), form); res.StatusCode != http.StatusUnprocessableEntity {
			t.Fatalf("a faulty filing = %d, want 422 each time", res.StatusCode)
		}
	}
	form.Set("filed_at_time", "17:30")
	r.post(r.at("/authority/filing"), form)
	form.Set("kind", "follow_up")
	r.post(r.at("/authority/filing"), form)
	if n := len(r.stored().Filings); n != 2 {
		t.Errorf("%d filings, want the mended one and the changed one", n)
	}
}

// settle decides every duty, so that the case can be closed.
func (r *rig) settle() {
	r.post(r.at("/affected/c1"), url.Values{"act": {"remove"}, "reason": {"Was al weg."}})
	r.Assess(r.own)
	r.post(r.at("/authority/decision"), url.Values{"reason": {"Versleuteld."}})
}

// noted counts the events of a kind that wait for the register.
func (r *rig) noted(kind incidents.EventKind) int {
	n := 0
	for _, e := range r.stored().Outbox.Pending {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
