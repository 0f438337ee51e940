package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// body writes one text.
func body(t *testing.T, p registry.Practice, inc *incidents.Incident, audience incidents.Audience, language string) string {
	t.Helper()
	texts, err := load(t).Texts(p, inc, audience, []string{language}, moment())
	if err != nil {
		t.Fatalf("write text: %v", err)
	}
	return texts[0].Body
}

func TestTheTextFollowsTheFacts(t *testing.T) {
	for _, tt := range []struct {
		name     string
		playbook string
		change   func(*registry.Practice, *incidents.Incident)
		says     string
		not      string
	}{
		{"an unknown time is said to be unknown", "lost-device", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.OccurredFrom, i.Facts.OccurredUntil = nil, nil
		}, "Wij weten nog niet precies wanneer.", "8 maart"},
		{"an open end begins somewhere", "phished-mailbox", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.OccurredUntil = nil
		}, "Vanaf maandag 8 maart 2027 om 14.30 uur kon een onbekende", "Tussen"},
		{"an open start ends somewhere", "phished-mailbox", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.OccurredFrom = nil
		}, "Tot dinsdag 9 maart 2027 om 10.15 uur kon een onbekende", "Tussen"},
		{"one day is named once", "processor-breach", nil, "op maandag 8 maart 2027 tussen 14.30 en 16.30 uur", "en maandag"},
		{"what was found at once needs no second time", "mis-sent-email", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.DiscoveredAt = moment().Add(5 * time.Minute)
		}, "naar de verkeerde persoon", "Wij ontdekten"},
		{"unreadable data has no consequences", "lost-device", nil, "Wij verwachten daarom geen gevolgen voor u.", "ergste geval"},
		{"unreadable but lost data has", "lost-device", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.BreachKinds = []incidents.BreachKind{incidents.Confidentiality, incidents.Availability}
		}, "Het kan zijn dat wij gegevens kwijt zijn", "geen gevolgen"},
		{"readable data names the worst", "lost-device", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.Unintelligible = incidents.UnintelligibleNo
		}, "Iemand leest iets persoonlijks over u", "geen gevolgen"},
		{"letters may hold anything, so nothing is ruled out", "phished-mailbox", nil, "- e-mails en brieven", "gaat het niet om"},
		{"a system without a word leaves all places unnamed", "processor-breach", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.Systems = []string{"bookkeeping", "our-own-thing"}
		}, "deze soorten gegevens:", "boekhouding"},
		{"no measures yet", "lost-device", func(_ *registry.Practice, i *incidents.Incident) {
			i.Story.MeasuresTaken, i.Story.MeasuresPlanned = "", ""
		}, "Wij zoeken nu uit wat er nodig is.", "Dit hebben wij al gedaan"},
		{"not filed is not said to be filed", "lost-device", func(_ *registry.Practice, i *incidents.Incident) {
			i.Clocks[1].MetAt = time.Time{}
		}, "Bericht", "Wij hebben dit gemeld"},
		{"an unknown address is not called known", "mis-sent-email", func(_ *registry.Practice, i *incidents.Incident) {
			i.Story.Recipients[0].Kind = incidents.RecipientUnknown
		}, "Wij weten niet wie de e-mail verder leest.", "vertrouwen"},
		{"mail to a mailbox that is still open is advised against", "phished-mailbox", func(_ *registry.Practice, i *incidents.Incident) {
			i.Facts.AccessClosedAt = nil
		}, "Mail ons nu liever niet", "E-mail: ida@post.example"},
		{"without a phone the mail address stays", "phished-mailbox", func(p *registry.Practice, i *incidents.Incident) {
			i.Facts.AccessClosedAt, p.Details.Contact.Phone = nil, ""
		}, "E-mail: ida@post.example", "Telefoon:"},
		{"everything known is not called unknown", "lost-device", nil, "Komen wij later meer te weten", "Wij weten nog niet alles"},
		{"a Belgian practice names the Belgian authority and number", "processor-breach", func(p *registry.Practice, _ *incidents.Incident) {
			p.Authority = registry.GBA
		}, "rijksregisternummer", "burgerservicenummer"},
		{"a name that is the contact's own stands once", "lost-device", func(p *registry.Practice, _ *incidents.Incident) {
			p.Details.Senders[0].Name = p.Details.Contact.Name
		}, "groet,\nIda Voorbeeld\n", "Ida Voorbeeld\nIda"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, inc := practice(), known(tt.playbook)
			if tt.change != nil {
				tt.change(&p, inc)
			}
			texts, err := load(t).Texts(p, inc, incidents.ToClients, []string{"nl"}, moment())
			if err != nil {
				t.Fatalf("write text: %v", err)
			}
			whole := texts[0].Subject + "\n" + texts[0].Body
			if !strings.Contains(whole, tt.says) {
				t.Errorf("does not say %q:\n%s", tt.says, whole)
			}
			if strings.Contains(whole, tt.not) {
				t.Errorf("says %q:\n%s", tt.not, whole)
			}
		})
	}
}

