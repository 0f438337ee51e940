package playbooks_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// What tells of something new reads as the golden files say, for each kind of reader.
func TestUpdatesReadAsTheGoldenFilesSay(t *testing.T) {
	book := load(t)
	all := []string{"occurred_from", "occurred_until", "systems", "categories", "breach_kinds", "measures_taken", "consequences"}
	for _, language := range book.Languages() {
		var file strings.Builder
		for _, v := range variations("processor-breach") {
			for _, reader := range []struct {
				name     string
				audience incidents.Audience
				kind     incidents.TextFor
			}{
				{"clients", incidents.ToClients, ""}, {"former clients", incidents.ToFormerClients, ""}, {"parents", incidents.ToParents, ""},
				{"young", incidents.ToClients, incidents.ForYoung}, {"contact person of an organisation", incidents.ToClients, incidents.ForOrganisation},
				{"readers of the newsletter", incidents.ToFormerClients, incidents.ForNewsletter},
			} {
				for _, news := range []incidents.News{{Fields: all, Added: []registry.Category{registry.Contact, registry.Financial}}, {Fields: []string{"categories"}}} {
					text, err := book.UpdateText(v.practice, v.incident, reader.audience, incidents.Voice{Language: language, For: reader.kind}, news)
					if err != nil {
						t.Fatalf("%s, %s, %s: %v", language, v.name, reader.name, err)
					}
					fmt.Fprintf(&file, "=== %s, %s, %d fields ===\n\n%s\n\n%s\n", v.name, reader.name, len(news.Fields), text.Subject, text.Body)
					checkUpdate(t, language, reader.kind, text)
				}
			}
		}
		golden(t, filepath.Join(language, "update.txt"), file.String())
	}
}

// checkUpdate expects the words that tell that there is news, said to a young person
// as one speaks to one.
func checkUpdate(t *testing.T, language string, kind incidents.TextFor, text incidents.Text) {
	t.Helper()
	news := map[string]string{"nl": "Dit is nieuw:", "en": "This is new:", "fr": "Voici ce qui est nouveau", "de": "Das ist neu:"}[language]
	if !strings.Contains(text.Body, news) || strings.Contains(text.Body, "\n\n\n") {
		t.Errorf("%s, %q: there is no news, or a hole:\n%s", language, kind, text.Body)
	}
	formal := map[string]string{"nl": "Nieuws over uw", "fr": "vos données", "de": "Ihren Daten"}[language]
	if kind == incidents.ForYoung && formal != "" && strings.Contains(text.Subject+text.Body, formal) {
		t.Errorf("%s: a young person is told formally:\n%s\n%s", language, text.Subject, text.Body)
	}
}
