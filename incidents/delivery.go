package incidents

import (
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// DeliveryState is where one message to one reader stands.
type DeliveryState string

// The states of a delivery.
//
//	queued ─ claim ─> sending ─ 250 ──────────> sent ─ late bounce ─> bounced
//	   ^                │ 4yz, network, lost
//	   └── backoff ── deferred
//	                    │ 5yz about this person
//	                    └──────────────────────> refused
//	queued (by hand), refused, bounced ──> told_otherwise | unreachable
const (
	Queued        DeliveryState = "queued"
	Sending       DeliveryState = "sending"
	Sent          DeliveryState = "sent"
	Deferred      DeliveryState = "deferred"
	Refused       DeliveryState = "refused"
	Bounced       DeliveryState = "bounced"
	ToldByPerson  DeliveryState = "told_otherwise"
	Unreachable   DeliveryState = "unreachable"
	DeliveryEnded DeliveryState = "superseded" // its notice was withdrawn before it went out
)

// Told reports whether the state counts as told: the server answered 250 and no
// bounce came since, or a person gave his word.
func (s DeliveryState) Told() bool { return s == Sent || s == ToldByPerson }

// Delivery is one notice to one reader about one person. Its ID is the left
// side of the Message-ID, the same for every attempt.
type Delivery struct {
	ID         string
	PracticeID tenant.ID
	IncidentID string
	NoticeID   string // "" for the practitioner's own warnings
	Version    int64
	Person     string // affected id
	Reader     string // client id of who reads it; the person or a guardian
	Audience   Audience
	Language   string
	For        TextFor          // in which of the notice's words
	Channel    registry.Channel // email is sent; the others are tasks for a person
	Why        string           // why not by e-mail: code of a reason, "" for e-mail
	State      DeliveryState
	NextAt     time.Time // deferred: not before; sending: end of the lease
	ToldAt     time.Time
	Attempts   []Attempt
	// Noted is how many attempts the notice's log already tells of; a worker that
	// was cut off between the answer and the log leaves the rest to the next.
	Noted int
	To    Reach
	// Own is the text of a message that belongs to no notice: a warning.
	Own *Text
	// Returned is what came back about its mails, oldest first.
	Returned []Returned
	// Code opens the notice for its reader, with his address; the same in every
	// attempt, "" for none. Stored sealed.
	Code string
	// ReadAt is when the reader confirmed that he read it; zero while he did not.
	ReadAt time.Time
	// Tries are a person's attempts to reach him in vain, oldest first.
	Tries []Try
}

// Reach is how to reach the reader, as it stood at approval; stored sealed.
type Reach struct {
	Name          string
	Email         string
	Phone         string
	PostalAddress string
	// Word is the practitioner's note when he told him otherwise, or why he could not.
	Word   string
	By     string // one of TellingWays
	ByUser string // id of who recorded it
	// OpenPGPKey is the public key with which his mails are encrypted; "" for none.
	OpenPGPKey string
}

// StageCutOff is where an attempt ended whose worker was cut off; nobody knows
// how far it came, and At is when that was found.
const StageCutOff = "cut_off"

// Attempt is one try to send, kept for good; Text is stored sealed.
type Attempt struct {
	At        time.Time
	Kind      AnswerKind
	Stage     string
	Server    string
	Code      int
	Text      string
	MessageID string
	// ComposedAt and MailHash tell which bytes were handed over, as in an Answer.
	ComposedAt time.Time
	MailHash   string
}

// Handed returns the attempt whose mail stands for what the reader got: the accepted
// one, else the last that handed something over; zero for none.
func (d Delivery) Handed() Attempt {
	var last Attempt
	for _, a := range d.Attempts {
		if a.MailHash != "" && (a.Kind == Accepted || last.Kind != Accepted) {
			last = a
		}
	}
	return last
}

// Claim takes the delivery for sending until the lease ends. It refuses one that
// is not due, or that another worker holds. A worker whose lease ran out was cut
// off with the mail in hand: it may have gone out, so that attempt is kept as lost.
func (d *Delivery) Claim(now time.Time, lease time.Duration) error {
	waiting := d.State == Queued || (d.State == Deferred || d.State == Sending) && !d.NextAt.After(now)
	if d.Channel != registry.ByEmail || !waiting {
		return fault.Conflict
	}
	if d.State == Sending {
		d.Attempts = append(d.Attempts, Attempt{At: now, Kind: Lost, Stage: StageCutOff, MessageID: d.ID})
	}
	d.State, d.NextAt = Sending, now.Add(lease)
	return nil
}

// Record notes the server's answer and what follows from it. retryAt is when a
// deferred message is tried again.
func (d *Delivery) Record(a Answer, retryAt time.Time) {
	d.Attempts = append(d.Attempts, Attempt{At: a.At, Kind: a.Kind, Stage: a.Stage, Server: a.Server, Code: a.Code, Text: a.Text, MessageID: d.ID,
		ComposedAt: a.ComposedAt, MailHash: a.MailHash})
	d.NextAt = time.Time{}
	switch a.Kind {
	case Accepted:
		d.State, d.ToldAt = Sent, a.At
	case RefusedPerson:
		d.State = Refused
	case Later, Lost, RefusedAccount:
		d.State, d.NextAt = Deferred, retryAt
	}
}

// Tell records that a person told the reader by phone, letter or face to face.
func (d *Delivery) Tell(by, note, user string, at, now time.Time) error {
	var faults fault.List
	checkTellingWay(&faults, by)
	if at.IsZero() || at.After(now.Add(clockSkew)) {
		faults.Add("at", "error.future", "give the time at which you told him; it cannot lie in the future")
	}
	registry.CheckText(&faults, "note", note, 0, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if d.State.Told() || d.State == Sending {
		return fault.New(fault.Conflict, "error.told_already", "this person is told already, or a message is just going out")
	}
	d.State, d.ToldAt, d.NextAt = ToldByPerson, at.UTC(), time.Time{}
	d.To.By, d.To.Word, d.To.ByUser = by, note, user
	return nil
}

// GiveUp records that the reader could not be reached, with what was tried.
func (d *Delivery) GiveUp(reason, user string, now time.Time) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if d.State.Told() || d.State == Sending {
		return fault.New(fault.Conflict, "error.told_already", "this person is told already, or a message is just going out")
	}
	d.State, d.ToldAt, d.NextAt = Unreachable, now, time.Time{}
	d.To.Word, d.To.ByUser = reason, user
	return nil
}

// Telling returns what the delivery says about its reader.
func (d Delivery) Telling() Telling {
	return Telling{Person: d.Person, Reader: d.Reader, Notice: d.NoticeID, State: d.State, At: d.ToldAt}
}

// Backoff returns how long to wait after the given number of attempts: a minute
// at first, doubling to at most half an hour, so that many tries fit the deadline.
func Backoff(attempts int) time.Duration {
	wait := time.Minute
	for range min(attempts, 6) - 1 {
		wait *= 2
	}
	return min(wait, 30*time.Minute)
}
