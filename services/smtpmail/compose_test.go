package smtpmail_test

import (
	"bytes"
	"errors"
	"flag"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/smtpmail"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var sent = time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)

// notice is a mail that passes every guard.
func notice() incidents.Mail {
	return incidents.Mail{
		MessageID: "0196-dlv.1",
		From:      incidents.Address{Name: "Zoë van Dijk", Email: "zoe@vandijk.example"},
		To:        incidents.Address{Email: "klant@example.nl"},
		Subject:   "Bericht over één e-mail met uw gegevens",
		Text:      "Goedendag,\n\nOp maandag 8 maart is één e-mail naar de verkeerde persoon gegaan.\nHet spijt mij.\n\nZoë van Dijk\n06 12345678\n",
		HTML:      "<h1>Bericht over uw gegevens</h1>\n<p>Op maandag 8 maart is één e-mail naar de verkeerde persoon gegaan.</p>\n<p>Het spijt mij. Bel <a href=\"tel:+31612345678\">06 12345678</a>.</p>",
		Language:  "nl",
		At:        sent,
	}
}

func compose(t *testing.T, m incidents.Mail) []byte {
	t.Helper()
	raw, err := smtpmail.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	// Golden files have LF ends, so that they survive any checkout.
	got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestWholeMessages(t *testing.T) {
	t.Run("a Dutch notice has both forms", func(t *testing.T) {
		golden(t, "notice.nl.eml", compose(t, notice()))
	})
	t.Run("plain text alone, answered to somebody else", func(t *testing.T) {
		m := notice()
		m.From.Name = `Dijk, "Z." van`
		m.To.Name = "Jansen, Renée"
		m.ReplyTo = incidents.Address{Name: "Secretariaat Zoë", Email: "post@münchen.example"}
		m.Subject = "A message about your data"
		m.Language, m.HTML = "en", ""
		golden(t, "plain.en.eml", compose(t, m))
	})
}

func TestTheSameMailIsTheSameBytes(t *testing.T) {
	first := compose(t, notice())
	for range 20 {
		if !bytes.Equal(first, compose(t, notice())) {
			t.Fatal("a repeat differs")
		}
	}
}

func TestGuardsRefuse(t *testing.T) {
	const secret = "geheim-persoon"
	for _, tt := range []struct {
		name  string
		spoil func(*incidents.Mail)
		field string
	}{
		{"a line break in the sender's name", func(m *incidents.Mail) { m.From.Name = secret + "\r\nBcc: x@evil.example" }, "from.name"},
		{"a line break in the recipient's name", func(m *incidents.Mail) { m.To.Name = secret + "\nX: y" }, "to.name"},
		{"a lone CR in a name", func(m *incidents.Mail) { m.To.Name = secret + "\rx" }, "to.name"},
		{"a zero byte in a name", func(m *incidents.Mail) { m.To.Name = secret + "\x00" }, "to.name"},
		{"a line separator in a name", func(m *incidents.Mail) { m.To.Name = secret + "\u2028x" }, "to.name"},
		{"a turned direction in a name", func(m *incidents.Mail) { m.From.Name = secret + "\u202egnp.exe" }, "from.name"},
		{"broken UTF-8 in a name", func(m *incidents.Mail) { m.From.Name = secret + "\xff" }, "from.name"},
		{"a name that has no end", func(m *incidents.Mail) { m.From.Name = strings.Repeat("a", 129) }, "from.name"},
		{"a line break in an address", func(m *incidents.Mail) { m.To.Email = secret + "@example.nl\r\nBcc: x@evil.example" }, "to.email"},
		{"two addresses", func(m *incidents.Mail) { m.To.Email = secret + "@example.nl, b@example.nl" }, "to.email"},
		{"an address with a name in it", func(m *incidents.Mail) { m.To.Email = "x <" + secret + "@example.nl>" }, "to.email"},
		{"an address in brackets", func(m *incidents.Mail) { m.To.Email = "<" + secret + "@example.nl>" }, "to.email"},
		{"a comment in an address", func(m *incidents.Mail) { m.To.Email = secret + "@example.nl (x)" }, "to.email"},
		{"a quoted local part", func(m *incidents.Mail) { m.To.Email = `"` + secret + ` x"@example.nl` }, "to.email"},
		{"a group", func(m *incidents.Mail) { m.To.Email = "all: " + secret + "@example.nl;" }, "to.email"},
		{"an encoded word as an address", func(m *incidents.Mail) { m.To.Email = "=?utf-8?q?a=0D=0ABcc:x?=" }, "to.email"},
		{"a letter beyond ASCII before the @", func(m *incidents.Mail) { m.To.Email = secret + "é@example.nl" }, "to.email"},
		{"a domain of nothing", func(m *incidents.Mail) { m.To.Email = secret + "@" }, "to.email"},
		{"a domain with an underscore", func(m *incidents.Mail) { m.To.Email = secret + "@ex_ample.nl" }, "to.email"},
		{"a domain of numbers in brackets", func(m *incidents.Mail) { m.To.Email = secret + "@[127.0.0.1]" }, "to.email"},
		{"a label that is too long", func(m *incidents.Mail) { m.To.Email = secret + "@" + strings.Repeat("a", 64) + ".nl" }, "to.email"},
		{"a local part that is too long", func(m *incidents.Mail) { m.To.Email = secret + strings.Repeat("a", 60) + "@example.nl" }, "to.email"},
		{"no recipient", func(m *incidents.Mail) { m.To = incidents.Address{} }, "to.email"},
		{"no sender", func(m *incidents.Mail) { m.From.Email = "" }, "from.email"},
		{"a bad address to reply to", func(m *incidents.Mail) { m.ReplyTo.Email = secret }, "reply_to.email"},
		{"a name alone to reply to", func(m *incidents.Mail) { m.ReplyTo.Name = secret }, "reply_to.email"},
		{"a line break in the subject", func(m *incidents.Mail) { m.Subject = secret + "\r\nTo: x@evil.example" }, "subject"},
		{"a tab in the subject", func(m *incidents.Mail) { m.Subject = secret + "\tx" }, "subject"},
		{"no subject", func(m *incidents.Mail) { m.Subject = "  " }, "subject"},
		{"a line break in the message id", func(m *incidents.Mail) { m.MessageID = secret + "\r\n" }, "message_id"},
		{"an @ in the message id", func(m *incidents.Mail) { m.MessageID = secret + "@x" }, "message_id"},
		{"no message id", func(m *incidents.Mail) { m.MessageID = "" }, "message_id"},
		{"a line break in the language", func(m *incidents.Mail) { m.Language = "nl\r\nBcc: x@evil.example" }, "language"},
		{"a quote in the language", func(m *incidents.Mail) { m.Language = `nl"><script>` }, "language"},
		{"no language", func(m *incidents.Mail) { m.Language = "" }, "language"},
		{"no words", func(m *incidents.Mail) { m.Text = "\n" }, "text"},
		{"an escape in the words", func(m *incidents.Mail) { m.Text = secret + "\x1b[2J" }, "text"},
		{"broken UTF-8 in the HTML", func(m *incidents.Mail) { m.HTML = secret + "\xff" }, "html"},
		{"a remote image", func(m *incidents.Mail) { m.HTML = `<p>` + secret + `<img src="https://x.example/p.gif">` }, "html"},
		{"a script", func(m *incidents.Mail) { m.HTML = `<script>` + secret + `</script>` }, "html"},
		{"a handler", func(m *incidents.Mail) { m.HTML = `<p ONCLICK="` + secret + `">` }, "html"},
		{"a link that runs", func(m *incidents.Mail) { m.HTML = `<a href="javascript:` + secret + `">x</a>` }, "html"},
		{"style that loads", func(m *incidents.Mail) { m.HTML = `<p style="background:URL(https://x.example)">` + secret }, "html"},
		{"a style sheet that loads", func(m *incidents.Mail) { m.HTML = `<style>@import "x";</style>` + secret }, "html"},
		{"a page that leads elsewhere", func(m *incidents.Mail) { m.HTML = `<meta http-equiv=refresh content="0;url=x">` + secret }, "html"},
		{"no date", func(m *incidents.Mail) { m.At = time.Time{} }, "at"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := notice()
			tt.spoil(&m)
			raw, err := smtpmail.Compose(m)
			var f *fault.Error
			if !errors.As(err, &f) || !errors.Is(err, fault.Invalid) {
				t.Fatalf("composed %q, %v; want an invalid %s", raw, err, tt.field)
			}
			if f.Field != tt.field || f.Key == "" {
				t.Errorf("fault at %q with key %q, want %q", f.Field, f.Key, tt.field)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "evil") {
				t.Errorf("the fault tells what stood there: %v", err)
			}
		})
	}
}

func TestNamesAndSubjectsArriveAsTyped(t *testing.T) {
	for _, text := range []string{
		"Jansen", "Jansen, P.", "Jansén, P.", `O'Neill "Bob" \ Co`, "Praktijk (oud)", "a@b.example", "Groep: x; y",
		"日本語の名前", "👩‍⚕️ Praktijk", "=?utf-8?q?nep?=", "=?x", "Zoë", "dots . and , commas", "Müller & Zn. <x>",
		strings.Repeat("é", 120), strings.Repeat("woord ", 19) + "einde", strings.Repeat("x", 120),
		strings.Repeat("é à ", 29) + "ü", "Message : «oui»",
	} {
		m := notice()
		m.From.Name, m.To.Name, m.Subject = text, text, text
		m.ReplyTo = incidents.Address{Name: text, Email: "post@vandijk.example"}
		raw := compose(t, m)
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"From", "To", "Reply-To"} {
			list, err := parsed.Header.AddressList(field)
			if err != nil || len(list) != 1 || list[0].Name != text {
				t.Errorf("%s of %q reads %v, %v", field, text, list, err)
			}
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); got != text || err != nil {
			t.Errorf("subject %q reads %q, %v", text, got, err)
		}
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if len(line) > 78 && strings.Count(strings.TrimSpace(line), " ") > 1 {
				t.Errorf("not folded: %q", line)
			}
		}
	}
}

