package main_test

import (
	"strconv"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// José Welten is coach and confidential adviser. The drive on which she keeps
// coaching files and complaints is stolen from her car. She phones first; who
// has a key is mailed with it; whom others complain about hears nothing.
func TestStoryOfAConfidentialAdvisersLostDrive(t *testing.T) {
	w := opensPractice(t, "jose-welten", "Praktijk J. Proef", "jose@vertrouwen.example")
	key := w.peopleOnTheDrive()
	year := w.today(0).Year()
	w.files(leak{kind: "Apparaat kwijt of gestolen", story: "Mijn externe schijf is uit de auto gestolen.", began: w.today(7), noticed: w.today(8),
		how: "De ruit was stuk.", basis: "De schijf lag niet meer in mijn tas.", systems: []string{"Externe schijf", "Vertrouwenszaken op de externe schijf", "Anonieme urenlijst"},
		data:  []string{"Naam", "E-mailadres of telefoonnummer", "Gezin en relaties", "Aantekeningen van gesprekken"},
		taken: "Aangifte gedaan.", planned: "Een schijf met een slot gebruiken."})
	w.sees("Zo snel mogelijk", "Wie vertelt u het wel of niet?", "Nog 1 persoon")

	w.found(
		finding{"k-1", []string{"In begeleiding, krijgt bericht", "Zeker"}},
		finding{"s-1", []string{"In begeleiding, krijgt bericht", "In Externe schijf stonden toen gegevens"}},
		finding{"v-1", []string{"Nog te beslissen", "U beslist zelf of u het deze persoon vertelt."}},
		finding{"k-9", []string{"In begeleiding, krijgt bericht"}},
		finding{"k-14", []string{"In begeleiding, krijgt bericht"}},
		finding{"o-1", []string{"Andere mensen", "Uw belofte geldt niet voor deze persoon. U vertelt het alleen als het risico hoog is."}},
		finding{"g-1", []string{"Eerdere cliënten", "Zeker", "De begeleiding eindigde"}},
		finding{"z-1", []string{"Eerdere cliënten", "Mogelijk", "niet langer te bewaren vanaf", "1 januari " + strconv.Itoa(year-1), "Niemand heeft bevestigd dat ze weg zijn."}},
		finding{"z-2", []string{"Niet geraakt", "waren al vernietigd op", "15 januari " + strconv.Itoa(year-1)}},
		finding{"u-1", []string{"Niet geraakt", "De gegevens in Anonieme urenlijst zijn anoniem: niemand kan ze naar deze persoon herleiden."}},
		finding{"o-2", []string{"Niet geraakt", "staat nergens iets"}}, finding{"o-3", []string{"Niet geraakt"}}, finding{"o-4", []string{"Niet geraakt"}})

	w.decidesAboutTheAccused()
	w.draft("Cliënten in begeleiding")
	w.sees("Uw beleid zegt dat u 2 mensen eerst belt.", "voor jongeren van 12 tot en met 15 0 e-mails", "1 e-mail versturen")
	w.approves("")
	w.draft("Ouders en voogden")
	w.approves("")
	w.opens(key, "s-1", "zijn wij een apparaat kwijtgeraakt", "Op het apparaat staan ook gegevens van u.", "- persoonlijke aantekeningen", "Wie het apparaat heeft, kan ze lezen.", "Neem contact op met Mia Proef.")
	w.phonesThem()
	w.tellsBecauseTheRiskIsHigh()
	w.hearsNothing("k-1", "v-1", "k-9", "k-14", "o-2", "o-3", "o-4", "u-1", "z-1", "z-2") // by mail
	w.namesThemInTheFile()
}

// peopleOnTheDrive are coaching clients, people who complain and of whom others
// complain, two children with their parents, and somebody of the school. It
// returns the key of the one who reads encrypted mail.
func (w *practiceAtWork) peopleOnTheDrive() *openpgp.Entity {
	key, public := newReaderKey(w.t)
	year := w.today(0).Year()
	phone := func(n string) object { return object{"phone": "+31 6 0000 00" + n} }
	with := func(more ...object) object {
		all := object{}
		for _, m := range more {
			for field, value := range m {
				all[field] = value
			}
		}
		return all
	}
	in := func(system, identifiability string, categories ...string) object {
		return object{"holdings": []object{{"system": system, "categories": categories, "identifiability": identifiability, "from": "2024-01-08T00:00:00+01:00"}}}
	}
	coaching := in("external-drive", "identified", "name", "contact", "session_notes")
	complaint := in("confidential-cases", "identified", "name", "family", "session_notes")
	longAgo := object{"guidance": []object{{"from": strconv.Itoa(year-4) + "-02-01", "until": strconv.Itoa(year-4) + "-06-30"}}}
	gone := object{"holdings": []object{{"system": "confidential-cases", "categories": []string{"name"}, "identifiability": "identified",
		"from": strconv.Itoa(year-4) + "-02-01T00:00:00+01:00", "destroyed_at": strconv.Itoa(year-1) + "-01-15T12:00:00+01:00"}}}
	w.knows(
		someone("o-2", "Moeder Van Kind", "parent", with(phone("01"), object{"holdings": []object{}})),
		someone("o-3", "Vader Van Leerling", "parent", with(phone("02"), object{"holdings": []object{}})),
		someone("o-4", "Tweede Ouder Van Leerling", "parent", with(phone("03"), object{"holdings": []object{}})))
	w.knows(
		someone("k-1", "Klager Proef", "complainant", phone("04")),
		someone("v-1", "Beklaagde Proef", "accused", phone("05")),
		someone("s-1", "Sleutel Proef", "client", with(coaching, phone("06"), object{"openpgp_key": public})),
		someone("g-1", "Eerder Proef", "client", with(coaching, object{"guidance": left("2025-05-30"), "channel": "email"})),
		someone("k-9", "Kind Van Negen", "client", with(complaint, object{"birth_year": year - 9, "guardians": []string{"o-2"}})),
		someone("k-14", "Leerling Van Veertien", "client", with(complaint, phone("07"), object{"birth_year": year - 14, "guardians": []string{"o-3", "o-4"}})),
		someone("o-1", "Contact Van School", "organisation_contact", in("confidential-cases", "identified", "name", "contact")),
		someone("u-1", "Uren Proef", "complainant", in("hours", "anonymous", "appointments")),
		someone("z-1", "Oude Zaak Proef", "complainant", with(longAgo, phone("08"))),
		someone("z-2", "Gewiste Zaak Proef", "complainant", with(longAgo, gone)))
	return key
}

// decidesAboutTheAccused says that he is not told: he would learn of the complaint.
func (w *practiceAtWork) decidesAboutTheAccused() {
	w.t.Helper()
	w.open(w.home + "/affected?group=undecided")
	w.click("Beslis Beklaagde Proef")
	w.sees("Vertelt u het deze persoon?", "UAVG, artikel 41, eerste lid")
	w.choose("Nee, deze persoon hoort het niet")
	w.choose("Het verraadt dat er een klacht of melding is, of van wie die komt (AVG artikel 23, UAVG artikel 41)")
	w.fill("Leg uit", "Hij weet niet dat er een klacht is.")
	w.click("Bewaar de beslissing")
	w.awaits("Het bericht zou verraden dat er een klacht of melding is, of van wie die komt.")
	w.sees("Beklaagde Proef v-1 Hoort het niet, met reden", "Hij weet niet dat er een klacht is.")
}

// phonesThem works off the call list: the complainant, the pupil in words of his
// own, and each parent about the child.
func (w *practiceAtWork) phonesThem() {
	w.t.Helper()
	w.open(w.home + "/calls")
	w.sees("U vertelt het zelf nog aan 5 mensen", "uw beleid zegt eerst bellen", "Kan ik u nu even spreken, en bent u alleen?", "Neemt een ander op? Zeg alleen dat u later terugbelt.",
		"Klager Proef Bellen Uw beleid zegt: eerst bellen. Zo snel mogelijk Zeg tekst 1", "Bel +31 6 0000 0004", "Iemand leest iets persoonlijks over u en vertelt het door.",
		"Leerling Van Veertien Bellen", "voor jongeren van 12 tot en met 15", "Het gaat ook om gegevens van jou.", "Jij hebt niets fout gedaan.",
		"Moeder Van Kind over Kind Van Negen", "Vader Van Leerling over Leerling Van Veertien", "Tweede Ouder Van Leerling over Leerling Van Veertien", "Iemand leest iets persoonlijks over uw kind en vertelt het door.")
	w.silent("Beklaagde", "Contact Van School", "Uren Proef", "klacht heeft", "vertrouwenspersoon")
	for range 5 {
		w.open(w.home + "/calls")
		w.choose("Ik heb gebeld")
		w.click("Leg vast: verteld")
	}
	w.sees("Klaar (5)", "U hoeft niemand te bellen")
	w.open(w.home)
	w.awaits("verteld aan 4 van 4")
}

// tellsBecauseTheRiskIsHigh reaches who is outside the promise: the former client,
// the one whose old case may still be there, and the school, which reads only what
// is about its contact person himself.
func (w *practiceAtWork) tellsBecauseTheRiskIsHigh() {
	w.t.Helper()
	w.decides("Ja, het risico is hoog", "Er staan klachten op, zonder slot.", "Eerdere cliënten: 2. Anderen: 1. Nog te beslissen: 0. Hoort het niet, met reden: 1.")
	w.draft("Eerdere cliënten en anderen")
	w.sees("voor contactpersonen van opdrachtgevers 1 e-mail", "Uw beleid zegt dat u 1 persoon eerst belt.")
	w.approves("")
	w.reads("g-1", []string{"zijn wij een apparaat kwijtgeraakt", "U hebt of had contact met ons.", "Wilt u weten wat wij nog bewaren, en tot wanneer? Vraag het ons."}, []string{"Klager", "ouder of voogd"})
	w.reads("o-1", []string{"onze contactpersoon bij een opdrachtgever", "zijn wij een apparaat kwijtgeraakt", "Over andere mensen mogen wij u niets vertellen."},
		[]string{"Klager", "klager", "leerling", "Leerling", "Kind", "aantekeningen", "gezin", "vertrouwenspersoon"})
	w.open(w.home + "/calls")
	w.sees("Oude Zaak Proef", "Valt buiten uw belofte: zo snel mogelijk", "Nog te bellen (1)")
}

// namesThemInTheFile reads what stays: who heard, who did not and why, and never a name.
func (w *practiceAtWork) namesThemInTheFile() {
	w.t.Helper()
	w.filedWithAuthority("AP", "AP-2026-003", []string{"8. Apparaat", "tussen 7 en 8"}, []string{"Beklaagde", "mensen.example"})
	w.open(w.home + "/file")
	w.sees("Eerdere cliënten, nog herleidbaar 2", "Nog te beslissen 0", "Hoort het niet, met reden 1", "Besloten: iemand hoort het niet",
		"Het verraadt dat er een klacht of melding is, of van wie die komt (AVG artikel 23, UAVG artikel 41)", "Hij weet niet dat er een klacht is.", "AP-2026-003")
	w.silent("Beklaagde Proef", "Klager Proef")
	w.open("/register")
	w.sees("Apparaat kwijt of gestolen", "4 van 4")
}
