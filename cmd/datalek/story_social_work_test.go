package main_test

import (
	"testing"
	"time"
)

// A social worker in Belgium is bound by professional secrecy. The reports that
// clients get by link were open to whoever had one: each client hears in his own
// language, a referrer hears nothing, and the authority reads Dutch, French or German.
func TestStoryOfReportsThatWereOpenByLink(t *testing.T) {
	w := opensPractice(t, "social-work-be", "Praktijk Dijle", "mia@dijle.example")
	w.knowsThoseOfDijle()
	w.files(leak{kind: "Map of link stond open", story: "Elke link naar een verslag werkte voor iedereen, ook die van 93.05.18-223.61.", began: w.today(9).AddDate(0, 0, -20), ended: w.today(8), noticed: w.today(8),
		how: "Een cliënt opende de link op een andere computer.", basis: "Het verslag ging open zonder mailadres.", systems: []string{"Verslagen met een link (Dropbox)"},
		data:  []string{"Naam", "BSN of rijksregisternummer", "Gezondheid", "Verslagen en rapporten"},
		taken: "Alle links ingetrokken.", planned: "Links een einddatum geven."})
	w.sees("Melden bij de GBA", "Zo snel mogelijk")

	w.found(
		finding{"k-1", []string{"In begeleiding, krijgt bericht", "In Verslagen met een link (Dropbox) stonden toen gegevens"}},
		finding{"k-2", []string{"In begeleiding, krijgt bericht"}},
		finding{"k-3", []string{"In begeleiding, krijgt bericht"}},
		finding{"k-4", []string{"Niet geraakt", "anoniem: niemand kan ze naar deze persoon herleiden"}},
		finding{"g-1", []string{"Eerdere cliënten", "Mogelijk", "niet langer te bewaren vanaf", "Vernietigen mocht nog tot", "Niemand heeft bevestigd dat ze weg zijn."}},
		finding{"g-2", []string{"Niet geraakt", "waren al vernietigd op"}},
		finding{"v-1", []string{"Nog te beslissen"}},
		finding{"n-1", []string{"Niet geraakt", "De gegevens staan in Nieuwsbrief (Mailchimp). Dat systeem is niet geraakt."}},
		finding{"o-1", []string{"Niet geraakt", "De gegevens staan in Inloggegevens van opdrachtgevers. Dat systeem is niet geraakt."}},
	)
	w.open(w.home + "/affected?group=undecided")
	w.click("Beslis Verwijzer Proef")
	w.choose("Nee, deze persoon hoort het niet")
	w.choose("Een andere reden")
	w.fill("Leg uit", "Alleen zijn naam staat in een verslag. Een bericht zou zeggen wie hij stuurde.")
	w.click("Bewaar de beslissing")
	w.awaits("Verwijzer Proef v-1 Hoort het niet, met reden")

	w.draft("Cliënten in begeleiding")
	w.approves("")
	never := []string{"Autoriteit Persoonsgegevens", "93.05.18", "Verwijzer", "hulpverlen", "beroepsgeheim"}
	w.reads("k-1", []string{"In die map staan ook gegevens van u.", "- gegevens over gezondheid - rijksregisternummer", "Ziet u misbruik? Doe aangifte bij de politie.",
		"Alle links ingetrokken.", "Gegevensbeschermingsautoriteit, telefoon 02 274 48 00"}, never)
	w.reads("k-2", []string{"Vos données sont aussi concernées.", "- données de santé - numéro de registre national", "Déposez plainte à la police.", "Autorité de protection des données (APD)"}, never)
	w.cannotReachWhoStayedAnonymous()

	w.decides("Ja, het risico is hoog", "Het gaat om gezondheid en het rijksregisternummer.", "U heeft beroepsgeheim", "Vertel het ook een verwijzer niet zonder toestemming.", "Inloggen in twee stappen")
	w.draft("Eerdere cliënten en anderen")
	w.sees("1 e-mail versturen")
	w.approves("")
	w.reads("g-1", []string{"Misschien zijn ook uw gegevens erbij.", "Wij bewaren gegevens meestal tot 12 maanden na het laatste contact."}, never)
	w.hearsNothing("k-3", "k-4", "g-2", "v-1", "n-1", "o-1")

	w.leavesOutTheRegisterNumber()
	secret := []string{"93.05.18", "Verwijzer Proef", "Anoniem Zeven", "mensen.example"}
	for language, says := range map[string][]string{
		"fr": {"Les données relèvent du secret professionnel.", "Numéro national (registre national)", "sous-traitant Dropbox", "die van [omis]"},
		"de": {"Die Daten unterliegen einer beruflichen Schweigepflicht.", "Nationale Nummer (Nationalregisternummer)", "Auftragsverarbeiter Dropbox", "[weggelassen]"},
	} {
		w.open(w.home + "/authority/sheet?language=" + language)
		w.sees(says...)
		w.silent(secret...)
	}
	w.filedWithAuthority("GBA", "DBN-2026-77", []string{"De gegevens vallen onder een beroepsgeheim.", "Nationaal nummer (BSN of rijksregisternummer)", "verwerker Dropbox", "die van [weggelaten]", "8.3 Aan hoeveel personen 3"}, secret)
	w.open(w.home + "/file")
	w.sees("In begeleiding 3", "Eerdere cliënten, nog herleidbaar 1", "Niet geraakt 4", "Een bericht zou zeggen wie hij stuurde.", "Iemand niet bereikt", "liet geen adres of nummer na", "DBN-2026-77")
	w.silent("Verwijzer Proef", "Anoniem Zeven")
	w.open("/register")
	w.sees("Map of link stond open", "2 van 3")
}

