package register

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"datalek/incidents/tenant"
)

// Entry is one event in the chain of a practice.
type Entry struct {
	Seq   int64 // 1, 2, 3 … without a gap
	Event Event
	// Salt makes the hash of Words unguessable; both are erased together.
	Salt      string
	WordsHash string // hex SHA-256 over salt and words; "" when there are none
	Prev      string // hash of the entry before; "" for the first
	Hash      string // hex SHA-256 over everything but Salt and Words
}

// Head is the newest entry's number and hash; the zero value is an empty register.
type Head struct {
	Seq  int64
	Hash string
}

// Next returns the entry that follows head. salt is random, 16 bytes or more in hex.
func Next(head Head, e Event, salt string) Entry {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	entry := Entry{Seq: head.Seq + 1, Event: e, Prev: head.Hash}
	if len(e.Words) > 0 {
		entry.Salt, entry.WordsHash = salt, hashWords(salt, e.Words)
	}
	entry.Hash = entry.sum()
	return entry
}

// Head returns the head of a register that ends with the entry.
func (e Entry) Head() Head { return Head{Seq: e.Seq, Hash: e.Hash} }

// chained is what the hash covers, in a fixed order; maps marshal by sorted key.
type chained struct {
	Seq            int64
	Prev, ID       string
	Practice       tenant.ID
	Incident, Subj string
	Kind           Kind
	At             string
	Actor          Actor
	Facts          map[string]string
	WordsHash      string
}

func (e Entry) sum() string { return hash(e.chained()) }

func (e Entry) chained() chained {
	v := e.Event
	facts := v.Facts
	if len(facts) == 0 {
		facts = nil
	}
	return chained{e.Seq, e.Prev, v.ID, v.PracticeID, v.IncidentID, v.Subject, v.Kind,
		v.At.UTC().Format(time.RFC3339Nano), v.Actor, facts, e.WordsHash}
}

func hashWords(salt string, words map[string]string) string {
	return hash(struct {
		Salt  string
		Words map[string]string
	}{salt, words})
}

func hash(v any) string {
	sum := sha256.Sum256(covered(v))
	return hex.EncodeToString(sum[:])
}

// covered is what a hash is made over.
func covered(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("register: hash of plain values: " + err.Error()) // strings and numbers only
	}
	return raw
}

// wordsHold reports whether the words are those that were chained, or were erased.
func (e Entry) wordsHold() bool {
	if e.Salt == "" {
		return len(e.Event.Words) == 0
	}
	return e.WordsHash == hashWords(e.Salt, e.Event.Words)
}

// Broken says where a chain does not hold.
type Broken struct {
	Seq int64 // the entry at fault
	Why string
}

func (b *Broken) Error() string { return fmt.Sprintf("register entry %d: %s", b.Seq, b.Why) }

// Verify checks that entries follow head without a gap and were not changed,
// and returns the new head. The first fault found is a *Broken.
func Verify(head Head, entries []Entry) (Head, error) {
	for _, e := range entries {
		switch {
		case e.Seq != head.Seq+1:
			return head, &Broken{Seq: head.Seq + 1, Why: fmt.Sprintf("missing; entry %d follows instead", e.Seq)}
		case e.Prev != head.Hash:
			return head, &Broken{Seq: e.Seq, Why: "does not follow the entry before it"}
		case e.Hash != e.sum():
			return head, &Broken{Seq: e.Seq, Why: "was changed"}
		case !e.wordsHold():
			return head, &Broken{Seq: e.Seq, Why: "its words were changed"}
		}
		head = e.Head()
	}
	return head, nil
}
