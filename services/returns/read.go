// Package returns reads mail that came back: delivery reports (RFC 3464), the
// older bounces of qmail, Exim and Gmail that are plain text, automatic answers
// (RFC 3834), challenges, and reports of unwanted mail (RFC 5965).
//
// It reads what strangers wrote, so everything is bounded: size, depth, parts.
// It never guesses. What none of the known forms says with certainty is unknown,
// and a person looks at it.
package returns

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"

	"datalek/incidents"
)

const (
	mostDepth  = 8
	mostParts  = 64
	mostHeader = 128 << 10 // bytes
	mostText   = 64 << 10  // bytes of one part
	mostIDs    = 32
	mostWords  = 500 // bytes of what is kept of the explanation
)

// Read says what a returned message says. It reads at most the first
// incidents.MaxReturn bytes and never fails: the rest may be missing.
func Read(raw []byte) incidents.ReturnReading {
	raw = clip(raw)
	entity, err := open(raw)
	if err != nil {
		return incidents.ReturnReading{Kind: incidents.UnknownReturn}
	}
	f := &found{header: entity.Header}
	f.walk(entity, 0)
	return f.reading(raw)
}

func clip(raw []byte) []byte {
	raw = raw[:min(len(raw), incidents.MaxReturn)]
	raw = bytes.TrimLeft(raw, "\r\n")
	if bytes.HasPrefix(raw, []byte("From ")) { // the line that mailbox files begin with
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	return raw
}

// open reads a message's header. An unknown charset or encoding is no reason to
// give up: codes and addresses are ASCII.
func open(raw []byte) (*message.Entity, error) {
	entity, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: mostHeader})
	if entity == nil {
		return nil, errors.Join(err, errors.New("no message"))
	}
	return entity, nil
}

// found is what a walk through a message gathers.
type found struct {
	header   message.Header
	texts    []string
	groups   []fields // of a delivery report
	feedback fields   // of a report of unwanted mail
	ids      []string
	parts    int
}

// walk visits the parts of a message. What it cannot read it leaves out.
func (f *found) walk(e *message.Entity, depth int) {
	if f.parts++; f.parts > mostParts || depth > mostDepth {
		return
	}
	kind, _, _ := e.Header.ContentType() // a broken one is plain text
	if parts := e.MultipartReader(); parts != nil {
		for f.parts < mostParts {
			part, err := parts.NextPart()
			if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
				return
			}
			f.walk(part, depth+1)
		}
		return
	}
	f.leaf(strings.ToLower(kind), e.Body)
}

func (f *found) leaf(kind string, body io.Reader) {
	switch kind {
	case "text/plain", "":
		f.texts = append(f.texts, read(body))
	case "message/delivery-status", "message/global-delivery-status":
		f.groups = append(f.groups, groupsOf(read(body))...)
	case "message/feedback-report":
		if groups := groupsOf(read(body)); len(groups) > 0 && f.feedback == nil {
			f.feedback = groups[0]
		}
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		f.copied(read(body))
	}
}

// copied reads the ids in a returned message or its header.
func (f *found) copied(text string) {
	header, _, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	f.idsIn(idLines(header)...)
}

// read returns the text of a part, as far as it is wanted and can be decoded.
func read(r io.Reader) string {
	raw, _ := io.ReadAll(io.LimitReader(r, mostText)) // what was read before a fault counts
	return strings.ReplaceAll(string(raw), "\r\n", "\n")
}

// reading draws the conclusion.
func (f *found) reading(raw []byte) incidents.ReturnReading {
	f.idsOfHeader()
	out := incidents.ReturnReading{Kind: incidents.UnknownReturn, From: f.from(), Tokens: f.tokens()}
	notice := f.notice()
	out.Text = clean(notice)
	switch reports := f.reports(raw, notice); {
	case len(reports) > 0:
		out.Reports, out.Kind = reports, common(reports)
	case f.feedback != nil:
		out.Kind, out.Reports = incidents.ComplaintReturn, f.complaint()
	case f.challenges():
		out.Kind = incidents.ChallengeReturn
	case f.answers():
		out.Kind = incidents.OutOfOffice
	}
	out.MessageIDs = f.ids
	return out
}

// notice is the first text, up to the copy of the message that came back.
func (f *found) notice() string {
	if len(f.texts) == 0 {
		return ""
	}
	text := f.texts[0]
	if at := copyBegins.FindStringIndex(text); at != nil {
		f.idsIn(idLines(text[at[0]:])...)
		return text[:at[0]]
	}
	f.idsIn(idLines(text)...)
	return text
}

func common(reports []incidents.RecipientReport) incidents.ReturnKind {
	for _, r := range reports[1:] {
		if r.Kind != reports[0].Kind {
			return incidents.UnknownReturn
		}
	}
	return reports[0].Kind
}

func (f *found) from() string {
	list, err := mail.ParseAddressList(f.header.Get("From"))
	if err != nil || len(list) != 1 {
		return ""
	}
	return list[0].Address
}

// clean cuts words short, on one line, without what a terminal or page would obey.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= mostWords {
		return text
	}
	cut := mostWords
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
