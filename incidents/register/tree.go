package register

import (
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a hash of the Merkle tree over a practice's entries (RFC 6962, 2.1).
type Hash = tlog.Hash

// Leaf is the entry's hash at the foot of the tree. It covers what the chain's
// hash covers: words only as their salted hash, so that erasing them moves nothing.
func (e Entry) Leaf() Hash { return tlog.RecordHash(covered(e.chained())) }

// ErrNoBranch says that an entry has no place in the tree yet: a program that knew
// of no tree wrote it.
var ErrNoBranch = errors.New("an entry has no place in the tree yet")

// mostEntries bounds the numbers that a changed database or file can bring.
const mostEntries = 1 << 48

var errNoNumber = errors.New("no entry has this number")

// Branches returns, by number, the hashes that entries added to the tree: their
// leaf, then each whole subtree that they complete, from small to large. Numbers
// that are not known, or have no place in the tree yet, are left out.
type Branches func(seqs []int64) (map[int64][]Hash, error)

// Grow returns what entries add to the tree of those before them, each entry's
// branch by its place in the list. It asks for a number of branches that grows
// with the logarithm of the register, and fails with ErrNoBranch for one that is
// not there.
func Grow(entries []Entry, stored Branches) ([][]Hash, error) {
	fresh := map[int64][]Hash{}
	reader := stored.with(fresh)
	grown := make([][]Hash, len(entries))
	for i, e := range entries {
		if e.Seq < 1 || e.Seq > mostEntries {
			return nil, fmt.Errorf("grow the tree by entry %d: %w", e.Seq, errNoNumber)
		}
		branch, err := tlog.StoredHashesForRecordHash(e.Seq-1, e.Leaf(), reader)
		if err != nil {
			return nil, fmt.Errorf("grow the tree by entry %d: %w", e.Seq, err)
		}
		grown[i], fresh[e.Seq] = branch, branch
	}
	return grown, nil
}

// Patched puts zeros where a branch is missing, so that a register from which
// somebody took an entry goes on: what is wrong with it is the audit's to say.
func (b Branches) Patched() Branches {
	return func(seqs []int64) (map[int64][]Hash, error) {
		found, err := b(seqs)
		if err != nil {
			return nil, err
		}
		for _, seq := range seqs {
			if found[seq] == nil {
				found[seq] = make([]Hash, bits.TrailingZeros64(uint64(seq))+1) // #nosec G115 -- numbers are positive
			}
		}
		return found, nil
	}
}

// Root returns the tree's hash over the first size entries.
func (b Branches) Root(size int64) (Hash, error) {
	root, err := tlog.TreeHash(size, b.with(nil))
	if err != nil {
		return Hash{}, fmt.Errorf("hash of the tree over %d entries: %w", size, err)
	}
	return root, nil
}

// ProveEntry returns the proof that an entry stands under the root over the first
// size entries.
func (b Branches) ProveEntry(size, seq int64) ([]Hash, error) {
	if seq < 1 || seq > size {
		return nil, fmt.Errorf("entry %d is not among the first %d", seq, size)
	}
	proof, err := tlog.ProveRecord(size, seq-1, b.with(nil))
	if err != nil {
		return nil, fmt.Errorf("prove entry %d: %w", seq, err)
	}
	return proof, nil
}

// ProveGrowth returns the proof that the tree over the first size entries begins
// with the one over the first earlier ones.
func (b Branches) ProveGrowth(size, earlier int64) ([]Hash, error) {
	if earlier < 1 || earlier > size {
		return nil, fmt.Errorf("a register of %d entries did not grow from one of %d", size, earlier)
	}
	proof, err := tlog.ProveTree(size, earlier, b.with(nil))
	if err != nil {
		return nil, fmt.Errorf("prove the growth from %d to %d: %w", earlier, size, err)
	}
	return proof, nil
}

// ProvesEntry reports whether proof shows that leaf is entry seq under the root
// over size entries.
func ProvesEntry(proof []Hash, size int64, root Hash, seq int64, leaf Hash) bool {
	return seq >= 1 && seq <= size && tlog.CheckRecord(proof, size, root, seq-1, leaf) == nil
}

// ProvesGrowth reports whether proof shows that the tree over size entries with
// this root begins with the earlier one.
func ProvesGrowth(proof []Hash, size int64, root Hash, earlier int64, before Hash) bool {
	return earlier >= 1 && earlier <= size && tlog.CheckTree(proof, size, root, earlier, before) == nil
}

// with returns a reader of single hashes, from the fresh branches first.
func (b Branches) with(fresh map[int64][]Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		known, err := b.wanted(indexes, fresh)
		if err != nil {
			return nil, err
		}
		hashes := make([]Hash, len(indexes))
		for i, index := range indexes {
			seq, level := place(index)
			branch, found := fresh[seq]
			if !found {
				branch = known[seq]
			}
			if level >= len(branch) {
				return nil, fmt.Errorf("entry %d: %w", seq, ErrNoBranch)
			}
			hashes[i] = branch[level]
		}
		return hashes, nil
	})
}

// wanted asks for the branches that are not fresh, each once.
func (b Branches) wanted(indexes []int64, fresh map[int64][]Hash) (map[int64][]Hash, error) {
	var seqs []int64
	asked := map[int64]bool{}
	for _, index := range indexes {
		seq, _ := place(index)
		if _, found := fresh[seq]; !found && !asked[seq] {
			asked[seq], seqs = true, append(seqs, seq)
		}
	}
	if len(seqs) == 0 {
		return nil, nil
	}
	return b(seqs)
}

// place returns the number of the entry that completes a subtree, and the
// subtree's place in that entry's branch.
func place(index int64) (seq int64, level int) {
	level, n := tlog.SplitStoredHashIndex(index)
	return (n + 1) << level, level
}

// PackBranch returns a branch as the stores keep it.
func PackBranch(branch []Hash) []byte {
	packed := make([]byte, 0, len(branch)*tlog.HashSize)
	for _, h := range branch {
		packed = append(packed, h[:]...)
	}
	return packed
}

// UnpackBranch reads what PackBranch wrote; nothing gives none.
func UnpackBranch(packed []byte) ([]Hash, error) {
	if len(packed)%tlog.HashSize != 0 {
		return nil, errors.New("a place in the tree is not whole")
	}
	var branch []Hash
	for ; len(packed) > 0; packed = packed[tlog.HashSize:] {
		branch = append(branch, Hash(packed[:tlog.HashSize]))
	}
	return branch, nil
}
