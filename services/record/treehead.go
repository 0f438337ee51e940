package record

import (
	"encoding/json"
	"fmt"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// TreeHeads is the collection of published tree heads.
const TreeHeads = "tree_heads"

// TreeHead is the stored form of register.SignedHead. Nothing in it is personal.
type TreeHead struct {
	Schema     int        `json:"schema" bson:"schema"`
	PracticeID tenant.ID  `json:"practice_id" bson:"practice_id"`
	Number     int64      `json:"number" bson:"number"`
	Size       int64      `json:"size" bson:"size"`
	Root       []byte     `json:"root" bson:"root"`
	At         time.Time  `json:"at" bson:"at"`
	Note       string     `json:"note" bson:"note"`
	SentAt     *time.Time `json:"sent_at" bson:"sent_at"`
}

// FromTreeHead returns the record of h.
func FromTreeHead(h register.SignedHead) TreeHead {
	return TreeHead{Schema: Schema, PracticeID: h.Practice, Number: h.Number, Size: h.Size, Root: h.Root[:], At: cut(h.At), Note: h.Note,
		SentAt: instant(h.SentAt, true)}
}

// ToTreeHead returns the head that the record keeps.
func (r TreeHead) ToTreeHead() (register.SignedHead, error) {
	if err := checkSchema(TreeHeads, r.Schema); err != nil {
		return register.SignedHead{}, err
	}
	if len(r.Root) != len(register.Hash{}) {
		return register.SignedHead{}, fmt.Errorf("tree head %d cannot be read: its hash is not whole", r.Number)
	}
	h := register.SignedHead{Number: r.Number, Note: r.Note,
		TreeHead: register.TreeHead{Practice: r.PracticeID, Size: r.Size, Root: register.Hash(r.Root), At: cut(r.At)}}
	if r.SentAt != nil {
		h.SentAt = cut(*r.SentAt)
	}
	return h, nil
}

// Fault says in what the record's parts do not agree with the place it lies at and
// with one another, "" for nothing: what is written twice must be the same.
func (r Entry) Fault(practice tenant.ID, seq int64) string {
	switch {
	case r.Seq != seq:
		return "" // it stands in another's place, which the audit says better
	case r.PracticeID != practice || r.Event.PracticeID != practice:
		return "it names another practice"
	case r.EventID != r.Event.ID:
		return "it names two events"
	case r.IncidentID != r.Event.IncidentID:
		return "it names two cases"
	}
	return ""
}

// PlainEntry returns what can be read of an entry without its words.
func (r Entry) PlainEntry() register.Entry {
	return register.Entry{Seq: r.Seq, Event: r.Event.toPlain(), WordsHash: r.WordsHash, Prev: r.Prev, Hash: r.Hash}
}

// ReadEntryDoc reads an entry's JSON, and reports whether it is byte for byte as
// this program writes it.
func ReadEntryDoc(raw []byte) (r Entry, exact bool) {
	if json.Unmarshal(raw, &r) != nil {
		return r, false
	}
	again, err := json.Marshal(r)
	return r, err == nil && string(again) == string(raw)
}
