package register

import (
	"cmp"
	"fmt"
	"slices"

	"datalek/incidents/tenant"
)

// mostFindings bounds what an audit tells: one act can break every entry.
const mostFindings = 50

// Audit checks a practice's whole register and says what is wrong with which entry.
// Add every row by number, then CheckHeads, then ask for the Findings.
type Audit struct {
	practice tenant.ID
	findings []Finding
	shifted  []Finding // follow from the others, and count when there are none
	more     int
	before   Head // of the row before, by what it says
	unsure   bool // the row before cannot tell what the next one follows
	size     int64
	treeless int64
	hashes   map[int64][]Hash // what each number adds to the tree, counted anew
	held     map[int64]int64  // the number at which each entry stands
	odd      map[int64]bool   // numbers that something was found about
}

// NewAudit begins an audit of a practice's register.
func NewAudit(practice tenant.ID) *Audit {
	return &Audit{practice: practice, hashes: map[int64][]Hash{}, held: map[int64]int64{}, odd: map[int64]bool{}}
}

// Size is the highest number of an entry.
func (a *Audit) Size() int64 { return a.size }

// Treeless is how many entries have no place in the kept tree yet.
func (a *Audit) Treeless() int64 { return a.treeless }

// Head is the end of the chain.
func (a *Audit) Head() Head { return a.before }

// Add checks the next rows.
func (a *Audit) Add(rows ...Row) {
	for _, r := range rows {
		if r.Fault == "" && r.Entry.Seq != r.Seq && r.Entry.Hash == r.Entry.sum() {
			a.misplaced(r)
		} else {
			a.row(r)
		}
	}
}

// misplaced notes a whole entry at another's number.
func (a *Audit) misplaced(r Row) {
	a.unsure = true
	if at, known := a.held[r.Entry.Seq]; known {
		a.find(EntryCopied, r.Seq, fmt.Sprintf("is a copy of entry %d, which stands at number %d", r.Entry.Seq, at))
		return
	}
	a.held[r.Entry.Seq] = r.Seq
	a.size = max(a.size, r.Entry.Seq)
	a.find(EntryReordered, r.Entry.Seq, fmt.Sprintf("was put elsewhere: it stands at number %d", r.Seq))
	a.grow(r.Entry, nil)
}

// row checks one that stands at its own number.
func (a *Audit) row(r Row) {
	e, before := r.Entry, a.before
	unsure := a.unsure || before.Seq != r.Seq-1
	if at, known := a.held[r.Seq]; known {
		a.find(EntryCopied, at, fmt.Sprintf("is a copy of entry %d", r.Seq))
	}
	if r.Seq < before.Seq {
		a.find(EntryReordered, r.Seq, fmt.Sprintf("was put elsewhere: it stands after entry %d", before.Seq))
	}
	a.held[r.Seq], a.size = r.Seq, max(a.size, r.Seq)
	a.before, a.unsure = Head{Seq: r.Seq, Hash: e.Hash}, false
	if why := a.wrong(r); why != "" {
		a.find(EntryChanged, r.Seq, "was changed: "+why)
		a.unsure = e.Hash != e.sum() && r.Fault != "" // its hash may be what was changed
	} else if e.Prev != before.Hash && !unsure && !a.odd[before.Seq] {
		a.unfollowed(r.Seq)
	}
	e.Seq = r.Seq
	a.grow(e, r.Branch)
}

// wrong says what is wrong with a row by itself, "" for nothing.
func (a *Audit) wrong(r Row) string {
	e := r.Entry
	switch {
	case r.Fault != "":
		return r.Fault
	case e.Seq != r.Seq:
		return "it has another number than its place"
	case e.Hash != e.sum():
		return "its hash is not over what it says"
	case !e.wordsHold():
		return "its words are not those that were written"
	case e.Event.PracticeID != a.practice:
		return "it is of another practice"
	}
	return ""
}

// unfollowed tells that an entry was written after another one than stands before it.
func (a *Audit) unfollowed(seq int64) {
	if seq == 1 {
		a.find(EntryChanged, seq, "was changed: it does not begin a register")
		return
	}
	a.find(EntryChanged, seq-1, fmt.Sprintf("was changed, with a hash to match: entry %d was written after another", seq))
}

// grow counts the tree anew, and compares it with what is kept of it.
func (a *Audit) grow(e Entry, kept []Hash) {
	grown, err := Grow([]Entry{e}, a.Branches().Patched())
	if err != nil {
		a.find(TreeChanged, e.Seq, "cannot be put in the tree")
		return
	}
	a.hashes[e.Seq] = grown[0]
	switch {
	case len(kept) == 0:
		a.treeless++
	case kept[0] != grown[0][0] && !a.odd[e.Seq]:
		a.find(EntryChanged, e.Seq, "was changed, with a hash to match: the tree has another leaf for it")
	case !slices.Equal(kept, grown[0]) && len(a.shifted) < mostFindings:
		a.shifted = append(a.shifted, Finding{Kind: TreeChanged, From: e.Seq, To: e.Seq, Why: "has another place in the kept tree than the entries give"})
	}
}

// Leaf returns an entry's hash at the foot of the tree, false for one that is not there.
func (a *Audit) Leaf(seq int64) (Hash, bool) {
	branch := a.hashes[seq]
	if branch == nil {
		return Hash{}, false
	}
	return branch[0], true
}

// Branches returns the tree as the entries give it, for proofs.
func (a *Audit) Branches() Branches {
	return func(seqs []int64) (map[int64][]Hash, error) {
		found := make(map[int64][]Hash, len(seqs))
		for _, seq := range seqs {
			if branch := a.hashes[seq]; branch != nil {
				found[seq] = branch
			}
		}
		return found, nil
	}
}

func (a *Audit) find(kind FindingKind, seq int64, why string) {
	a.tell(Finding{Kind: kind, From: seq, To: seq, Why: why})
}

func (a *Audit) tell(f Finding) {
	a.odd[f.From] = true
	if len(a.findings) == mostFindings {
		a.more++
		return
	}
	a.findings = append(a.findings, f)
}

// Findings returns what is wrong, by number, and how many more things are.
func (a *Audit) Findings() (found []Finding, more int) {
	found = append(a.gone(), a.findings...)
	if len(found) == 0 {
		found = append(found, a.shifted...)
	}
	slices.SortStableFunc(found, func(x, y Finding) int { return cmp.Compare(x.From, y.From) })
	return found, a.more
}

// gone lists the numbers of entries that stand nowhere.
func (a *Audit) gone() []Finding {
	seqs := make([]int64, 0, len(a.held))
	for seq := range a.held {
		seqs = append(seqs, seq)
	}
	slices.Sort(seqs)
	var found []Finding
	next := int64(1)
	for _, seq := range seqs {
		if seq > next {
			found = append(found, Finding{Kind: EntryRemoved, From: next, To: seq - 1, Why: "removed"})
			if next == seq-1 {
				found[len(found)-1].Why = "was removed"
			}
		}
		next = seq + 1
	}
	return found
}
