package casework

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// List is an open list of people, read row by row; Next returns io.EOF after
// the last.
type List interface {
	Proposal() roster.Proposal
	Next() (roster.Row, error)
}

// OpenList finds out what a file is and opens it.
type OpenList func(r io.Reader, format roster.Format) (List, error)

// ImportHow says how a file is to be taken. The zero value takes what the file
// itself suggests, and leaves likely doubles out until somebody decides.
type ImportHow struct {
	Format roster.Format // "": find out
	// Mapping overrules the guesses: a header, or a column's number from 1, to a
	// field; "" takes nothing from it.
	Mapping map[string]roster.Field
	DryRun  bool
	// Doubles is the decision on every likely double that Decided has none for.
	Doubles DoubleDecision
	// Decided has decisions by line.
	Decided map[int]DoubleDecision
	// By is the account or token that imports, "" for the command line.
	By string
	// Patience is how long the caller waits for the end; 0 is until it comes. A worker
	// goes on from there.
	Patience time.Duration
}

// DoubleDecision says what becomes of a line that looks like somebody known.
type DoubleDecision = roster.Decision

// The decisions.
const (
	AskDouble   = roster.AskDouble
	ApartDouble = roster.ApartDouble
	SameDouble  = roster.SameDouble
	SkipDouble  = roster.SkipDouble
)

// LikelyDouble is a line that looks like somebody known. It repeats nothing of
// the line.
type LikelyDouble struct {
	Line int         `json:"line"`
	Why  roster.Kind `json:"why"`
	// WithLine is the line of the same file that it looks like, else 0.
	WithLine int `json:"with_line,omitempty"`
	// With is the number of the stored person that it looks like, else "".
	With     string         `json:"with_external_id,omitempty"`
	Decision DoubleDecision `json:"decision"`
	// Name and WithName are for who sent the file, and decides.
	Name     string `json:"-"`
	WithName string `json:"-"`
}

// TakenColumn is a column with something in it.
type TakenColumn struct {
	roster.TakenColumn
	// Number counts the file's columns from 1, and Example is the first thing that
	// stands in it; for who sent the file.
	Number  int    `json:"-"`
	Example string `json:"-"`
}

// example is the first thing in a column, nothing of what is refused.
func example(p roster.Proposal, at int) string {
	for _, row := range p.Sample {
		if at < len(row.Columns) && row.Columns[at] != "" && p.Columns[at].Refused == "" {
			return cut(row.Columns[at], 60)
		}
	}
	return ""
}

// RefusedColumn is a column with something in it that is never taken.
type RefusedColumn struct {
	Name   string         `json:"column"`
	Reason roster.Refusal `json:"reason"`
	// Message says why in English.
	Message string `json:"message"`
}

// refusedBecause is the reason in words.
func refusedBecause(why roster.Refusal) string {
	switch why {
	case roster.Diagnosis:
		return "data about health is never kept here"
	case roster.CitizenNumber:
		return "a citizen service number (BSN) may not be kept here"
	case roster.RegisterNumber:
		return "a Belgian national register number may not be kept here"
	}
	return "notes about somebody are never kept here"
}

// mappingOf lays what somebody chose over the guesses. A field that moves to
// another column leaves the one it was guessed for.
func mappingOf(p roster.Proposal, chosen map[string]roster.Field) (roster.Mapping, error) {
	m := p.Mapping()
	var faults fault.List
	for header, field := range chosen {
		at := columnAt(p, header)
		if at < 0 {
			faults.Add("mapping", "error.mapping_column", "the file has no column of this name")
			continue
		}
		for i := range m {
			if field != "" && m[i] == field && chosenField(p, chosen, i) != field {
				m[i] = ""
			}
		}
		m[at] = field
	}
	if err := faults.Err(); err != nil {
		return m, err
	}
	return m, p.Check(m)
}

