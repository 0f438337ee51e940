package main_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestALostLaptop is told from the form to the register: the kind's own questions,
// the first steps of which one is late, a measure with an owner, the checklist, and
// what is still to be done after the case is closed. It needs no script.
func TestALostLaptop(t *testing.T) {
	d := startDemo(t)
	ahead := morning(t, d)
	p := &person{visitor: newPlainReader(t, d.BaseURL), t: t, disturb: func() {}}
	p.logIn(d)
	home := fileLostLaptop(t, d, p)
	tickOff(p, home)

	d.moveClock(ahead + 5*time.Hour)
	p.open("/")
	p.awaits("2 eerste stappen zijn te laat") // passwords after two hours, and its state after four
	awaitLateSteps(t, d, "Verander de wachtwoorden", "Ga na: was het versleuteld")
	p.open(home)
	p.goesOn("Gedaan Ga na: was het versleuteld")
	p.sees("Afgevinkt.", "Gedaan, na de tijd", "1 eerste stap is te laat", "(Amsterdam)")

	planMeasure(p, home)
	tellOne(t, d, p, home)
	closeWithChecklist(p, home)
	p.open("/")
	p.sees("Er is 1 maatregel nog te doen.")
	p.goesOn("Bekijk wat nog te doen is")
	p.sees("Apparaat kwijt of gestolen", "Afgerond", "Zet versleuteling aan op elk apparaat", "Bram de Waard", "uiterlijk 1 december 2032")
	p.goesOn("Gedaan Zet versleuteling aan")
	p.open("/measures")
	p.sees("Er is niets meer te doen")
	readTheFile(t, d, p, home)
}

// awaitLateSteps waits for the one mail that names the first steps that are late.
func awaitLateSteps(t *testing.T, d *demo, steps ...string) {
	t.Helper()
	await(t, "the mail about late first steps", func() error {
		var about []letter
		for _, m := range d.mailsTo("anna@lindehof.example") {
			if strings.HasPrefix(m.Subject, "Eerste stappen zijn te laat: ") {
				about = append(about, m)
			}
		}
		if len(about) != 1 {
			return errNot("%d such mails", len(about))
		}
		for _, step := range steps {
			if !strings.Contains(about[0].Text, step) {
				return errNot("no %q in %s", step, about[0].Text)
			}
		}
		return nil
	})
}

func fileLostLaptop(t *testing.T, d *demo, p *person) string {
	t.Helper()
	p.open("/incidents/new")
	p.goesOn("Ga verder")
	p.sees("Fout: ", "Kies van wie de gegevens zijn.")
	p.choose("Van mijn eigen praktijk")
	p.goesOn("Ga verder")
	p.choose("Apparaat kwijt of gestolen")
	p.goesOn("Ga verder")
	p.fill("Vertel kort wat er gebeurde", "Mijn laptop is in de trein blijven liggen.")
	p.goesOn("Ga verder")
	p.sees("Nog een paar vragen hierover", "Stond er een code of wachtwoord op?", "Verloren of gestolen?")
	p.choose("Ja")
	p.choose("Verloren")
	p.goesOn("Ga verder")
	p.choose("Dat weet ik (nog) niet")
	p.goesOn("Ga verder")
	p.fillMoment("Wanneer kwam u erachter?", noticedAt(t, d).Add(30*time.Minute))
	p.goesOn("Ga verder")
	p.choose("Op hetzelfde moment als ik erachter kwam")
	p.fill("Waardoor wist u het toen zeker?", "De tas was leeg.")
	p.goesOn("Ga verder")
	p.choose("Dat weet ik (nog) niet") // which systems
	p.goesOn("Ga verder")
	p.choose("Dat weet ik (nog) niet") // which data
	p.goesOn("Ga verder")
	p.choose("Alleen deze mensen")
	p.fill("Of typ of plak e-mailadressen", clientAddress)
	p.goesOn("Ga verder")
	p.choose("Nee, ze zijn te lezen")
	p.goesOn("Ga verder")
	p.goesOn("Ga verder")
	p.sees("Kijk uw antwoorden na", "Van mijn eigen praktijk", "Stond er een code of wachtwoord op?", "Verloren")
	p.goesOn("Leg dit datalek vast")
	return p.path()[:len(p.path())-len("/filed")]
}

