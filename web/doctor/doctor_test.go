package doctor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datalek/incidents/tenant"
	"datalek/web/doctor"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/webtest"
)

var noon = time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)

func TestThePageSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	w := webtest.NewWorld(t, noon)
	p := w.NewPractice("practice-1")
	w.Open(p, "user-1")
	var asked string
	site := w.Serve(page.Options{}, doctor.New(doctor.Options{Look: func(_ context.Context, practice tenant.ID) (time.Time, []doctor.Finding, error) {
		asked = string(practice)
		return noon, []doctor.Finding{
			{Check: "mail", State: "well", Code: "mail_well", Blanks: []any{"server", "mail.example:587"}},
			{Check: "dmarc", Subject: "praktijk.example", State: "unwell", Code: "dmarc_missing", Blanks: []any{"domain", "praktijk.example"}},
			{Check: "store", State: "unwell", Code: "store_down", Detail: "<b>disk</b> full"},
		}, nil
	}}))
	v := webtest.NewVisitor(t, site)
	if answer := v.Get("/doctor"); answer.StatusCode != 303 || asked != "" {
		t.Errorf("a stranger gets %d, and %q was looked at", answer.StatusCode, asked)
	}
	v.LogIn("user-1", p.ID)
	answer := v.Get("/doctor")
	webtest.Wants(t, answer.Body, "Is alles in orde?", "mail.example:587 laat ons binnen", "niet in orde", "praktijk.example zegt niet wat er met valse e-mail moet gebeuren",
		"Zet in DNS onder _dmarc.praktijk.example", "&lt;b&gt;disk&lt;/b&gt; full")
	v.Get("/doctor?taal=en")
	english := v.Get("/doctor").Body
	webtest.Wants(t, english, "Is everything well?", "not well", "In the own words of the server or the system:")
	if !strings.Contains(english, `<q lang="">&lt;b&gt;disk`) {
		t.Error("what the system said has the page's language")
	}
	if tenant.ID(asked) != p.ID {
		t.Errorf("looked at %q, want the visitor's own practice", asked)
	}
}

// The return address is tried by a button, which stands there until it is proven.
func TestTheReturnAddressIsTriedByAButton(t *testing.T) {
	w := webtest.NewWorld(t, noon)
	p := w.NewPractice("practice-1")
	w.Open(p, "user-1")
	proven := ""
	found := func() doctor.Finding {
		if proven != "" {
			return doctor.Finding{Check: "envelope", State: "well", Code: "envelope_well", Blanks: []any{"address", "bounces@host.example"}}
		}
		return doctor.Finding{Check: "envelope", State: "unchecked", Code: "envelope_untried", Blanks: []any{"address", "bounces@host.example"}}
	}
	site := w.Serve(page.Options{}, doctor.New(doctor.Options{
		Look: func(context.Context, tenant.ID) (time.Time, []doctor.Finding, error) {
			return noon, []doctor.Finding{found()}, nil
		},
		Prove: func(_ context.Context, practice tenant.ID) error { proven = string(practice); return nil },
	}))
	v := webtest.NewVisitor(t, site)
	v.LogIn("user-1", p.ID)
	webtest.Wants(t, v.Get("/doctor").Body, "Niemand heeft nog geprobeerd", "Probeer het retouradres")
	if answer := v.Post("/doctor/envelope", nil); answer.StatusCode != 303 || tenant.ID(proven) != p.ID {
		t.Errorf("answered %d, proven for %q", answer.StatusCode, proven)
	}
	body := v.Get("/doctor").Body
	webtest.Wants(t, body, "E-mail mag weg onder bounces@host.example en komt daar ook aan.")
	if strings.Contains(body, "Probeer het retouradres") {
		t.Error("what is proven can be tried again")
	}
}

// Every code has its words in each language, and what to do unless all is well.
func TestEveryFindingHasWords(t *testing.T) {
	words, err := page.LoadWords(locales.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"slow", "store_busy", "keys_away", "keys_turning", "keys_turning_unknown", "disk_elsewhere", "bus_own", "mail_none", "mail_setup", "senders_none", "dns_silent",
		"mailbox_setup", "mailbox_connect", "mailbox_tls", "mailbox_login", "mailbox_folder", "envelope_none", "envelope_untried", "envelope_unread", "envelope_refused",
		"envelope_changed", "envelope_later", "envelope_waiting", "envelope_unseen"} {
		for _, lang := range page.Languages() {
			for _, key := range []string{"doctor." + code, "doctor." + code + "_do"} {
				if _, known := words.Lookup(lang, key); !known {
					t.Errorf("%s is not there in %s", key, lang)
				}
			}
		}
	}
}
