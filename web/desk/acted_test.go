package desk_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/plain"
	"datalek/incidents/registry"
	"datalek/web/locales"
)

// actTexts are the words of the acts beside the cases, in one language.
func actTexts(t *testing.T, lang string) map[string]any {
	t.Helper()
	raw, err := locales.Files.ReadFile(fmt.Sprintf("acts.%s.json", lang))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestEveryActBesideTheCasesHasWords(t *testing.T) {
	without := []string{"ID", "PracticeID", "Version", "UpdatedAt", "Notes", "ImportID", "Person", "Coaches"}
	for _, lang := range []string{"nl", "en"} {
		texts := actTexts(t, lang)
		for _, kind := range []incidents.EventKind{incidents.SystemAdded, incidents.SystemChanged, incidents.SystemEnded, incidents.SystemResumed,
			incidents.ProcessorAdded, incidents.ProcessorChanged, incidents.ProcessorEnded, incidents.ProcessorResumed, incidents.AddressOpened,
			incidents.PracticeBegun, incidents.DrillStarted, incidents.DrillEnded, incidents.DrillRemoved,
			incidents.ClientAdded, incidents.ClientChanged, incidents.ClientLeft, incidents.ClientReturned, incidents.ImportTaken, incidents.ImportUndone, incidents.SettingsChanged} {
			if !incidents.IsAct(kind) || texts["desk.event."+string(kind)] == nil {
				t.Errorf("%s: %s has no words", lang, kind)
			}
		}
		for _, row := range []any{registry.System{}, registry.Processor{}, registry.Client{}, registry.Person{}, registry.Details{}} {
			of := reflect.TypeOf(row)
			for n := range of.NumField() {
				name := of.Field(n).Name
				field := plain.Name(name)
				if slices.Contains(without, name) || texts["desk.field."+field] != nil || texts["revision.of."+field] != nil {
					continue
				}
				switch field {
				case "processor_id", "categories": // told as held_by, and by the words of a case
					continue
				}
				t.Errorf("%s: the field %s of %s has no words", lang, field, of)
			}
		}
	}
}
