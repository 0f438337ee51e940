package main_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// visitor is somebody at the pages: with a real browser, or with plain form
// posts and no script at all.
type visitor interface {
	open(path string)
	path() string
	words() string
	click(words string)
	choose(label string)
	unfold(words string)
	fill(label, value string)
	fillIn(group, label, value string)
}

// person is a visitor with a test that reads along.
type person struct {
	visitor
	t       *testing.T
	disturb func() // called between every two steps
}

// sees fails unless each of the words stands on the page.
func (p *person) sees(all ...string) {
	p.t.Helper()
	page := squeezed(p.words())
	for _, words := range all {
		if !strings.Contains(page, squeezed(words)) {
			p.t.Fatalf("%s does not say %q:\n%s", p.path(), words, page)
		}
	}
}

// awaits opens the page again and again until it says the words.
func (p *person) awaits(words string) {
	p.t.Helper()
	p.awaitsThat("it says "+words, func(page string) bool { return strings.Contains(page, squeezed(words)) })
}

// awaitsThat opens the page again and again until its words are as wanted.
func (p *person) awaitsThat(what string, wanted func(page string) bool) {
	p.t.Helper()
	at := p.path()
	await(p.t, what+" on "+at, func() error {
		if wanted(squeezed(p.words())) {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
		p.open(at)
		return errNot("%s", p.words())
	})
}

// goesOn presses a button and is disturbed.
func (p *person) goesOn(words string) {
	p.t.Helper()
	p.click(words)
	p.disturb()
}

// fillMoment types day, month, year and time into the group with this legend.
func (p *person) fillMoment(legend string, at time.Time) {
	p.t.Helper()
	p.fillIn(legend, "Dag", strconv.Itoa(at.Day()))
	p.fillIn(legend, "Maand", strconv.Itoa(int(at.Month())))
	p.fillIn(legend, "Jaar", strconv.Itoa(at.Year()))
	p.fillIn(legend, "Tijd", at.Format("15:04"))
}

// logIn comes in by the login page.
func (p *person) logIn(d *demo) {
	p.t.Helper()
	p.open("/login")
	p.fill("E-mailadres", d.Login)
	p.fill("Wachtwoord", d.Password)
	p.click("Log in")
	p.secondStep(d)
	p.sees("Wat moet er nu gebeuren?")
}

// secondStep sets up an app with codes when days without one are over, and types
// its code from then on.
func (p *person) secondStep(d *demo) {
	p.t.Helper()
	switch p.path() {
	case "/settings/account/security":
		p.setUpApp(d)
		p.open("/")
	case "/login/code":
		p.fill("Code uit uw app", p.code(d))
		p.click("Log in")
	}
}

// setUpApp gives the login an app with codes.
func (p *person) setUpApp(d *demo) {
	p.t.Helper()
	p.open("/settings/account/security/app")
	p.unfold("Ik kan het plaatje niet scannen")
	key := regexp.MustCompile(`de app: ([a-z2-7 ]+) of open`).FindStringSubmatch(squeezed(p.words()))
	if key == nil {
		p.t.Fatal("the page shows no key for an app")
	}
	d.appSecret = strings.ToUpper(strings.ReplaceAll(key[1], " ", ""))
	p.fill("Code uit uw app", p.code(d))
	p.click("Zet de app aan")
	p.click("Ik heb ze bewaard")
}

// code is what the app shows now, or next when that was used.
func (p *person) code(d *demo) string {
	p.t.Helper()
	at := d.now()
	if next := d.codeUsed.Add(30 * time.Second); next.After(at) {
		at = next
	}
	d.codeUsed = at
	code, err := totp.GenerateCode(d.appSecret, at)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// squeezed is a text with each white space as one space, in small letters:
// styles may set words in capitals.
func squeezed(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// amsterdam is the practice's zone.
func amsterdam(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// inWords is an instant as the pages write it.
func inWords(at time.Time) string {
	days := []string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}
	months := []string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
	return days[at.Weekday()] + " " + strconv.Itoa(at.Day()) + " " + months[at.Month()-1] + " " + strconv.Itoa(at.Year()) + " om " + at.Format("15.04") + " uur, Nederlandse tijd"
}
