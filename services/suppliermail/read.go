// Package suppliermail reads what a supplier wrote by mail: a raw message, one
// that somebody sent on as an attachment, or its words alone. It keeps subject,
// sender, claimed times, links and text, names the attachments, and checks the
// signatures (DKIM, RFC 6376) at the moment the mail comes.
//
// It reads what strangers wrote, so everything is bounded: size, depth, parts,
// signatures, and how long DNS is waited for. It never fails: what cannot be read
// is shown as it came, with the reason.
package suppliermail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

const (
	mostDepth       = 12
	mostParts       = 200
	mostHeader      = 2 << 20 // bytes
	mostWords       = 1 << 20 // bytes of one part of text
	mostText        = 8_000   // characters of the report
	mostLinks       = 40
	mostAttachments = 40
	mostInside      = 4 // mails in mails
)

// Options is what a Reader needs; the zero value asks the system's DNS.
type Options struct {
	// DNS answers for the keys of signatures; nil is the system's.
	DNS resolver
	// Patience is how long all keys of one mail are waited for; 0 is 5 s.
	Patience time.Duration
}

// Reader reads mail.
type Reader struct {
	dns      resolver
	patience time.Duration
}

// New returns a Reader.
func New(o Options) *Reader {
	r := &Reader{dns: o.DNS, patience: o.Patience}
	if r.dns == nil {
		r.dns = systemDNS()
	}
	if r.patience <= 0 {
		r.patience = 5 * time.Second
	}
	return r
}

// Read makes out what a mail says that came at the given instant.
func (r *Reader) Read(ctx context.Context, raw []byte, received time.Time) incidents.MailReading {
	cut := len(raw) > incidents.MaxMail
	raw = crlf(clip(raw))
	if !hasHeader(raw) {
		return pasted(raw, received)
	}
	outer := walk(raw)
	inner, mail := outer, raw
	var by string
	for depth := 0; depth < mostInside && inner.inside != nil; depth++ {
		by = senderOf(inner.header).Address
		mail = crlf(inner.inside)
		inner = walk(mail)
	}
	reading := inner.reading(mail, received)
	m := reading.Message.Mail
	m.ForwardedBy, m.Cut = advisory.OneLine(by, mostAddress), cut
	r.sign(ctx, mail, inner.header, m)
	return reading
}

// clip bounds a message and drops what stands before its header.
func clip(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw[:min(len(raw), incidents.MaxMail)], []byte("\xef\xbb\xbf"))
	raw = bytes.TrimLeft(raw, "\r\n \t")
	if bytes.HasPrefix(raw, []byte("From ")) { // the line that mailbox files begin with
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	return raw
}

// crlf ends each line as a mail server does: signatures are about those bytes, and
// programs that save mail write the line ends of their machine.
func crlf(raw []byte) []byte {
	if !bytes.Contains(raw, []byte("\n")) {
		return bytes.ReplaceAll(raw, []byte("\r"), []byte("\r\n"))
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// found is what a walk through one mail gathers.
type found struct {
	header      message.Header
	plain, html string
	links       []incidents.MailLink
	attachments []incidents.MailAttachment
	inside      []byte // a whole mail in this one
	fault       incidents.MailFault
	parts       int
}

// walk visits the parts of a mail.
func walk(raw []byte) *found {
	f := &found{}
	entity, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: mostHeader})
	if entity == nil {
		f.fault = incidents.MailHeaderless
		return f
	}
	f.header = entity.Header
	f.visit(entity, err, 0)
	return f
}

func (f *found) visit(e *message.Entity, wrong error, depth int) {
	if f.parts++; f.parts > mostParts || depth > mostDepth {
		f.note(incidents.MailDeep)
		return
	}
	if parts := e.MultipartReader(); parts != nil {
		f.visitAll(parts, depth)
		return
	}
	f.leaf(e, wrong)
}

func (f *found) visitAll(parts message.MultipartReader, depth int) {
	for f.parts <= mostParts {
		part, err := parts.NextPart()
		if part == nil {
			if !errors.Is(err, io.EOF) {
				f.note(incidents.MailBroken)
			}
			return
		}
		f.visit(part, err, depth+1)
	}
	f.note(incidents.MailDeep)
}

