package suppliermail_test

import (
	"context"
	"sync"
	"testing"
	"unicode/utf8"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/services/suppliermail"
)

// counter counts the questions that are asked.
type counter struct {
	records
	n *int
}

var counting sync.Mutex

func (c counter) LookupTXT(ctx context.Context, name string) ([]string, error) {
	counting.Lock()
	*c.n++
	counting.Unlock()
	return c.records.LookupTXT(ctx, name)
}

// sound reports what a reading breaks of what holds for each, whatever came in.
func sound(t *testing.T, r incidents.MailReading) {
	t.Helper()
	m := r.Message.Mail
	if m == nil || r.Message.Kind != incidents.MessageUnknown || m.Signing == "" {
		t.Fatalf("reading = %+v", r.Message)
	}
	for name, part := range map[string]struct {
		text        string
		least, most int
	}{
		"text": {r.Text, 1, 8_000}, "title": {r.Message.Title, 0, advisory.MaxTitle}, "from": {m.From, 0, 254}, "from name": {m.FromName, 0, advisory.MaxTitle},
		"domain": {m.Domain, 0, 254}, "message id": {m.MessageID, 0, advisory.MaxReference}, "forwarded by": {m.ForwardedBy, 0, 254},
	} {
		if n := utf8.RuneCountInString(part.text); n < part.least || n > part.most || !utf8.ValidString(part.text) {
			t.Errorf("%s is %d characters, valid %t", name, n, utf8.ValidString(part.text))
		}
	}
	if len(m.Links) > 40 || len(m.Attachments) > 40 || len(m.Signatures) > 5 || len(r.Headers) > len(incidents.MailHeaders()) {
		t.Errorf("%d links, %d attachments, %d signatures, %d headers", len(m.Links), len(m.Attachments), len(m.Signatures), len(r.Headers))
	}
	for _, c := range r.Message.Claims {
		if _, possible := advisory.Past(c.At, told); !possible {
			t.Errorf("%s = %s", c.Name, c.At)
		}
	}
}

// Whatever is pasted or uploaded is shown, never a crash.
func FuzzRead(f *testing.F) {
	f.Add([]byte(plainMail))
	f.Add([]byte(forwarded(plainMail)))
	for _, raw := range broken() {
		if len(raw) < 64<<10 {
			f.Add([]byte(raw))
		}
	}
	f.Add([]byte("Van: a@b.example\nOnderwerp: x\n\nwoorden"))
	r := suppliermail.New(suppliermail.Options{DNS: records{}})
	f.Fuzz(func(t *testing.T, raw []byte) {
		first := r.Read(t.Context(), raw, told)
		sound(t, first)
		if again := r.Read(t.Context(), raw, told); again.Text != first.Text || again.Message.Title != first.Message.Title {
			t.Error("the same bytes are read otherwise the second time")
		}
		g := advisory.GuessFrom(first.Message.Title, first.Text, told.Location(), told)
		if g.From != nil && g.From.After(told.AddDate(0, 0, 1)) || utf8.RuneCountInString(g.Reference) > advisory.MaxReference {
			t.Errorf("guess = %+v", g)
		}
	})
}
