package request

import (
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Kind is which right somebody uses.
type Kind string

// The rights.
const (
	Access      Kind = "access"      // GDPR Art. 15
	Correction  Kind = "correction"  // Art. 16
	Erasure     Kind = "erasure"     // Art. 17
	Portability Kind = "portability" // Art. 20
	Objection   Kind = "objection"   // Art. 21
	Withdrawal  Kind = "withdrawal"  // of a permission, Art. 7(3)
)

// Kinds returns the rights in the order in which forms show them.
func Kinds() []Kind {
	return []Kind{Access, Correction, Erasure, Portability, Objection, Withdrawal}
}

// Erases reports whether a request of the kind can end in erasure: what is kept
// until somebody withdraws or objects has no other end (Art. 17(1)(b) and (c)).
func (k Kind) Erases() bool { return k == Erasure || k == Objection || k == Withdrawal }

// Channels returns the ways in which a request may come in; no form is prescribed.
func Channels() []string {
	return []string{"email", "phone", "letter", "in_person", "message", "other"}
}

// State is where a request stands.
type State string

// The states of a request.
const (
	Open     State = "open"
	Answered State = "answered"
)

// Request is what one person asks about his own data.
type Request struct {
	ID         string
	PracticeID tenant.ID
	Version    int64 // guards every update; the store sets it
	Kind       Kind
	State      State
	// ClientID is whom it is about, "" for somebody who is no client. It stays after
	// his erasure: it is random and leads to nobody then.
	ClientID   string
	Person     Person
	Channel    string // one of Channels
	ReceivedAt time.Time
	CreatedAt  time.Time
	// DueOn is the last day on which the answer is in time, and DueAt its end.
	DueOn      registry.Date
	DueAt      time.Time
	Thresholds []Threshold
	// Copy is what became of a copy of an identity paper that came with it.
	Copy      Copy
	Identity  Identity
	Extension Extension
	// Outcomes are the answers, oldest first; more than one when it was opened again.
	Outcomes []Outcome
	Erasing  Erasing
	Outbox   incidents.Outbox
}

// Person is what the request says of who asks; stored sealed, erased with him.
type Person struct {
	Name  string
	Email string // where to answer, and by which a person who is no client is found
	Reach string // another way: phone or postal address
	Words string // what he asks, in short
}

// Copy says what became of a copy of an identity paper. Some policies ask for one
// with a request; it must be destroyed once the identity is checked.
type Copy string

// The states of such a copy; "" is none came.
const (
	CopyCame      Copy = "came"
	CopyDestroyed Copy = "destroyed"
)

// Identity is how somebody made sure that the right person asks (Art. 12(6)). Never
// a copy or a number of a paper.
type Identity struct {
	How string // in words; stored sealed
	At  time.Time
	By  incidents.Actor
}

// Extension is the two more months of Art. 12(3), once, with the reason.
type Extension struct {
	Reason string // stored sealed
	ToldAt time.Time
	At     time.Time
	By     incidents.Actor
	From   registry.Date // the last day before
}

// Result is what became of a request.
type Result string

// The results.
const (
	Granted Result = "granted"
	Partly  Result = "partly"
	Refused Result = "refused" // with a ground (Art. 12(4), 12(5), 17(3))
)

// Outcome is one answer.
type Outcome struct {
	Result Result
	Ground string // why not, or not wholly; stored sealed
	At     time.Time
	By     incidents.Actor
	// ReopenedAt is when it was opened again, with the reason; zero while it stands.
	ReopenedAt time.Time
	Reason     string // stored sealed
}

// New is what it takes to file a request.
type New struct {
	ID         string
	PracticeID tenant.ID
	Kind       Kind
	ClientID   string
	Person     Person
	Channel    string
	ReceivedAt time.Time
	CopyCame   bool
	// DueOn is the last day of the answer, by the practice's weeks or the law's month.
	DueOn registry.Date
	Zone  *time.Location
	By    incidents.Actor
}

// File validates and begins a request with its clock running, all faults at once.
func File(n New, now time.Time) (*Request, error) {
	if err := n.validate(now); err != nil {
		return nil, err
	}
	r := &Request{ID: n.ID, PracticeID: n.PracticeID, Kind: n.Kind, State: Open, ClientID: n.ClientID, Person: n.Person, Channel: n.Channel,
		ReceivedAt: n.ReceivedAt.UTC(), CreatedAt: now}
	if n.CopyCame {
		r.Copy = CopyCame
	}
	r.setDue(n.DueOn, r.ReceivedAt, n.Zone)
	r.note(incidents.Event{Kind: Received, At: now, Actor: n.By, Facts: map[string]string{"kind": string(n.Kind), "channel": n.Channel,
		"received_at": r.ReceivedAt.Format(time.RFC3339), "due_on": n.DueOn.String()}})
	return r, nil
}

// earliest is when the GDPR began to apply.
func earliest() time.Time { return time.Date(2018, 5, 25, 0, 0, 0, 0, time.UTC) }

// skew is how far ahead a clock elsewhere may be.
const skew = 5 * time.Minute

func (n New) validate(now time.Time) error {
	var faults fault.List
	if !slices.Contains(Kinds(), n.Kind) {
		faults.Add("kind", "error.request_kind", "choose access, correction, erasure, portability, objection or withdrawal")
	}
	if !slices.Contains(Channels(), n.Channel) {
		faults.Add("channel", "error.request_channel", "choose email, phone, letter, in_person, message or other")
	}
	if n.ReceivedAt.Before(earliest()) || n.ReceivedAt.After(now.Add(skew)) {
		faults.Add("received_at", "error.request_received", "give the time at which it came in; it cannot lie in the future")
	}
	n.Person.check(&faults, n.ClientID == "")
	return faults.Err()
}

func (p Person) check(faults *fault.List, alone bool) {
	least := 0
	if alone { // nothing else says who asks
		least = 1
	}
	registry.CheckLine(faults, "name", p.Name, least, 200)
	if p.Email != "" {
		registry.CheckEmail(faults, "email", p.Email)
	}
	registry.CheckText(faults, "reach", p.Reach, 0, 300)
	registry.CheckText(faults, "words", p.Words, 0, 2_000)
}

// CheckIdentity records how somebody made sure that the right person asks.
func (r *Request) CheckIdentity(how string, now time.Time, by incidents.Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "how", how, 1, 500)
	if err := faults.Err(); err != nil {
		return err
	}
	r.Identity = Identity{How: how, At: now, By: by}
	r.note(incidents.Event{Kind: IdentityChecked, At: now, Actor: by})
	return nil
}

