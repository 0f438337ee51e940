package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// ReturnKind is what a message that came back says.
type ReturnKind string

// The kinds of returned mail.
const (
	// HardReturn: the mail will not arrive at this address (RFC 3463, class 5).
	HardReturn ReturnKind = "hard"
	// SoftReturn: it did not arrive for a reason that may pass, such as a full
	// mailbox, or that is not about the person, such as a blocked server.
	SoftReturn ReturnKind = "soft"
	// DelayedReturn: a server still tries (RFC 3464, "delayed").
	DelayedReturn ReturnKind = "delayed"
	// DeliveredReturn: a server says that it delivered, or passed on.
	DeliveredReturn ReturnKind = "delivered"
	// OutOfOffice: an automatic answer (RFC 3834).
	OutOfOffice ReturnKind = "out_of_office"
	// ChallengeReturn: a program asks the sender to prove that he is a person.
	ChallengeReturn ReturnKind = "challenge"
	// ComplaintReturn: the mail was reported as unwanted (RFC 5965).
	ComplaintReturn ReturnKind = "complaint"
	// UnknownReturn: nothing certain can be read from it; a person must look.
	UnknownReturn ReturnKind = "unknown"
)

// ReturnState is where a returned message stands.
type ReturnState string

// The states of a returned message.
const (
	ReturnWaits     ReturnState = "waiting"   // saved, not read yet
	ReturnMatched   ReturnState = "matched"   // it stands at its delivery
	ReturnUnmatched ReturnState = "unmatched" // it leads to no mail of ours
)

// KeepReturns is how long a settled return is kept.
const KeepReturns = 30 * 24 * time.Hour

// MaxReturn is how many bytes of a returned message are kept and read.
const MaxReturn = 512 << 10

// Return is a message that came back, saved before anything is made of it.
type Return struct {
	ID         string
	PracticeID tenant.ID // whose mailbox or address it came to; "" the host's own
	Source     string    // "imap" or "webhook"
	State      ReturnState
	ReceivedAt time.Time
	SettledAt  time.Time // zero while it waits
	RawHash    string    // hex SHA-256 of the message; the same again is not kept
	Raw        []byte    // as it came, cut to MaxReturn; stored sealed, dropped once matched
	Kind       ReturnKind
	Status     string // "5.1.1" (RFC 3463), "" when it gives none
	Delivery   Key    // what it was matched to; zero otherwise
}

// The ways in which returned mail comes in.
const (
	ReturnByIMAP = "imap"
	ReturnByPost = "webhook"
)

// NewReturn makes the record of a message that came back, cut to MaxReturn;
// practice is "" at the host's own mailbox or address.
func NewReturn(id string, practice tenant.ID, source string, raw []byte, now time.Time) Return {
	raw = raw[:min(len(raw), MaxReturn)]
	sum := sha256.Sum256(raw)
	return Return{ID: id, PracticeID: practice, Source: source, State: ReturnWaits, ReceivedAt: now, RawHash: hex.EncodeToString(sum[:]), Raw: raw}
}

// Settle ends the wait of a return. A matched one keeps nothing of the message:
// what counts stands at its delivery.
func (r *Return) Settle(kind ReturnKind, status string, to Key, now time.Time) {
	r.Kind, r.Status, r.Delivery, r.SettledAt = kind, status, to, now
	r.State = ReturnUnmatched
	if to.ID != "" {
		r.State, r.Raw = ReturnMatched, nil
	}
}

// ReturnReading is what a parser understood of a returned message.
type ReturnReading struct {
	Kind    ReturnKind
	Reports []RecipientReport // what a delivery report says of each recipient
	From    string            // address of who wrote it; "" when none can be read
	// Tokens are what looks like a token of ours in the addresses it was sent to.
	Tokens []string
	// MessageIDs are those of the messages it is about, without angle brackets.
	MessageIDs []string
	Text       string // the words that explain it, cut short
}

// RecipientReport is what a delivery report says of one recipient.
type RecipientReport struct {
	Kind       ReturnKind
	Final      bool     // the server tries no more
	Recipients []string // his final and original address
	Status     string
	Code       int    // SMTP reply code; 0 when none is given
	Text       string // the server's words
}

// ReturnMatch says how a return was found to belong to a delivery.
type ReturnMatch string

// The ways to match. A token proves that the message came to the address which
// only this mail bore; a Message-ID alone is believed about its own reader only.
const (
	MatchedByToken     ReturnMatch = "token"
	MatchedByMessageID ReturnMatch = "message_id"
)

// What a return did to its delivery.
const (
	EffectNone    = ""
	EffectBounced = "bounced" // now a task to phone or write
	EffectAgain   = "again"   // it is sent once more, later
)

// Returned is a message that came back about a delivery, kept for good. Text is
// stored sealed.
type Returned struct {
	Hash    string // of the whole message
	At      time.Time
	Kind    ReturnKind
	Final   bool
	Status  string
	Code    int
	Text    string
	Matched ReturnMatch
	Effect  string
}

