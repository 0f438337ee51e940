package main_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The people of story A: an e-mail about one client went to somebody else.
const (
	clientName    = "Voorbeeldcliënt 003"
	clientAddress = "client003@voorbeeldpost.example"
	wrongAddress  = "verkeerd.getypt@ontvanger.example"
)

func TestStoryA(t *testing.T) {
	d := startDemo(t)
	playStoryA(t, d, &person{visitor: openBrowser(t, d.BaseURL, deskWidth), t: t, disturb: func() {}})
}

func TestStoryAOnAPhoneWithKillsBetweenTheSteps(t *testing.T) {
	d := startDemo(t)
	b := openBrowser(t, d.BaseURL, phoneWidth)
	playStoryA(t, d, &person{visitor: b, t: t, disturb: func() { b.without(func() { d.restart(true) }) }})
}

func TestStoryAWithoutJavaScript(t *testing.T) {
	d := startDemo(t)
	playStoryA(t, d, &person{visitor: newPlainReader(t, d.BaseURL), t: t, disturb: func() {}})
}

// morning moves the program's clock to the next ten o'clock, away from the hour that is
// there twice in autumn, and returns how far that is: less than a day, after which
// mails of another kind would go.
func morning(t *testing.T, d *demo) time.Duration {
	t.Helper()
	now := time.Now().In(amsterdam(t))
	ten := time.Date(now.Year(), now.Month(), now.Day(), 10, 0, 0, 0, now.Location())
	if !ten.After(now) {
		ten = ten.AddDate(0, 0, 1)
	}
	ahead := time.Until(ten)
	d.moveClock(ahead)
	return ahead
}

// playStoryA is told from login to register.
func playStoryA(t *testing.T, d *demo, p *person) {
	morning(t, d)
	p.logIn(d)
	home := fileMisSent(t, d, p)
	tellBoth(t, d, p, home)
	p.open(home)
	p.awaits("verteld aan 1 van 1")
	p.sees("Op tijd gedaan", "Verteld aan 1 persoon")
	decideAndClose(p)
	p.open(home + "/file")
	p.unfold("Meer hierover") // the newest: that it was closed
	p.sees("ongelezen gewist", "twee keer na", "verteld aan 1 van 1", "Een verslag van een gesprek ging naar een verkeerd adres.")
	p.open("/register")
	p.sees(clientsReference(t, p, home), "Hoeft niet", "1 van 1", "Afgerond")
	p.open("/incidents")
	if page := p.words(); strings.Contains(page, "-0002") {
		t.Errorf("more than one incident in the list:\n%s", page)
	}
	if got := d.mails(); len(got) != 2 {
		t.Errorf("%d mails in all, want two: %v", len(got), subjects(got))
	}
}

// fileMisSent goes the short way, in at most six pages, and returns the
// address of the incident's home.
func fileMisSent(t *testing.T, d *demo, p *person) string {
	t.Helper()
	noticed := noticedAt(t, d)
	p.open("/")
	p.goesOn("Eén e-mail naar de verkeerde persoon")
	pages := []string{pageOf(p)}
	answer := func(button string) {
		t.Helper()
		p.goesOn(button)
		if at := pageOf(p); !slices.Contains(pages, at) {
			pages = append(pages, at)
		}
	}

	p.sees("Over wie ging de e-mail?", "niet wie de e-mail kreeg")
	p.fill("Zoek een cliënt", "client 003 voorbeeld")
	answer("Zoek")
	p.choose(clientName)
	answer("Ga verder")

	p.sees("Bij wie kwam de e-mail terecht?", "niet over wie ze gaan")
	p.fill("E-mailadres van de ontvanger", clientAddress)
	p.choose("Iemand die u kent")
	answer("Ga verder")
	p.sees("Fout: Bij wie kwam de e-mail terecht?") // nobody can be both
	p.fill("E-mailadres van de ontvanger", wrongAddress)
	answer("Ga verder")

	p.fillMoment("Wanneer is de e-mail gestuurd?", noticed.Add(-30*time.Minute))
	p.fillMoment("Wanneer merkte u het?", noticed)
	p.choose("De ontvanger liet het mij weten.")
	p.choose("Meteen toen ik het merkte")
	answer("Ga verder")

	p.choose("Naam")
	p.choose("Verslagen en rapporten")
	p.fill("Vertel kort wat er gebeurde en wat erin stond", "Een verslag van een gesprek ging naar een verkeerd adres.")
	p.choose("Nee, ze zijn te lezen")
	p.fill("Wat hebt u al gedaan?", "De ontvanger gebeld.")
	answer("Ga verder")

	p.sees("Kijk uw antwoorden na", clientName, wrongAddress, "Verslagen en rapporten", "De ontvanger gebeld.", "De ontvanger liet het mij weten.")
	answer("Leg dit datalek vast")

	p.sees("Het datalek is vastgelegd", inWords(noticed.Add(48*time.Hour)), inWords(noticed.Add(72*time.Hour)))
	if len(pages) > 6 {
		t.Errorf("the short way has %d pages, want at most six: %v", len(pages), pages)
	}
	return strings.TrimSuffix(p.path(), "/filed")
}

// noticedAt is nine o'clock of the story's first day.
func noticedAt(t *testing.T, d *demo) time.Time {
	now := d.now().In(amsterdam(t))
	return time.Date(now.Year(), now.Month(), now.Day(), 9, 0, 0, 0, now.Location())
}

// pageOf is the address of a page without what is asked of it.
func pageOf(p *person) string {
	at, _, _ := strings.Cut(p.path(), "?")
	at, _, _ = strings.Cut(at, "#")
	return at
}

