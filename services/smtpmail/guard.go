package smtpmail

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// Limits of what goes into a header. A subject longer than maxSubject is cut;
// everything else that is too long is refused.
const (
	maxSubject   = 120 // runes
	maxName      = 128 // runes
	maxLocalPart = 64  // octets, RFC 5321 section 4.5.3.1.1
	maxAddress   = 254 // octets, RFC 5321 section 4.5.3.1.3 without the brackets
)

var (
	idPattern = regexp.MustCompile(`^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*$`)
	// domains maps a domain to what mail servers look up (RFC 5890), strictly.
	domains         = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))
	languagePattern = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)
)

// invalid is a fault of the mail. Its words never hold what was wrong, since
// that may be an address.
func invalid(field, key, message string) error {
	return &fault.Error{Code: fault.Invalid, Field: field, Key: key, Message: message}
}

// checkAddress returns a as a mailbox that is safe in a header and in the
// envelope: a bare dot-atom address in ASCII, its domain by IDNA, and a name of
// one line. field is "from", "reply_to" or "to".
func checkAddress(field string, a incidents.Address) (mail.Address, error) {
	name, ok := cleanLine(a.Name)
	if !ok || utf8.RuneCountInString(name) > maxName {
		return mail.Address{}, invalid(field+".name", "error.mail_name",
			"a name is one line of at most 128 characters without control characters")
	}
	email, err := checkMailbox(field+".email", a.Email)
	if err != nil {
		return mail.Address{}, err
	}
	return mail.Address{Name: name, Address: email}, nil
}

// checkMailbox refuses what net/mail reads as anything but the address itself:
// display names, comments, lists, quoted local parts. The library writes what
// it cannot parse into the header as it stands, so nothing unparsed may pass.
func checkMailbox(field, email string) (string, error) {
	bad := invalid(field, "error.mail_address", "this is not a mail address such as name@example.org")
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Name != "" || parsed.Address != email {
		return "", bad
	}
	at := strings.LastIndexByte(email, '@')
	local, domain := email[:at], email[at+1:]
	if !isASCII(local) {
		return "", invalid(field, "error.mail_address_ascii",
			"the part before the @ has a letter that mail servers do not take")
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || ascii == "" || strings.ContainsAny(local, "<>\"\\ ") {
		return "", bad
	}
	if len(local) > maxLocalPart || len(local)+1+len(ascii) > maxAddress {
		return "", invalid(field, "error.mail_address_long", "the mail address is too long")
	}
	return local + "@" + ascii, nil
}

// checkMessageID returns the Message-ID under the sender's own domain
// (RFC 5322 section 3.6.4), so that it tells nothing of this machine.
func checkMessageID(id, from string) (string, error) {
	if len(id) > 128 || !idPattern.MatchString(id) {
		return "", invalid("message_id", "error.mail_message_id",
			"a message id has letters, digits, dots, dashes and underscores, at most 128")
	}
	return "<" + id + from[strings.LastIndexByte(from, '@'):] + ">", nil
}

func checkSubject(subject string) (string, error) {
	clean, ok := cleanLine(subject)
	if !ok {
		return "", invalid("subject", "error.mail_subject", "a subject is one line without control characters")
	}
	if clean == "" {
		return "", invalid("subject", "error.mail_subject_missing", "the mail has no subject")
	}
	return cut(clean, maxSubject), nil
}

func checkLanguage(tag string) (string, error) {
	if !languagePattern.MatchString(tag) {
		return "", invalid("language", "error.mail_language", "the language is a tag such as nl or en")
	}
	return tag, nil
}

// checkBody lets through text with tabs and line ends, and nothing else that
// steers a terminal or a mail program.
func checkBody(field, s string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if !utf8.ValidString(s) || strings.ContainsFunc(s, bad) {
		return invalid(field, "error.mail_control", "the words of the mail have a control character")
	}
	return nil
}

// cleanLine trims s and joins runs of spaces, which folding would not keep. It
// is false for anything that is not one plain line.
func cleanLine(s string) (string, bool) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unsafeInLine) {
		return "", false
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " "), true
}

// unsafeInLine reports control characters, line and paragraph separators, and
// the marks that turn the direction of writing so that a name reads as another.
func unsafeInLine(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}

// cut shortens s to at most n runes, the last of them an ellipsis.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimRight(string(runes[:n-1]), " ") + "…"
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// ofDrill reports whether a mail is made up: it says so, or has an address of a
// drill. None such comes here; this is the second guard.
func ofDrill(m incidents.Mail) bool {
	made := func(address string) bool {
		at := strings.LastIndexByte(address, '@')
		return at >= 0 && strings.EqualFold(address[at+1:], incidents.DrillDomain)
	}
	return m.Drill || made(m.From.Email) || made(m.To.Email) || made(m.ReplyTo.Email) || made(m.ReturnPath)
}

func errDrill() error {
	return invalid("to.email", "error.mail_drill", "this mail belongs to a drill and must not leave")
}
