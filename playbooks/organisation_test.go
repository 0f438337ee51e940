package playbooks_test

import (
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// everyKind is a case in which every kind of data is hit, with the practitioner's
// own words on what may follow.
func everyKind(playbook string) *incidents.Incident {
	inc := known(playbook)
	inc.Facts.Categories, inc.Facts.Unintelligible = registry.Categories(), incidents.UnintelligibleNo
	inc.Story.Consequences = "NOTES OF CLIENTS"
	return inc
}

func TestAContactPersonReadsOnlyWhatCanBeHis(t *testing.T) {
	book := load(t)
	allowed := map[string][]string{
		"nl": {"naam", "e-mailadres of telefoonnummer", "adres", "afspraken", "e-mails en brieven", "gegevens op een rekening"},
		"en": {"name", "email address or phone number", "address", "appointments", "emails and letters", "details on an invoice"},
		"fr": {"nom", "adresse e-mail ou numéro de téléphone", "adresse", "rendez-vous", "e-mails et lettres", "données d'une facture"},
		"de": {"Name", "E-Mail-Adresse oder Telefonnummer", "Adresse", "Termine", "E-Mails und Briefe", "Angaben auf einer Rechnung"},
	}
	for _, playbook := range book.Playbooks() {
		for language, kinds := range allowed {
			text, err := book.OrganisationText(practice(), everyKind(playbook.ID), incidents.ToClients, language)
			if err != nil {
				t.Fatalf("%s, %s: %v", playbook.ID, language, err)
			}
			listed := items(text.Body)
			if len(listed) < len(kinds) || !slices.Equal(listed[:len(kinds)], kinds) {
				t.Errorf("%s, %s: the kinds are %q, want %q", playbook.ID, language, listed, kinds)
			}
			if strings.Contains(text.Body, "NOTES") || text.For != incidents.ForOrganisation || text.Language != language {
				t.Errorf("%s, %s: for %q, with words on clients: %s", playbook.ID, language, text.For, text.Body)
			}
		}
	}
}

// items are the items of every list of a body, in order.
func items(body string) []string {
	var out []string
	for line := range strings.Lines(body) {
		if item, some := strings.CutPrefix(strings.TrimSpace(line), "- "); some {
			out = append(out, item)
		}
	}
	return out
}

func TestAContactPersonIsToldThatHeHearsOfNobodyElse(t *testing.T) {
	said := map[string]string{"nl": "Over andere mensen mogen wij u niets vertellen.", "en": "We may not tell you anything about other people.",
		"fr": "Nous ne pouvons rien vous dire sur d'autres personnes.", "de": "Über andere Menschen dürfen wir Ihnen nichts sagen."}
	for _, n := range allTexts(t) {
		if n.audience == toContact && !strings.HasPrefix(n.facts, "familiar") && !strings.Contains(n.text.Body, said[n.text.Language]) {
			t.Errorf("%s does not say that it is about him alone", n.name())
		}
	}
}

func TestKindsThatNoContactPersonHasLeaveItOpenWhichAreHis(t *testing.T) {
	inc := known("lost-device")
	inc.Facts.Categories, inc.Facts.Unintelligible = []registry.Category{registry.SessionNotes, registry.Health}, incidents.UnintelligibleNo
	text, err := load(t).OrganisationText(practice(), inc, incidents.ToClients, "nl")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"aantekeningen", "gezondheid", "persoonlijk"} {
		if strings.Contains(text.Body, word) {
			t.Errorf("it says %q:\n%s", word, text.Body)
		}
	}
	if !strings.Contains(text.Body, "Wij weten nog niet precies om welke gegevens het gaat.") {
		t.Errorf("it does not say that his are not known:\n%s", text.Body)
	}
}

func TestWhoMayHaveGoneReadsWhyHisDataIsStillKept(t *testing.T) {
	book, p := load(t), practice()
	p.Policy.RetainMonths = 24
	for _, row := range []struct {
		voice incidents.Voice
		want  []string
	}{
		{incidents.Voice{Language: "nl", For: incidents.ForYoung}, []string{"Je hebt of had contact met ons.", "24 maanden"}},
		{incidents.Voice{Language: "en", For: incidents.ForYoung}, []string{"You are, or were, in touch with us.", "24 months"}},
		{incidents.Voice{Language: "fr", For: incidents.ForYoung}, []string{"Tu es, ou étais, en contact avec nous.", "24 mois"}},
		{incidents.Voice{Language: "de", For: incidents.ForYoung}, []string{"Du hast oder hattest Kontakt mit uns.", "24 Monate"}},
		{incidents.Voice{Language: "nl", For: incidents.ForOrganisation}, []string{"U bent of was onze contactpersoon"}},
		{incidents.Voice{Language: "en", For: incidents.ForOrganisation}, []string{"You are or were our contact person"}},
		{incidents.Voice{Language: "fr", For: incidents.ForOrganisation}, []string{"Vous êtes ou étiez notre personne de contact"}},
		{incidents.Voice{Language: "de", For: incidents.ForOrganisation}, []string{"Sie sind oder waren unsere Ansprechperson"}},
	} {
		for audience, said := range map[incidents.Audience]bool{incidents.ToFormerClients: true, incidents.ToClients: false} {
			text, err := book.TextFor(p, known("phished-mailbox"), audience, row.voice)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range row.want {
				if strings.Contains(text.Body, want) != said {
					t.Errorf("%v to %s: says %q %t, want %t", row.voice, audience, want, !said, said)
				}
			}
		}
	}
}

