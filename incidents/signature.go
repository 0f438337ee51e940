package incidents

import (
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Signature is the first of the two approvals that a practice may ask for. It stands
// for what its signer saw and chose, and for nothing else. The zero value is none.
type Signature struct {
	By             Actor
	Role           registry.Role
	At             time.Time
	TextHash       string
	RecipientsHash string
	Sender         string     // address; stored sealed
	UpdateAt       *time.Time // by when readers hear more; nil promises nothing
}

// Some reports whether there is a signature.
func (s Signature) Some() bool { return s.By.ID != "" }

// Same reports whether two signatures are for the same texts, readers, sender and
// promise, whoever gave them.
func (s Signature) Same(other Signature) bool {
	return s.TextHash == other.TextHash && s.RecipientsHash == other.RecipientsHash && s.Sender == other.Sender &&
		(s.UpdateAt == nil) == (other.UpdateAt == nil) && (s.UpdateAt == nil || s.UpdateAt.Equal(*other.UpdateAt))
}

// Waits reports whether the notice waits for its second approver: somebody approved
// its texts and readers as they stand now.
func (n *Notice) Waits() bool {
	return n.State == NoticeIsDraft && n.First.Some() && n.First.TextHash == n.TextHash && n.First.RecipientsHash == n.RecipientsHash
}

// Sign records the first of two approvals, in the place of one that stood for
// something else. It refuses what Approve refuses, and lets nothing go.
func (n *Notice) Sign(s Signature, a Approval, recipients []Recipiency, facts Facts, now time.Time) error {
	probe := *n
	if err := probe.Approve(a, recipients, facts, now); err != nil {
		return err
	}
	if n.First.Some() && n.First.Same(s) {
		return fault.New(fault.Conflict, "error.signed_already", "this is approved once already; the second approval must be somebody else's")
	}
	s.At = now
	n.First = s
	n.note(Event{Kind: NoticeSigned, At: now, Actor: s.By, Facts: map[string]string{"audience": string(n.Audience), "text_hash": s.TextHash, "recipients_hash": s.RecipientsHash}})
	return nil
}
