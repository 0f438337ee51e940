package main_test

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// letter is one mail as it was caught.
type letter struct {
	From, To, Subject, MessageID, Language string
	Text                                   string
	Raw                                    string // decoded parts and headers, to search
}

// mails reads every mail the demo caught.
func (d *demo) mails() []letter {
	d.t.Helper()
	names, err := filepath.Glob(filepath.Join(d.dir, "data", "mail", "*.eml"))
	if err != nil {
		d.t.Fatal(err)
	}
	var out []letter
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			d.t.Fatal(err)
		}
		out = append(out, parseLetter(d.t, raw))
	}
	return out
}

// mailsTo returns the caught mails to one address.
func (d *demo) mailsTo(address string) []letter {
	d.t.Helper()
	var out []letter
	for _, m := range d.mails() {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}

// eachOnce leaves out mails that were sent again under their own Message-ID (RFC
// 5322 section 3.6.4): a kill between the server's 250 and its record leaves the
// program no other way.
func eachOnce(list []letter) []letter {
	seen := map[string]bool{}
	var out []letter
	for _, l := range list {
		if !seen[l.MessageID] {
			seen[l.MessageID] = true
			out = append(out, l)
		}
	}
	return out
}

func parseLetter(t testing.TB, raw []byte) letter {
	t.Helper()
	if after, found := bytes.CutPrefix(raw, []byte("X-Caught:")); found {
		_, raw, _ = bytes.Cut(after, []byte("\n"))
	}
	m, err := mail.ReadMessage(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatalf("read mail: %v", err)
	}
	l := letter{From: address(t, m.Header.Get("From")), To: address(t, m.Header.Get("To")), MessageID: m.Header.Get("Message-Id"), Language: m.Header.Get("Content-Language")}
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	for name, values := range m.Header {
		l.Raw += name + ": " + strings.Join(values, " ") + "\n"
	}
	l.read(t, m)
	return l
}

func address(t testing.TB, header string) string {
	t.Helper()
	list, err := mail.ParseAddressList(header)
	if err != nil || len(list) != 1 {
		t.Fatalf("address header %q: %v", header, err)
	}
	return list[0].Address
}

func (l *letter) read(t testing.TB, m *mail.Message) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		l.Text = decoded(t, m.Header.Get("Content-Transfer-Encoding"), m.Body)
		l.Raw += l.Text
		return
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		text := decoded(t, part.Header.Get("Content-Transfer-Encoding"), part)
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			l.Text = strings.ReplaceAll(text, "\r\n", "\n")
		}
		l.Raw += text
	}
}

func decoded(t testing.TB, encoding string, r io.Reader) string {
	t.Helper()
	if strings.EqualFold(encoding, "quoted-printable") {
		r = quotedprintable.NewReader(r)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
