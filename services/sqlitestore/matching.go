package sqlitestore

import (
	"encoding/binary"
	"errors"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// matchingForm is the first byte of the terse form below. A change of the form
// takes the next number, and the reader keeps knowing the old ones: form 1 ended
// after the holdings, form 2 after the import, and said less of what is gone.
const (
	matchingForm    = 3
	matchingFormTwo = 2
	matchingFormOne = 1
)

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
	b = appendList(b, c.Holdings, appendHolding)
	b = appendDate(appendDate(b, c.FirstContact), c.LastContact)
	b = appendList(b, c.Without, appendText)
	b = appendList(b, c.Gone, appendGone)
	b = appendText(appendText(b, string(c.Capacity)), c.ImportID)
	b = appendList(b, c.Exemptions, appendExemption)
	return appendDate(b, c.KeepAgreed)
}

func appendGone(b []byte, g registry.Gone) []byte {
	b = append(appendTime(appendText(b, g.System), &g.At), flags(g.Pseudonymised))
	return appendList(b, g.Kept, appendText)
}

func appendExemption(b []byte, e registry.Exemption) []byte {
	return appendTime(appendText(appendText(b, e.System), e.Why), &e.At)
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

// places bounds the comparing with the client before.
const places = 64

// categoryList is a list and the bytes it was read from.
type categoryList struct {
	raw  string
	list []registry.Category
}

// errTerse says that the terse form cannot be read.
var errTerse = errors.New("stored client has a form that this program does not know")

// matchingReader reads the terse form. What repeats it keeps once: words, and
// lists of categories, which clients it read share and nobody may edit. It
// serves one goroutine; the zero value is ready to use.
type matchingReader struct {
	rest       []byte
	broken     bool
	words      map[string]string
	categories map[string]categoryList
	// last and lastList are what stood at each place of the client before: mostly
	// the same again, and comparing is cheaper than looking up.
	last     [places]string
	lastList [places]categoryList
	at, list int // places reached in this client
	// many says that many clients are read: their holdings and times are made
	// a few hundred at a time.
	many     bool
	holdings []registry.Holding
	times    []time.Time
}

// read returns the client whose terse form is b.
func (m *matchingReader) read(practice tenant.ID, b []byte) (registry.Client, error) {
	if m.words == nil {
		m.words, m.categories = map[string]string{}, map[string]categoryList{}
	}
	m.rest, m.broken, m.at, m.list = b, false, 0, 0
	form := m.byte()
	if form < matchingFormOne || form > matchingForm {
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
	c.Holdings = m.holdingList()
	if form >= matchingFormTwo {
		m.sinceFormOne(&c, form)
	}
	if m.broken || len(m.rest) > 0 {
		return registry.Client{}, errTerse
	}
	return c, nil
}

// sinceFormOne reads what form 1 did not have.
func (m *matchingReader) sinceFormOne(c *registry.Client, form byte) {
	c.FirstContact, c.LastContact = m.date(), m.date()
	c.Without = readList(m, (*matchingReader).word)
	c.Gone = readList(m, func(m *matchingReader) registry.Gone { return m.gone(form) })
	c.Capacity, c.ImportID = registry.Capacity(m.word()), m.word()
	if form > matchingFormTwo {
		c.Exemptions = readList(m, (*matchingReader).exemption)
		c.KeepAgreed = m.date()
	}
}

func (m *matchingReader) gone(form byte) registry.Gone {
	g := registry.Gone{System: m.word(), At: m.instant()}
	if form > matchingFormTwo {
		g.Pseudonymised = m.byte()&1 != 0
		g.Kept = readList(m, func(m *matchingReader) registry.Category { return registry.Category(m.word()) })
	}
	return g
}

func (m *matchingReader) exemption() registry.Exemption {
	return registry.Exemption{System: m.word(), Why: registry.ExemptReason(m.word()), At: m.instant()}
}

// instant is a time that is always there.
func (m *matchingReader) instant() time.Time {
	if at := m.time(); at != nil {
		return *at
	}
	return time.Time{}
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
	place := m.at % places
	m.at++
	if m.last[place] == string(b) {
		return m.last[place]
	}
	w, known := m.words[string(b)]
	if !known {
		w = string(b)
		m.words[w] = w
	}
	m.last[place] = w
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

func (m *matchingReader) holdingList() []registry.Holding {
	n := m.length() - 1
	switch {
	case n < 0:
		return nil
	case n == 0:
		return []registry.Holding{}
	}
	if n > len(m.holdings) {
		m.holdings = make([]registry.Holding, m.atOnce(n))
	}
	items := m.holdings[:n:n]
	m.holdings = m.holdings[n:]
	for i := range items {
		items[i] = registry.Holding{
			System:          m.word(),
			Categories:      m.categoryList(),
			Identifiability: registry.Identifiability(m.word()),
			KeySystem:       m.word(),
			From:            m.time(), Until: m.time(), DestroyedAt: m.time(),
		}
	}
	return items
}

// atOnce is how many of something to make when n are needed.
func (m *matchingReader) atOnce(n int) int {
	if m.many {
		return max(n, 512)
	}
	return n
}

// categoryList returns the same list for the same bytes.
func (m *matchingReader) categoryList() []registry.Category {
	last := &m.lastList[m.list%places]
	m.list++
	// Each text stands behind its length, so equal bytes are a whole list.
	if n := len(last.raw); n > 0 && len(m.rest) >= n && string(m.rest[:n]) == last.raw {
		m.rest = m.rest[n:]
		return last.list
	}
	start := m.rest
	for range m.length() - 1 {
		m.bytes()
	}
	if m.broken {
		return nil
	}
	raw := start[:len(start)-len(m.rest)]
	known, some := m.categories[string(raw)]
	if !some {
		known = categoryList{raw: string(raw), list: readCategories(raw)}
		m.categories[known.raw] = known
	}
	*last = known
	return known.list
}

// readCategories reads a list that is known to be whole.
func readCategories(raw []byte) []registry.Category {
	m := matchingReader{rest: raw}
	return readList(&m, func(m *matchingReader) registry.Category { return registry.Category(m.bytes()) })
}

func (m *matchingReader) time() *time.Time {
	if m.byte() == 0 {
		return nil
	}
	if len(m.times) == 0 {
		m.times = make([]time.Time, m.atOnce(1))
	}
	t := &m.times[0]
	m.times = m.times[1:]
	*t = time.UnixMilli(m.number()).UTC()
	return t
}
