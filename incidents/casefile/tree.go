package casefile

import (
	"encoding/json"
	"fmt"
	"io"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Tree is a register at the moment a case file was made.
type Tree struct {
	Practice tenant.ID `json:"practice"`
	Key      string    `json:"key"`
	// Head is signed when the file is made.
	Head string `json:"head"`
	Size int64  `json:"size"`
	// Published is the newest head that had gone out before, "" for none; Growth
	// proves that the register grew from it to this one.
	Published string          `json:"published"`
	Growth    []register.Hash `json:"growth"`
}

// Proven is an entry of the case with the proof that it stands in the tree.
type Proven struct {
	register.FileEntry
	Proof []register.Hash `json:"proof"`
}

// Source is where the entries of a case come from.
type Source struct {
	Practice tenant.ID
	Case     string
	Key      string
	Signer   *register.HeadSigner
	Made     register.Maker
	// Size is how many entries the register has.
	Size int64
	// Published is the newest head that went out, the zero value for none.
	Published register.SignedHead
	Branches  register.Branches
	// EntriesOf lists the case's entries newest first, before the number given (0: from the newest).
	EntriesOf func(before int64, limit int) ([]register.Entry, error)
}

// tree signs the head of the register and proves its growth.
func (s Source) tree() (Tree, error) {
	root, err := s.Branches.Root(s.Size)
	if err != nil {
		return Tree{}, err
	}
	t := Tree{Practice: s.Practice, Key: s.Key, Size: s.Size, Growth: []register.Hash{}}
	if t.Head, err = s.Signer.Sign(register.TreeHead{Practice: s.Practice, Size: s.Size, Root: root, At: s.Made.At}); err != nil {
		return Tree{}, err
	}
	if s.Published.Size < 1 || s.Published.Size > s.Size {
		return t, nil
	}
	t.Published = s.Published.Note
	if t.Growth, err = s.Branches.ProveGrowth(s.Size, s.Published.Size); err != nil {
		return Tree{}, err
	}
	return t, nil
}

// Data is the rest of what the case is as data, by name; the values are written as
// JSON.
type Data struct {
	Name  string
	Value any
}

// WriteCase writes the case as one JSON object: first the tree, then the entries of
// the register, newest first and each with its proof, then the data.
func WriteCase(out io.Writer, s Source, data []Data) error {
	tree, err := s.tree()
	if err != nil {
		return fmt.Errorf("prove the register: %w", err)
	}
	w := &jsonText{out: out}
	w.text("{\n\"made\":").value(s.Made).text(",\n\"tree\":").value(tree).text(",\n\"events\":[")
	if err := s.events(w); err != nil {
		return err
	}
	w.text("\n]")
	for _, d := range data {
		w.text(",\n").value(d.Name).text(":").value(d.Value)
	}
	return w.text("\n}\n").err
}

const entriesPerRead = 200

func (s Source) events(w *jsonText) error {
	separator := "\n"
	for before := s.Size + 1; before > 1 && w.err == nil; {
		entries, err := s.EntriesOf(before, entriesPerRead)
		if err != nil {
			return err
		}
		for _, e := range entries {
			proof, err := s.Branches.ProveEntry(s.Size, e.Seq)
			if err != nil {
				return err
			}
			w.text(separator).value(Proven{FileEntry: register.FileEntryOf(e), Proof: proof})
			before, separator = e.Seq, ",\n"
		}
		if len(entries) < entriesPerRead {
			break
		}
	}
	return w.err
}

// jsonText writes piece by piece and keeps the first failure.
type jsonText struct {
	out io.Writer
	err error
}

func (w *jsonText) text(s string) *jsonText {
	if w.err == nil {
		_, w.err = io.WriteString(w.out, s)
	}
	return w
}

func (w *jsonText) value(v any) *jsonText {
	raw, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	return w.text(string(raw))
}

// WriteList writes a long list as JSON, item by item; each calls write for every item.
func WriteList(out io.Writer, each func(write func(v any) error) error) error {
	w := &jsonText{out: out}
	w.text("[")
	separator := "\n"
	err := each(func(v any) error {
		err := w.text(separator).value(v).err
		separator = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	return w.text("\n]\n").err
}
