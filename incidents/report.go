package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Source is the way a report came in.
type Source string

// The ways in.
const (
	FromForm    Source = "form"
	FromAPI     Source = "api"
	FromWebhook Source = "webhook"
	FromPublic  Source = "public"
	FromPaste   Source = "paste"
	FromMail    Source = "mail" // what a supplier wrote, uploaded or found in a folder
)

// ReportState is where a report stands.
type ReportState string

// The states of a report.
const (
	InTriage       ReportState = "triage" // a person must look; its shadow clock runs
	BecameIncident ReportState = "incident"
	Dismissed      ReportState = "dismissed"
	// KeptAside is a supplier's trial of the way in, or his message about something
	// that is no breach: there is nothing to do, and no clock runs.
	KeptAside ReportState = "aside"
)

// Report is what came in for one practice, kept as it came.
type Report struct {
	ID          string
	PracticeID  tenant.ID
	Version     int64
	Source      Source
	State       ReportState
	IncidentID  string // set when it became or joined an incident
	ReceiptID   string // the processor's message behind it, "" for others
	ProcessorID string
	ReceivedAt  time.Time
	// Clock is the shadow of the authority's 72 hours: a third party's signal can start them.
	Clock  Clock
	Words  ReportWords
	Outbox Outbox
}

// ReportWords is the text of a report; stored sealed.
type ReportWords struct {
	Text      string // what the sender wrote, or why a message could not be read
	Name      string // public form: who writes, if he says so
	Reach     string // public form: how to reach him, if he says so
	Reference string // the sender's own number
	Reason    string // why it was dismissed
	// Message is what was made out of a supplier's message; zero for other reports,
	// and for those of before this was kept.
	Message Message
}

// NewTriage returns a report that a person must look at, its shadow clock running.
func NewTriage(id string, practice tenant.ID, source Source, words ReportWords, at time.Time, term registry.Term, by Actor) (*Report, error) {
	var faults fault.List
	registry.CheckText(&faults, "text", words.Text, 1, 10_000)
	registry.CheckLine(&faults, "name", words.Name, 0, 120)
	registry.CheckLine(&faults, "reach", words.Reach, 0, 254)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	r := &Report{ID: id, PracticeID: practice, Source: source, State: InTriage, ReceivedAt: at, Words: words}
	r.Clock = NewClock(ShadowClock, at, term)
	r.note(Event{Kind: ReportReceived, At: at, Actor: by, Facts: map[string]string{"source": string(source)}})
	return r, nil
}

// RecordedAt says that a report which came in earlier was put on record only now: its
// entry in the register is of now, and tells when it came in.
func (r *Report) RecordedAt(now time.Time) {
	for i := range r.Outbox.Pending {
		if e := &r.Outbox.Pending[i]; e.Kind == ReportReceived && e.At.Before(now) {
			e.Facts["received_at"], e.At = e.At.Format(time.RFC3339), now
		}
	}
}

// NewAside returns a report that asks nothing of anybody: a supplier's trial, or a
// message of his that is no breach.
func NewAside(id string, practice tenant.ID, words ReportWords, at time.Time, by Actor) (*Report, error) {
	var faults fault.List
	registry.CheckText(&faults, "text", words.Text, 0, 10_000)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	r := &Report{ID: id, PracticeID: practice, Source: FromWebhook, State: KeptAside, ReceivedAt: at, Words: words}
	r.Clock = NewClock(ShadowClock, at, registry.Term{})
	r.Clock.EndedAt, r.Clock.EndedBecause = at, EndedAside
	r.note(Event{Kind: ReportKeptAside, At: at, Actor: by, Facts: map[string]string{"source": string(FromWebhook), "kind": string(words.Message.Kind)}})
	return r, nil
}

// Dismiss closes a triage item that is no incident, with a reason.
func (r *Report) Dismiss(reason string, now time.Time, by Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if r.State != InTriage {
		return fault.New(fault.Conflict, "error.report_settled", "this report is settled already")
	}
	r.State, r.Words.Reason = Dismissed, reason
	r.Clock.end(now, EndedDismissed)
	r.note(Event{Kind: ReportDismissed, At: now, Actor: by, Words: map[string]string{"reason": reason}})
	return nil
}

// Became records that the report became, or joined, an incident.
func (r *Report) Became(incident string, now time.Time, by Actor) error {
	if r.State == BecameIncident && r.IncidentID == incident {
		return nil
	}
	if r.State != InTriage {
		return fault.New(fault.Conflict, "error.report_settled", "this report is settled already")
	}
	r.State, r.IncidentID = BecameIncident, incident
	r.Clock.end(now, EndedBecameIncident)
	r.note(Event{Kind: ReportBecameCase, At: now, Actor: by, IncidentID: incident})
	return nil
}

// Fire marks the thresholds of the shadow clock that are due, and tells of the newest.
func (r *Report) Fire(now time.Time) bool {
	f, fired := r.Clock.fire(now)
	if fired {
		r.note(firingEvent(f, r.Clock, now))
	}
	return fired
}

// NextAt returns when the keeper must look at the report again, false for never.
func (r *Report) NextAt() (time.Time, bool) { return r.Clock.NextAt() }

func (r *Report) note(e Event) {
	e.PracticeID, e.Subject = r.PracticeID, r.ID
	if e.IncidentID == "" {
		e.IncidentID = r.IncidentID
	}
	r.Outbox.Put(r.ID, e)
}

// Receipt is a processor's message as it came, saved before it is answered.
// Fanning it out to practices is a later, resumable step.
type Receipt struct {
	ID string // the report_id of the answer
	// DedupeKey is the endpoint and the sender's webhook-id: a replay finds the first receipt.
	DedupeKey   string
	ProcessorID string
	PracticeID  tenant.ID // "" for the operator's endpoint: every practice linked to the processor
	ReceivedAt  time.Time
	Raw         []byte // the bytes as they came; stored sealed
	RawHash     string // hex SHA-256 of Raw
	// Headers are those that matter, by their names in small letters; stored sealed.
	Headers map[string]string
	SentAt  time.Time
	Reached string // last practice id reached; fanning out goes on after it
	DoneAt  time.Time
	// Proof is how its sender proved himself, as the address's door asked:
	// "signature", "address" or another door's name; "" for what nobody sent, such as
	// a message that datalek fetched itself.
	Proof string
	// StatusHash is the hex SHA-256 of the token of the page on which its sender sees
	// what became of it; "" when it has none.
	StatusHash string
	// CaseHash names the sender's case among the messages that reach the same
	// practices, see CaseHash; "" until it was read, and when it names no case.
	CaseHash string
}

// CaseHash names a processor's case, so that its messages are found together: those
// to one practice apart from those to all of the host (practice ""). It needs no
// key: what goes in are ids of firms and the number that a firm gave to its own case,
// nothing of any person, and the first two stand beside the hash anyway. Who reads the
// store and guesses the number learns that two messages are of one case.
func CaseHash(practice tenant.ID, processor, reference string) string {
	sum := sha256.Sum256([]byte(string(practice) + "\x00" + processor + "\x00" + reference))
	return hex.EncodeToString(sum[:])
}

// Reached is whom a processor's messages about one case came to.
type Reached struct {
	Practices int // practices that have it
	Cases     int // those of them for which it is part of a case
}