func TestALongSubjectIsCutAndFolded(t *testing.T) {
	for _, word := range []string{"lang ", "länger "} {
		m := notice()
		m.Subject = strings.Repeat(word, 300)
		got := show(t, compose(t, m)).subject
		if n := len([]rune(got)); n > 120 || n < 110 || !strings.HasSuffix(got, "…") {
			t.Errorf("subject of %d runes: %q", n, got)
		}
	}
}

func TestDomainsTravelInASCII(t *testing.T) {
	m := notice()
	m.To.Email = "Klant.Een+x@Bücher.EXAMPLE"
	m.From.Email = "zoë@example.nl"
	if _, err := smtpmail.Compose(m); !errors.Is(err, fault.Invalid) {
		t.Errorf("composed from a local part beyond ASCII: %v", err)
	}
	m.From.Email = "zoe@praktijk-zoë.example"
	v := show(t, compose(t, m))
	if v.to != "Klant.Een+x@xn--bcher-kva.example" {
		t.Errorf("to = %s", v.to)
	}
	if v.messageID != "<0196-dlv.1@xn--praktijk-zo-9bb.example>" {
		t.Errorf("message id = %s", v.messageID)
	}
}

func TestTheWordsArriveUnchanged(t *testing.T) {
	m := notice()
	m.Text = ".begin met een punt\n\n" + strings.Repeat("één heel lange regel ", 80) + "\n--=_\nFrom: niemand\n\teind = 1  \n"
	m.HTML = "<p>" + strings.Repeat("één ", 600) + "</p>"
	v := show(t, compose(t, m))
	if diff := cmp.Diff(m.Text, strings.ReplaceAll(v.text, "\r\n", "\n")); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if !strings.Contains(v.html, m.HTML) {
		t.Error("the HTML lost something")
	}
}