func TestWordsAddedToAYoungPersonsTextAreInHisForm(t *testing.T) {
	book, p := load(t), practice()
	for language, formal := range map[string]string{"nl": "U ", "fr": " vous", "de": "Sie"} {
		text, err := book.YoungText(p, known("phished-mailbox"), language)
		if err != nil {
			t.Fatal(err)
		}
		added, err := book.Promised(p, incidents.ToClients, []incidents.Text{text}, moment())
		if err != nil {
			t.Fatal(err)
		}
		if added[0].For != incidents.ForYoung || len(added[0].Body) <= len(text.Body) {
			t.Errorf("%s: nothing was promised in %q", language, added[0].For)
		}
		was := strings.Count(text.Body, formal)
		if is := strings.Count(added[0].Body, formal); is != was {
			t.Errorf("%s: the promise says %q:\n%s", language, formal, added[0].Body)
		}
	}
}

// family is one reader of each kind in two languages.
func family() store {
	s := store{}
	for id, c := range map[string]registry.Client{
		"adult":   {Language: "nl", BirthYear: 1980},
		"contact": {Language: "en", Relation: registry.RelationOrganisationContact},
		"young":   {Language: "fr", BirthYear: 2013, Guardians: []string{"parent"}},
		"parent":  {Language: "nl"},
	} {
		c.ID, c.Person = id, registry.Person{Name: "Verzonnen " + id, Email: id + "@client.example"}
		s.clients = append(s.clients, c)
		if id != "parent" {
			s.affected = append(s.affected, incidents.Affected{ID: id, ClientID: id, Group: incidents.InGuidance, InScope: true,
				Certainty: incidents.Certain, Readers: incidents.Readers(c, 2027)})
		}
	}
	return s
}

func TestADraftHasTheWordsThatItsReadersNeed(t *testing.T) {
	n, err := draft(t, family(), known("phished-mailbox"), incidents.ToClients)
	if err != nil {
		t.Fatal(err)
	}
	var voices []incidents.Voice
	for _, text := range n.Texts {
		voices = append(voices, text.Voice())
	}
	want := []incidents.Voice{{Language: "nl"}, {Language: "fr", For: incidents.ForYoung}, {Language: "en", For: incidents.ForOrganisation}}
	if !slices.Equal(voices, want) || n.Recipients != 3 {
		t.Errorf("voices %v for %d readers, want %v", voices, n.Recipients, want)
	}
	parents, err := draft(t, family(), known("phished-mailbox"), incidents.ToParents)
	if err != nil || len(parents.Texts) != 1 || parents.Texts[0].For != incidents.ForEverybody {
		t.Errorf("the parent reads %+v, %v; want the words for everybody", parents, err)
	}
}

// A reader whose age becomes known later brings the words that he needs along.
func TestADraftFollowsAReaderWhoProvesToBeYoung(t *testing.T) {
	s, inc := family(), known("phished-mailbox")
	at := slices.IndexFunc(s.clients, func(c registry.Client) bool { return c.ID == "young" })
	s.clients[at].BirthYear = 1990
	n, err := draft(t, s, inc, incidents.ToClients)
	if err != nil || n.Speaks(incidents.Voice{Language: "fr", For: incidents.ForYoung}) {
		t.Fatalf("draft %v, %v", n, err)
	}
	s.clients[at].BirthYear = 2013
	renewal, err := load(t).Renew(t.Context(), s, practice(), inc, n)
	if err != nil || len(renewal.Texts) != 1 || renewal.Texts[0].For != incidents.ForYoung || renewal.Texts[0].Language != "fr" {
		t.Fatalf("the draft lacks %+v, %v; want the young person's words", renewal.Texts, err)
	}
	if before := n.TextHash; !n.Refresh(renewal.Recipients, renewal.Texts, inc.Assessment.Done) || n.TextHash == before {
		t.Error("the draft did not take them over")
	}
}
