package register

import "fmt"

// FindingKind says what is wrong with a part of the register.
type FindingKind string

// What can be wrong.
const (
	EntryChanged   FindingKind = "changed"
	EntryRemoved   FindingKind = "removed"
	EntryReordered FindingKind = "reordered"
	// EntryCopied is an entry that stands at another's number too.
	EntryCopied FindingKind = "copied"
	// TreeChanged says that what is kept of the tree is not what the entries give.
	TreeChanged FindingKind = "tree_changed"
	// HeadBroken is a published head whose own text, or number, is wrong.
	HeadBroken FindingKind = "head_broken"
)

// Finding is one thing that is wrong: entries From to To, a single one when they
// are equal, none when From is zero.
type Finding struct {
	Kind     FindingKind
	From, To int64
	Why      string // the rest of the sentence, without personal data
}

func (f Finding) String() string {
	if f.From == 0 {
		return f.Why
	}
	if f.From == f.To {
		return fmt.Sprintf("entry %d %s", f.From, f.Why)
	}
	return fmt.Sprintf("entries %d to %d: %s", f.From, f.To, f.Why)
}