// About says what a reading means for a mail to the given address, false when it
// is no evidence about it. proven says that it came to the mail's own return
// address; else only a report about this very address counts, or an answer from it.
func (r ReturnReading) About(address string, proven bool) (Returned, bool) {
	found := Returned{Kind: r.Kind, Text: r.Text, Matched: MatchedByMessageID}
	if proven {
		found.Matched = MatchedByToken
	}
	own := slices.DeleteFunc(slices.Clone(r.Reports), func(x RecipientReport) bool { return !x.names(address) })
	switch {
	case len(own) > 0:
		return found.say(own), true
	case !proven && (len(r.Reports) > 0 || !sameAddress(r.From, address)):
		return Returned{}, false
	case len(r.Reports) > 0: // forwarded: the server knows him by another address
		return found.say(r.Reports), true
	}
	return found, true
}

// say takes over what reports say; reports that differ say nothing certain.
func (r Returned) say(reports []RecipientReport) Returned {
	first := reports[0]
	r.Kind, r.Final, r.Status, r.Code, r.Text = first.Kind, first.Final, first.Status, first.Code, first.Text
	for _, x := range reports[1:] {
		if x.Kind != first.Kind || x.Final != first.Final {
			r.Kind, r.Final = UnknownReturn, false
		}
	}
	return r
}

func (x RecipientReport) names(address string) bool {
	return slices.ContainsFunc(x.Recipients, func(r string) bool { return sameAddress(r, address) })
}

func sameAddress(a, b string) bool {
	return a != "" && registry.NormalEmail(a) == registry.NormalEmail(b)
}

const (
	// mostReturned bounds what one delivery keeps, so that no mail loop fills it.
	mostReturned = 50
	// softTries is how often a mail that came back for a passing reason goes out
	// again before it becomes a task.
	softTries = 2
)

// ReturnOf returns what was kept of the message with this hash.
func (d Delivery) ReturnOf(hash string) (Returned, bool) {
	at := slices.IndexFunc(d.Returned, func(r Returned) bool { return r.Hash == hash })
	if at < 0 {
		return Returned{}, false
	}
	return d.Returned[at], true
}

// Return records that a message about this delivery came back, and what follows:
// a hard one makes it a task, a soft and final one sends it again after a while
// (twice, then it is a task too), everything else changes nothing about told. The
// same message again changes nothing; it reports whether anything changed.
func (d *Delivery) Return(r Returned, now time.Time) (bool, error) {
	if _, known := d.ReturnOf(r.Hash); known {
		return false, nil
	}
	if d.State == Sending {
		return false, fault.Conflict // what it ends in decides
	}
	r.At = now
	r.Effect = d.effect(r)
	if len(d.Returned) >= mostReturned && r.Effect == EffectNone {
		return false, nil
	}
	switch r.Effect {
	case EffectBounced:
		d.State, d.NextAt, d.ToldAt = Bounced, time.Time{}, time.Time{}
	case EffectAgain:
		d.State, d.NextAt, d.ToldAt = Deferred, now.Add(softWait(d.softs())), time.Time{}
	}
	d.Returned = append(slices.Clone(d.Returned), r)
	return true, nil
}

// effect says what a return does. Whoever was told by a person stays told, and
// what was refused or given up is a person's task already.
func (d Delivery) effect(r Returned) string {
	waits := d.State == Sent || d.State == Deferred
	switch {
	case !waits || len(d.Attempts) == 0:
		return EffectNone
	case r.Kind == HardReturn:
		return EffectBounced
	case r.Kind == SoftReturn && r.Final && d.State == Sent && d.softs() < softTries:
		return EffectAgain
	case r.Kind == SoftReturn && r.Final && d.State == Sent:
		return EffectBounced
	}
	return EffectNone
}

// softs counts how often it was sent again because it came back.
func (d Delivery) softs() int {
	n := 0
	for _, r := range d.Returned {
		if r.Effect == EffectAgain {
			n++
		}
	}
	return n
}

// softWait is how long a mail rests that came back for a passing reason: an hour,
// then four.
func softWait(before int) time.Duration {
	if before == 0 {
		return time.Hour
	}
	return 4 * time.Hour
}

// Returned notes in the case's log what came back about a delivery, once.
func (n *Notice) Returned(d Delivery, r Returned) bool {
	kind := MailReturned
	if r.Effect == EffectBounced {
		kind = MailBounced
	}
	before := len(n.Outbox.Pending)
	n.noteOnce(Event{Kind: kind, At: r.At, Actor: System(), Facts: map[string]string{
		"delivery": d.ID, "return": r.Hash, "kind": string(r.Kind), "status": r.Status, "code": codeText(r.Code),
		"matched": string(r.Matched), "effect": r.Effect}, Words: map[string]string{"server_says": r.Text}})
	return len(n.Outbox.Pending) > before
}

func codeText(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}

// wake opens a closed case again whose duty stands once more.
func (i *Incident) wake(now time.Time) {
	if i.State != StateClosed {
		return
	}
	i.State, i.ClosedAt = StateOpen, time.Time{}
	i.note(Event{Kind: IncidentReopened, At: now, Actor: System(), Facts: revisedOne(nil, "state", string(StateClosed), string(StateOpen))})
}

// DeliveryOfMessage returns the id of the delivery that a Message-ID of ours
// names, "" for one that cannot be ours.
func DeliveryOfMessage(id string) string {
	left, _, _ := strings.Cut(strings.ToLower(strings.Trim(id, "<> \t")), "@")
	if !deliveryID.MatchString(left) {
		return ""
	}
	return left
}
