package incidents

import "time"

// Mail is one message to one person, ready to be composed. It never has more
// than one recipient, so nobody can learn of another.
type Mail struct {
	// MessageID is the left side of the Message-ID and the key of the delivery:
	// the same for every attempt, so that a repeat shows as one.
	MessageID string
	From      Address
	ReplyTo   Address // zero: replies go to From
	To        Address // Name is left empty where the policy keeps names out of mail
	Subject   string
	Text      string // UTF-8, plain
	HTML      string // the same words; empty sends the plain part alone
	Language  string // BCP 47, for Content-Language and the html lang attribute
	At        time.Time
	// ReturnPath is the envelope sender, to which servers send what comes back;
	// empty takes From.
	ReturnPath string
	// EncryptTo is the reader's OpenPGP public key: the words leave encrypted to it
	// or not at all. Empty sends them readable.
	EncryptTo string
	// Drill says that the mail is made up: it must never leave.
	Drill bool
}

// Address is a mailbox with an optional display name.
type Address struct {
	Name  string
	Email string
}

// AnswerKind is what a sending server's answer means for the person waiting.
type AnswerKind string

// The answers a mail attempt can end in (RFC 5321 section 4.2.1, by the place
// where the code came).
const (
	// Accepted: 250 after DATA. Only this counts as told.
	Accepted AnswerKind = "accepted"
	// Later: a 4yz code, or the network failed before the data was handed over.
	Later AnswerKind = "later"
	// RefusedPerson: 5yz at RCPT, or after DATA about this person: final; write or phone.
	RefusedPerson AnswerKind = "refused_person"
	// RefusedAccount: 5yz at greeting, TLS, AUTH or MAIL, or TLS missing: nobody can be
	// mailed from this account until a person mends it.
	RefusedAccount AnswerKind = "refused_account"
	// Lost: the connection broke between DATA and its answer: send again under
	// the same Message-ID, keep both attempts.
	Lost AnswerKind = "lost"
)

// Answer is what one attempt to send one mail ended in.
type Answer struct {
	Kind   AnswerKind
	Stage  string // greeting, starttls, auth, mail, rcpt, data, compose
	Server string // host:port that answered
	Code   int    // SMTP reply code; 0 when the server gave none
	Text   string // the reply's text as given, cut to 500 bytes; may hold an address, so it is stored sealed
	At     time.Time
	// ComposedAt is the date that the message bears, and MailHash the hex SHA-256 of
	// its bytes before a signature (DKIM) or encryption; zero when none was composed.
	// The same mail always gives the same bytes, so that a copy composed later shows
	// by them that it is what was handed over.
	ComposedAt time.Time
	MailHash   string
}
