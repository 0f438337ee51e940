package roster

import (
	"hash/fnv"
	"slices"
	"strings"

	"datalek/incidents/registry"
)

// Kind says why two people look like one.
type Kind string

// The kinds, from the surest.
const (
	SameNameMail  Kind = "name_mail"
	SameNamePhone Kind = "name_phone"
	NearName      Kind = "near_name" // nearly the same name, and nothing that tells them apart
)

// Key is what likely doubles are found by.
type Key struct {
	Ref               int // the caller's own
	Name, Mail, Phone string
	Place             string
	Born              int
	lean              bool   // neither mail nor phone
	Number            string // the practice's own number; two different ones are two people
}

// KeyOf returns the key of a person; number is "" when the practice gave none.
func KeyOf(ref int, p registry.Person, born int, number string) Key {
	k := Key{Ref: ref, Name: NameKey(p.Name), Mail: registry.NormalEmail(p.Email), Phone: PhoneKey(p.Phone), Place: placeKey(p.PostalAddress), Born: born, Number: number}
	k.lean = k.Mail == "" && k.Phone == ""
	return k
}

// PhoneKey returns the last digits of a phone number, which are the same however
// the country is written; "" for what is none.
func PhoneKey(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	n := b.String()
	if len(n) < 6 {
		return ""
	}
	return n[max(0, len(n)-9):]
}

// placeKey is the digits of an address and the beginning of its street.
func placeKey(text string) string {
	plain := Plain(text)
	if len(plain) < 4 {
		return ""
	}
	n := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, plain)
	if n == "" {
		return ""
	}
	return plain[:4] + n
}

// mostLooked bounds how many people of one mail address, phone or name are
// compared: at a shared info@ address stand thousands.
const mostLooked = 50

// Index finds likely doubles among many people. The zero value is not usable; see
// NewIndex. It keeps some hundred bytes a person.
type Index struct {
	keys []Key
	by   map[uint64][]int32
}

// NewIndex returns an empty index.
func NewIndex() *Index { return &Index{by: map[uint64][]int32{}} }

// Add puts a person into the index.
func (x *Index) Add(k Key) {
	at := int32(len(x.keys))
	x.keys = append(x.keys, k)
	for _, h := range k.hashes() {
		if len(x.by[h]) < mostLooked {
			x.by[h] = append(x.by[h], at)
		}
	}
}

// Find returns the first person that k looks like, and why. Sharing is true when
// somebody of quite another name has the same mail address: a couple, or a
// parent with children, who are kept apart.
func (x *Index) Find(k Key) (double Key, why Kind, sharing bool) {
	best := len(kinds())
	for _, h := range k.hashes() {
		for _, at := range x.by[h] {
			other := x.keys[at]
			kind := k.like(other)
			if n := slices.Index(kinds(), kind); n >= 0 && n < best {
				best, double, why = n, other, kind
			}
			sharing = sharing || kind == "" && k.Mail != "" && k.Mail == other.Mail
		}
	}
	return double, why, sharing
}

func kinds() []Kind { return []Kind{SameNameMail, SameNamePhone, NearName} }

// hashes are where a person is looked for.
func (k Key) hashes() []uint64 {
	var all []uint64
	for kind, v := range []string{k.Name, k.Mail, k.Phone, k.Place} {
		if v == "" {
			continue
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte{byte(kind)})
		_, _ = h.Write([]byte(v))
		all = append(all, h.Sum64())
	}
	return all
}

// like says why k and o look like one person, "" when they do not. Two birth
// years are two people, and so are two of the practice's own numbers.
func (k Key) like(o Key) Kind {
	if k.Born != 0 && o.Born != 0 && k.Born != o.Born || k.Number != "" && o.Number != "" {
		return ""
	}
	equal, near := k.Name == o.Name, nearName(k.Name, o.Name)
	same := func(v, w string) bool { return v != "" && v == w }
	switch {
	case near && same(k.Mail, o.Mail):
		return SameNameMail
	case equal && same(k.Phone, o.Phone):
		return SameNamePhone
	case near && (same(k.Phone, o.Phone) || same(k.Place, o.Place)):
		return NearName
	case equal && (k.lean || o.lean) && (k.Place == "" || o.Place == ""):
		return NearName
	}
	return ""
}

// nearName reports whether two name keys are equal, differ by an initial for a
// name, or by one letter in a long enough name.
func nearName(a, b string) bool {
	return a == b || initials(a, b) || len(a) >= 6 && len(b) >= 6 && oneApart(a, b)
}

// initials reports whether the words are the same but for a letter that stands
// for a name ("j test" and "jan test").
func initials(a, b string) bool {
	restA, restB := difference(strings.Fields(a), strings.Fields(b)), difference(strings.Fields(b), strings.Fields(a))
	if len(restA) != 1 || len(restB) != 1 || len(strings.Fields(a)) < 2 {
		return false
	}
	short, long := restA[0], restB[0]
	if len(short) > len(long) {
		short, long = long, short
	}
	return len(short) == 1 && strings.HasPrefix(long, short)
}

func difference(from, without []string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(w string) bool { return slices.Contains(without, w) })
}

// oneApart reports whether one letter was added, left out, changed or swapped
// with the next (Damerau-Levenshtein distance 1).
func oneApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return i == len(a) || a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
