package casefile_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"datalek/incidents/casefile"
	"datalek/incidents/register"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2027, 3, 6, 12, 0, 0, 0, time.UTC)

// host signs case files.
type host struct {
	signer *register.HeadSigner
	key    string
}

func newHost(t testing.TB) host {
	t.Helper()
	secret, key, err := register.NewHeadKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := register.NewHeadSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return host{signer, key}
}

// log is a register of which every second entry is of the case.
func log(t testing.TB, n int) ([]register.Entry, register.Branches) {
	t.Helper()
	var entries []register.Entry
	var head register.Head
	for i := range n {
		e := register.Next(head, register.Event{ID: fmt.Sprint("e", i), PracticeID: "p1", IncidentID: fmt.Sprint("i", i%2), Kind: "incident.facts_changed", At: noon,
			Facts: map[string]string{"n": fmt.Sprint(i)}, Words: map[string]string{"reason": "Daarom."}}, hex.EncodeToString([]byte("0123456789abcdef")))
		entries, head = append(entries, e), e.Head()
	}
	grown, err := register.Grow(entries, nil)
	if err != nil {
		t.Fatal(err)
	}
	return entries, func(seqs []int64) (map[int64][]register.Hash, error) {
		found := map[int64][]register.Hash{}
		for _, seq := range seqs {
			if seq <= int64(len(grown)) {
				found[seq] = grown[seq-1]
			}
		}
		return found, nil
	}
}