// cannotReachWhoStayedAnonymous works off the call list: nobody knows how to reach
// that client, which is named and counts as settled, never as told.
func (w *practiceAtWork) cannotReachWhoStayedAnonymous() {
	w.t.Helper()
	w.open(w.home + "/calls")
	w.sees("Anoniem Zeven Bellen Er is geen e-mailadres bekend. Er is geen nummer of adres bekend. In uw lijst is dit k-3. Zoek in uw eigen sleutel of dossier wie dat is", "Nog te bellen (1)")
	w.fill("Wat hebt u geprobeerd?", "Deze cliënt bleef anoniem en liet geen adres of nummer na.")
	w.click("Leg vast: niet bereikt")
	w.open(w.home + "/calls?show=done")
	w.sees("Anoniem Zeven", "liet geen adres of nummer na")
	w.open(w.home)
	w.awaits("verteld aan 2 van 3")
}

// leavesOutTheRegisterNumber decides about what the text check stops.
func (w *practiceAtWork) leavesOutTheRegisterNumber() {
	w.t.Helper()
	w.open(w.home + "/authority")
	w.sees("Er staat nog 1 persoonlijk gegeven in uw teksten", "In dit antwoord staat iets persoonlijks. Besluit daar eerst over.")
	w.silent("93.05.18")
	w.click("Bekijk ze en kies")
	w.sees("1. Rijksregisternummer", "93.05.18-223.61")
	w.choose("Laat weg")
	w.click("Leg deze keuzes vast")
	w.sees("Uw keuzes zijn vastgelegd.")
}

// knowsThoseOfDijle saves clients, of whom two stayed anonymous, people who left, a
// referrer, a reader of the newsletter and somebody whose log-ins are kept.
func (w *practiceAtWork) knowsThoseOfDijle() {
	w.t.Helper()
	in := func(system, how string, categories ...string) object {
		return object{"system": system, "categories": categories, "identifiability": how, "from": "2024-01-08T09:00:00+01:00"}
	}
	keeps := func(holdings ...object) object { return object{"holdings": holdings} }
	report := in("session-reports", "identified", "name", "national_number", "health", "reports")
	destroyed := in("session-reports", "identified", "name", "reports")
	destroyed["destroyed_at"] = w.today(9).AddDate(0, -2, 0).Format(time.RFC3339)
	gone := func(months int) []object { return left(w.today(9).AddDate(0, -months, 0).Format(time.DateOnly)) }
	french, nameless := keeps(report), keeps(report)
	french["language"], nameless["email"] = "fr", nil
	w.knows(
		someone("k-1", "Client Proef", "client", keeps(report)),
		someone("k-2", "Client Essai", "client", french),
		someone("k-3", "Anoniem Zeven", "client", nameless),
		someone("k-4", "Anoniem Acht", "client", keeps(in("session-reports", "anonymous", "reports"))),
		someone("g-1", "Eerder Proef", "client", object{"guidance": gone(14)}), // by the rules: a year, then half a year to destroy
		someone("g-2", "Vroeger Proef", "client", object{"guidance": gone(14), "holdings": []object{destroyed}}),
		someone("v-1", "Verwijzer Proef", "referrer", keeps(in("session-reports", "identified", "name"))),
		someone("n-1", "Lezer Proef", "newsletter", keeps(in("newsletter", "identified", "name", "contact"))),
		someone("o-1", "Opdracht Proef", "customer", keeps(in("customer-logins", "identified", "name", "credentials"))),
	)
}
