package main_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents/registry"
)

// Ballance coaches on orders of employers. A laptop is stolen; its disk is
// encrypted, it is reached only from the office or with a second factor, and the
// coach's keywords bear no name. That is a case for the register alone, and the
// reasons say so.
func TestStoryOfALaptopWithAnEncryptedDisk(t *testing.T) {
	w := opensPractice(t, "ballance", "Praktijk In Evenwicht", "mia@evenwicht.example")
	w.knowsThoseOfBallance()
	w.files(leak{kind: "Apparaat kwijt of gestolen", story: "Een laptop van de praktijk is uit de trein gestolen.", began: w.today(7), noticed: w.today(8),
		how: "De tas was weg bij het uitstappen.", basis: "De conducteur vond de tas leeg terug.", protected: "Ja, niemand anders kan ze lezen",
		systems: []string{"Computers van de praktijk", "Steekwoorden van de coach"}, data: []string{"Naam", "E-mailadres of telefoonnummer"},
		taken: "De laptop is op afstand gewist.", planned: "Aangifte doen."})
	w.sees("Vertellen aan de cliënten zo snel mogelijk", "verteld aan 0 van 1")
	byLaw := "Uw belofte geldt niet voor deze persoon. U vertelt het alleen als het risico hoog is."
	w.found(
		finding{"b-1", []string{"In begeleiding, krijgt bericht", "In Computers van de praktijk stonden toen gegevens"}},
		finding{"b-2", []string{"Eerdere cliënten, nog herleidbaar", "De begeleiding eindigde op"}}, // kept for seven years
		finding{"b-3", []string{"Andere mensen", byLaw}},
		finding{"b-4", []string{"Andere mensen", byLaw}},
		finding{"b-5", []string{"Niet geraakt", "De gegevens in Steekwoorden van de coach zijn anoniem: niemand kan ze naar deze persoon herleiden."}},
	)
	w.decides("Nee, het risico is niet hoog", "De schijf is versleuteld en het wachtwoord staat nergens opgeschreven.",
		"Versleutelde schijven (Privacyreglement Ballance, artikel 12.2)", "Dan hoeft u het mensen vaak niet te vertellen.",
		"Alleen vanaf kantoor te bereiken (Privacyreglement Ballance, artikel 12.2). Ga na of dat ook toen zo was.", "Inloggen in twee stappen (Privacyreglement Ballance, artikel 12.2)",
		"Melden bij de toezichthouder: waarschijnlijk niet nodig. Leg wel vast waarom niet.", "Het de mensen vertellen: de wet vraagt het waarschijnlijk niet")
	w.open(w.home + "/authority/decision")
	w.fill("Uw reden", "Niemand kan de gegevens lezen.")
	w.click("Leg vast: niet melden")
	w.sees("Geen hoog risico", "Vertellen aan de cliënten niet meer nodig Gestopt Besloten: dit hoeft niet.", "Melden bij de AP niet meer nodig Gestopt Besloten: dit hoeft niet.")
	w.open(w.home + "/close")
	w.sees("De cliënten weten het, of besloten dat het niet hoeft In orde", "Gemeld bij de AP, of besloten dat het niet hoeft In orde")
	w.fill("Wat hebt u hiervan geleerd?", "De tas blijft op schoot.")
	w.fill("Waarom rondt u af terwijl er nog iets openstaat?", "De politie heeft de aangifte.")
	w.click("Rond dit datalek af")
	w.hearsNothing("b-1", "b-2", "b-3", "b-4", "b-5")
	w.open(w.home + "/file")
	w.sees("Besloten: het risico voor mensen is niet hoog", "De schijf is versleuteld en het wachtwoord staat nergens opgeschreven.", "Niemand kan de gegevens lezen.")
	w.open("/register")
	w.sees("Apparaat kwijt of gestolen", "Hoeft niet", "Afgerond")
}

