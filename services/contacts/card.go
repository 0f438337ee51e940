package contacts

import (
	"errors"
	"io"
	"slices"
	"strings"

	"datalek/incidents/roster"
)

const (
	mostCardLine  = 64 << 10 // a photo's line is longer, and dropped
	mostCardLines = 5000     // of one card; a photo has thousands
)

// The places of what a card tells, as columns of a list.
const (
	cardGiven = iota
	cardAdditional
	cardFamily
	cardWhole
	cardEmail
	cardEmail2
	cardPhone
	cardPhone2
	cardAddress
	cardBirth
	cardLanguage
	cardOrganisation
	cardNote
	cardOther // the first of cardOthers
)

// cardOthers are the properties of RFC 6350 that nothing is taken from, and last
// what a program adds of its own.
func cardOthers() []string {
	return []string{"TITLE", "ROLE", "CATEGORIES", "NICKNAME", "URL", "PHOTO", "LOGO", "IMPP", "GENDER", "ANNIVERSARY", "RELATED", "GEO", "KEY", "SOUND", "MEMBER", "FAX", "X-"}
}

func cardColumns() []roster.Column {
	all := []roster.Column{{Name: "N (given)", Guess: roster.GivenName}, {Name: "N (additional)", Guess: roster.MiddleName}, {Name: "N (family)", Guess: roster.FamilyName},
		{Name: "FN", Guess: roster.Name}, {Name: "EMAIL", Guess: roster.Email}, {Name: "EMAIL 2"}, {Name: "TEL", Guess: roster.Phone}, {Name: "TEL 2"},
		{Name: "ADR", Guess: roster.Address}, {Name: "BDAY", Guess: roster.BirthDate}, {Name: "LANG", Guess: roster.Language},
		{Name: "ORG", Guess: roster.Organisation}, {Name: "NOTE", Refused: roster.Notes}}
	for _, name := range cardOthers() {
		all = append(all, roster.Column{Name: name})
	}
	return all
}

// cards reads vCards, many in one file.
type cards struct{ lines *lines }

func openCards(r io.Reader, start []byte) *cards {
	return &cards{lines: newLines(decode(r, start), mostCardLine)}
}

// next returns the next card as a row whose line is the card's first. A card that
// does not end before the next begins, or at the end of the file, is a fault.
func (c *cards) next() (roster.Row, error) {
	at, err := c.begin()
	if err != nil {
		return roster.Row{}, err
	}
	card := &card{cells: make([]string, cardOther+len(cardOthers())), rank: map[int]int{}}
	for range mostCardLines {
		l, err := c.lines.next()
		if errors.Is(err, io.EOF) {
			return roster.Row{Line: at, Fault: "error.csv_card"}, nil
		}
		if err != nil {
			return roster.Row{}, err
		}
		switch marker(l.text) {
		case "BEGIN:VCARD":
			c.lines.putBack([]line{l})
			return roster.Row{Line: at, Fault: "error.csv_card"}, nil
		case "END:VCARD":
			return roster.Row{Line: at, Columns: card.row()}, nil
		}
		if err := c.property(l, card); err != nil {
			return roster.Row{}, err
		}
	}
	return roster.Row{Line: at, Fault: "error.csv_row_large"}, nil
}

func marker(text string) string { return strings.ToUpper(strings.TrimSpace(decoded(text))) }

func (c *cards) begin() (int, error) {
	for {
		l, err := c.lines.next()
		if err != nil {
			return 0, err
		}
		if strings.TrimPrefix(marker(l.text), "\ufeff") == "BEGIN:VCARD" {
			return l.at, nil
		}
	}
}