// clientsReference is the incident's own number, as its home shows it.
func clientsReference(t *testing.T, p *person, home string) string {
	t.Helper()
	at := p.path()
	p.open(home)
	reference := regexp.MustCompile(`\d{4}-\d{4}`).FindString(p.words())
	if reference == "" {
		t.Fatalf("%s shows no reference:\n%s", home, p.words())
	}
	p.open(at)
	return reference
}

// tellBoth approves the two messages that are ready and looks into the mailbox.
func tellBoth(t *testing.T, d *demo, p *person, home string) {
	t.Helper()
	p.goesOn("Lees de twee berichten")
	p.awaitsThat("two drafts are ready", func(page string) bool { return strings.Count(page, "1 lezer · gemaakt op") == 2 })
	approve(p, "Cliënten in begeleiding", "Verslagen en rapporten")
	p.open(home + "/notices")
	approve(p, "Wie de gegevens per ongeluk kreeg", "verwijder")
	for address, never := range map[string][]string{clientAddress: {wrongAddress}, wrongAddress: {clientAddress, clientName, "V-003"}} {
		got := d.mailsTo(address)
		if len(got) != 1 {
			t.Fatalf("%s got %d mails, want one", address, len(got))
		}
		for _, words := range never {
			if strings.Contains(got[0].Raw, words) {
				t.Errorf("the mail to %s names %q:\n%s", address, words, got[0].Raw)
			}
		}
		if strings.Contains(strings.ToLower(got[0].Subject), "datalek") {
			t.Errorf("the subject %q tells a housemate too much", got[0].Subject)
		}
		p.open("/mailbox")
		p.sees(address)
	}
}

// approve reads a draft and approves it behind the page that interrupts.
func approve(p *person, audience string, says ...string) {
	p.t.Helper()
	p.goesOn(audience)
	p.sees(append(says, "Klopt de tekst?")...)
	p.goesOn("Verder: 1 e-mail versturen")
	p.sees("1 e-mail versturen?", "Wat verstuurd is, kunt u niet terughalen.")
	p.goesOn("Verstuur 1 e-mail")
	p.awaits("1 van 1 lezer weet het")
}

// decideAndClose records that the authority need not know, and why, and closes
// the case. It begins and ends at the incident's home.
func decideAndClose(p *person) {
	p.t.Helper()
	p.goesOn("Melden bij de AP")
	p.goesOn("Dit hoeft niet gemeld te worden")
	p.goesOn("Leg vast: niet melden")
	p.sees("Fout: Waarom hoeft dit niet gemeld te worden?") // a reason is needed
	p.fill("Uw reden", "De ontvanger heeft de e-mail ongelezen gewist.")
	p.goesOn("Leg vast: niet melden")
	p.sees("Besloten: dit hoeft niet")
	p.goesOn("Afronden")
	p.sees("Is alles gedaan?", "Nog 5") // the first steps
	p.fill("Wat hebt u hiervan geleerd?", "Ik kijk het adres voortaan twee keer na.")
	p.fill("Waarom rondt u af terwijl er nog iets openstaat?", "De ontvanger heeft alles gewist.")
	p.goesOn("Rond dit datalek af")
	p.sees("Het datalek is afgerond")
}

// TestStoryAWhenThePractitionerWaits shows the clock at work: a warning on the
// way, and told in time after thirty hours.
func TestStoryAWhenThePractitionerWaits(t *testing.T) {
	d := startDemo(t)
	p := &person{visitor: openBrowser(t, d.BaseURL, deskWidth), t: t, disturb: func() {}}
	ahead := morning(t, d)
	p.logIn(d)
	home := fileMisSent(t, d, p)
	d.moveClock(ahead + 30*time.Hour)
	for _, address := range []string{"anna@lindehof.example", "anna.thuis@voorbeeldpost.example"} {
		await(t, "the warning to "+address, func() error {
			got := slices.DeleteFunc(d.mailsTo(address), func(m letter) bool { return strings.Contains(m.Subject, "vingerafdruk") })
			if len(got) == 0 {
				return errNot("no mail")
			}
			for _, m := range got {
				if strings.Contains(m.Raw, clientName) || strings.Contains(m.Raw, clientAddress) {
					t.Fatalf("a warning names the client:\n%s", m.Raw)
				}
			}
			return nil
		})
	}
	p.logIn(d) // the session ended in the night
	p.open(home)
	p.sees("nog 16 uur", "Waarschuwing: Vertellen aan de cliënten")
	p.open(home + "/notices")
	approve(p, "Cliënten in begeleiding")
	p.open(home)
	p.awaits("verteld aan 1 van 1")
	p.sees("16 uur voor de termijn")
}

// TestStoryAWhenNothingIsDone shows that a clock that ran out says so, in red.
func TestStoryAWhenNothingIsDone(t *testing.T) {
	d := startDemo(t)
	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	ahead := morning(t, d)
	p.logIn(d)
	home := fileMisSent(t, d, p)
	d.moveClock(ahead + 49*time.Hour)
	awaitFired(t, d, home[strings.LastIndex(home, "/")+1:], "client", 4)
	p.logIn(d)
	for _, page := range []string{"/", home} {
		p.open(page)
		p.sees("2 uur te laat")
		if page == home {
			p.sees("Leg uit waarom")
		}
		colour := eval[string](b, `(() => { const words = [...document.querySelectorAll("body *")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && /uur te laat/.test(n.data)) && e.checkVisibility() && e.getBoundingClientRect().width > 1);
			return words.length ? getComputedStyle(words[0]).color : "nowhere"; })()`)
		if colour != "rgb(163, 32, 26)" {
			t.Errorf("on %s the words are %s, want the red of what is late", page, colour)
		}
	}
}
