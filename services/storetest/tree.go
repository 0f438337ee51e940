package storetest

import (
	"context"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

func treeTests() []test {
	return []test{
		{"the tree grows with the entries, whatever parts they come in", treeGrows},
		{"entries and growth are proven from what is stored", treeProves},
		{"erasing words moves neither chain nor tree", treeAfterErasing},
		{"rows are whole, and told with what they added", treeRows},
		{"growing a tree that is whole changes nothing", treeGrownTwice},
		{"published heads come back in order, each number once", headsKept},
		{"that a head went out is noted", headSent},
	}
}

// rootOf is the tree's hash over entries, without a store.
func rootOf(t testing.TB, entries []register.Entry) register.Hash {
	t.Helper()
	grown := answered[[][]register.Hash](t, "grow")(register.Grow(entries, nil))
	return answered[register.Hash](t, "root")(register.Branches(func(seqs []int64) (map[int64][]register.Hash, error) {
		found := map[int64][]register.Hash{}
		for _, seq := range seqs {
			found[seq] = grown[seq-1]
		}
		return found, nil
	}).Root(int64(len(entries))))
}

func branchesOf(ctx context.Context, s Store, practice tenant.ID) register.Branches {
	return func(seqs []int64) (map[int64][]register.Hash, error) { return s.Branches(ctx, practice, seqs) }
}

func treeGrows(ctx context.Context, t *testing.T, s Store) {
	entries := chainOf(register.Head{}, eventsOf(anna, "incident-1", 23))
	appendEntries(ctx, t, s, bert, chainOf(register.Head{}, eventsOf(bert, "incident-b", 3)))
	stored := branchesOf(ctx, s, anna)
	for from, size := 0, 1; from < len(entries); from, size = from+size, size+1 {
		until := min(from+size, len(entries))
		appendEntries(ctx, t, s, anna, entries[from:until])
		same(t, "root", rootOf(t, entries[:until]), answered[register.Hash](t, "stored root")(stored.Root(int64(until))))
	}
	same(t, "the root of before", rootOf(t, entries[:7]), answered[register.Hash](t, "earlier root")(stored.Root(7)))
}

func treeProves(ctx context.Context, t *testing.T, s Store) {
	entries := chainOf(register.Head{}, eventsOf(anna, "incident-1", 21))
	appendEntries(ctx, t, s, anna, entries[:8])
	appendEntries(ctx, t, s, anna, entries[8:])
	asked := 0
	stored := register.Branches(func(seqs []int64) (map[int64][]register.Hash, error) {
		asked += len(seqs)
		return s.Branches(ctx, anna, seqs)
	})
	root := answered[register.Hash](t, "root")(stored.Root(21))
	asked = 0
	proof := answered[[]register.Hash](t, "proof of entry 6")(stored.ProveEntry(21, 6))
	same(t, "asked for few hashes", true, asked <= 10)
	same(t, "entry 6 is proven", true, register.ProvesEntry(proof, 21, root, 6, entries[5].Leaf()))
	same(t, "entry 7 is not by that proof", false, register.ProvesEntry(proof, 21, root, 6, entries[6].Leaf()))
	before := answered[register.Hash](t, "root of 13")(stored.Root(13))
	growth := answered[[]register.Hash](t, "proof of growth")(stored.ProveGrowth(21, 13))
	same(t, "growth is proven", true, register.ProvesGrowth(growth, 21, root, 13, before))
	same(t, "growth from another is not", false, register.ProvesGrowth(growth, 21, root, 13, root))
}

func treeAfterErasing(ctx context.Context, t *testing.T, s Store) {
	entries := chainOf(register.Head{}, eventsOf(anna, "incident-1", 5))
	appendEntries(ctx, t, s, anna, entries)
	before := rootOf(t, entries)
	ok(t, "erase words", s.EraseWords(ctx, anna, []int64{2, 4}))
	left := allEntries(ctx, t, s, anna)
	same(t, "words are gone", 0, len(left[1].Event.Words)+len(left[3].Event.Words))
	same(t, "root over what is left", before, rootOf(t, left))
	same(t, "stored root", before, answered[register.Hash](t, "root")(branchesOf(ctx, s, anna).Root(5)))
	for _, row := range answered[[]register.Row](t, "rows")(s.EntryRows(ctx, anna, 0, 10)) {
		same(t, "fault", "", row.Fault)
	}
}

func treeRows(ctx context.Context, t *testing.T, s Store) {
	entries := chainOf(register.Head{}, eventsOf(anna, "incident-1", 6))
	appendEntries(ctx, t, s, anna, entries)
	grown := answered[[][]register.Hash](t, "grow")(register.Grow(entries, nil))
	var want []register.Row
	for i := 2; i < 5; i++ {
		want = append(want, register.Row{Seq: int64(i + 1), Entry: entries[i], Branch: grown[i]})
	}
	same(t, "three after the second", want, answered[[]register.Row](t, "rows")(s.EntryRows(ctx, anna, 2, 3)))
	none, err := s.EntryRows(ctx, bert, 0, 10)
	empty(t, "another's rows", none, err)
}

func treeGrownTwice(ctx context.Context, t *testing.T, s Store) {
	ok(t, "grow an empty tree", s.GrowTree(ctx, anna))
	entries := chainOf(register.Head{}, eventsOf(anna, "incident-1", 4))
	appendEntries(ctx, t, s, anna, entries)
	ok(t, "grow", s.GrowTree(ctx, anna))
	same(t, "root", rootOf(t, entries), answered[register.Hash](t, "root")(branchesOf(ctx, s, anna).Root(4)))
}

func headNumbered(practice tenant.ID, number int64) register.SignedHead {
	return register.SignedHead{Number: number, Note: "signed", TreeHead: register.TreeHead{
		Practice: practice, Size: number * 3, Root: register.Hash{byte(number)}, At: at(int(number) * 60)}}
}

func headsKept(ctx context.Context, t *testing.T, s Store) {
	none := answered[register.SignedHead](t, "last of none")(s.LastTreeHead(ctx, anna))
	same(t, "no head", register.SignedHead{}, none)
	var all []register.SignedHead
	for n := range int64(4) {
		h := headNumbered(anna, n+1)
		ok(t, "keep", s.AddTreeHead(ctx, h))
		all = append(all, h)
	}
	ok(t, "another's", s.AddTreeHead(ctx, headNumbered(bert, 1)))
	other := headNumbered(anna, 4)
	other.Size = 99
	refused(t, "a number twice", s.AddTreeHead(ctx, other), fault.Duplicate)
	same(t, "after the first", all[1:3], answered[[]register.SignedHead](t, "heads")(s.TreeHeads(ctx, anna, 1, 2)))
	same(t, "last", all[3], answered[register.SignedHead](t, "last")(s.LastTreeHead(ctx, anna)))
}

func headSent(ctx context.Context, t *testing.T, s Store) {
	h := headNumbered(anna, 1)
	ok(t, "keep", s.AddTreeHead(ctx, h))
	h.SentAt = at(300)
	ok(t, "note", s.MarkHeadSent(ctx, anna, 1, h.SentAt))
	same(t, "head", h, answered[register.SignedHead](t, "last")(s.LastTreeHead(ctx, anna)))
	refused(t, "another practice's", s.MarkHeadSent(ctx, bert, 1, h.SentAt), fault.NotFound)
}
