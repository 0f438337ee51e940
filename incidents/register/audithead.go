package register

import (
	"fmt"
	"time"
)

// CheckHead reports whether the register still holds what a published head said
// of it; its signature is the caller's to check.
func (a *Audit) CheckHead(h TreeHead) bool {
	if h.Practice != a.practice || h.Size > a.size {
		return false
	}
	if h.Size == 0 {
		return true
	}
	root, err := a.Branches().Patched().Root(h.Size)
	return err == nil && root == h.Root
}

// Compare checks one published head, such as one that came by mail, and tells what
// does not agree. good is the size up to which another head vouches already.
func (a *Audit) Compare(good int64, h TreeHead) bool {
	switch {
	case a.CheckHead(h):
		return true
	case h.Practice != a.practice:
		a.head("the tree head of %s is of another practice", day(h))
	case h.Size > a.size:
		a.tell(Finding{Kind: EntryRemoved, From: a.size + 1, To: h.Size, Why: fmt.Sprintf("cut off: the tree head of %s had them", day(h))})
	case !a.oddUpTo(h.Size):
		a.tell(Finding{Kind: EntryChanged, From: good + 1, To: h.Size,
			Why: fmt.Sprintf("at least one was changed, with all hashes to match: the tree head of %s says so", day(h))})
	}
	return false
}

// oddUpTo reports whether something was found about the first entries.
func (a *Audit) oddUpTo(size int64) bool {
	found, _ := a.Findings()
	for _, f := range found {
		if f.From > 0 && f.From <= size {
			return true
		}
	}
	return false
}

func day(h TreeHead) string { return h.At.UTC().Format(time.DateOnly) }

func (a *Audit) head(format string, args ...any) {
	a.tell(Finding{Kind: HeadBroken, Why: fmt.Sprintf(format, args...)})
}

// CheckHeads compares the kept heads, by number, with the entries. open checks a
// head's signature and reads it.
func (a *Audit) CheckHeads(heads []SignedHead, open func(note string) (TreeHead, error)) {
	var good, number int64
	var longest TreeHead
	for _, h := range heads {
		if h.Number != number+1 {
			a.head("published tree head %d was removed", number+1)
		}
		number = h.Number
		signed, err := open(h.Note)
		if err != nil {
			a.head("published tree head %d: %s", h.Number, err.Error())
			continue
		}
		if signed.Size != h.Size || signed.Root != h.Root || signed.Practice != h.Practice {
			a.head("published tree head %d is kept with another text than was signed", h.Number)
		}
		if signed.Practice == a.practice && signed.Size > a.size {
			if signed.Size > longest.Size {
				longest = signed
			}
		} else if a.Compare(good, signed) {
			good = max(good, signed.Size)
		}
	}
	if longest.Size > 0 {
		a.Compare(good, longest)
	}
}
