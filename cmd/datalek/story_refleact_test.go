package main_test

import (
	"testing"
	"time"
)

// Refleact's promise: whatever the kind of breach, everybody in guidance whose data
// can be traced hears within 48 hours, by the contact details that are known, in
// four parts and without personal data. Its "client" is also who takes part in a
// training and who gives the order. Somebody phishes the mailbox.
func TestStoryOfAPhishedMailboxAndAPromiseOf48Hours(t *testing.T) {
	w := opensPractice(t, "refleact-48", "Praktijk De Spiegel", "mia@spiegel.example", "--mailbox-system", "mailbox", "--other-sender", "bericht@spiegel-post.example")
	w.knowsThoseOfRefleact()
	w.files(leak{kind: "Mailbox overgenomen", story: "Iemand logde met een gestolen wachtwoord in op mijn mailbox.", began: w.today(9).Add(-20 * time.Hour), ended: w.today(8), noticed: w.today(9),
		how: "Een cliënt belde over een vreemde e-mail.", basis: "Ik zag in Verzonden e-mails die ik niet had gestuurd.",
		systems: []string{"Mailbox", "Lijst met namen en mailadressen"}, data: []string{"Naam", "E-mailadres of telefoonnummer", "Brieven en e-mails"},
		taken: "Ik heb het wachtwoord veranderd en alle sessies afgesloten.", planned: "Ik zet inloggen met een tweede stap aan."})
	w.sees("Vertellen aan de cliënten nog 46 uur", inWords(w.today(9).Add(48*time.Hour)), "verteld aan 0 van 3")

	hears := "In begeleiding, krijgt bericht"
	w.found(
		finding{"r-1", []string{hears, "In Mailbox stonden toen gegevens die naar deze persoon te herleiden zijn"}},
		finding{"r-2", []string{hears, "was deze persoon bij u in begeleiding"}},
		finding{"r-3", []string{hears}},
		finding{"r-4", []string{"Eerdere cliënten, nog herleidbaar", "In Lijst met namen en mailadressen stonden toen gegevens", "De begeleiding eindigde op"}},
		finding{"r-5", []string{"Niet geraakt", "De gegevens in Mailbox waren al vernietigd op"}},
		finding{"r-6", []string{"Niet geraakt", "De gegevens staan in Casussen om van te leren. Dat systeem is niet geraakt."}},
	)
	w.draft("Cliënten in begeleiding")
	w.sees("2 e-mails", "voor contactpersonen van opdrachtgevers 1 e-mail")
	w.approves("Mia Proef <bericht@spiegel-post.example>")
	parts := []string{"kon een onbekende in onze mailbox", "- e-mails en brieven", "in het ergste geval", "Dit hebben wij al gedaan: Ik heb het wachtwoord veranderd"} // nature, data, consequences, measures
	names := []string{"Abels", "Bakema", "Cremer", "Dorsman", "Everts", "Faber"}
	for _, number := range []string{"r-1", "r-2"} {
		w.reads(number, parts, append(names, "contactpersoon", "opdrachtgever"))
	}
	w.reads("r-3", append(parts, "U bent onze contactpersoon bij een opdrachtgever.", "Over andere mensen mogen wij u niets vertellen."), append(names, "iets persoonlijks", "begeleiding"))
	w.hearsNothing("r-4", "r-5", "r-6")
	w.open(w.home)
	w.awaits("verteld aan 3 van 3")
	w.sees("Op tijd gedaan")

	w.decides("Ja, het risico is hoog", "Wie in de mailbox was, kent nu de namen van iedereen op de lijst.", "U belooft uw cliënten bericht binnen 48 uur. Dat blijft gelden, ook bij een laag risico.")
	w.draft("Eerdere cliënten en anderen")
	w.approves("Mia Proef <bericht@spiegel-post.example>")
	w.reads("r-4", []string{"kon een onbekende in onze mailbox", "U hebt of had contact met ons.", "Wilt u weten wat wij nog bewaren, en tot wanneer?"}, append(names, "e-mails en brieven", "iets persoonlijks")) // his letters were deleted
	w.hearsNothing("r-5", "r-6")
	w.filedWithAuthority("AP", "AP-2026-48", []string{"hacking, malware (bijv. ransomware) en/of phishing", "berichten en brieven"}, append(names, "@mensen.example"))
	w.open("/register")
	w.sees("Mailbox overgenomen", "3 van 3")
	w.open(w.home + "/file")
	w.sees("In begeleiding 3", "Eerdere cliënten, nog herleidbaar 1", "Niet geraakt 2", "Besloten: het risico voor mensen is hoog", "Eerdere cliënten en anderen · 1 lezer", "AP-2026-48")
}

// knowsThoseOfRefleact saves who is in guidance: a coachee, who takes part in a
// training, and a contact person of who gives the order. Of those who left, one let
// name and address be kept, one had all deleted, and one became a case to learn from.
func (w *practiceAtWork) knowsThoseOfRefleact() {
	w.t.Helper()
	end := w.today(9).AddDate(0, -4, 0)
	kept := func(system, how string, more object) object {
		h := object{"system": system, "categories": []string{"name", "contact"}, "identifiability": how, "from": "2024-01-08T09:00:00+01:00"}
		for field, value := range more {
			h[field] = value
		}
		return h
	}
	deleted := kept("mailbox", "identified", object{"destroyed_at": end.AddDate(0, 0, 1).Format(time.RFC3339)})
	former := func(holdings ...object) object {
		return object{"guidance": left(end.Format(time.DateOnly)), "holdings": holdings}
	}
	w.knows(
		someone("r-1", "Noor Abels", "client", nil),
		someone("r-2", "Teun Bakema", "trainee", nil),
		someone("r-3", "Inge Cremer", "organisation_contact", nil),
		someone("r-4", "Piet Dorsman", "client", former(deleted, kept("contact-list", "identified", nil))),
		someone("r-5", "Wil Everts", "client", former(deleted)),
		someone("r-6", "Rik Faber", "client", former(kept("case-examples", "pseudonymised", object{"categories": []string{"session_notes"}}))),
	)
}
