package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"datalek/incidents/tenant"
)

// Maker is who had a file made, and when.
type Maker struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at"`
}

// FileEntry is an entry as a file has it, with all that its hash covers.
type FileEntry struct {
	Seq       int64             `json:"seq"`
	ID        string            `json:"id"`
	Incident  string            `json:"incident"`
	Subject   string            `json:"subject"`
	Kind      Kind              `json:"kind"`
	At        time.Time         `json:"at"`
	ActorKind ActorKind         `json:"actor_kind"`
	ActorID   string            `json:"actor_id"`
	Facts     map[string]string `json:"facts"`
	Words     map[string]string `json:"words"`
	Salt      string            `json:"salt"`
	WordsHash string            `json:"words_hash"`
	Prev      string            `json:"prev"`
	Hash      string            `json:"hash"`
}

// FileHead is a published head as a file has it.
type FileHead struct {
	Number int64     `json:"number"`
	Size   int64     `json:"size"`
	Root   Hash      `json:"root"` // base64
	At     time.Time `json:"at"`
	Note   string    `json:"note"`
}

// FileProof shows that the register at one size began with that at another.
type FileProof struct {
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Hashes []Hash `json:"hashes"`
}

// Source is where a file is written from.
type Source struct {
	Practice tenant.ID
	// Key checks the heads; whoever trusts nobody takes it from elsewhere.
	Key      string
	Made     Maker
	Entries  func(after int64, limit int) ([]Entry, error)
	Heads    func(after int64, limit int) ([]SignedHead, error)
	Branches Branches
	// More, when set, writes further members of the file, each as "name":value
	// followed by a comma.
	More func(io.Writer) error
}

const filePage = 500

// WriteFile writes a register, its heads and the proofs between them as one JSON
// object, that ReadFile reads.
func WriteFile(out io.Writer, s Source) error {
	w := &writer{out: out}
	w.text(`{"practice":`).value(s.Practice).text(`,"made":`).value(s.Made).text(`,"key":`).value(s.Key).text(",")
	if s.More != nil && w.err == nil {
		w.err = s.More(out)
	}
	w.text(`"entries":[`)
	size := w.entries(s)
	w.text(`],"heads":[`)
	heads := w.heads(s)
	w.text(`],"proofs":[`)
	w.proofs(s, heads, size)
	w.text("]}\n")
	return w.err
}

// writer keeps the first failure.
type writer struct {
	out io.Writer
	err error
}

func (w *writer) text(s string) *writer {
	if w.err == nil {
		_, w.err = io.WriteString(w.out, s)
	}
	return w
}

func (w *writer) value(v any) *writer {
	if w.err != nil {
		return w
	}
	raw, err := json.Marshal(v)
	if err != nil {
		w.err = fmt.Errorf("write the register's file: %w", err)
		return w
	}
	return w.text(string(raw))
}

// item writes a value of a list.
func (w *writer) item(n int64, v any) {
	if n > 0 {
		w.text(",")
	}
	w.value(v)
}

func (w *writer) entries(s Source) (size int64) {
	for w.err == nil {
		entries, err := s.Entries(size, filePage)
		if err != nil {
			w.err = err
			return size
		}
		for i, e := range entries {
			w.item(size+int64(i), fileEntry(e))
		}
		if len(entries) > 0 {
			size = entries[len(entries)-1].Seq
		}
		if len(entries) < filePage {
			break
		}
	}
	return size
}

func (w *writer) heads(s Source) (all []SignedHead) {
	for w.err == nil {
		heads, err := s.Heads(int64(len(all)), filePage)
		if err != nil {
			w.err = err
			return all
		}
		for _, h := range heads {
			w.item(int64(len(all)), FileHead{Number: h.Number, Size: h.Size, Root: h.Root, At: h.At, Note: h.Note})
			all = append(all, h)
		}
		if len(heads) < filePage {
			break
		}
	}
	return all
}

// proofs are those between heads that follow one another, and to the end. A
// register that was bent has not all of them.
func (w *writer) proofs(s Source, heads []SignedHead, size int64) {
	var n int64
	for i, h := range heads {
		to := size
		if i+1 < len(heads) {
			to = heads[i+1].Size
		}
		if h.Size < 1 || h.Size == to {
			continue
		}
		proof, err := s.Branches.ProveGrowth(to, h.Size)
		if err != nil {
			continue
		}
		w.item(n, FileProof{From: h.Size, To: to, Hashes: proof})
		n++
	}
}

func fileEntry(e Entry) FileEntry {
	v := e.Event
	return FileEntry{Seq: e.Seq, ID: v.ID, Incident: v.IncidentID, Subject: v.Subject, Kind: v.Kind, At: v.At, ActorKind: v.Actor.Kind,
		ActorID: v.Actor.ID, Facts: v.Facts, Words: v.Words, Salt: e.Salt, WordsHash: e.WordsHash, Prev: e.Prev, Hash: e.Hash}
}

func (f FileEntry) entry(practice tenant.ID) Entry {
	return Entry{Seq: f.Seq, Salt: f.Salt, WordsHash: f.WordsHash, Prev: f.Prev, Hash: f.Hash, Event: Event{ID: f.ID, PracticeID: practice,
		IncidentID: f.Incident, Subject: f.Subject, Kind: f.Kind, At: f.At, Actor: Actor{Kind: f.ActorKind, ID: f.ActorID}, Facts: f.Facts, Words: f.Words}}
}

// File is what ReadFile found in a file: the audit has its entries, its heads wait
// to be checked.
type File struct {
	Practice tenant.ID
	Key      string
	Made     Maker
	Audit    *Audit
	Heads    []SignedHead
	Proofs   []FileProof
}

var errNoFile = errors.New("this is not a register's file")

// ReadFile reads what WriteFile wrote, piece by piece.
func ReadFile(in io.Reader) (*File, error) {
	d := json.NewDecoder(in)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errNoFile
	}
	f := &File{}
	for d.More() {
		name, err := d.Token()
		if err == nil {
			err = f.member(d, fmt.Sprint(name))
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoFile, err)
		}
	}
	if f.Audit == nil {
		return nil, errNoFile
	}
	return f, nil
}

func (f *File) member(d *json.Decoder, name string) error {
	switch name {
	case "practice":
		return d.Decode(&f.Practice)
	case "key":
		return d.Decode(&f.Key)
	case "made":
		return d.Decode(&f.Made)
	case "proofs":
		return d.Decode(&f.Proofs)
	case "entries":
		f.Audit = NewAudit(f.Practice)
		return each(d, func(e FileEntry) { f.Audit.Add(Row{Seq: e.Seq, Entry: e.entry(f.Practice)}) })
	case "heads":
		return each(d, func(h FileHead) {
			f.Heads = append(f.Heads, SignedHead{Number: h.Number, Note: h.Note, TreeHead: TreeHead{Practice: f.Practice, Size: h.Size, Root: h.Root, At: h.At}})
		})
	default:
		var rest json.RawMessage
		return d.Decode(&rest)
	}
}

// each reads a list item by item.
func each[T any](d *json.Decoder, use func(T)) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("a list is missing")
	}
	for d.More() {
		var v T
		if err := d.Decode(&v); err != nil {
			return err
		}
		use(v)
	}
	_, err := d.Token()
	return err
}
