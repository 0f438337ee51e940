package casefile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// The parts that every case file has.
const (
	// ManifestPath is the signed list of the others.
	ManifestPath = "manifest.note"
	// KeyPath is the key that checks the signatures.
	KeyPath = "key.txt"
	// CasePath is the case as data, with its entries of the register.
	CasePath = "case.json"
)

// manifestHead is the first line of a manifest; no tree head begins like it.
const manifestHead = "datalek case file 1"

// Member is one part of a case file.
type Member struct {
	Path string
	Size int64
	Sum  string // hex SHA-256
}

// Manifest says what a case file is of, who had it made, and what is in it.
type Manifest struct {
	Practice  tenant.ID // id
	Case      string    // id
	Reference string    // the practice's own number of the case
	Made      register.Maker
	Files     []Member // in the order in which they were written
}

// pathOf is what a part may be called: so that it can be unpacked anywhere.
var pathOf = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,99}(/[a-z0-9][a-z0-9_.-]{0,99})?$`)

// text is what is signed: a line each, in this order.
func (m Manifest) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\npractice %s\ncase %s\nreference %s\nmade %s\nby %s %s %s\nfiles %d\n", manifestHead, oneLine(string(m.Practice)), oneLine(m.Case), oneLine(m.Reference),
		m.Made.At.UTC().Format(time.RFC3339), oneLine(string(m.Made.Kind)), strings.ReplaceAll(oneLine(m.Made.ID), " ", "_"), oneLine(m.Made.Name), len(m.Files))
	for _, f := range m.Files {
		fmt.Fprintf(&b, "%s %d %s\n", f.Sum, f.Size, f.Path)
	}
	return b.String()
}

// oneLine takes out what a signed text must not have.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return ' '
		}
		return r
	}, text)
}

var errManifest = errors.New("the manifest cannot be read")

// readManifest reads what text wrote, and nothing else.
func readManifest(text string) (Manifest, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	const heads = 7
	if len(lines) < heads || lines[0] != manifestHead {
		return Manifest{}, errManifest
	}
	var m Manifest
	values := make([]string, heads)
	for n, name := range []string{"practice", "case", "reference", "made", "by", "files"} {
		value, is := strings.CutPrefix(lines[n+1], name+" ")
		if !is {
			return Manifest{}, errManifest
		}
		values[n] = value
	}
	m.Practice, m.Case, m.Reference = tenant.ID(values[0]), values[1], values[2]
	at, err := time.Parse(time.RFC3339, values[3])
	by := strings.SplitN(values[4], " ", 3)
	if err != nil || len(by) != 3 {
		return Manifest{}, errManifest
	}
	m.Made = register.Maker{Kind: register.ActorKind(by[0]), ID: by[1], Name: by[2], At: at}
	for _, line := range lines[heads:] {
		f, err := readMember(line)
		if err != nil {
			return Manifest{}, err
		}
		m.Files = append(m.Files, f)
	}
	if m.text() != text {
		return Manifest{}, errManifest
	}
	return m, nil
}

func readMember(line string) (Member, error) {
	parts := strings.Split(line, " ")
	if len(parts) != 3 {
		return Member{}, errManifest
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	sum, sumErr := hex.DecodeString(parts[0])
	if err != nil || sumErr != nil || size < 0 || len(sum) != 32 || !pathOf.MatchString(parts[2]) {
		return Member{}, errManifest
	}
	return Member{Path: parts[2], Size: size, Sum: parts[0]}, nil
}
