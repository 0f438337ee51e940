package devstack

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// View is a message as a mail program shows it. Text and HTML are as the
// sender wrote them: whoever shows the HTML must keep it in a sandbox.
type View struct {
	Subject   string
	From      string
	To        string
	Date      time.Time // zero when there is none to read
	Language  string    // Content-Language
	MessageID string
	Text      string
	HTML      string
}

const (
	maxDepth = 4       // multiparts inside each other
	maxPart  = 1 << 20 // bytes of one part that are shown
)

// View reads the message as far as it can be read. What cannot be read as a
// mail at all is shown as its text.
func (m Message) View() View {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return View{From: m.From, To: strings.Join(m.To, ", "), Text: valid(m.Raw)}
	}
	h := parsed.Header
	v := View{
		Subject:   decodeWords(h.Get("Subject")),
		From:      people(h.Get("From")),
		To:        people(h.Get("To")),
		Language:  h.Get("Content-Language"),
		MessageID: h.Get("Message-Id"),
	}
	if date, err := h.Date(); err == nil {
		v.Date = date.UTC()
	}
	v.read(h.Get, parsed.Body, 0)
	return v
}

// read takes the first plain and the first HTML part, wherever they stand.
func (v *View) read(header func(string) string, r io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") {
		v.readParts(multipart.NewReader(r, params["boundary"]), depth+1)
		return
	}
	content, err := io.ReadAll(io.LimitReader(decodeTransfer(header("Content-Transfer-Encoding"), r), maxPart))
	if err != nil && len(content) == 0 {
		return
	}
	text := decodeCharset(params["charset"], content)
	switch {
	case kind == "text/plain" && v.Text == "":
		v.Text = text
	case kind == "text/html" && v.HTML == "":
		v.HTML = text
	}
}

func (v *View) readParts(parts *multipart.Reader, depth int) {
	if depth > maxDepth {
		return
	}
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return
		}
		v.read(part.Header.Get, part, depth)
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

func decodeCharset(charset string, b []byte) string {
	if !strings.EqualFold(charset, "iso-8859-1") {
		return valid(b)
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
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
	return strings.Join(shown, ", ")
}

func decodeWords(s string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return decoded
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
