package smtpmail_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/emersion/go-message/mail"
)

// shown is a mail as its reader sees it.
type shown struct{ subject, to, messageID, text, html string }

// show reads a mail with a library that had no part in composing it.
func show(t testing.TB, raw []byte) shown {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read the mail: %v", err)
	}
	var s shown
	if s.subject, err = r.Header.Subject(); err != nil {
		t.Fatalf("read the subject: %v", err)
	}
	to, err := r.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		t.Fatalf("the mail is to %v, %v; want one reader", to, err)
	}
	s.to, s.messageID = to[0].Address, r.Header.Get("Message-Id")
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return s
		}
		if err != nil {
			t.Fatalf("read a part: %v", err)
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatalf("read a part's words: %v", err)
		}
		switch kind := part.Header.Get("Content-Type"); {
		case strings.HasPrefix(kind, "text/html"):
			s.html = string(body)
		default:
			s.text = string(body)
		}
	}
}
