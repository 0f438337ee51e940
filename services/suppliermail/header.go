package suppliermail

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/encoding/htmlindex"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

const (
	mostAddress = 254 // RFC 5321 section 4.5.3.1.3
	mostKept    = 512 // bytes of one header
	mostHops    = 20  // Received lines that are looked at
)

// fieldLine is how a header begins (RFC 5322 section 2.2).
var fieldLine = regexp.MustCompile(`^[!-9;-~]{1,76}:`)

// hasHeader reports whether bytes begin as a mail does: fields of which one is
// such as each mail has. Copied words with a colon in their first line are none.
func hasHeader(raw []byte) bool {
	const look = 512 << 10
	head, _, whole := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !whole && len(raw) > look {
		head = raw[:look]
	}
	known, machine, first := 0, false, true
	for text := range bytes.SplitSeq(head[:min(len(head), look)], []byte("\r\n")) {
		if len(text) == 0 || text[0] == ' ' || text[0] == '\t' {
			continue
		}
		name, _, _ := bytes.Cut(text, []byte(":"))
		if !fieldLine.Match(text) {
			if first {
				return false
			}
			continue
		}
		first = false
		if at := slices.Index(telling(), strings.ToLower(string(name))); at >= 0 {
			known++
			machine = machine || at > 1
		}
	}
	return known > 1 && machine
}

// telling are the fields of a mail; copied words may have the first two above them.
func telling() []string {
	return []string{"from", "subject", "date", "received", "message-id", "mime-version", "content-type", "return-path", "dkim-signature"}
}

// senderOf is the first sender that a header names; the zero value for none.
func senderOf(h message.Header) mail.Address {
	from := h.Get("From")
	parser := mail.AddressParser{WordDecoder: wordDecoder()}
	list, err := parser.ParseList(from)
	if err != nil || len(list) == 0 {
		return mail.Address{Name: advisory.OneLine(decodeHeader(from), advisory.MaxTitle)}
	}
	return mail.Address{Name: advisory.OneLine(list[0].Name, advisory.MaxTitle), Address: advisory.OneLine(list[0].Address, mostAddress)}
}

// domainOf is the name under which an address's domain was registered, "" when it
// has none.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return registered(address[at+1:])
}

func registered(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	name, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return ""
	}
	return advisory.OneLine(name, mostAddress)
}

// line is one header in one line.
func line(h message.Header, name string, most int) string {
	return advisory.OneLine(decodeHeader(h.Get(name)), most)
}

func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		known, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return known.NewDecoder().Reader(r), nil
	}}
}

// decodeHeader reads encoded words (RFC 2047); what is broken stays as it is.
func decodeHeader(s string) string {
	decoded, err := wordDecoder().DecodeHeader(s)
	if err != nil {
		return s
	}
	return decoded
}

// claimsOf are the times that a mail claims: when it was sent, and when the last
// mail server on its way took it in. None moves a clock.
func claimsOf(h message.Header, received time.Time) (claims []incidents.Claim, sentAt time.Time) {
	if at, err := mail.ParseDate(h.Get("Date")); err == nil {
		if at, possible := advisory.Past(at, received); possible {
			claims, sentAt = append(claims, incidents.Claim{Name: "Date", At: at}), at
		}
	}
	for n, hop := range h.Values("Received") {
		cut := strings.LastIndexByte(hop, ';')
		if n >= mostHops || cut < 0 {
			break
		}
		if at, err := mail.ParseDate(strings.TrimSpace(hop[cut+1:])); err == nil {
			if at, possible := advisory.Past(at, received); possible {
				return append(claims, incidents.Claim{Name: "Received", At: at}), sentAt
			}
		}
	}
	return claims, sentAt
}

// kept are the headers that matter, bounded; of several the first counts.
func kept(h message.Header) map[string]string {
	all := map[string]string{}
	for _, name := range incidents.MailHeaders() {
		if value := strings.ToValidUTF8(h.Get(name), ""); value != "" {
			all[name] = strings.ToValidUTF8(value[:min(len(value), mostKept)], "")
		}
	}
	return all
}