// property gathers a property's folded lines (RFC 6350 section 3.2, and the soft
// line breaks of quoted-printable in vCard 2.1) and adds it to the card. What is
// too long, such as a photo, is dropped.
func (c *cards) property(first line, to *card) error {
	text, cutOff := strings.TrimRight(decoded(first.text), "\r\n"), first.long
	for soft := quotedPrintable(text); ; {
		l, err := c.lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		more := strings.TrimRight(decoded(l.text), "\r\n")
		switch {
		case marker(l.text) == "END:VCARD":
			c.lines.putBack([]line{l})
			to.add(text)
			return nil
		case soft && strings.HasSuffix(text, "="):
			text = text[:len(text)-1] + more
		case more != "" && (more[0] == ' ' || more[0] == '\t'):
			text += more[1:]
		default:
			c.lines.putBack([]line{l})
			if !cutOff {
				to.add(text)
			}
			return nil
		}
		if len(text) > mostCardLine {
			text, cutOff = text[:200], true
		}
	}
	if !cutOff {
		to.add(text)
	}
	return nil
}

// quotedPrintable reports whether a property is written so (vCard 2.1).
func quotedPrintable(text string) bool {
	head, _, _ := strings.Cut(text, ":")
	return strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
}

// card gathers the columns of one person.
type card struct {
	cells []string
	rank  map[int]int // of what stands in a place, the higher the better
	kind  string
}

// put keeps text at a place when it ranks higher than what stands there.
func (c *card) put(at, rank int, text string) {
	text = strings.TrimSpace(text)
	if text != "" && (c.cells[at] == "" || rank > c.rank[at]) {
		c.cells[at], c.rank[at] = text, rank
	}
}

// add reads one property.
func (c *card) add(text string) {
	p, ok := parseProperty(text)
	if !ok {
		return
	}
	switch p.name {
	case "N":
		parts := p.components()
		c.put(cardFamily, 0, parts[0])
		c.put(cardGiven, 0, parts[1])
		c.put(cardAdditional, 0, parts[2])
	case "FN":
		c.put(cardWhole, p.preference(), p.text())
	case "EMAIL":
		c.second(cardEmail, cardEmail2, p.preference(), strings.TrimPrefix(p.text(), "mailto:"))
	case "TEL":
		c.phone(p)
	case "ADR":
		c.put(cardAddress, p.preference()+p.rank("home", 200)-p.rank("work", 200), p.address())
	case "BDAY":
		c.put(cardBirth, 0, p.text())
	case "LANG", "LANGUAGE":
		c.put(cardLanguage, p.preference(), p.text())
	case "ORG":
		c.put(cardOrganisation, 0, p.components()[0])
	case "NOTE":
		c.put(cardNote, 0, p.text())
	case "KIND", "X-ABSHOWAS", "X-ADDRESSBOOKSERVER-KIND":
		c.kind = strings.ToLower(p.text())
	case "VERSION", "PRODID", "UID", "REV", "BEGIN", "END", "SOURCE", "CLASS", "SORT-STRING", "PROFILE", "CLIENTPIDMAP":
	default:
		c.other(p.name)
	}
}

// phone prefers a mobile number, then one at home; a fax is none.
func (c *card) phone(p property) {
	if p.rank("fax", 1) > 0 || p.rank("pager", 1) > 0 {
		c.other("FAX")
		return
	}
	number := strings.TrimPrefix(p.text(), "tel:")
	number, _, _ = strings.Cut(number, ";") // tel:…;ext=5 (RFC 3966)
	c.second(cardPhone, cardPhone2, p.preference()+p.rank("cell", 1000)+p.rank("home", 200)-p.rank("work", 200), number)
}

// second keeps the best at one place and what it drove out, or what comes after
// it, at another.
func (c *card) second(at, behind, rank int, text string) {
	if old := c.cells[at]; old != "" && rank > c.rank[at] {
		c.cells[behind] = old
	} else if old != "" {
		c.put(behind, rank, text)
	}
	c.put(at, rank, text)
}

func (c *card) other(name string) {
	at := slices.Index(cardOthers(), name)
	if at < 0 {
		at = len(cardOthers()) - 1
	}
	c.put(cardOther+at, 0, "x")
}

// row returns the columns. A card of an organisation or a group names no person.
func (c *card) row() []string {
	if slices.Contains([]string{"org", "company", "group", "location", "device"}, c.kind) {
		for _, at := range []int{cardGiven, cardAdditional, cardFamily, cardWhole} {
			c.cells[at] = ""
		}
	}
	return c.cells
}
