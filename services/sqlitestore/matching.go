package sqlitestore

import (
	"encoding/binary"
	"errors"
	"time"

	"datalek/incidents/registry"
)

// matchingForm is the first byte of the terse form below. A change of the form
// takes the next number, and the reader keeps knowing the old one.
const matchingForm = 1

// appendMatching appends all of a client but practice and person in a terse
// form: finding the affected among 10,000 clients reads each of them.
func appendMatching(b []byte, c registry.Client) []byte {
	b = append(b, matchingForm)
	b = appendText(b, c.ID)
	b = binary.AppendVarint(b, c.Version)
	b = appendText(b, c.Language)
	b = appendText(b, string(c.Relation))
	b = appendText(b, string(c.Channel))
	b = append(b, flags(c.GuardiansAgreed, c.SharedMailAgreed, c.HoldingsByRule))
	b = binary.AppendVarint(b, int64(c.BirthYear))
	b = binary.AppendVarint(b, c.UpdatedAt.UnixMilli())
	b = appendList(b, c.Guardians, appendText)
	b = appendList(b, c.Guidance, appendGuidance)
	return appendList(b, c.Holdings, appendHolding)
}

func flags(on ...bool) byte {
	var b byte
	for i, set := range on {
		if set {
			b |= 1 << i
		}
	}
	return b
}

func appendText[T ~string](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendList writes 0 for nil, else one more than the length.
func appendList[T any](b []byte, items []T, one func([]byte, T) []byte) []byte {
	if items == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(items))+1)
	for _, item := range items {
		b = one(b, item)
	}
	return b
}

func appendGuidance(b []byte, g registry.Guidance) []byte {
	return appendDate(appendDate(b, g.From), g.Until)
}

func appendDate(b []byte, d registry.Date) []byte {
	return binary.AppendVarint(b, int64(d.Year)*16*32+int64(d.Month)*32+int64(d.Day))
}

func appendHolding(b []byte, h registry.Holding) []byte {
	b = appendText(b, h.System)
	b = appendList(b, h.Categories, appendText)
	b = appendText(b, h.Identifiability)
	b = appendText(b, h.KeySystem)
	return appendTime(appendTime(appendTime(b, h.From), h.Until), h.DestroyedAt)
}

// appendTime writes 0 for nil, else 1 and the milliseconds.
func appendTime(b []byte, t *time.Time) []byte {
	if t == nil {
		return append(b, 0)
	}
	return binary.AppendVarint(append(b, 1), t.UnixMilli())
}

// errTerse says that the terse form cannot be read.
var errTerse = errors.New("stored client has a form that this program does not know")

// matchingReader reads the terse form. It keeps one copy of each of the few
// words that repeat, so it serves one goroutine; the zero value is ready to use.
type matchingReader struct {
	rest   []byte
	broken bool
	words  map[string]string
}

// read returns the client whose terse form is b.
func (m *matchingReader) read(practice string, b []byte) (registry.Client, error) {
	if m.words == nil {
		m.words = map[string]string{}
	}
	m.rest, m.broken = b, false
	if m.byte() != matchingForm {
		return registry.Client{}, errTerse
	}
	c := registry.Client{PracticeID: practice, ID: string(m.bytes()), Version: m.number()}
	c.Language, c.Relation, c.Channel = m.word(), registry.Relation(m.word()), registry.Channel(m.word())
	set := m.byte()
	c.GuardiansAgreed, c.SharedMailAgreed, c.HoldingsByRule = set&1 != 0, set&2 != 0, set&4 != 0
	c.BirthYear = int(m.number())
	c.UpdatedAt = time.UnixMilli(m.number()).UTC()
	c.Guardians = readList(m, func(m *matchingReader) string { return string(m.bytes()) })
	c.Guidance = readList(m, (*matchingReader).guidance)
	c.Holdings = readList(m, (*matchingReader).holding)
	if m.broken || len(m.rest) > 0 {
		return registry.Client{}, errTerse
	}
	return c, nil
}

func (m *matchingReader) byte() byte {
	if len(m.rest) == 0 {
		m.broken = true
		return 0
	}
	b := m.rest[0]
	m.rest = m.rest[1:]
	return b
}

func (m *matchingReader) length() int {
	v, n := binary.Uvarint(m.rest)
	if n <= 0 || v > uint64(len(m.rest))+1 {
		m.broken, m.rest = true, nil
		return 0
	}
	m.rest = m.rest[n:]
	return int(v)
}

func (m *matchingReader) number() int64 {
	v, n := binary.Varint(m.rest)
	if n <= 0 {
		m.broken, m.rest = true, nil
		return 0
	}
	m.rest = m.rest[n:]
	return v
}

func (m *matchingReader) bytes() []byte {
	n := m.length()
	if n > len(m.rest) {
		m.broken, m.rest = true, nil
		return nil
	}
	b := m.rest[:n]
	m.rest = m.rest[n:]
	return b
}

// word reads a text of which there are few.
func (m *matchingReader) word() string {
	b := m.bytes()
	if w, known := m.words[string(b)]; known {
		return w
	}
	w := string(b)
	m.words[w] = w
	return w
}

func readList[T any](m *matchingReader, one func(*matchingReader) T) []T {
	n := m.length()
	if n == 0 {
		return nil
	}
	items := make([]T, n-1)
	for i := range items {
		items[i] = one(m)
	}
	return items
}

func (m *matchingReader) guidance() registry.Guidance {
	return registry.Guidance{From: m.date(), Until: m.date()}
}

func (m *matchingReader) date() registry.Date {
	v := m.number()
	return registry.Date{Year: int(v / (16 * 32)), Month: time.Month(v / 32 % 16), Day: int(v % 32)}
}

func (m *matchingReader) holding() registry.Holding {
	return registry.Holding{
		System:          m.word(),
		Categories:      readList(m, func(m *matchingReader) registry.Category { return registry.Category(m.word()) }),
		Identifiability: registry.Identifiability(m.word()),
		KeySystem:       m.word(),
		From:            m.time(), Until: m.time(), DestroyedAt: m.time(),
	}
}

func (m *matchingReader) time() *time.Time {
	if m.byte() == 0 {
		return nil
	}
	t := time.UnixMilli(m.number()).UTC()
	return &t
}