func (h host) source(t testing.TB, n int, published int64) casefile.Source {
	t.Helper()
	entries, branches := log(t, n)
	s := casefile.Source{Practice: "p1", Case: "i1", Key: h.key, Signer: h.signer, Made: register.Maker{Kind: register.ActorUser, ID: "anna", Name: "Anna Vos", At: noon}, Size: int64(n), Branches: branches,
		EntriesOf: func(before int64, limit int) ([]register.Entry, error) {
			var found []register.Entry
			for i := len(entries) - 1; i >= 0 && len(found) < limit; i-- {
				if e := entries[i]; e.Event.IncidentID == "i1" && e.Seq < before {
					found = append(found, e)
				}
			}
			return found, nil
		}}
	if published > 0 {
		root, err := branches.Root(published)
		if err != nil {
			t.Fatal(err)
		}
		note, err := h.signer.Sign(register.TreeHead{Practice: "p1", Size: published, Root: root, At: noon.Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		s.Published = register.SignedHead{Number: 1, TreeHead: register.TreeHead{Practice: "p1", Size: published, Root: root}, Note: note}
	}
	return s
}

// file is a case file with a few parts.
func (h host) file(t testing.TB, s casefile.Source) []byte {
	t.Helper()
	var out bytes.Buffer
	w := casefile.NewWriter(&out, noon)
	add := func(path string, write func(io.Writer) error) {
		if err := w.Add(path, write); err != nil {
			t.Fatal(err)
		}
	}
	add("report.pdf", func(out io.Writer) error { _, err := io.WriteString(out, "%PDF-1.4 short"); return err })
	add(casefile.CasePath, func(out io.Writer) error {
		return casefile.WriteCase(out, s, []casefile.Data{{Name: "incident", Value: map[string]string{"summary": "Iets."}}})
	})
	add("people.json", func(out io.Writer) error {
		return casefile.WriteList(out, func(write func(any) error) error { return write("c1") })
	})
	add("mails/d1.eml", func(out io.Writer) error { _, err := io.WriteString(out, "Subject: x\r\n\r\nHello.\r\n"); return err })
	if err := w.Close(casefile.Manifest{Practice: "p1", Case: "i1", Reference: "2027-0001", Made: s.Made}, h.key, h.signer); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func check(raw []byte, key string) (casefile.Check, error) {
	return casefile.Verify(bytes.NewReader(raw), int64(len(raw)), key)
}

type part struct {
	name string
	raw  []byte
}

// parts takes a file apart; pack makes one of them again.
func parts(t testing.TB, raw []byte) []part {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var list []part
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, part{f.Name, text})
	}
	return list
}

func pack(t testing.TB, list []part) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range list {
		f, err := w.Create(p.name)
		if err == nil {
			_, err = f.Write(p.raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestACaseFileIsWholeAndItsEntriesAreProven(t *testing.T) {
	h := newHost(t)
	for _, tt := range []struct {
		entries   int
		published int64
		events    int
	}{{0, 0, 0}, {1, 0, 0}, {2, 1, 1}, {900, 0, 450}, {900, 513, 450}, {900, 900, 450}} {
		raw := h.file(t, h.source(t, tt.entries, tt.published))
		for _, key := range []string{h.key, ""} {
			c, err := check(raw, key)
			if err != nil || len(c.Faults) > 0 || c.Events != tt.events || c.Size != int64(tt.entries) || c.OwnKey != (key == "") {
				t.Errorf("%+v: %v %v, %d events of %d", tt, err, c.Faults, c.Events, c.Size)
			}
			if c.Manifest.Made.Name != "Anna Vos" || c.Manifest.Reference != "2027-0001" {
				t.Errorf("made by %+v", c.Manifest.Made)
			}
		}
	}
}

func TestEveryByteOfEveryPartThatIsChangedIsCaughtAndItsPartNamed(t *testing.T) {
	h := newHost(t)
	list := parts(t, h.file(t, h.source(t, 6, 3)))
	for at, p := range list {
		for n := range p.raw {
			raw := bytes.Clone(p.raw)
			raw[n] ^= 1
			bent := append([]part(nil), list...)
			bent[at].raw = raw
			c, err := check(pack(t, bent), h.key)
			switch {
			case p.name == casefile.ManifestPath && err == nil:
				t.Fatalf("byte %d of the list was changed unseen", n)
			case p.name != casefile.ManifestPath && (err != nil || len(c.Faults) != 1 || c.Faults[0] != p.name+" was changed"):
				t.Fatalf("byte %d of %s: %v %q", n, p.name, err, c.Faults)
			}
		}
	}
}

func TestAPartThatWasRemovedAddedOrDoubledIsNamed(t *testing.T) {
	h := newHost(t)
	list := parts(t, h.file(t, h.source(t, 6, 3)))
	for _, tt := range []struct {
		name string
		bend func([]part) []part
		want []string
	}{
		{"nothing", func(l []part) []part { return l }, nil},
		{"a mail removed", func(l []part) []part { return append(l[:3], l[4:]...) }, []string{"mails/d1.eml was removed"}},
		{"the case removed", func(l []part) []part { return append(l[:1], l[2:]...) }, []string{"case.json was removed"}},
		{"a mail added", func(l []part) []part { return append(l, part{"mails/d2.eml", []byte("x")}) }, []string{"mails/d2.eml was added"}},
		{"a part with a path that leads elsewhere", func(l []part) []part { return append(l, part{"../../etc/passwd\x1b[2J", nil}) }, []string{`"../../etc/passwd\x1b[2J" was added`}},
		{"a second list", func(l []part) []part { return append(l, part{casefile.ManifestPath, []byte("x")}) }, []string{"manifest.note stands twice"}},
		{"another report below the first", func(l []part) []part { return append(l, part{"report.pdf", []byte("x")}) }, []string{"report.pdf stands twice"}},
		{"two swapped", func(l []part) []part { l[0].raw, l[2].raw = l[2].raw, l[0].raw; return l }, []string{"report.pdf was changed", "people.json was changed"}},
		{"one longer than it was", func(l []part) []part { l[2].raw = append(bytes.Clone(l[2].raw), make([]byte, 1<<20)...); return l }, []string{"people.json was changed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := check(pack(t, tt.bend(append([]part(nil), list...))), h.key)
			if d := cmp.Diff(tt.want, c.Faults); err != nil || d != "" {
				t.Errorf("%v (-want +got)\n%s", err, d)
			}
		})
	}
}

func TestAByteOfTheFileItselfNeverPassesForAnotherContent(t *testing.T) {
	h := newHost(t)
	raw := h.file(t, h.source(t, 4, 0))
	want := parts(t, raw)
	for n := range raw {
		bent := bytes.Clone(raw)
		bent[n] ^= 1
		c, err := check(bent, h.key)
		if err != nil || len(c.Faults) > 0 {
			continue // it was caught
		}
		if d := cmp.Diff(want, parts(t, bent), cmp.AllowUnexported(part{})); d != "" {
			t.Fatalf("byte %d: whole, with another content\n%s", n, d)
		}
	}
	for n := range raw {
		if _, err := check(raw[:n], h.key); err == nil {
			t.Fatalf("cut off after %d bytes it is taken for a case file", n)
		}
	}
}

func TestWhatSomebodyElseSignedIsNotTaken(t *testing.T) {
	h, other := newHost(t), newHost(t)
	forged := other.file(t, other.source(t, 6, 3))
	if _, err := check(forged, h.key); err == nil {
		t.Error("another key's file is taken")
	}
	c, err := check(forged, "")
	if err != nil || !c.OwnKey || len(c.Faults) > 0 {
		t.Errorf("by its own key: %v %v", err, c.Faults)
	}
	mixed := other.source(t, 6, 3)
	mixed.Signer, mixed.Key = h.signer, h.key
	if c, err := check(h.file(t, mixed), h.key); err != nil || len(c.Faults) != 1 || !strings.HasPrefix(c.Faults[0], "case.json: ") {
		t.Errorf("another's published head: %v %q", err, c.Faults)
	}
}

func TestAnEntryThatIsNotInTheRegisterIsNamedThoughTheFileIsSigned(t *testing.T) {
	h := newHost(t)
	for _, tt := range []struct {
		name string
		bend func(*register.Entry)
		want string
	}{
		{"of another case", func(e *register.Entry) { e.Event.IncidentID = "i0" }, "entry 4 is of another case"},
		{"with another fact", func(e *register.Entry) { e.Event.Facts = map[string]string{"n": "9"} }, "entry 4 was changed"},
		{"with other words", func(e *register.Entry) { e.Event.Words = map[string]string{"reason": "Anders."} }, "entry 4 was changed"},
		{"written anew", func(e *register.Entry) {
			e.Event.Facts = map[string]string{"n": "9"}
			*e = register.Next(register.Head{Seq: 3, Hash: e.Prev}, e.Event, e.Salt)
		}, "entry 4 is not in the register"},
		{"whose words were erased", func(e *register.Entry) { e.Salt, e.Event.Words = "", nil }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := h.source(t, 6, 0)
			honest := s.EntriesOf
			s.EntriesOf = func(before int64, limit int) ([]register.Entry, error) {
				found, err := honest(before, limit)
				for i := range found {
					if found[i].Seq == 4 {
						tt.bend(&found[i])
					}
				}
				return found, err
			}
			c, err := check(h.file(t, s), h.key)
			if got := strings.Join(c.Faults, "\n"); err != nil || got != tt.want {
				t.Errorf("%v, %q", err, got)
			}
		})
	}
}

func TestAPartIsWrittenOnceAndUnderANameThatUnpacksAnywhere(t *testing.T) {
	w := casefile.NewWriter(io.Discard, noon)
	nothing := func(io.Writer) error { return nil }
	if err := w.Add("a.json", nothing); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"a.json", "", "/a", "../a", "a/b/c", "A.json", "a b", ".hidden", casefile.ManifestPath, "a\\b", "a/../b"} {
		if w.Add(path, nothing) == nil {
			t.Errorf("%q is taken", path)
		}
	}
}

func FuzzVerify(f *testing.F) {
	h := newHost(f)
	f.Add(h.file(f, h.source(f, 4, 2)))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<20 {
			return
		}
		_, _ = check(raw, "") // it must end, and say what it says
		_, _ = check(raw, h.key)
	})
}
