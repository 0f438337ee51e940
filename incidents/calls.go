package incidents

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// CallState is where a reader stands on the list of those whom a person must
// tell by phone, by letter or face to face.
type CallState string

// The states; most deliveries are mails that arrive, and stand on no list.
const (
	CallNone CallState = ""
	CallOpen CallState = "open" // still to be told
	CallDone CallState = "done" // told by a person, or recorded as unreachable
)

// Call says whether a person must tell the reader, or has done so: there is no
// way by mail, or the mail was refused or came back.
func (d Delivery) Call() CallState {
	switch {
	case d.NoticeID == "":
		return CallNone // the practitioner's own warnings
	case d.State == Refused, d.State == Bounced, d.State == Queued && d.Channel != registry.ByEmail:
		return CallOpen
	case d.State == ToldByPerson, d.State == Unreachable:
		return CallDone
	default:
		return CallNone
	}
}

// CallCount is how many rows of one notice stand on a case's call list in a state.
type CallCount struct {
	State  CallState
	Notice string
	N      int
}

// Try is one attempt by a person to reach a reader, in vain.
type Try struct {
	At     time.Time
	By     string // one of TellingWays
	Note   string // stored sealed
	ByUser string // id of who recorded it
}

// TellingWays returns the ways in which a person tells a reader himself, in the
// order in which forms show them.
func TellingWays() []string { return []string{"phone", "letter", "message", "in_person"} }

func checkTellingWay(faults *fault.List, by string) {
	if !slices.Contains(TellingWays(), by) {
		faults.Add("by", "error.told_by", "choose phone, letter, message or in_person")
	}
}

// mostTries is how often trying one reader in vain is kept.
const mostTries = 100

// Try records that a person tried to reach the reader and did not. He stays to
// be told: only Tell and GiveUp settle him.
func (d *Delivery) Try(by, note, user string, at, now time.Time) error {
	var faults fault.List
	checkTellingWay(&faults, by)
	if at.IsZero() || at.After(now.Add(clockSkew)) {
		faults.Add("at", "error.tried_future", "give the time at which you tried; it cannot lie in the future")
	}
	registry.CheckText(&faults, "note", note, 0, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if d.State.Told() || d.State == Sending || d.State == Unreachable || d.State == DeliveryEnded {
		return fault.New(fault.Conflict, "error.call_settled", "this person is settled already, or a message is just going out")
	}
	if len(d.Tries) >= mostTries {
		return fault.New(fault.Conflict, "error.tries", "this person was tried very often already; record him as unreachable, with what was tried")
	}
	d.Tries = append(d.Tries[:len(d.Tries):len(d.Tries)], Try{At: at.UTC(), By: by, Note: note, ByUser: user})
	return nil
}

// OpenSince returns since when the delivery waits for a person to tell its
// reader; approvedAt is when its notice was let go.
func (d Delivery) OpenSince(approvedAt time.Time) time.Time {
	since := approvedAt
	if n := len(d.Attempts); n > 0 {
		since = latest(since, d.Attempts[n-1].At)
	}
	if n := len(d.Returned); d.State == Bounced && n > 0 {
		since = latest(since, d.Returned[n-1].At)
	}
	return since
}

// Tried notes in the case's log that a person tried to reach a reader in vain,
// once for the same attempt.
func (n *Notice) Tried(d Delivery, now time.Time, by Actor) {
	last := d.Tries[len(d.Tries)-1]
	n.noteOnce(Event{Kind: TriedInVain, At: now, Actor: by, Facts: map[string]string{"delivery": d.ID, "by": last.By,
		"tried_at": last.At.Format(time.RFC3339), "try": strconv.Itoa(len(d.Tries))}, Words: map[string]string{"note": last.Note}})
}
