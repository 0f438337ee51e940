package intake_test

import (
	"testing"
	"time"

	"datalek/incidents"
	"datalek/web/intake"
	"datalek/web/page"
	"datalek/web/webtest"
)

// The pages of suppliers' mail say how the practice's own folder in the mailbox
// fares, and nothing about another's.
func TestThePagesSayHowTheFolderOfSuppliersMailFares(t *testing.T) {
	const setting = "suppliers/box"
	for _, tt := range []struct {
		name, noted  string
		form, list   []string // what the pages say
		never, quiet string   // what the form, and the list, do not say
	}{
		{"no folder is read", ``, nil, nil, "Mail uit de mailbox", "de mailbox"},
		{"one was read once, and is not any more", `{}`, nil, nil, "Mail uit de mailbox", "de mailbox"},
		{"another practice's", `{"folder":"Post","practice":"p2","read_at":"2027-03-05T16:41:00Z","written":"2027-03-05T16:41:00Z","took":3}`, nil, nil, "Mail uit de mailbox", "Post"},
		{"nothing came yet", `{"folder":"Post","practice":"p1","read_at":"2027-03-05T16:41:00Z","written":"2027-03-05T16:41:00Z"}`,
			[]string{"Mail uit de mailbox", "We lezen ook de map Post in de mailbox. Voor het laatst gelezen: vr 5 mrt 2027, 17.41 uur", "Uit die map kwam nog geen mail."}, nil, "niet lukte", "de map"},
		{"three came, and it failed before", `{"folder":"Post","practice":"p1","read_at":"2027-03-05T16:41:00Z","written":"2027-03-05T16:41:00Z","took":3,"took_at":"2027-03-05T12:00:00Z","failed_at":"2027-03-04T08:00:00Z","place":"login"}`,
			[]string{"Uit die map kwamen 3 mails, de laatste op vr 5 mrt 2027, 13.00 uur", "De laatste keer dat lezen niet lukte: do 4 mrt 2027, 09.00 uur"}, nil, "inlog", "de map"},
		{"the login is refused", `{"folder":"Post","practice":"p1","read_at":"2027-03-05T08:00:00Z","failing":"2027-03-05T09:00:00Z","failed_at":"2027-03-05T16:40:00Z","written":"2027-03-05T16:40:00Z","refused":true,"place":"login","took":1,"took_at":"2027-03-05T08:00:00Z"}`,
			[]string{"De map Post in de mailbox is niet te lezen sinds vr 5 mrt 2027, 10.00 uur", "neemt onze inlog niet aan", "Voor het laatst gelezen: vr 5 mrt 2027, 09.00 uur", "Uit die map kwam 1 mail, op vr 5 mrt 2027, 09.00 uur"},
			[]string{"De map Post in de mailbox is niet te lezen sinds vr 5 mrt 2027, 10.00 uur", "Wat is er met de map?"}, "We lezen ook", "Uit die map"},
		{"nobody looked for an hour", `{"folder":"<b>","practice":"p1","read_at":"2027-03-05T15:41:00Z","written":"2027-03-05T15:41:00Z"}`,
			[]string{"Naar de map <b> in de mailbox is niet meer gekeken sinds vr 5 mrt 2027, 16.41 uur", "of het programma goed draait"}, []string{"is niet meer gekeken"}, "We lezen ook", "de map ab"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.site = w.Serve(page.Options{}, intake.New(intake.Options{Store: w.Store, Office: w.Office, Book: w.Book, Now: w.Now, NewID: w.NewID, BoxSetting: setting}))
			if tt.noted != "" {
				w.ok(w.store.PutSetting(t.Context(), setting, []byte(tt.noted), 0))
			}
			v := webtest.NewVisitor(t, w.site)
			v.LogIn("user-p1", "p1")
			form, list := v.Get("/triage/mail").Body, v.Get("/triage").Body
			webtest.Wants(t, form, tt.form...)
			webtest.Wants(t, list, tt.list...)
			webtest.Lacks(t, form, tt.never)
			webtest.Lacks(t, list, tt.quiet)
		})
	}
	for place := range map[string]bool{"connect": true, "tls": true, "login": true, "folder": true, "keep": true} { // each place has words
		w := newWorld(t)
		w.site = w.Serve(page.Options{}, intake.New(intake.Options{Store: w.Store, Office: w.Office, Book: w.Book, Now: w.Now, NewID: w.NewID, BoxSetting: setting}))
		w.ok(w.store.PutSetting(t.Context(), setting, []byte(`{"folder":"Post","practice":"p1","failing":"2027-03-05T09:00:00Z","written":"`+friday.Add(-time.Minute).Format(time.RFC3339)+`","place":"`+place+`"}`), 0))
		v := webtest.NewVisitor(t, w.site)
		v.LogIn("user-p1", "p1")
		webtest.Lacks(t, v.Get("/triage").Body, "intake.box")
	}
}

// Of mail that it cannot read a mail server may give nothing: each one in the folder
// is a report all the same, once.
func TestMailsOfWhichNothingCanBeSeenAreEachAReport(t *testing.T) {
	w := newWorld(t)
	p, err := w.Store.Practice(t.Context(), "p1")
	w.ok(err)
	keep := func(raw, place string) (string, bool) {
		r, fresh, err := w.Office.KeepMailAt(t.Context(), p, []byte(raw), place, incidents.System())
		w.ok(err)
		return r.ID, fresh
	}
	one, fresh := keep("", "box/1/3")
	two, freshToo := keep("\r\n\r\n", "box/1/5")
	if !fresh || !freshToo || one == two {
		t.Errorf("two mails are the reports %s and %s", one, two)
	}
	if again, fresh := keep("", "box/1/3"); fresh || again != one {
		t.Errorf("the same mail again is the report %s, want %s", again, one)
	}
	told, _ := keep(supplierMail, "box/1/6")
	if again, fresh := keep(supplierMail, "box/1/7"); fresh || again != told {
		t.Errorf("a copy at another place is the report %s, want %s", again, told)
	}
}
