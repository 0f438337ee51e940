package main_test

import (
	"testing"
	"time"
)

// In-de-hand keeps next to nothing, on servers of its own in the Netherlands. The
// server is broken into: what bore no name and no date leads to nobody.
func TestStoryOfAnOwnServerThatIsBrokenInto(t *testing.T) {
	w := opensPractice(t, "in-de-hand", "Bureau Op Eigen Kracht", "mia@eigenkracht.example")
	w.refusesGmail()
	w.knowsThoseOfInDeHand()
	w.files(leak{kind: "Gegijzelde computer", story: "Iemand brak in op mijn server en zette bestanden op slot.", began: w.today(9).Add(-9 * time.Hour), ended: w.today(6), noticed: w.today(8),
		how: "De website gaf een foutmelding.", basis: "In het log staat een vreemde inlog.",
		systems: []string{"Gespreksnotities", "Contact-app", "Profiel op in-de-hand.info", "Periodieke e-mail"},
		data:    []string{"Naam", "E-mailadres of telefoonnummer", "Aantekeningen van gesprekken"},
		taken:   "Ik heb de server van het net gehaald.", planned: "Ik zet de server opnieuw op."})
	w.sees("Vertellen aan de cliënten zo snel mogelijk", "verteld aan 0 van 2")
	byLaw := "Uw belofte geldt niet voor deze persoon. U vertelt het alleen als het risico hoog is."
	w.found(
		finding{"h-1", []string{"In begeleiding, krijgt bericht", "In Contact-app stonden toen gegevens"}},
		finding{"h-2", []string{"In begeleiding, krijgt bericht", "In Profiel op in-de-hand.info stonden toen gegevens"}},
		finding{"h-3", []string{"Andere mensen", "In Contact-app stonden toen gegevens", byLaw}},
		finding{"h-4", []string{"Eerdere cliënten, nog herleidbaar", "In Profiel op in-de-hand.info stonden toen gegevens"}}, // kept for a year
		finding{"h-5", []string{"Niet geraakt", "De gegevens in Profiel op in-de-hand.info waren al vernietigd op"}},
		finding{"h-6", []string{"Andere mensen", "In Periodieke e-mail stonden toen gegevens", byLaw}},
		finding{"h-7", []string{"Andere mensen", "In Contact-app stonden toen gegevens", byLaw}},
		finding{"h-8", []string{"Niet geraakt", "De gegevens in Gespreksnotities zijn anoniem: niemand kan ze naar deze persoon herleiden."}},
	)
	w.draft("Cliënten in begeleiding")
	w.sees("1 e-mail", "1 persoon stuurt u zelf een bericht")
	w.silent("belt u zelf")
	w.approves("Mia Proef <mia@eigenkracht.example>")
	names := []string{"Abels", "Bakema", "Cremer", "Dorsman", "Everts", "Faber", "Gosens", "Hofman"}
	w.reads("h-2", []string{"Iemand is in onze computer gekomen en heeft bestanden op slot gezet.", "- persoonlijke aantekeningen", "Dit gaan wij nog doen: Ik zet de server opnieuw op."}, append(names, "wachtwoorden"))
	w.open(w.home + "/calls")
	w.sees("Noor Abels Bericht sturen", "Stuur een bericht met Signal, XMPP, Matrix. Schrijf alleen dat u wilt bellen.")
	w.silent("WhatsApp", "Skype", "Teun Bakema")
	w.choose("Ik heb een bericht gestuurd")
	w.click("Leg vast: verteld")
	w.open(w.home)
	w.awaits("verteld aan 2 van 2")
	w.hearsNothing("h-1", "h-3", "h-4", "h-5", "h-6", "h-7", "h-8") // by mail, so far

	w.decides("Ja, het risico is hoog", "In de profielen staat wat mensen over zichzelf schreven.", "Versleutelde verbinding (Toelichting Privacy In-de-hand, onderdeel Uw privacy bij In-de-hand)", "Iedereen die geraakt is moet het weten")
	w.draft("Eerdere cliënten en anderen")
	w.sees("voor wie zich inschreef voor uw nieuwsbrief 1 e-mail", "voor wie een vraag stelde of een voorstel kreeg 1 e-mail", "voor contactpersonen van opdrachtgevers 1 e-mail")
	w.approves("Mia Proef <mia@eigenkracht.example>")
	w.reads("h-4", []string{"- persoonlijke aantekeningen", "U hebt of had contact met ons.", "Wilt u weten wat wij nog bewaren, en tot wanneer?"}, names)
	// Who never was in guidance reads what is true for him.
	w.reads("h-3", []string{"U stelde ons een vraag, of kreeg een voorstel van ons.", "- naam"}, append(names, "aantekeningen", "U hebt of had contact"))
	w.reads("h-6", []string{"U hebt zich ingeschreven voor berichten van ons.", "- naam"}, append(names, "aantekeningen", "U hebt of had contact"))
	w.reads("h-7", []string{"Het gaat om deze soorten gegevens: - naam - e-mailadres of telefoonnummer", "Over andere mensen mogen wij u niets vertellen."}, append(names, "aantekeningen", "iets persoonlijks"))
	w.hearsNothing("h-1", "h-5", "h-8")
	w.filedWithAuthority("AP", "AP-2026-90", []string{"hacking, malware (bijv. ransomware) en/of phishing"}, append(names, "@mensen.example"))
	w.open(w.home + "/file")
	w.sees("Eerdere cliënten, nog herleidbaar 1", "Andere mensen 3", "Niet geraakt 2", "Eerdere cliënten en anderen · 4 lezers")
	w.open("/register")
	w.sees("Gegijzelde computer", "2 van 2")
}