// leaf takes one part: words, a mail, or a file.
func (f *found) leaf(e *message.Entity, wrong error) {
	kind, params, err := e.Header.ContentType()
	if kind = strings.ToLower(kind); kind == "" || err != nil {
		kind = "text/plain"
	}
	disposition, file, _ := e.Header.ContentDisposition()
	name := file["filename"]
	if name == "" {
		name = params["name"]
	}
	attached := strings.EqualFold(disposition, "attachment")
	switch {
	case kind == "message/rfc822" || kind == "message/global" || kind == "application/octet-stream" && strings.HasSuffix(strings.ToLower(name), ".eml"):
		f.mail(e.Body)
	case kind == "text/plain" && !attached && f.plain == "":
		f.plain = f.words(e.Body, params["charset"], wrong)
	case kind == "text/html" && !attached && f.html == "":
		f.html = f.words(e.Body, params["charset"], wrong)
	case attached || name != "" || !strings.HasPrefix(kind, "text/") && !strings.HasPrefix(kind, "multipart/"):
		f.attach(name, kind, e.Body)
	}
}

// mail keeps the first mail in this one: somebody sent it on as it was.
func (f *found) mail(body io.Reader) {
	raw, err := io.ReadAll(io.LimitReader(body, incidents.MaxMail))
	if raw = clip(raw); err != nil && len(raw) == 0 || !hasHeader(crlf(raw)) {
		f.note(incidents.MailBroken)
		return
	}
	if f.inside == nil {
		f.inside = raw
	}
}

func (f *found) words(body io.Reader, charset string, wrong error) string {
	raw, err := io.ReadAll(io.LimitReader(body, mostWords)) // what was read before a fault counts
	if err != nil {
		f.note(incidents.MailBroken)
	}
	if message.IsUnknownEncoding(wrong) {
		f.note(incidents.MailBroken)
	}
	text, known := decode(raw, charset, wrong)
	if !known {
		f.note(incidents.MailCharset)
	}
	return text
}

func (f *found) attach(name, kind string, body io.Reader) {
	if len(f.attachments) >= mostAttachments {
		return
	}
	size, _ := io.Copy(io.Discard, body) // a broken code ends the count early
	f.attachments = append(f.attachments, incidents.MailAttachment{Name: advisory.OneLine(decodeHeader(name), advisory.MaxName),
		Type: advisory.OneLine(kind, advisory.MaxName), Size: int(size)})
}

// note keeps the first reason.
func (f *found) note(why incidents.MailFault) {
	if f.fault == "" {
		f.fault = why
	}
}

// reading is what the walk makes of the mail.
func (f *found) reading(raw []byte, received time.Time) incidents.MailReading {
	text := f.text()
	if text == "" {
		f.note(incidents.MailWordless)
		text = asText(raw)
	}
	sender := senderOf(f.header)
	claims, sentAt := claimsOf(f.header, received)
	return incidents.MailReading{Text: text, Headers: kept(f.header), SentAt: sentAt, Message: incidents.Message{
		Kind: incidents.MessageUnknown, Format: "mail", Title: line(f.header, "Subject", advisory.MaxTitle), Claims: claims,
		Mail: &incidents.SupplierMail{From: sender.Address, FromName: sender.Name, Domain: domainOf(sender.Address),
			MessageID: line(f.header, "Message-Id", advisory.MaxReference), Fault: f.fault, Links: f.links, Attachments: f.attachments}}}
}

// text is the words of the mail: the plain ones when there are, with the links of
// both.
func (f *found) text() string {
	var shown string
	if f.html != "" {
		shown = f.fromHTML(f.html)
	}
	if f.plain == "" {
		return advisory.Clean(shown, mostText)
	}
	f.linksIn(f.plain)
	if text := advisory.Clean(strings.ReplaceAll(f.plain, "\r\n", "\n"), mostText); text != "" {
		return text
	}
	return advisory.Clean(shown, mostText)
}

// asText shows bytes as they are, as far as a page can.
func asText(raw []byte) string {
	const room = 4 // bytes of one character
	text := advisory.Clean(strings.ReplaceAll(string(raw[:min(len(raw), room*mostText)]), "\r\n", "\n"), mostText)
	if text == "" {
		return "–" // a report says something
	}
	return text
}
