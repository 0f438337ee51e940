package incidents

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"datalek/incidents/registry"
)

// KeepReading is how long after its approval a reader can look at a notice again.
const KeepReading = 180 * 24 * time.Hour

const (
	// codeLetters leaves out what is easily taken for another: I, L, O and U.
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength  = 10 // of 5 bits each
	codeGroup   = 5
	mostTyped   = 40 // characters that somebody may type for a code
)

// ReadingCode makes the code of one delivery from random bytes, one for each of
// its characters; "" when there are too few.
func ReadingCode(random []byte) string {
	if len(random) < codeLength {
		return ""
	}
	code := make([]byte, codeLength)
	for i := range code {
		code[i] = codeLetters[int(random[i])%len(codeLetters)]
	}
	return string(code)
}

// newCode returns a code for who can use one: he needs an address to type with it.
func newCode(a Audience, r Recipiency) string {
	if !CanBeReadAgain(a) || r.Email == "" {
		return ""
	}
	random := make([]byte, ReadingCodeBytes)
	_, _ = rand.Read(random) // never fails (crypto/rand, Go 1.24)
	return ReadingCode(random)
}

// ReadingCodeBytes is how many random bytes ReadingCode wants.
const ReadingCodeBytes = codeLength

// GroupedCode is a code as it is written in a mail: K7QM4-XTR9B.
func GroupedCode(code string) string {
	if len(code) != codeLength {
		return code
	}
	return code[:codeGroup] + "-" + code[codeGroup:]
}

// TypedCode reads a code as somebody typed it: in any case, with spaces or
// hyphens, an O for a zero, an I or L for a one. "" when it cannot be one.
func TypedCode(typed string) string {
	if len(typed) > mostTyped {
		return ""
	}
	code := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\u00a0', '\u2010', '\u2011', '\u2013':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(typed))
	if len(code) != codeLength || strings.Trim(code, codeLetters) != "" {
		return ""
	}
	return code
}

// CanBeReadAgain reports whether readers of an audience get a code of their own:
// those whom the notice is about, or their parents.
func CanBeReadAgain(a Audience) bool {
	return a == ToClients || a == ToFormerClients || a == ToParents
}

// Readable reports whether a reader with a code may look at the notice now.
func (n *Notice) Readable(now time.Time) bool {
	return n.Approved() && CanBeReadAgain(n.Audience) && now.Before(n.ApprovedAt.Add(KeepReading))
}

// Opens reports whether code and address, as they were typed, are those of the
// delivery. It takes as long for a wrong one as for the right one.
func (d Delivery) Opens(code, email string) bool {
	right := subtle.ConstantTimeCompare([]byte(d.Code), []byte(code))
	want, got := sha256.Sum256([]byte(registry.NormalEmail(d.To.Email))), sha256.Sum256([]byte(registry.NormalEmail(email)))
	return right&subtle.ConstantTimeCompare(want[:], got[:]) == 1 && d.Code != "" && d.To.Email != ""
}

// DeliveryID returns the id of a notice's delivery to one reader about one person.
func DeliveryID(notice, person, reader string) string { return fingerprint(notice, person, reader) }

// ConfirmRead records that the reader said himself that he read it. It says
// nothing about told: that is the server's word, or a person's. The first time
// stays; it reports whether anything changed.
func (d *Delivery) ConfirmRead(now time.Time) bool {
	if !d.ReadAt.IsZero() {
		return false
	}
	d.ReadAt = now
	return true
}

// ReadBy notes in the case's log that a reader confirmed that he read it, once.
func (n *Notice) ReadBy(d Delivery, now time.Time) {
	n.noteOnce(Event{Kind: NoticeRead, At: now, Actor: Reader(), Facts: map[string]string{"delivery": d.ID, "read": "confirmed"}})
}