// Microsoft reports by webhook that somebody looked into mailboxes. Its contract
// says "without undue delay", so nothing is late. The coachee hears; the employer
// who sent him hears nothing about him.
func TestStoryOfAReportFromMicrosoft(t *testing.T) {
	w := opensPractice(t, "ballance", "Praktijk In Evenwicht", "mia@evenwicht.example", "--mailbox-system", "mailbox", "--other-sender", "bericht@evenwicht-post.example",
		"--token-scopes", everyScope())
	w.knowsThoseOfBallance()
	var door struct {
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
	}
	w.must(200, "POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft", "contract_hours": nil}, &door)
	said := breach("MS-77", "initial", "Een onbekende heeft in mailboxen gekeken.", `,"services":["Exchange Online"],"occurredFrom":"`+w.today(1).Format(time.RFC3339)+`","occurredUntil":"`+w.today(5).Format(time.RFC3339)+
		`","processorAwareAt":"`+w.today(6).Format(time.RFC3339)+`","dataCategories":["name","contact","correspondence"],"measuresTaken":["De toegang is afgesloten."]`)
	if status, answer := w.report(door.URL, door.Secret, "msg-77", said); status != 202 {
		t.Fatalf("the report was answered %d %s", status, answer)
	}
	w.home = "/incidents/" + awaitCases(t, w.demo, 1)[0].ID
	w.awaitsFound()
	w.open(w.home)
	w.sees("Datalek bij een leverancier", "Microsoft heeft het ons gemeld (kenmerk MS-77).", "Vertellen aan de cliënten zo snel mogelijk")
	w.silent("te laat", "24 uur")
	byLaw := "Uw belofte geldt niet voor deze persoon. U vertelt het alleen als het risico hoog is."
	w.found(
		finding{"b-1", []string{"In begeleiding, krijgt bericht", "In Mailbox (Outlook in Office 365) stonden toen gegevens"}},
		finding{"b-2", []string{"Eerdere cliënten, nog herleidbaar", "De begeleiding eindigde op"}},
		finding{"b-3", []string{"Andere mensen", byLaw}},
		finding{"b-4", []string{"Andere mensen", byLaw}},
		finding{"b-5", []string{"Niet geraakt", "De gegevens staan in Steekwoorden van de coach. Dat systeem is niet geraakt."}},
	)
	w.draft("Cliënten in begeleiding")
	w.sees("1 e-mail")
	w.silent("opdrachtgevers")
	w.approves("Mia Proef <bericht@evenwicht-post.example>")
	w.reads("b-1", []string{"Bij een bedrijf dat gegevens voor ons bewaart, is iets misgegaan met de beveiliging.", "Het bedrijf vertelde ons dit op",
		"Dit schrijft het bedrijf over wat het heeft gedaan: De toegang is afgesloten.", "Het spijt mij dat dit is gebeurd."}, []string{"Van sommige mensen weten wij nog niet zeker", "Microsoft", "Bakema", "Cremer", "Dorsman", "Everts"})
	w.hearsNothing("b-2", "b-3", "b-4", "b-5")
	w.open(w.home)
	w.awaits("verteld aan 1 van 1")
	w.filedWithAuthority("AP", "AP-2026-77", []string{"verwerker Microsoft", "Melding van Microsoft.", "De toegang is afgesloten."}, []string{"Abels", "Cremer", "@mensen.example"})
	w.open("/register")
	w.sees("Datalek bij een leverancier", "1 van 1")
}

// knowsThoseOfBallance saves a coachee, one who left two years ago, the contact
// person of the employer who sent him, somebody who works here, and a coachee of
// whom there are keywords only.
func (w *practiceAtWork) knowsThoseOfBallance() {
	w.t.Helper()
	keywords := []object{{"system": "keywords", "categories": []string{"session_notes"}, "identifiability": "anonymous", "from": "2025-03-01T09:00:00+01:00"}}
	end := w.today(9).AddDate(-1, 0, 0).Format(time.DateOnly)
	w.knows(
		someone("b-1", "Noor Abels", "client", nil),
		someone("b-2", "Teun Bakema", "client", object{"guidance": left(end)}),
		someone("b-3", "Inge Cremer", "organisation_contact", object{"guidance": []object{}}),
		someone("b-4", "Piet Dorsman", "employee", object{"guidance": []object{}}),
		someone("b-5", "Wil Everts", "client", object{"holdings": keywords}),
	)
}

// everyScope is what a token may hold, the guarded ones too, as the command takes it.
func everyScope() string {
	var names []string
	for _, s := range registry.AllScopes() {
		names = append(names, string(s))
	}
	return strings.Join(names, ",")
}
