package main_test

import (
	"strings"
	"testing"
	"time"
)

// answerLongForm answers every question of the long form about a phished
// mailbox, much of it with "weet ik niet", up to the page that checks.
func answerLongForm(p *person, found time.Time) {
	p.t.Helper()
	p.sees("Van wie zijn de gegevens?")
	p.choose("Van mijn eigen praktijk")
	p.goesOn("Ga verder")
	p.sees("Wat is er gebeurd?")
	p.choose("Mailbox overgenomen")
	p.goesOn("Ga verder")
	p.fill("Vertel kort wat er gebeurde", "Er gingen vreemde e-mails uit mijn naam.")
	p.goesOn("Ga verder")
	p.sees("Nog een paar vragen hierover")
	p.goesOn("Ga verder") // not known yet
	p.choose("Dat weet ik (nog) niet")
	p.goesOn("Ga verder")
	p.fillMoment("Wanneer kwam u erachter?", found)
	p.fill("Hoe kwam u erachter?", "Een cliënt belde mij.")
	p.goesOn("Ga verder")
	p.choose("Op hetzelfde moment als ik erachter kwam")
	p.fill("Waardoor wist u het toen zeker?", "Er stonden e-mails in Verzonden die ik niet schreef.")
	p.goesOn("Ga verder")
	p.choose("Dat weet ik (nog) niet") // which systems
	p.goesOn("Ga verder")
	p.choose("Dat weet ik (nog) niet") // which data
	p.goesOn("Ga verder")
	p.choose("Iedereen van wie er gegevens in de systemen stonden")
	p.goesOn("Ga verder")
	p.choose("Dat weet ik (nog) niet") // encrypted
	p.goesOn("Ga verder")
	p.goesOn("Ga verder") // nothing done yet
	p.sees("Kijk uw antwoorden na")
}

// TestTheLongFormIsLeftAndTakenUpAgain files a phished mailbox of which little
// is known: back, on from another day after a restart, and one answer changed.
func TestTheLongFormIsLeftAndTakenUpAgain(t *testing.T) {
	d := startDemo(t)
	morning(t, d)
	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	p.logIn(d)
	p.click("Meld een datalek")
	begun := strings.TrimSuffix(pageOf(p), "/whose")
	found := noticedAt(t, d)
	answerLongForm(p, found)
	p.click("Terug")
	p.sees("Wat hebt u gedaan, en wat gaat u doen?")
	p.fill("Wat hebt u al gedaan?", "Wachtwoord veranderd.")
	p.click("Bewaar en ga later verder")
	b.without(func() { d.restart(true) })
	p.open("/")
	p.click("U was al begonnen met 1 melding. Ga daarmee verder.")
	p.sees("Nog niet af")
	p.click("Ga verder: ")
	p.sees("Wat hebt u gedaan, en wat gaat u doen?")
	p.click("Ga verder")
	p.sees("Wachtwoord veranderd.", "Er gingen vreemde e-mails uit mijn naam.", "Een cliënt belde mij.")
	p.click("Wijzigen Waar stonden de gegevens?")
	p.choose("Dat weet ik (nog) niet") // unticked again
	p.choose("Mailbox")
	p.click("Ga verder")
	p.sees("Kijk uw antwoorden na", "Mailbox")
	p.click("Leg dit datalek vast")
	p.sees("Het datalek is vastgelegd", inWords(found.Add(48*time.Hour)), inWords(found.Add(72*time.Hour)))
	if !strings.Contains(p.path(), begun[strings.LastIndex(begun, "/"):]) {
		t.Errorf("the incident at %s is not the one begun at %s", p.path(), begun)
	}
	p.click("Naar het datalek")
	p.awaits("verteld aan 0 van")
	p.open("/incidents/drafts")
	p.sees("Niets dat nog af moet")
}

// TestASignalBecomesAnIncident lets a stranger write on the public form and
// follows what he wrote until the incident stands.
func TestASignalBecomesAnIncident(t *testing.T) {
	d := startDemo(t)
	morning(t, d)
	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	p.logIn(d)
	p.open("/settings")
	form := eval[string](b, `[...document.querySelectorAll("a, input")].map(e => e.href || e.value).find(a => a.includes("/p/"))`)
	stranger := &person{visitor: openBrowser(t, d.BaseURL, phoneWidth), t: t, disturb: func() {}}
	stranger.open(strings.TrimPrefix(form, d.BaseURL))
	stranger.sees("Ik denk dat er iets mis is met mijn gegevens", "Praktijk Lindehof")
	stranger.click("Stuur dit bericht")
	stranger.sees("Fout: ", "Schrijf op wat u hebt gemerkt.")
	stranger.fill("Wat hebt u gemerkt?", "Ik kreeg een brief die voor iemand anders was.")
	stranger.fill("Hoe kunnen we u bereiken?", "06 00 00 00 00")
	begun := d.now()
	stranger.click("Stuur dit bericht")
	stranger.sees("Uw bericht is aangekomen", "Praktijk Lindehof leest wat u schreef")
	sent := d.now()
	d.moveClock(time.Until(sent.Add(30 * time.Hour)))
	p.logIn(d)
	p.sees("Er is 1 signaal binnengekomen")
	p.click("Bekijk wat er binnenkwam")
	p.click("Ik kreeg een brief")
	p.sees("Is dit een datalek?", "Ik kreeg een brief die voor iemand anders was.", "06 00 00 00 00")
	p.click("Leg dit vast als datalek")
	p.choose("Van mijn eigen praktijk")
	p.click("Ga verder")
	p.choose("Brief naar de verkeerde persoon")
	p.click("Ga verder")
	p.sees("Vertel kort wat er gebeurde")
	p.click("Ga verder") // what the stranger wrote stands there
	p.sees("Nog een paar vragen hierover")
	p.click("Ga verder")
	p.choose("Dat weet ik (nog) niet")
	p.click("Ga verder")
	p.sees("Wanneer en hoe kwam u erachter?")
	p.click("Ga verder") // when it was received
	p.sees("Wanneer wist u dat het een datalek was?")
	p.click("Ga verder")
	p.choose("Dat weet ik (nog) niet")
	p.click("Ga verder")
	p.choose("Dat weet ik (nog) niet")
	p.click("Ga verder")
	p.choose("Alleen deze mensen")
	p.fill("Of typ of plak e-mailadressen", clientAddress)
	p.click("Ga verder")
	p.choose("Dat weet ik (nog) niet")
	p.click("Ga verder")
	p.click("Ga verder")
	p.sees("Kijk uw antwoorden na", "Ik kreeg een brief die voor iemand anders was.", clientName)
	p.click("Leg dit datalek vast")
	received := begun.In(amsterdam(t))
	if !strings.Contains(p.words(), inWords(received.Add(48*time.Hour))) {
		received = sent.In(amsterdam(t)) // the minute was over meanwhile
	}
	p.sees("Het datalek is vastgelegd", inWords(received.Add(48*time.Hour)), inWords(received.Add(72*time.Hour)))
	p.open("/triage?show=all")
	p.sees("Is een datalek")
}
