package incidents_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

func TestWhoMustBeToldByAPersonStandsOnTheCallList(t *testing.T) {
	for _, tt := range []struct {
		name    string
		notice  string
		channel registry.Channel
		state   incidents.DeliveryState
		want    incidents.CallState
	}{
		{"a warning to the practitioner is nobody's call", "", registry.ByPhone, incidents.Refused, incidents.CallNone},
		{"a mail that waits", "n", registry.ByEmail, incidents.Queued, incidents.CallNone},
		{"a mail that is going out", "n", registry.ByEmail, incidents.Sending, incidents.CallNone},
		{"a mail that will be tried again", "n", registry.ByEmail, incidents.Deferred, incidents.CallNone},
		{"a mail that arrived", "n", registry.ByEmail, incidents.Sent, incidents.CallNone},
		{"a mail that was refused", "n", registry.ByEmail, incidents.Refused, incidents.CallOpen},
		{"a mail that came back", "n", registry.ByEmail, incidents.Bounced, incidents.CallOpen},
		{"a phone task", "n", registry.ByPhone, incidents.Queued, incidents.CallOpen},
		{"a letter", "n", registry.ByLetter, incidents.Queued, incidents.CallOpen},
		{"told by a person", "n", registry.ByPhone, incidents.ToldByPerson, incidents.CallDone},
		{"recorded as unreachable", "n", registry.ByEmail, incidents.Unreachable, incidents.CallDone},
		{"of a notice that was withdrawn", "n", registry.ByPhone, incidents.DeliveryEnded, incidents.CallNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := incidents.Delivery{NoticeID: tt.notice, Channel: tt.channel, State: tt.state}
			if got := d.Call(); got != tt.want {
				t.Errorf("on the list %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTryingInVainKeepsAReaderOnTheListWithWhatWasTried(t *testing.T) {
	d := incidents.Delivery{NoticeID: "n", Channel: registry.ByPhone, State: incidents.Queued}
	for i := range 2 {
		if err := d.Try("phone", "Geen gehoor.", "user-1", noon.Add(time.Duration(i)*time.Hour), noon.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.Tries) != 2 || !d.Tries[1].At.Equal(noon.Add(time.Hour)) || d.Tries[1].ByUser != "user-1" || d.Call() != incidents.CallOpen || d.State.Told() {
		t.Errorf("after two attempts: %+v", d)
	}
	if p := incidents.Weigh(map[string][]string{"": {""}}, []incidents.Telling{d.Telling()}); p != (incidents.Progress{}) {
		t.Errorf("an attempt counts as %+v, want nothing", p)
	}
	for _, tt := range []struct {
		name, by, note, field string
		at                    time.Time
		edit                  func(*incidents.Delivery)
	}{
		{"an unknown way", "pigeon", "", "by", noon, nil},
		{"the future", "phone", "", "at", noon.Add(time.Hour), nil},
		{"no time", "phone", "", "at", time.Time{}, nil},
		{"a note that is far too long", "phone", strings.Repeat("n", 2_001), "note", noon, nil},
		{"one who was told", "phone", "", "", noon, func(d *incidents.Delivery) { d.State = incidents.ToldByPerson }},
		{"one recorded as unreachable", "phone", "", "", noon, func(d *incidents.Delivery) { d.State = incidents.Unreachable }},
		{"one whose mail is just going out", "phone", "", "", noon, func(d *incidents.Delivery) { d.State = incidents.Sending }},
		{"one who was tried a hundred times", "phone", "", "", noon, func(d *incidents.Delivery) { d.Tries = make([]incidents.Try, 100) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := incidents.Delivery{NoticeID: "n", Channel: registry.ByPhone, State: incidents.Queued}
			if tt.edit != nil {
				tt.edit(&d)
			}
			before := len(d.Tries)
			err := d.Try(tt.by, tt.note, "user-1", tt.at, noon)
			if f := fault.Fields(err); tt.field != "" && (len(f) != 1 || f[0].Field != tt.field) || tt.field == "" && !errors.Is(err, fault.Conflict) {
				t.Errorf("err %v, want a fault at %q", err, tt.field)
			}
			if len(d.Tries) != before {
				t.Error("a refused attempt was kept")
			}
		})
	}
}
