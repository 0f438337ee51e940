package main_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A practitioner rehearses a lost device: she does on the usual pages what she
// would do, nothing leaves, her own register says no more than that she practised,
// her lists do not change, and the score says what went well. The next drill, in
// which she does nothing, is compared with it.
func TestStoryOfADrill(t *testing.T) {
	d := startDemo(t)
	r := newPlainReader(t, d.BaseURL)
	p := &person{visitor: r, t: t, disturb: func() {}}
	p.logIn(d)
	before := d.footprint(r)
	r.open("/drills")
	p.fill("Wat wilt u oefenen?", "\"><script>")
	p.click("Begin de oefening")
	if r.status != 422 {
		t.Fatalf("an unknown kind of breach answered %d", r.status)
	}

	begin(p, "lost-device")
	home := r.path()
	p.sees("Dit is een oefening. Niemand krijgt echt bericht.", "De oefening is begonnen", "OEFENING")
	if after := d.footprint(nil); after != before.without() {
		t.Errorf("the API of the practice tells of the drill:\n%s\nbefore:\n%s", after, before.without())
	}
	for _, closed := range []string{"/register", "/register/export?format=csv", "/report", "/settings", "/doctor", "/clients/import", "/processors"} {
		r.open(closed)
		p.sees("Deze pagina hoort niet bij de oefening", "Dit is een oefening.")
	}
	playDrill(p, home)
	r.open("/drills")
	p.click("Bekijk de e-mail die is tegengehouden")
	p.sees("tegengehouden, oefening", "client01@oefening.example")
	r.open("/drills")
	p.click("Stop en bekijk hoe het ging")
	p.sees("Hoe ging de oefening?", "Op tijd: ", "In uw register staat alleen dat u oefende.")
	first := r.words()
	if strings.Contains(first, "Dit is een oefening. Niemand krijgt echt bericht.") {
		t.Error("the drill is over, and the page still says that it is one")
	}
	d.leftAlone(r, before)

	begin(p, "lost-device")
	d.moveClock(time.Hour) // ten times the law's term at this pace
	await(t, "every warning of the drill was held back", func() error {
		r.open("/drills")
		r.click("Bekijk de e-mail die is tegengehouden")
		if n := strings.Count(r.words(), "tegengehouden, oefening"); n < 6 {
			return errNot("%d mails were held back", n)
		}
		return nil
	})
	r.open(strings.TrimSuffix(r.path(), "mail") + "drop")
	p.sees("De oefening loopt nog.") // instead of a question
	r.open("/drills")
	p.click("Stop en bekijk hoe het ging")
	p.sees("0 % goed", "De vorige keer ging beter", "minder goed dan de vorige keer")
	second := r.path()
	d.leftAlone(r, before)
	r.open(second)
	p.click("Verwijder deze oefening")
	p.sees("Aan iets echts komt dit niet")
	await(t, "the drill is deleted", func() error { // the workers may still write its last lines down
		if r.click("Verwijder de oefening"); r.status != http.StatusOK {
			return errNot("it answered %d", r.status)
		}
		return nil
	})
	p.sees("De oefening is verwijderd. Aan iets echts is niets veranderd.", "Eerdere oefeningen", "goed")
	if r.open(second); r.status != http.StatusNotFound {
		t.Errorf("the deleted drill answers %d", r.status)
	}
	d.leftAlone(r, before)
	await(t, "the register says that she practised", func() error {
		var got []string
		for _, e := range d.log() {
			if ofDrill(e) {
				got = append(got, e.Kind)
			}
		}
		if want := []string{"drill.started", "drill.ended", "drill.started", "drill.ended", "drill.removed"}; !slices.Equal(got, want) {
			return errNot("%q, want %q", got, want)
		}
		return nil
	})
}

// ofDrill reports whether an entry says that somebody practised.
func ofDrill(e entry) bool { return strings.HasPrefix(e.Kind, "drill.") }

// begin starts a drill of a kind; "" takes the one that the page proposes.
func begin(p *person, kind string) {
	p.t.Helper()
	p.open("/")
	p.click("Oefen een datalek")
	p.sees("alle e-mail wordt tegengehouden")
	if kind != "" {
		p.fill("Wat wilt u oefenen?", kind)
	}
	p.choose("720 keer zo snel")
	p.click("Begin de oefening")
}

// playDrill tells the clients and decides, on the pages of every breach.
func playDrill(p *person, home string) {
	p.t.Helper()
	p.open(home)
	p.awaits("mensen")
	p.open(home + "/notices")
	p.awaits("18 per e-mail")
	p.click("Cliënten in begeleiding")
	p.click("Verder: ")
	p.click("Verstuur ")
	p.awaits("18 van 21 lezers weten het")
	p.sees("Tegengehouden (oefening)")
	p.open(home + "/authority/decision")
	p.fill("Uw reden", "Verzonnen.")
	p.click("Leg vast: niet melden")
}

// whenMade is what an export says of who made it and when, of drills, and of the
// heads that stand over all of the register.
var whenMade = regexp.MustCompile(`"made":{[^}]*}|Gemaakt door [^"]* tijd|,{"seq":\d+,"id":"[^"]*","incident":"","subject":"[^"]*","kind":"drill\.[^{}]*({[^{}]*})?[^{}]*}|"heads":\[.*`)

// footprint is all that an outsider sees of a practice: its cases, its register,
// the mail that left, and what it may export.
type footprint struct{ data, pages string }

func (f footprint) without() footprint { f.pages = ""; return f }

func (d *demo) footprint(r *plainReader) footprint {
	d.t.Helper()
	var f footprint
	f.data = fmt.Sprintf("register %+v\n", slices.DeleteFunc(d.log(), ofDrill))
	for _, path := range []string{"/incidents", "/clients?limit=500", "/systems", "/processors", "/annual-report", "/reports?state=all", "/questions"} {
		status, body := d.raw("GET", d.BaseURL+"/api/v1"+path, nil, "Authorization", "Bearer "+d.APIToken)
		if status != http.StatusOK {
			d.t.Fatalf("%s answered %d: %s", path, status, body)
		}
		f.data += path + " " + string(body) + "\n"
	}
	for _, m := range d.mails() {
		f.data += "mail " + m.To + "\n"
	}
	if r != nil {
		for _, path := range []string{"/register/export?format=json", "/register/export?format=csv", "/clients", "/incidents"} {
			r.open(path)
			if f.pages += path + " " + whenMade.ReplaceAllString(r.words(), ""); strings.Contains(path, "export") {
				f.pages += whenMade.ReplaceAllString(r.body, "")
			}
		}
	}
	return f
}

// leftAlone compares the practice with what it was: no mail left, nothing was added.
func (d *demo) leftAlone(r *plainReader, before footprint) {
	d.t.Helper()
	await(d.t, "the pages know that the keeper follows the moved clock", func() error {
		if r.open("/clients"); strings.Contains(r.words(), "bewaker van de termijnen") {
			return errNot("they say that it is silent")
		}
		return nil
	})
	if after := d.footprint(r); after != before {
		d.t.Errorf("the drill left something behind:\n%s\nbefore:\n%s", after, before)
	}
	if n := len(d.mails()); n != 0 {
		d.t.Errorf("%d mails reached the mail server", n)
	}
}
