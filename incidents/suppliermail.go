package incidents

import "time"

// MaxMail is how many bytes of a supplier's mail are kept. Of a larger one it is
// the first so many: the rest are attachments, and stays in the mailbox.
const MaxMail = 10 << 20

// SupplierMail is what a supplier's mail says besides its words, as it was read
// when it came. Nothing of it is proven but what Signatures says.
type SupplierMail struct {
	From      string // address of the sender, "" when the mail names none
	FromName  string
	Domain    string // registrable domain of From, such as "microsoft.com"
	MessageID string
	// ForwardedBy is who sent it on as an attachment; "" when it came by itself.
	ForwardedBy string
	Pasted      bool // it is text without a header, as somebody copied it
	Cut         bool // only its first MaxMail bytes are here
	Fault       MailFault
	Links       []MailLink
	Attachments []MailAttachment
	Signing     Signing
	Signatures  []MailSignature
}

// MailLink is one address in a mail, with the words that it stands behind.
type MailLink struct{ Text, Target string }

// MailAttachment is a file in a mail. The file itself is in the raw bytes alone.
type MailAttachment struct {
	Name string
	Type string // as the sender says, such as "application/pdf"
	Size int    // bytes, decoded
}

// MailFault is why a mail, or a part of it, could not be read.
type MailFault string

// What can be wrong with a mail. Its bytes are shown as text then.
const (
	MailHeaderless MailFault = "header"  // no header that can be read
	MailDeep       MailFault = "deep"    // too many parts, or too deep in each other
	MailBroken     MailFault = "broken"  // a part ends early, or its code is broken
	MailCharset    MailFault = "charset" // letters of an unknown table
	MailWordless   MailFault = "empty"   // no text in it
)

// Signing is what came of checking the signatures that a mail carries (DKIM,
// RFC 6376).
type Signing string

// The outcomes. A good one proves who sent the words, not that they are true.
const (
	SigningGood      Signing = "good"      // a signature of the sender's own domain is right
	SigningOther     Signing = "other"     // one is right, of another domain than the sender's
	SigningBad       Signing = "bad"       // none is right
	SigningNone      Signing = "none"      // there is none
	SigningUnchecked Signing = "unchecked" // its key could not be asked for, or not all bytes are here
)

// MailSignature is one signature of a mail.
type MailSignature struct {
	Domain  string // whose it is
	State   Signing
	Aligned bool // Domain is the sender's own, or under the same name (RFC 7489 section 3.1.1)
}

// MailReading is a supplier's mail, read.
type MailReading struct {
	Text    string            // its words, or its bytes as text when it has none
	Message Message           // its Mail is never nil
	Headers map[string]string // that matter, by their names in small letters
	SentAt  time.Time         // as it claims; zero when it does not
}

// MailHeaders are the headers of a mail that are kept.
func MailHeaders() []string {
	return []string{"from", "to", "subject", "date", "message-id", "received", "content-type", "dkim-signature", "list-id", "return-path"}
}
