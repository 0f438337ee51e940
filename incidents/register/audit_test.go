package register_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"datalek/incidents/register"

	"github.com/google/go-cmp/cmp"
)

// rows are n entries as a store keeps them.
func rows(t *testing.T, n int) []register.Row {
	t.Helper()
	entries := chain(n)
	grown, err := register.Grow(entries, nil)
	if err != nil {
		t.Fatal(err)
	}
	var list []register.Row
	for i, e := range entries {
		list = append(list, register.Row{Seq: e.Seq, Entry: e, Branch: grown[i]})
	}
	return list
}

// forged writes the entries from one place on anew, with all hashes to match.
func forged(list []register.Row, from, until int) {
	for i := from; i < until; i++ {
		e := list[i].Entry
		e.Event.Facts = map[string]string{"n": "2"}
		list[i].Entry = register.Next(list[i-1].Entry.Head(), e.Event, e.Salt)
	}
}

// headAt is a published head over the first entries of an honest register.
func headAt(t *testing.T, n int64) register.TreeHead {
	t.Helper()
	root, err := audited(rows(t, int(n))).Branches().Root(n)
	if err != nil {
		t.Fatal(err)
	}
	return register.TreeHead{Practice: "p", Size: n, Root: root, At: time.Date(2027, 3, 6, 9, 0, 0, 0, time.UTC)}
}

func audited(list []register.Row) *register.Audit {
	a := register.NewAudit("p")
	a.Add(list...)
	return a
}

func TestAnAuditNamesTheEntryAtFault(t *testing.T) {
	for _, tt := range []struct {
		name string
		bend func([]register.Row) []register.Row
		want []string
	}{
		{"nothing is wrong", func(r []register.Row) []register.Row { return r }, nil},
		{"a fact changed", func(r []register.Row) []register.Row { r[1].Entry.Event.Facts["n"] = "2"; return r },
			[]string{"entry 2 was changed: its hash is not over what it says"}},
		{"words changed", func(r []register.Row) []register.Row { r[3].Entry.Event.Words["reason"] = "Jan"; return r },
			[]string{"entry 4 was changed: its words are not those that were written"}},
		{"words put in the place of erased ones", func(r []register.Row) []register.Row { r[3].Entry.Salt = ""; return r },
			[]string{"entry 4 was changed: its words are not those that were written"}},
		{"words erased", func(r []register.Row) []register.Row {
			r[3].Entry.Salt, r[3].Entry.Event.Words = "", nil
			return r
		}, nil},
		{"a row that cannot be read", func(r []register.Row) []register.Row {
			r[2] = register.Row{Seq: 3, Fault: "its text is not as it was written", Branch: r[2].Branch}
			return r
		}, []string{"entry 3 was changed: its text is not as it was written"}},
		{"changed, with its own hash to match", func(r []register.Row) []register.Row { forged(r, 3, 4); return r },
			[]string{"entry 4 was changed, with a hash to match: the tree has another leaf for it"}},
		{"changed, with its leaf to match too", func(r []register.Row) []register.Row {
			forged(r, 3, 4)
			r[3].Branch = nil
			return r
		}, []string{"entry 4 was changed, with a hash to match: entry 5 was written after another"}},
		{"two removed", func(r []register.Row) []register.Row { return append(r[:3], r[5:]...) },
			[]string{"entries 4 to 5: removed"}},
		{"the first removed", func(r []register.Row) []register.Row { return r[1:] }, []string{"entry 1 was removed"}},
		{"one removed and the others moved up", func(r []register.Row) []register.Row {
			r = append(r[:5], r[6:]...)
			r[5].Seq, r[6].Seq = 6, 7
			return r
		}, []string{"entry 6 was removed", "entry 7 was put elsewhere: it stands at number 6", "entry 8 was put elsewhere: it stands at number 7"}},
		{"two swapped", func(r []register.Row) []register.Row {
			r[1], r[4] = r[4], r[1]
			r[1].Seq, r[4].Seq = 2, 5
			return r
		}, []string{"entry 2 was put elsewhere: it stands at number 5", "entry 5 was put elsewhere: it stands at number 2"}},
		{"one moved far beyond the end", func(r []register.Row) []register.Row {
			moved := r[4]
			moved.Seq = 1 << 40
			return append(append(r[:4], r[5:]...), moved)
		}, []string{"entry 5 was put elsewhere: it stands at number 1099511627776"}},
		{"a copy at the end", func(r []register.Row) []register.Row {
			return append(r, register.Row{Seq: 9, Entry: r[2].Entry, Branch: r[2].Branch})
		}, []string{"entry 9 is a copy of entry 3, which stands at number 3"}},
		{"what is kept of the tree changed", func(r []register.Row) []register.Row { r[3].Branch[1][0]++; return r },
			[]string{"entry 4 has another place in the kept tree than the entries give"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, more := audited(tt.bend(rows(t, 8))).Findings()
			if d := cmp.Diff(tt.want, texts(found)); d != "" || more != 0 {
				t.Errorf("%d more, (-want +got)\n%s", more, d)
			}
		})
	}
}

func texts(found []register.Finding) []string {
	var list []string
	for _, f := range found {
		list = append(list, f.String())
	}
	return list
}

func TestAnAuditTellsOfManyFaultsInOneBound(t *testing.T) {
	list := rows(t, 80)
	for i := range list {
		list[i].Entry.Event.Facts["n"] = "2"
	}
	if found, more := audited(list).Findings(); len(found) != 50 || more != 30 {
		t.Errorf("%d findings and %d more", len(found), more)
	}
}