// tickOff ticks off one step in time, and says of another that it does not apply.
func tickOff(p *person, home string) {
	p.t.Helper()
	p.open(home)
	p.sees("Wat doet u het eerst?", "Wis of vergrendel het apparaat op afstand", "vóór 10.30 uur vandaag (Amsterdam)", "2 van 5 beantwoord")
	p.goesOn("Gedaan Wis of vergrendel het apparaat")
	p.goesOn("Niet van toepassing Doe bij diefstal aangifte")
	p.goesOn("Leg vast: niet van toepassing")
	p.sees("Fout: ")
	p.fill("Deze stap is niet van toepassing", "Verloren, niet gestolen.")
	p.goesOn("Leg vast: niet van toepassing")
	p.sees("2 van 7 afgehandeld", "Verloren, niet gestolen.")
}

func planMeasure(p *person, home string) {
	p.t.Helper()
	p.open(home + "/measures")
	p.fill("Wat hebt u al gedaan?", "Op afstand gewist.")
	p.fill("Waar kan het toe leiden?", "Iemand leest een verslag.")
	p.goesOn("Bewaar")
	p.open(home + "/measures")
	p.goesOn("Zet op de lijst Zet versleuteling aan")
	p.sees("Te doen", "nog niemand")
	p.goesOn("Wijzigen Zet versleuteling aan")
	p.fill("Wie doet het?", "Bram de Waard")
	p.fillIn("Uiterlijk op", "Dag", "1")
	p.fillIn("Uiterlijk op", "Maand", "12")
	p.fillIn("Uiterlijk op", "Jaar", "2032")
	p.goesOn("Bewaar")
	p.sees("Bram de Waard", "uiterlijk 1 december 2032")
}

func tellOne(t *testing.T, d *demo, p *person, home string) {
	t.Helper()
	p.open(home + "/close")
	p.sees("Moet eerst", "Dit datalek kan nog niet worden afgerond.")
	noticeTo(t, d, home, "clients")
	p.open(home + "/notices")
	approve(p, "Cliënten in begeleiding")
	p.open(home + "/authority")
	p.goesOn("Dit hoeft niet gemeld te worden")
	p.fill("Uw reden", "Gewist voordat iemand kon kijken.")
	p.goesOn("Leg vast: niet melden")
}

func closeWithChecklist(p *person, home string) {
	p.t.Helper()
	p.open(home)
	p.awaits("verteld aan 1 van 1")
	p.goesOn("Afronden")
	p.sees("Is alles gedaan?", "De eerste stappen", "Nog 4", "Het besluit over het risico voor mensen", "Iedere maatregel heeft iemand die hem doet", "In orde")
	p.fill("Wat hebt u hiervan geleerd?", "Nooit meer een laptop zonder versleuteling.")
	p.goesOn("Rond dit datalek af")
	p.sees("Fout: ", "Waarom rondt u af terwijl er nog iets openstaat?")
	p.fill("Waarom rondt u af terwijl er nog iets openstaat?", "Gevonden voorwerpen heeft hem niet.")
	p.goesOn("Rond dit datalek af")
	p.sees("Het datalek is afgerond", "Bij het afronden stond nog open: De eerste stappen (4), Het besluit over het risico voor mensen (1)")
}

// readTheFile looks for all of it on paper and in the register.
func readTheFile(t *testing.T, d *demo, p *person, home string) {
	t.Helper()
	p.open(home + "/file")
	p.sees("Eerste stappen", "Gedaan, na de tijd", "Niet van toepassing", "Verloren, niet gestolen.", "Verloren of gestolen?",
		"Zet versleuteling aan op elk apparaat", "Bram de Waard", "Waarom toch afgerond: Gevonden voorwerpen heeft hem niet.")
	want := []string{"step.done", "step.not_applicable", "step.done", "measure.added", "measure.changed", "incident.closed", "measure.done"}
	await(t, "the register holds what was ticked off", func() error {
		var entries struct {
			Items []struct{ Kind string }
		}
		d.must(200, "GET", "/register?limit=500", nil, &entries)
		var got []string
		for _, e := range entries.Items {
			if slices.Contains(want, e.Kind) {
				got = append(got, e.Kind)
			}
		}
		if !slices.Equal(got, want) {
			return errNot("%v, want %v", got, want)
		}
		return nil
	})
}
