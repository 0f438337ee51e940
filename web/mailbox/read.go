package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// message is a mail as a mail program shows it. Text and HTML are as the sender
// wrote them.
type message struct {
	Subject string
	From    string
	To      string
	Headers map[string][]string // decoded, by canonical name
	Text    string
	HTML    string
}

const (
	maxDepth = 4       // multiparts inside each other
	maxParts = 50      // of one multipart
	maxPart  = 1 << 20 // bytes of one part that are shown
)

// read reads a mail as far as it can be read. What cannot be read as a mail at
// all is shown as its text.
func read(m Caught) message {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return message{From: m.From, To: strings.Join(m.To, ", "), Headers: map[string][]string{}, Text: valid(m.Raw)}
	}
	shown := message{Headers: map[string][]string{}}
	for name, values := range parsed.Header {
		for _, v := range values {
			shown.Headers[valid([]byte(name))] = append(shown.Headers[valid([]byte(name))], decodeWords(v))
		}
	}
	h := textproto.MIMEHeader(parsed.Header)
	shown.Subject, shown.From, shown.To = decodeWords(h.Get("Subject")), people(h.Get("From")), people(h.Get("To"))
	shown.take(h, parsed.Body, 0)
	return shown
}

// take keeps the first plain and the first HTML part, wherever they stand.
func (s *message) take(h textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") {
		s.takeParts(multipart.NewReader(body, params["boundary"]), depth+1)
		return
	}
	content, err := io.ReadAll(io.LimitReader(decodeTransfer(h.Get("Content-Transfer-Encoding"), body), maxPart))
	if err != nil && len(content) == 0 {
		return
	}
	text := decodeCharset(params["charset"], content)
	switch {
	case kind == "text/plain" && s.Text == "":
		s.Text = strings.ReplaceAll(text, "\r\n", "\n")
	case kind == "text/html" && s.HTML == "":
		s.HTML = text
	}
}

func (s *message) takeParts(parts *multipart.Reader, depth int) {
	if depth > maxDepth {
		return
	}
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			return
		}
		s.take(part.Header, part, depth)
	}
}

func decodeTransfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}

// decodeCharset returns the text in UTF-8; an unknown charset is taken for it.
func decodeCharset(charset string, b []byte) string {
	if known := oldCharset(charset); known != nil {
		if decoded, err := known.NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	return valid(b)
}

// oldCharset returns the table of a charset that Western mail still comes in,
// nil for every other.
func oldCharset(name string) *charmap.Charmap {
	switch strings.ToLower(name) {
	case "iso-8859-1", "latin1", "windows-1252":
		return charmap.Windows1252 // what browsers read for both (WHATWG Encoding)
	case "iso-8859-15":
		return charmap.ISO8859_15
	}
	return nil
}

// people writes an address list with its names decoded.
func people(list string) string {
	addresses, err := mail.ParseAddressList(list)
	if err != nil {
		return decodeWords(list)
	}
	var shown []string
	for _, a := range addresses {
		if a.Name == "" {
			shown = append(shown, a.Address)
		} else {
			shown = append(shown, a.Name+" <"+a.Address+">")
		}
	}
	return valid([]byte(strings.Join(shown, ", ")))
}

func decodeWords(s string) string {
	decoder := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		known := oldCharset(charset)
		if known == nil {
			return nil, fmt.Errorf("charset %q is not known", charset)
		}
		return known.NewDecoder().Reader(r), nil
	}}
	decoded, err := decoder.DecodeHeader(s)
	if err != nil {
		decoded = s
	}
	return valid([]byte(decoded))
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
