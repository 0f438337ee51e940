package returns

import (
	"bufio"
	"bytes"
	"net/mail"
	"net/textproto"
	"strings"

	"github.com/emersion/go-message"

	"datalek/incidents"
)

// challengers are fields that only programs write which hold mail back until its
// sender proves that he is a person.
func challengers() []string {
	return []string{"X-Tmda-Fingerprint", "X-Tmda-Confirm-Required", "X-Askversion", "X-Boxbe-Challenge", "X-Spamarrest-Speedcode", "X-Spamarrest-Noauth"}
}

func (f *found) challenges() bool {
	for _, name := range challengers() {
		if f.header.Has(name) {
			return true
		}
	}
	return strings.HasPrefix(strings.ToUpper(f.header.Get("X-Delivery-Agent")), "TMDA")
}

// answers reports whether the message is an automatic answer of a person's
// mailbox. Whatever a mail server itself wrote is not: it may be a bounce in a
// form we do not know.
func (f *found) answers() bool {
	return !daemon(f.header.Get("From")) && automatic(f.header.Get, f.reportType())
}

// automatic tells an automatic answer (RFC 3834 section 5; the other fields are
// older than it).
func automatic(get func(string) string, reportType string) bool {
	if reportType != "" {
		return false
	}
	submitted, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(get("Auto-Submitted"))), ";")
	submitted, _, _ = strings.Cut(strings.TrimSpace(submitted), " ")
	switch submitted {
	case "auto-replied":
		return true
	case "auto-generated", "auto-notified":
		return get("In-Reply-To") != "" || get("References") != ""
	case "no":
		return false
	}
	old := strings.EqualFold(get("Precedence"), "auto_reply") || get("X-Autoreply") != "" || get("X-Autorespond") != "" || get("X-Autoreply-From") != ""
	return old
}

// daemon reports whether a mail server itself is the sender.
func daemon(from string) bool {
	address := from
	if parsed, err := mail.ParseAddress(from); err == nil {
		address = parsed.Address
	}
	local, _, _ := strings.Cut(strings.ToLower(strings.Trim(address, " <>")), "@")
	switch local {
	case "", "mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "bounce", "bounces":
		return true
	}
	return false
}

// Plausible reports whether a message with this header may be one that came
// back. In a mailbox that people use too it decides what is read at all, so an
// automatic answer counts only when it names a mail that may be ours.
func Plausible(header []byte) bool {
	header = append(clip(header), "\r\n\r\n"...)
	parsed, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(header[:min(len(header), mostHeader)]))).ReadMIMEHeader()
	h := message.HeaderFromMap(parsed)
	f := &found{header: h}
	report := f.reportType()
	if len(f.tokens()) > 0 || report == "delivery-status" || report == "feedback-report" || h.Has("X-Failed-Recipients") {
		return true
	}
	if f.from() != "" && daemon(h.Get("From")) {
		return true
	}
	f.idsOfHeader()
	return (automatic(h.Get, report) || f.challenges()) && mayBeOurs(f.ids)
}

func mayBeOurs(ids []string) bool {
	for _, id := range ids {
		if incidents.DeliveryOfMessage(id) != "" {
			return true
		}
	}
	return false
}
