package smtpmail

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/mail"
)

// errReadBack says that the composed bytes do not read as what was asked for.
var errReadBack = errors.New("composed mail does not read back as it was meant")

// readBack reads the composed bytes as a stranger's mail program would and
// compares: exactly the fields that were written, each once, one person in To
// and that the right one, and no line too long. It is the last guard before a
// mail leaves; what it refuses is a fault of this program.
func (d *draft) readBack(raw []byte) error {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%w: %w", errReadBack, err)
	}
	if err := d.checkFields(parsed.Header); err != nil {
		return err
	}
	if err := d.checkPeople(parsed.Header); err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != d.subject {
		return fmt.Errorf("%w: subject", errReadBack)
	}
	return checkLines(raw)
}

func (d *draft) checkFields(h mail.Header) error {
	want := map[string]bool{"Mime-Version": true, "Content-Type": true}
	if d.html == "" && !d.encrypted {
		want["Content-Transfer-Encoding"] = true
	}
	for _, f := range d.fields() {
		want[canonical(f.name)] = true
	}
	if len(h) != len(want) {
		return fmt.Errorf("%w: %d header fields instead of %d", errReadBack, len(h), len(want))
	}
	for name, values := range h {
		if !want[name] || len(values) != 1 {
			return fmt.Errorf("%w: an unexpected header field", errReadBack)
		}
	}
	if h.Get("Message-Id") != d.messageID {
		return fmt.Errorf("%w: message id", errReadBack)
	}
	return nil
}

// canonical is the spelling net/mail gives a field name.
func canonical(name string) string {
	if name == "Message-ID" {
		return "Message-Id"
	}
	return name
}

func (d *draft) checkPeople(h mail.Header) error {
	people := map[string]*mail.Address{"From": &d.from, "To": &d.to}
	if d.replyTo != nil {
		people["Reply-To"] = d.replyTo
	}
	for name, want := range people {
		list, err := h.AddressList(name)
		if err != nil || len(list) != 1 || *list[0] != *want {
			return fmt.Errorf("%w: %s", errReadBack, name)
		}
	}
	return nil
}

// checkLines refuses a line over 998 octets and an end of line other than CRLF.
func checkLines(raw []byte) error {
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > hardLimit || bytes.ContainsAny(line, "\r\n") {
			return fmt.Errorf("%w: line ends", errReadBack)
		}
	}
	return nil
}
