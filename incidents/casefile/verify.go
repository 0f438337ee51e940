package casefile

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"datalek/incidents/register"
)

// What a check reads at most: of the list, of its number of parts, of a key.
const (
	longestManifest = 64 << 20
	mostParts       = 1_000_000
	longestKey      = 1 << 10
)

// Check is what checking a case file found.
type Check struct {
	Manifest Manifest
	// Key is the one that was used; OwnKey says that it came out of the file itself,
	// which proves only that the file was not changed after that key signed it.
	Key    string
	OwnKey bool
	// Faults are sentences, one for each thing that is wrong. They name parts and
	// numbers, and hold no personal data but what somebody put into a name.
	Faults []string
	// Events is how many entries of the register were proven, under the head of so
	// many entries, signed then.
	Events int
	Size   int64
	HeadAt time.Time
}

// Is reports whether a file begins like a ZIP file.
func Is(head []byte) bool { return len(head) >= 4 && string(head[:2]) == "PK" }

// Verify checks a case file with a host's key, "" for the one in the file itself. An
// error says that it is no case file, or that nobody can tell what should be in it.
func Verify(in io.ReaderAt, size int64, key string) (Check, error) {
	archive, err := zip.NewReader(in, size)
	if err != nil {
		return Check{}, fmt.Errorf("this is not a case file, or it is cut off: %w", err)
	}
	if len(archive.File) > mostParts {
		return Check{}, errors.New("this file has more parts than a case file")
	}
	c := Check{Key: key, OwnKey: key == ""}
	if c.OwnKey {
		raw, err := readSmall(archive, KeyPath, longestKey)
		if err != nil {
			return c, fmt.Errorf("%w; give the key by --key", err)
		}
		c.Key = strings.TrimSpace(string(raw))
	}
	verifier, err := register.NewHeadVerifier(c.Key)
	if err != nil {
		return c, err
	}
	raw, err := readSmall(archive, ManifestPath, longestManifest)
	if err != nil {
		return c, err
	}
	text, err := verifier.OpenText(string(raw))
	if err != nil {
		return c, fmt.Errorf("%s: %w", ManifestPath, err)
	}
	if c.Manifest, err = readManifest(text); err != nil {
		return c, err
	}
	c.parts(archive)
	c.events(archive, verifier)
	return c, nil
}

func readSmall(archive *zip.Reader, path string, most int64) ([]byte, error) {
	at := slices.IndexFunc(archive.File, func(f *zip.File) bool { return f.Name == path })
	if at < 0 {
		return nil, fmt.Errorf("%s is not in this file: it is no case file, was cut off, or that part was removed", path)
	}
	in, err := archive.File[at].Open()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read", path)
	}
	defer func() { _ = in.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: it was changed", path)
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("%s is longer than it can be", path)
	}
	return raw, nil
}

func (c *Check) fault(format string, args ...any) {
	c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
}

// parts compares what is in the file with the list.
func (c *Check) parts(archive *zip.Reader) {
	listed := map[string]Member{}
	for _, m := range c.Manifest.Files {
		listed[m.Path] = m
	}
	seen := map[string]bool{}
	for _, f := range archive.File {
		m, known := listed[f.Name]
		switch {
		case seen[f.Name]:
			c.fault("%s stands twice", shown(f.Name))
		case f.Name == ManifestPath:
		case !known:
			c.fault("%s was added", shown(f.Name))
		case !holds(f, m):
			c.fault("%s was changed", f.Name)
		}
		seen[f.Name] = true
	}
	for _, m := range c.Manifest.Files {
		if !seen[m.Path] {
			c.fault("%s was removed", m.Path)
		}
	}
}

// shown is a name that somebody else may have chosen, for a terminal.
func shown(name string) string {
	if pathOf.MatchString(name) {
		return name
	}
	return fmt.Sprintf("%.200q", name)
}

// holds reports whether a part is what the list says. It reads no more than that.
func holds(f *zip.File, m Member) bool {
	in, err := f.Open()
	if err != nil {
		return false
	}
	defer func() { _ = in.Close() }() // read only
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(in, m.Size+1))
	return err == nil && n == m.Size && hex.EncodeToString(sum.Sum(nil)) == m.Sum
}

// events proves the case's entries. A part that was changed already is not read:
// what is wrong with it is said.
func (c *Check) events(archive *zip.Reader, verifier *register.HeadVerifier) {
	if slices.ContainsFunc(c.Faults, func(f string) bool { return strings.HasPrefix(f, CasePath+" ") }) {
		return
	}
	in, err := archive.Open(CasePath)
	if err != nil {
		c.fault("%s is not in the list: this is no case file", CasePath)
		return
	}
	defer func() { _ = in.Close() }() // read only
	if err := c.prove(json.NewDecoder(in), verifier); err != nil {
		c.fault("%s: %s", CasePath, err)
	}
}

var errNoCase = errors.New("its entries of the register cannot be read")

// prove reads a case up to the end of its entries.
func (c *Check) prove(d *json.Decoder, verifier *register.HeadVerifier) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errNoCase
	}
	var head register.TreeHead
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return errNoCase
		}
		switch name {
		case "tree":
			var t Tree
			if d.Decode(&t) != nil {
				return errNoCase
			}
			if head, err = c.head(t, verifier); err != nil {
				return err
			}
		case "events":
			return c.proveAll(d, head)
		default:
			var rest json.RawMessage
			if d.Decode(&rest) != nil {
				return errNoCase
			}
		}
	}
	return errNoCase
}

// head checks the head of the register, and that it grew from the published one.
func (c *Check) head(t Tree, verifier *register.HeadVerifier) (register.TreeHead, error) {
	head, err := verifier.Open(t.Head)
	if err != nil {
		return head, err
	}
	if head.Practice != c.Manifest.Practice || head.Size != t.Size {
		return head, errors.New("the head of the register is of another one")
	}
	c.Size, c.HeadAt = head.Size, head.At
	if t.Published == "" {
		return head, nil
	}
	before, err := verifier.Open(t.Published)
	if err != nil {
		return head, err
	}
	if before.Practice != head.Practice || !register.ProvesGrowth(t.Growth, head.Size, head.Root, before.Size, before.Root) {
		return head, fmt.Errorf("that the register grew from the head of %s is not proven", before.At.UTC().Format(time.DateOnly))
	}
	return head, nil
}

func (c *Check) proveAll(d *json.Decoder, head register.TreeHead) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errNoCase
	}
	for d.More() {
		var p Proven
		if d.Decode(&p) != nil {
			return errNoCase
		}
		e := p.Entry(head.Practice)
		switch {
		case e.Event.IncidentID != c.Manifest.Case:
			c.fault("entry %d is of another case", e.Seq)
		case !e.Whole():
			c.fault("entry %d was changed", e.Seq)
		case !register.ProvesEntry(p.Proof, head.Size, head.Root, e.Seq, e.Leaf()):
			c.fault("entry %d is not in the register", e.Seq)
		default:
			c.Events++
		}
	}
	return nil
}