func TestHTMLNamesItsLanguage(t *testing.T) {
	for _, tt := range []struct{ name, html, want string }{
		{"a fragment gets a page", "<p>Dag</p>", "<html lang=\"nl-BE\">"},
		{"a page gets the language", "<!DOCTYPE html><HTML class=\"x\"><body>Dag</body></HTML>", "<HTML lang=\"nl-BE\" class=\"x\">"},
		{"a page keeps its own", `<html lang="fr"><body>Dag</body></html>`, `<html lang="fr">`},
		{"a page keeps its style and links", `<html lang="nl"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>p{color:red}</style></head><p><a href="mailto:a@b.example">x</a>`, `<style>p{color:red}</style>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := notice()
			m.Language, m.HTML = "nl-BE", tt.html
			got := show(t, compose(t, m)).html
			if !strings.Contains(got, tt.want) || strings.Count(strings.ToLower(got), "<html") != 1 {
				t.Errorf("HTML = %s, want %s in it", got, tt.want)
			}
		})
	}
}

func TestATitleCannotBreakThePage(t *testing.T) {
	m := notice()
	m.Subject = `</title><script>x</script>`
	if got := show(t, compose(t, m)).html; strings.Contains(got, "<script") {
		t.Errorf("HTML = %s", got)
	}
}
