// Package smtpmail composes one mail for one person and hands it to the
// practice's mail server, and says what the server's answer means for the
// person waiting.
//
// The words are composed by github.com/jordan-wright/email and carried by
// github.com/emersion/go-smtp. Everything that goes into a header is checked
// before composing, and the composed bytes are read back before they leave:
// one To, no Bcc, nothing that was not asked for.
package smtpmail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/jordan-wright/email"

	"datalek/incidents"
)

// message is a mail ready for the wire: the envelope and the bytes, all ASCII.
type message struct {
	from, to string
	raw      []byte
	at       time.Time
	hash     string // of the bytes before they were encrypted or signed
}

// answered is an answer about this message.
func (m *message) answered(a incidents.Answer) incidents.Answer {
	a.ComposedAt, a.MailHash = m.at, m.hash
	return a
}

// hashOf is how bytes of a mail are named in the register.
func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// compose returns m as an RFC 5322 message with CRLF line ends. The same mail
// always gives the same bytes, so a repeat under the same Message-ID is equal.
//
// A mail that breaks a rule is refused with a *fault.Error of kind Invalid that
// names the field ("to.email") and never holds what stood in it.
func compose(m incidents.Mail) (*message, error) { return composeFor(m, nil) }

// composeFor is compose with a way to encrypt the words for who asked for that.
func composeFor(m incidents.Mail, encrypt encryption) (*message, error) {
	d, err := check(m)
	if err != nil {
		return nil, err
	}
	body, err := d.body()
	if err != nil {
		return nil, err
	}
	raw := append(d.head(body.contentType, body.encoding), body.bytes...)
	hash := hashOf(raw)
	if m.EncryptTo != "" {
		if body, err = d.sealed(body, m.EncryptTo, encrypt); err != nil {
			return nil, err
		}
		raw = append(d.head(body.contentType, body.encoding), body.bytes...)
	}
	if err := d.readBack(raw); err != nil {
		return nil, err
	}
	return &message{from: d.returnPath, to: d.to.Address, raw: raw, at: d.at, hash: hash}, nil
}

// draft is a mail whose every part has passed its guard: addresses are ASCII,
// names and subject are one line, the HTML names its language.
type draft struct {
	messageID string // with angle brackets
	// returnPath is the envelope sender: an address without a name.
	returnPath string
	from, to   mail.Address
	replyTo    *mail.Address
	subject    string
	text       string
	html       string
	language   string
	at         time.Time
	encrypted  bool // the words are sealed for the reader
}

// check runs every guard and returns the first fault.
func check(m incidents.Mail) (*draft, error) {
	d := &draft{text: m.Text, at: m.At.UTC()}
	var err error
	if d.from, err = checkAddress("from", m.From); err != nil {
		return nil, err
	}
	if d.to, err = checkAddress("to", m.To); err != nil {
		return nil, err
	}
	if d.replyTo, err = checkReplyTo(m.ReplyTo); err != nil {
		return nil, err
	}
	if d.returnPath, err = checkReturnPath(m.ReturnPath, d.from.Address); err != nil {
		return nil, err
	}
	if d.messageID, err = checkMessageID(m.MessageID, d.from.Address); err != nil {
		return nil, err
	}
	if d.subject, err = checkSubject(m.Subject); err != nil {
		return nil, err
	}
	if d.language, err = checkLanguage(m.Language); err != nil {
		return nil, err
	}
	if err := checkBody("text", m.Text); err != nil {
		return nil, err
	}
	if strings.TrimSpace(m.Text) == "" {
		return nil, invalid("text", "error.mail_text_missing", "the mail has no plain text")
	}
	if d.html, err = checkHTML(m.HTML, d.language, d.subject); err != nil {
		return nil, err
	}
	if m.At.IsZero() {
		return nil, invalid("at", "error.mail_time_missing", "the mail has no date")
	}
	return d, nil
}

func checkReturnPath(address, from string) (string, error) {
	if address == "" {
		return from, nil
	}
	return checkMailbox("return_path", address)
}

func checkReplyTo(a incidents.Address) (*mail.Address, error) {
	if a == (incidents.Address{}) {
		return nil, nil
	}
	checked, err := checkAddress("reply_to", a)
	if err != nil {
		return nil, err
	}
	return &checked, nil
}

// body is what follows the head, with the two fields that describe it.
type body struct {
	contentType string
	encoding    string // empty for multipart
	bytes       []byte
}

// body lets the library compose the parts, then gives a multipart message a
// boundary made from the Message-ID instead of a random one.
func (d *draft) body() (*body, error) {
	e := &email.Email{
		From:    d.from.String(),
		To:      []string{d.to.String()},
		Subject: d.subject,
		Text:    []byte(d.text),
		HTML:    []byte(d.html),
		// Given, so that the library does not make an id from host name and process.
		Headers: textproto.MIMEHeader{"Message-Id": {d.messageID}, "Date": {d.at.Format(time.RFC1123Z)}},
	}
	raw, err := e.Bytes()
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read composed mail: %w", err)
	}
	_, content, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if d.html == "" {
		return &body{
			contentType: parsed.Header.Get("Content-Type"),
			encoding:    parsed.Header.Get("Content-Transfer-Encoding"),
			bytes:       endLine(content),
		}, nil
	}
	_, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("read composed content type: %w", err)
	}
	boundary := boundaryFor(d.messageID)
	content = bytes.ReplaceAll(content, []byte("--"+params["boundary"]), []byte("--"+boundary))
	return &body{contentType: `multipart/alternative; boundary="` + boundary + `"`, bytes: endLine(content)}, nil
}

// boundaryFor returns the separator of the parts. "=_" never occurs in
// quoted-printable text (RFC 2045 section 6.7), so no content can imitate it.
func boundaryFor(messageID string) string {
	sum := sha256.Sum256([]byte(messageID))
	return "=_" + hex.EncodeToString(sum[:16])
}

func endLine(b []byte) []byte {
	if bytes.HasSuffix(b, []byte("\r\n")) {
		return b
	}
	return append(b, "\r\n"...)
}

// head writes the header fields in one fixed order, and the empty line.
func (d *draft) head(contentType, encoding string) []byte {
	var b bytes.Buffer
	for _, f := range d.fields() {
		writeField(&b, f.name, f.value)
	}
	writeField(&b, "MIME-Version", "1.0")
	writeField(&b, "Content-Type", contentType)
	if encoding != "" {
		writeField(&b, "Content-Transfer-Encoding", encoding)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

type field struct{ name, value string }

// fields returns what this program says about the mail. Auto-Submitted keeps
// vacation programs from answering (RFC 3834 section 5.2).
func (d *draft) fields() []field {
	fields := []field{
		{"Date", d.at.Format(time.RFC1123Z)},
		{"From", formatAddress(d.from)},
	}
	if d.replyTo != nil {
		fields = append(fields, field{"Reply-To", formatAddress(*d.replyTo)})
	}
	return append(fields,
		field{"To", formatAddress(d.to)},
		field{"Message-ID", d.messageID},
		field{"Subject", encodeText(d.subject)},
		field{"Content-Language", d.language},
		field{"Auto-Submitted", "auto-generated"},
	)
}
