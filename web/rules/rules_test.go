package rules_test

import (
	"slices"
	"strings"
	"testing"

	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/rules"
)

func words(t *testing.T) *page.Words {
	t.Helper()
	w, err := page.LoadWords(locales.Files)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Every rule of every built-in policy has words in both languages, and a source.
func TestEveryBuiltInRuleHasWordsAndASource(t *testing.T) {
	w := words(t)
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, choice := range book.Policies() {
		p, _ := book.Policy(choice.ID)
		for _, lang := range page.Languages() {
			start, _ := book.Start(choice.ID, lang)
			for _, r := range rules.Of(w, lang, p, rules.NamesOf(start)) {
				if r.Label == "" || r.Value == "" || r.Source == "" || strings.Contains(r.Label+r.Value, "rules.") || strings.Contains(r.Label+r.Value, "choice.") {
					t.Errorf("%s, %s: %+v", choice.ID, lang, r)
				}
				if !slices.Contains(rules.Groups(), r.Group) || w.T(lang, "rules.group."+string(r.Group)) == "rules.group."+string(r.Group) {
					t.Errorf("%s: the group %s has no words", choice.ID, r.Group)
				}
			}
		}
	}
}

func TestRulesReadAsAPersonWouldSayThem(t *testing.T) {
	w := words(t)
	p := registry.Policy{ClientHours: 48, AuthorityHours: 72, FirstChannel: registry.ByPhone, Formal: true, Source: "ons reglement",
		Messengers: []string{"Signal", "XMPP", "Matrix"},
		Telling:    []registry.Telling{{Relation: registry.RelationAccused, When: registry.TellByDecision, Source: "artikel 3"}},
		Retention: []registry.RetentionRule{{Systems: []string{"agenda", "mailbox"}, From: registry.FromGuidance, Months: 1, Source: "artikel 4"},
			{Systems: []string{"paper"}, From: registry.FromEntry, Months: 1, Source: "artikel 4"},
			{From: registry.FromLastContact, Months: 84, WithinMonths: 6, Source: "artikel 5"}},
		RequestWeeks: 4, Sources: map[string]string{registry.RuleRequests: "artikel 6"}}
	names := rules.Names{Systems: map[string]string{"agenda": "de agenda"}, People: map[registry.Relation]string{registry.RelationAccused: "beklaagde"}}
	got := map[string]rules.Rule{}
	for _, r := range rules.Of(w, page.Dutch, p, names) {
		got[r.Key] = r
	}
	for key, want := range map[string][3]string{
		"client":             {"Aan cliënten vertellen", "Zo snel mogelijk, en uiterlijk binnen 48 uur.", "ons reglement"},
		"telling.0":          {"Beklaagde", "U beslist per persoon, met een reden.", "artikel 3"},
		"contact.first":      {"Eerst", "Per telefoon. Wie een eigen sleutel heeft, krijgt versleutelde e-mail.", "ons reglement"},
		"contact.messengers": {"Met een bericht, als iemand dat wil", "Signal, XMPP en Matrix", "ons reglement"},
		"retention.0":        {"de agenda en mailbox", "Nog 1 maand na de laatste dag van de begeleiding.", "artikel 4"},
		"retention.1":        {"paper", "Alles wordt 1 maand na het invoeren gewist, ook tijdens de begeleiding.", "artikel 4"},
		"retention.2":        {"Al het andere", "Nog 7 jaar na het laatste contact. Daarna vernietigd, binnen 6 maanden.", "artikel 5"},
		"requests":           {"Vraag om inzage of verbetering", "U antwoordt binnen 4 weken.", "artikel 6"},
	} {
		if r := got[key]; [3]string{r.Label, r.Value, r.Source} != want {
			t.Errorf("%s: %q, want %q", key, [3]string{r.Label, r.Value, r.Source}, want)
		}
	}
	if _, some := got["secrecy"]; some {
		t.Error("a practice that is not bound by secrecy reads that it is")
	}
}

func TestAPolicyStoredBeforeThereWereRulesReadsAsItHeld(t *testing.T) {
	old := registry.Policy{ClientHours: 48, AuthorityHours: 72, RetainMonths: 24, Source: "reglement"}
	var values []string
	for _, r := range rules.Of(words(t), page.English, old, rules.Names{}) {
		values = append(values, r.Value)
	}
	text := strings.Join(values, "\n")
	for _, want := range []string{"Hears while in guidance", "For 2 years after the last day of guidance.", "By email, unless"} {
		if !strings.Contains(text, want) {
			t.Errorf("not said: %q in\n%s", want, text)
		}
	}
}