func TestAllForSureAreNotToldPerhaps(t *testing.T) {
	inc := known("processor-breach")
	if got := body(t, practice(), inc, incidents.ToClients, "nl"); strings.Contains(got, "isschien") || !strings.Contains(got, "Ook uw gegevens zijn erbij.") {
		t.Errorf("certain:\n%s", got)
	}
	inc.Assessment.Counts = incidents.Counts{Possible: 40}
	if got := body(t, practice(), inc, incidents.ToClients, "nl"); !strings.Contains(got, "Misschien zijn ook uw gegevens erbij.") {
		t.Errorf("possible:\n%s", got)
	}
	inc.Assessment.Counts = incidents.Counts{Certain: 1, Possible: 39}
	if got := body(t, practice(), inc, incidents.ToClients, "nl"); !strings.Contains(got, "Van sommige mensen weten wij nog niet zeker") {
		t.Errorf("mixed:\n%s", got)
	}
}

func TestFreeTextCannotReachTheTemplatesOrTheMailer(t *testing.T) {
	inc := known("lost-device")
	inc.Story.MeasuresTaken = "{{.Contact}} [[name]]\\\n\n\n   veel   ruimte\n\nEinde"
	got := body(t, practice(), inc, incidents.ToClients, "nl")
	if want := "Dit hebben wij al gedaan:\n{{.Contact}} [ [name]]/\nveel ruimte\nEinde.\n\n"; !strings.Contains(got, want) {
		t.Errorf("want %q in:\n%s", want, got)
	}
	if personal := playbooks.Personalise(got, "Anna"); strings.Contains(personal, "Anna") {
		t.Errorf("free text drew the reader's name into the mail:\n%s", personal)
	}
}

func TestAPracticeWithoutAContactPersonIsToldSo(t *testing.T) {
	p := practice()
	p.Details.Contact.Email = ""
	if _, err := load(t).Texts(p, known("outage"), incidents.ToClients, []string{"nl"}, moment()); err == nil {
		t.Error("a notice without anybody to ask was written")
	}
}

func TestATextInALanguageThatThereIsNotIsAnError(t *testing.T) {
	book := load(t)
	if _, err := book.Texts(practice(), known("outage"), incidents.ToClients, []string{"it"}, moment()); err == nil {
		t.Error("an Italian text was written")
	}
	if _, err := book.Texts(practice(), known("outage"), incidents.ToPractitioner, []string{"nl"}, moment()); err == nil {
		t.Error("a notice to the practitioner was written")
	}
	if _, err := book.Texts(practice(), known("nothing"), incidents.ToClients, []string{"nl"}, moment()); err == nil {
		t.Error("a notice for an unknown playbook was written")
	}
}

func TestPersonalise(t *testing.T) {
	for _, tt := range []struct{ name, body, who, want string }{
		{"with a name", "Beste [[name]],\n\nDag.\n", "Anna de Vries", "Beste Anna de Vries,\n\nDag.\n"},
		{"without a name, Dutch", "Beste [[name]],\n\nDag.\n", "", "Goedendag,\n\nDag.\n"},
		{"without a name, English", "Dear [[name]],\n\nBye.\n", " ", "Hello,\n\nBye.\n"},
		{"without a name, French", "Bonjour [[name]],\n\nAdieu.\n", "", "Bonjour,\n\nAdieu.\n"},
		{"without a name, German", "Guten Tag [[name]],\n\nTschüss.\n", "", "Guten Tag,\n\nTschüss.\n"},
		{"a name of several lines becomes one", "Beste [[name]],\n", "Anna\r\nBcc: x", "Beste Anna Bcc: x,\n"},
		{"a name that looks like the place is only a name", "Beste [[name]],\n", "[[name]]", "Beste [[name]],\n"},
		{"a text without the place stays", "Goedendag,\n", "Anna", "Goedendag,\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := playbooks.Personalise(tt.body, tt.who); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