// refusesGmail tries a sender that the policy bars.
func (w *practiceAtWork) refusesGmail() {
	w.t.Helper()
	w.open("/settings")
	w.fillIn("", "Afzenderadres", "mia.proef@gmail.com")
	w.click("Bewaar")
	w.sees("Uw beleid zegt dat berichten nooit vanaf dit adres gaan. Kies een ander adres.")
}

// knowsThoseOfInDeHand saves customers: one who wishes a message by Signal, one
// with a profile on the website, two who left and whose profile is kept for a year,
// and one of whom there are notes only; and who asked for an offer, who signed up
// for mail, and the employer who pays.
func (w *practiceAtWork) knowsThoseOfInDeHand() {
	w.t.Helper()
	ago := func(months int) time.Time { return w.today(9).AddDate(0, -months, 0) }
	has := func(system, how string, kinds ...string) object {
		return object{"system": system, "categories": kinds, "identifiability": how, "from": ago(24).Format(time.RFC3339)}
	}
	contacts, letters := has("contacts", "identified", "name", "contact"), has("newsletter", "identified", "name", "contact")
	profile, bills := has("website-profile", "identified", "name", "session_notes"), has("bookkeeping", "identified", "name", "contact", "financial")
	gone := has("website-profile", "identified", "name", "session_notes")
	gone["destroyed_at"] = ago(5).Format(time.RFC3339)
	knows := func(number, name, relation string, guidance []object, more object, holdings ...object) object {
		who := someone(number, name, relation, more)
		who["guidance"], who["holdings"] = guidance, holdings
		return who
	}
	now, never := []object{{"from": "2025-03-01"}}, []object{}
	w.knows(
		knows("h-1", "Noor Abels", "client", now, object{"channel": "message", "phone": "+31 6 00000001"}, contacts),
		knows("h-2", "Teun Bakema", "client", now, nil, contacts, profile),
		knows("h-3", "Inge Cremer", "prospect", never, nil, contacts),
		knows("h-4", "Piet Dorsman", "client", left(ago(6).Format(time.DateOnly)), nil, profile, bills),
		knows("h-5", "Wil Everts", "client", left(ago(18).Format(time.DateOnly)), nil, gone, bills),
		knows("h-6", "Rik Faber", "newsletter", never, nil, letters),
		knows("h-7", "Gea Gosens", "organisation_contact", never, nil, contacts, bills),
		knows("h-8", "Bas Hofman", "client", now, nil, has("notes", "anonymous", "session_notes")),
	)
}