func TestAPublishedHeadCatchesWhatTheStoreCannot(t *testing.T) {
	for _, tt := range []struct {
		name string
		bend func([]register.Row) []register.Row
		want []string
	}{
		{"it agrees", func(r []register.Row) []register.Row { return r }, nil},
		{"the newest entries cut off", func(r []register.Row) []register.Row { return r[:6] },
			[]string{"entries 7 to 9: cut off: the tree head of 2027-03-06 had them"}},
		{"all written anew from one on", func(r []register.Row) []register.Row {
			forged(r, 6, len(r))
			for i := range r {
				r[i].Branch = nil
			}
			return r
		}, []string{"entries 6 to 9: at least one was changed, with all hashes to match: the tree head of 2027-03-06 says so"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			secret, verifier, err := register.NewHeadKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			a := audited(tt.bend(rows(t, 11)))
			a.CheckHeads([]register.SignedHead{signed(t, secret, 1, headAt(t, 5)), signed(t, secret, 2, headAt(t, 9))}, opener(t, verifier))
			found, _ := a.Findings()
			if d := cmp.Diff(tt.want, texts(found)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func signed(t *testing.T, secret string, number int64, h register.TreeHead) register.SignedHead {
	t.Helper()
	signer, err := register.NewHeadSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signer.Sign(h)
	if err != nil {
		t.Fatal(err)
	}
	return register.SignedHead{Number: number, TreeHead: h, Note: text}
}

func opener(t *testing.T, verifier string) func(string) (register.TreeHead, error) {
	t.Helper()
	v, err := register.NewHeadVerifier(verifier)
	if err != nil {
		t.Fatal(err)
	}
	return v.Open
}

func TestKeptHeadsThatWereBentAreNamed(t *testing.T) {
	secret, verifier, err := register.NewHeadKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first, second, third := signed(t, secret, 1, headAt(t, 3)), signed(t, secret, 2, headAt(t, 5)), signed(t, secret, 3, headAt(t, 6))
	bent := third
	bent.Note = strings.Replace(bent.Note, "\n6\n", "\n5\n", 1)
	resized := second
	resized.Size = 4
	for _, tt := range []struct {
		name  string
		heads []register.SignedHead
		want  []string
	}{
		{"one removed", []register.SignedHead{first, third}, []string{"published tree head 2 was removed"}},
		{"one with another text", []register.SignedHead{first, second, bent},
			[]string{"published tree head 3: the signature of the tree head does not hold: its text was changed, or another key signed it"}},
		{"one kept with another size", []register.SignedHead{first, resized, third}, []string{"published tree head 2 is kept with another text than was signed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := audited(rows(t, 8))
			a.CheckHeads(tt.heads, opener(t, verifier))
			found, _ := a.Findings()
			if d := cmp.Diff(tt.want, texts(found)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestASignedHeadIsReadOutOfAMail(t *testing.T) {
	secret, verifier, err := register.NewHeadKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want := headAt(t, 4)
	text := signed(t, secret, 1, want).Note
	quoted := "> " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n> ")
	for name, given := range map[string]string{"bare": text, "in a letter": "Hello,\n\n" + text + "\nBye", "with CRLF": strings.ReplaceAll(text, "\n", "\r\n"),
		"quoted": "You wrote:\n" + quoted + "\n", "joined into one line": strings.ReplaceAll(text, "\n", " ")} {
		got, err := opener(t, verifier)(given)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, d)
		}
	}
	_, other, err := register.NewHeadKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opener(t, other)(text); err == nil || !strings.Contains(err.Error(), "no tree head signed by") {
		t.Errorf("another host's key gives %v", err)
	}
}

func TestProofsHoldForEveryEntryAndEveryGrowth(t *testing.T) {
	const size = 19
	a := audited(rows(t, size))
	branches, entries := a.Branches(), chain(size)
	root := headAt(t, size).Root
	for seq := int64(1); seq <= size; seq++ {
		proof, err := branches.ProveEntry(size, seq)
		if err != nil || !register.ProvesEntry(proof, size, root, seq, entries[seq-1].Leaf()) {
			t.Errorf("entry %d is not proven: %v", seq, err)
		}
		if register.ProvesEntry(proof, size, root, seq, entries[seq%size].Leaf()) {
			t.Errorf("the proof of entry %d proves another", seq)
		}
		growth, err := branches.ProveGrowth(size, seq)
		if err != nil || !register.ProvesGrowth(growth, size, root, seq, headAt(t, seq).Root) {
			t.Errorf("growth from %d is not proven: %v", seq, err)
		}
	}
	for _, seq := range []int64{0, -1, size + 1} {
		if _, err := branches.ProveEntry(size, seq); err == nil {
			t.Errorf("entry %d is proven", seq)
		}
		if _, err := branches.ProveGrowth(size, seq); err == nil {
			t.Errorf("growth from %d is proven", seq)
		}
	}
}

func TestABranchIsReadAsItWasPacked(t *testing.T) {
	for n, row := range rows(t, 8) {
		got, err := register.UnpackBranch(register.PackBranch(row.Branch))
		if d := cmp.Diff(row.Branch, got); err != nil || d != "" {
			t.Errorf("entry %d: %v\n%s", n+1, err, d)
		}
	}
	if _, err := register.UnpackBranch(make([]byte, 33)); err == nil {
		t.Error("a branch that is not whole is read")
	}
	if _, err := register.Grow(chain(4)[3:], func([]int64) (map[int64][]register.Hash, error) { return nil, nil }); err == nil || !strings.Contains(fmt.Sprint(err), "no place in the tree") {
		t.Errorf("growing over what is not there gives %v", err)
	}
}