func columnAt(p roster.Proposal, header string) int {
	for i, c := range p.Columns {
		if c.Name == header || strconv.Itoa(i+1) == header {
			return i
		}
	}
	for i, c := range p.Columns {
		if roster.Plain(c.Name) == roster.Plain(header) {
			return i
		}
	}
	return -1
}

// chosenField is what somebody chose for the column at i, "" for nothing.
func chosenField(p roster.Proposal, chosen map[string]roster.Field, at int) roster.Field {
	for header, field := range chosen {
		if columnAt(p, header) == at {
			return field
		}
	}
	return ""
}

// ownNumber begins the numbers that an import makes for who has none.
const ownNumber = "h-"

// identity is the number of somebody whom the list gives none: a keyed hash of his
// name with his mail address, else his phone, else his address, however they are
// written. The same person in a later list gets the same number and is updated.
// The key is the practice's, so that one person's numbers in two practices
// tell nothing about each other.
func identity(practice tenant.ID, p registry.Person) string {
	k := roster.KeyOf(0, p, 0, "")
	reach := "mail " + k.Mail
	switch {
	case k.Mail != "":
	case k.Phone != "":
		reach = "phone " + k.Phone
	default:
		reach = "place " + k.Place
	}
	mac := hmac.New(sha256.New, []byte("datalek import identity "+practice))
	_, _ = mac.Write([]byte(k.Name + "\x00" + reach))
	return ownNumber + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:15]))
}

// people finds likely doubles among the stored and those of the file so far.
type people struct {
	index   *roster.Index
	numbers []string
	names   []string
	lines   []int // 0: stored
}

// everybody reads all people of the practice, as they were before an import that is
// under way changed them, and those it brought in the order of their lines.
func (o *Office) everybody(ctx context.Context, practice tenant.ID, so soFar) (*people, error) {
	all := &people{index: roster.NewIndex()}
	var brought []registry.Client
	for after := ""; ; {
		clients, err := o.store.Clients(ctx, practice, after, importChunk)
		if err != nil {
			return nil, fmt.Errorf("list clients: %w", err)
		}
		for _, c := range clients {
			before, changed := so.before[c.ID]
			switch _, made := so.made[c.ID]; {
			case made:
				brought = append(brought, c)
			case changed:
				all.add(before, before.BirthYear, 0)
			default:
				all.add(c, c.BirthYear, 0)
			}
		}
		if len(clients) < importChunk {
			break
		}
		after = clients[len(clients)-1].ID
	}
	slices.SortFunc(brought, func(a, b registry.Client) int { return so.made[a.ID].Line - so.made[b.ID].Line })
	for _, c := range brought {
		all.add(c, so.made[c.ID].Born, so.made[c.ID].Line)
	}
	return all, nil
}

// soFar is what an import that goes on did before it was cut off.
type soFar struct {
	made   map[string]roster.Made
	before map[string]registry.Client
}

func (all *people) key(c registry.Client, born int) roster.Key {
	number := c.Person.ExternalID
	if strings.HasPrefix(number, ownNumber) || number == registry.NormalEmail(c.Person.Email) {
		number = ""
	}
	return roster.KeyOf(len(all.numbers), c.Person, born, number)
}

func (all *people) add(c registry.Client, born, line int) {
	all.index.Add(all.key(c, born))
	all.numbers, all.lines, all.names = append(all.numbers, c.Person.ExternalID), append(all.lines, line), append(all.names, c.Person.Name)
}

// find returns whom c looks like, nil for nobody; sharing says that others of other
// names share the mail address.
func (all *people) find(c registry.Client, born int) (like *roster.Likeness, sharing bool) {
	double, why, sharing := all.index.Find(all.key(c, born))
	if why == "" {
		return nil, sharing
	}
	return &roster.Likeness{Why: why, WithLine: all.lines[double.Ref], With: all.numbers[double.Ref], WithName: all.names[double.Ref]}, sharing
}

func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