// DestroyCopy records that the copy of an identity paper is destroyed.
func (r *Request) DestroyCopy(now time.Time, by incidents.Actor) error {
	if r.Copy != CopyCame {
		return fault.New(fault.Conflict, "error.request_no_copy", "no copy of an identity paper stands open here")
	}
	r.Copy = CopyDestroyed
	r.note(incidents.Event{Kind: CopyGone, At: now, Actor: by})
	return nil
}

// NoteExport records that all that is held about him was put in one file.
func (r *Request) NoteExport(form string, now time.Time, by incidents.Actor) {
	r.note(incidents.Event{Kind: Exported, At: now, Actor: by, Facts: map[string]string{"form": form}})
}

// Answer records what became of the request.
func (r *Request) Answer(result Result, ground string, at, now time.Time, by incidents.Actor) error {
	var faults fault.List
	if result != Granted && result != Partly && result != Refused {
		faults.Add("result", "error.request_result", "choose granted, partly or refused")
	}
	least := 0
	if result == Partly || result == Refused {
		least = 1 // whoever is refused hears why, and that he may complain (Art. 12(4))
	}
	registry.CheckText(&faults, "ground", ground, least, 2_000)
	if at.Before(r.ReceivedAt) || at.After(now.Add(skew)) {
		faults.Add("at", "error.request_answered_at", "give the time of the answer; it lies after the request and not in the future")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if r.State != Open {
		return fault.New(fault.Conflict, "error.request_answered", "this request is answered already")
	}
	r.State = Answered
	r.Outcomes = append(slices.Clone(r.Outcomes), Outcome{Result: result, Ground: ground, At: at.UTC(), By: by})
	facts := map[string]string{"kind": string(r.Kind), "result": string(result), "at": at.UTC().Format(time.RFC3339), "due_on": r.DueOn.String(), "late": "no"}
	if at.After(r.DueAt) {
		facts["late"] = "yes"
	}
	r.note(incidents.Event{Kind: WasAnswered, At: now, Actor: by, Facts: facts, Words: words("ground", ground)})
	return nil
}

// Reopen takes the request up again under its old last day: he asked on, or the
// answer proved wrong. Thresholds that fired stay fired.
func (r *Request) Reopen(reason string, now time.Time, by incidents.Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if r.State != Answered {
		return fault.New(fault.Conflict, "error.request_open", "this request stands open already")
	}
	r.State, r.Outcomes = Open, slices.Clone(r.Outcomes)
	last := &r.Outcomes[len(r.Outcomes)-1]
	last.ReopenedAt, last.Reason = now, reason
	r.note(incidents.Event{Kind: Reopened, At: now, Actor: by, Facts: map[string]string{"kind": string(r.Kind)}, Words: words("reason", reason)})
	return nil
}

// words are an event's, nil for nothing said.
func words(name, text string) map[string]string {
	if text == "" {
		return nil
	}
	return map[string]string{name: text}
}

func (r *Request) note(e incidents.Event) {
	e.PracticeID, e.Subject = r.PracticeID, r.ID
	r.Outbox.Put(r.ID, e)
}
