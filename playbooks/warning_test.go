package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
)

func TestAWarningComesInThePracticesOwnLanguage(t *testing.T) {
	book := load(t)
	due := moment().Add(48 * time.Hour)
	for own, want := range map[string]string{"nl": "Goedendag,", "en": "Hello,", "fr": "Hello,"} {
		p := practice()
		p.Language = own
		text, err := book.Warning(p, blank("outage"), firing(incidents.ClientClock, "w50", "", due), due.Add(-24*time.Hour))
		if err != nil || !strings.HasPrefix(text.Body, want) {
			t.Errorf("%s: got %v, %s", own, err, text.Body)
		}
	}
}

func TestWhatIsLeftIsNeverSaidToBeMoreThanItIs(t *testing.T) {
	book := load(t)
	due := moment().Add(72 * time.Hour)
	for _, tt := range []struct {
		left time.Duration
		want string
	}{
		{31*time.Hour + 59*time.Minute, "Nog 31 uur om te melden: vóór donderdag 11 maart 14.30 uur"},
		{2 * time.Hour, "Nog 2 uur om te melden: vóór donderdag 11 maart 14.30 uur"},
		{119 * time.Minute, "Nog 119 minuten om te melden: vóór donderdag 11 maart 14.30 uur"},
		{time.Minute, "Nog 1 minuut om te melden: vóór donderdag 11 maart 14.30 uur"},
		{59 * time.Second, "Nog minder dan een minuut om te melden: vóór donderdag 11 maart 14.30 uur"},
		{0, "De tijd is om sinds donderdag 11 maart 14.30 uur: melden moet nog"},
		{-6 * time.Hour, "De tijd is om sinds donderdag 11 maart 14.30 uur: melden moet nog"},
	} {
		text, err := book.Warning(practice(), blank("outage"), firing(incidents.AuthorityClock, "h24", "", due), due.Add(-tt.left))
		if err != nil || text.Subject != tt.want {
			t.Errorf("%s left: got %q, %v, want %q", tt.left, text.Subject, err, tt.want)
		}
	}
}

func TestAnIncompleteAssessmentIsNotCountedUpon(t *testing.T) {
	inc := known("phished-mailbox")
	scope := 40
	inc.Clocks[0].InScope, inc.Assessment.Wanted = &scope, 2
	due := moment().Add(48 * time.Hour)
	text, err := load(t).Warning(practice(), inc, firing(incidents.ClientClock, "w50", "", due), due.Add(-time.Hour))
	if err != nil || strings.Contains(text.Body, "40") || !strings.Contains(text.Body, "Het is nog niet bekend wie bericht moet krijgen.") {
		t.Errorf("got %v:\n%s", err, text.Body)
	}
}

func TestWhatIsNoThresholdIsNoWarning(t *testing.T) {
	book, due := load(t), moment()
	for name, e := range map[string]incidents.Event{
		"another event":           {Kind: incidents.ClockMet, Facts: firing(incidents.ClientClock, "due", "", due).Facts},
		"a clock without a text":  firing(incidents.ContractClock, "due", "", due),
		"a clock without an end":  firing(incidents.ControllerClock, "due", "", time.Time{}),
		"an event without a date": {Kind: incidents.ThresholdPassed, Facts: map[string]string{"clock": "client"}},
	} {
		if text, err := book.Warning(practice(), blank("outage"), e, due); err == nil {
			t.Errorf("%s: warned %q", name, text.Subject)
		}
	}
}
