package incidents_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

const (
	sentID = "0123456789abcdef01234567"
	an     = "an@post.example"
)

var sentAt = time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)

func sentMail() incidents.Delivery {
	return incidents.Delivery{ID: sentID, State: incidents.Sent, ToldAt: sentAt, To: incidents.Reach{Email: an},
		Attempts: []incidents.Attempt{{At: sentAt, Kind: incidents.Accepted, Code: 250}}}
}

func TestWhatComesBackDoesToADeliveryWhatItSays(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state incidents.DeliveryState
		back  incidents.Returned
		want  incidents.DeliveryState
		told  bool
	}{
		{"a hard return makes a told reader a task", incidents.Sent, incidents.Returned{Kind: incidents.HardReturn, Final: true}, incidents.Bounced, false},
		{"a hard return ends the waiting for another attempt", incidents.Deferred, incidents.Returned{Kind: incidents.HardReturn, Final: true}, incidents.Bounced, false},
		{"a mail that failed for a passing reason goes out again", incidents.Sent, incidents.Returned{Kind: incidents.SoftReturn, Final: true}, incidents.Deferred, false},
		{"a passing reason that is not final changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.SoftReturn}, incidents.Sent, true},
		{"a delay changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.DelayedReturn}, incidents.Sent, true},
		{"an out-of-office changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.OutOfOffice}, incidents.Sent, true},
		{"a challenge changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.ChallengeReturn}, incidents.Sent, true},
		{"a delivery report changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.DeliveredReturn, Final: true}, incidents.Sent, true},
		{"a complaint changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.ComplaintReturn}, incidents.Sent, true},
		{"what cannot be read changes nothing", incidents.Sent, incidents.Returned{Kind: incidents.UnknownReturn, Final: true}, incidents.Sent, true},
		{"who was phoned stays told", incidents.ToldByPerson, incidents.Returned{Kind: incidents.HardReturn, Final: true}, incidents.ToldByPerson, true},
		{"who could not be reached stays so", incidents.Unreachable, incidents.Returned{Kind: incidents.HardReturn, Final: true}, incidents.Unreachable, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sentMail()
			d.State, tt.back.Hash = tt.state, "h-1"
			changed, err := d.Return(tt.back, sentAt.Add(time.Hour))
			if err != nil || !changed || d.State != tt.want || d.State.Told() != tt.told || len(d.Returned) != 1 {
				t.Fatalf("changed %v, %v: %+v", changed, err, d)
			}
			before := d
			changed, err = d.Return(tt.back, sentAt.Add(2*time.Hour))
			if diff := cmp.Diff(before, d); changed || err != nil || diff != "" {
				t.Errorf("the same message again changed it (%v):\n%s", err, diff)
			}
		})
	}
}

func TestAMailThatKeepsComingBackBecomesATask(t *testing.T) {
	d, now := sentMail(), sentAt
	var waits []time.Duration
	for _, hash := range []string{"h-1", "h-2", "h-3"} {
		if _, err := d.Return(incidents.Returned{Hash: hash, Kind: incidents.SoftReturn, Final: true}, now); err != nil {
			t.Fatal(err)
		}
		if d.State == incidents.Bounced {
			break
		}
		waits, now = append(waits, d.NextAt.Sub(now)), d.NextAt
		d.Record(incidents.Answer{Kind: incidents.Accepted, At: now}, time.Time{})
	}
	if diff := cmp.Diff([]time.Duration{time.Hour, 4 * time.Hour}, waits); diff != "" || d.State != incidents.Bounced || d.State.Told() {
		t.Errorf("state %s, waits:\n%s", d.State, diff)
	}
}

func TestAReturnWaitsWhileAMailIsGoingOut(t *testing.T) {
	d := sentMail()
	d.State = incidents.Sending
	if changed, err := d.Return(incidents.Returned{Hash: "h-1", Kind: incidents.HardReturn}, sentAt); changed || !errors.Is(err, fault.Conflict) {
		t.Errorf("changed %v, %v", changed, err)
	}
}

func TestAMailLoopFillsNoDelivery(t *testing.T) {
	d := sentMail()
	for n := range 200 {
		if _, err := d.Return(incidents.Returned{Hash: strings.Repeat("x", n+1), Kind: incidents.OutOfOffice}, sentAt); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.Returned) != 50 {
		t.Errorf("%d kept", len(d.Returned))
	}
	if changed, _ := d.Return(incidents.Returned{Hash: "hard", Kind: incidents.HardReturn}, sentAt); !changed || d.State != incidents.Bounced {
		t.Errorf("a hard return after them does nothing: %s", d.State)
	}
}

func TestOnlyEvidenceAboutTheReaderCountsWithoutAToken(t *testing.T) {
	hard := func(recipients ...string) incidents.RecipientReport {
		return incidents.RecipientReport{Kind: incidents.HardReturn, Final: true, Status: "5.1.1", Recipients: recipients}
	}
	report := func(reports ...incidents.RecipientReport) incidents.ReturnReading {
		return incidents.ReturnReading{Kind: incidents.HardReturn, Reports: reports}
	}
	delayed := incidents.RecipientReport{Kind: incidents.DelayedReturn, Recipients: []string{an}}
	for _, tt := range []struct {
		name   string
		read   incidents.ReturnReading
		proven bool
		want   incidents.ReturnKind // "" for no evidence
	}{
		{"a report about this reader", report(hard(an)), false, incidents.HardReturn},
		{"letters' case is no difference", report(hard("AN@Post.example")), false, incidents.HardReturn},
		{"his original address is enough", report(hard("an@elsewhere.example", an)), false, incidents.HardReturn},
		{"a report about somebody else", report(hard("piet@post.example")), false, ""},
		{"a report about somebody else at our own address: he was forwarded", report(hard("piet@post.example")), true, incidents.HardReturn},
		{"a report about several, ours among them", report(hard("piet@post.example"), delayed), false, incidents.DelayedReturn},
		{"reports that contradict each other", report(hard(an), delayed), false, incidents.UnknownReturn},
		{"an automatic answer from him", incidents.ReturnReading{Kind: incidents.OutOfOffice, From: an}, false, incidents.OutOfOffice},
		{"an automatic answer from another", incidents.ReturnReading{Kind: incidents.OutOfOffice, From: "x@y.example"}, false, ""},
		{"an automatic answer from another to our own address", incidents.ReturnReading{Kind: incidents.OutOfOffice, From: "x@y.example"}, true, incidents.OutOfOffice},
		{"a complaint that names nobody", incidents.ReturnReading{Kind: incidents.ComplaintReturn}, false, ""},
		{"a complaint to our own address", incidents.ReturnReading{Kind: incidents.ComplaintReturn}, true, incidents.ComplaintReturn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, some := tt.read.About(an, tt.proven)
			if some != (tt.want != "") || got.Kind != tt.want {
				t.Errorf("%v %+v, want %q", some, got, tt.want)
			}
		})
	}
}

func TestAReturnAddressProvesTheMailItBelongsTo(t *testing.T) {
	key, other := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("o", 32))
	token := incidents.ReturnToken(key, "p-1", sentID)
	address := incidents.ReturnAddress("bounces@example.nl", token)
	if address != "bounces+"+token+"@example.nl" || incidents.DeliveryOfToken(strings.ToUpper(token)) != sentID {
		t.Fatalf("address %q of token %q", address, token)
	}
	for _, tt := range []struct {
		name     string
		key      []byte
		practice tenant.ID
		token    string
		want     bool
	}{
		{"its own", key, "p-1", token, true},
		{"its own in capitals", key, "p-1", strings.ToUpper(token), true},
		{"of another practice", key, "p-2", token, false},
		{"made with another key", other, "p-1", token, false},
		{"a changed proof", key, "p-1", token[:len(token)-1] + "7", token[len(token)-1] == '7'},
		{"of another delivery", key, "p-1", strings.Repeat("f", 24) + token[24:], false},
		{"the delivery alone", key, "p-1", sentID, false},
		{"nothing", key, "p-1", "", false},
		{"no key", nil, "p-1", "", false},
	} {
		if got := incidents.ProvesReturn(tt.key, tt.practice, tt.token); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	for _, bad := range []string{"", "x", "@example.nl", strings.Repeat("b", 30) + "@example.nl"} {
		if got := incidents.ReturnAddress(bad, token); got != "" {
			t.Errorf("%q gives %q", bad, got)
		}
	}
	if got := incidents.ReturnToken(key, "p-1", "not a delivery"); got != "" {
		t.Errorf("a strange id gives %q", got)
	}
}

func TestAMessageIDOfOursNamesItsDelivery(t *testing.T) {
	for id, want := range map[string]string{
		"<" + sentID + "@example.nl>": sentID, strings.ToUpper(sentID) + "@x": sentID, sentID: sentID,
		"<20090708054735.GC7578@example.com>": "", "": "", "@": "", "<>": "",
	} {
		if got := incidents.DeliveryOfMessage(id); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
}
