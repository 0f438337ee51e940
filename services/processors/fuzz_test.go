package processors_test

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/services/processors"
)

// sound reports what an advisory breaks of what holds for each, whatever came in.
func sound(t *testing.T, a advisory.Advisory) {
	t.Helper()
	switch a.Kind {
	case incidents.MessageReport:
		if a.Reference == "" || a.Summary() == "" {
			t.Errorf("a report with reference %q and summary %q", a.Reference, a.Summary())
		}
	case incidents.MessageUnknown:
		if !errors.Is(a.Fault, fault.Invalid) {
			t.Errorf("an unknown message without a fault: %v", a.Fault)
		}
	case incidents.MessageBeside:
		if a.Why == "" {
			t.Error("a message beside, without a why")
		}
	case incidents.MessageTest:
	default:
		t.Errorf("kind = %q", a.Kind)
	}
	for name, part := range map[string]struct {
		text string
		most int
	}{
		"reference": {a.Reference, advisory.MaxReference}, "message": {a.Message, advisory.MaxReference}, "title": {a.Title, advisory.MaxTitle},
		"text": {a.Text, advisory.MaxText}, "summary": {a.Summary(), advisory.MaxSummary}, "stage": {a.StageSaid, advisory.MaxName},
		"measures": {a.Measures, advisory.MaxPart}, "consequences": {a.Consequences, advisory.MaxPart},
	} {
		if n := utf8.RuneCountInString(part.text); n > part.most || !utf8.ValidString(part.text) {
			t.Errorf("%s is %d characters, valid %t", name, n, utf8.ValidString(part.text))
		}
	}
	for name, list := range map[string][]string{"services": a.Services, "regions": a.Regions, "customers": a.Customers, "people": a.People, "links": a.Links} {
		if len(list) > advisory.MaxNames {
			t.Errorf("%d %s", len(list), name)
		}
	}
	if a.OccurredFrom != nil && a.OccurredUntil != nil && a.OccurredUntil.Before(*a.OccurredFrom) {
		t.Errorf("the window runs from %s to %s", a.OccurredFrom, a.OccurredUntil)
	}
	for _, c := range a.Claims {
		if _, possible := advisory.Past(c.At, told); !possible {
			t.Errorf("%s = %s", c.Name, c.At)
		}
	}
}

// reading fuzzes one sender's reader from its fixtures; what it reads it reads
// the same each time.
func reading(f *testing.F, wrap func([]byte) []byte, files ...string) {
	for _, file := range files {
		f.Add(fixture(f, file))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if wrap != nil {
			raw = wrap(raw)
		}
		sound(t, read(raw, "application/json"))
	})
}

func FuzzOwn(f *testing.F) { reading(f, nil, "own.json", "own-test.json", "invoice.json") }
func FuzzMicrosoft365(f *testing.F) {
	reading(f, nil, "m365-privacy.json", "m365-news.json", "m365-outage.json")
}

func FuzzAzureActivity(f *testing.F) {
	reading(f, nil, "azure-activity.json", "azure-maintenance.json", "azure-defender.json")
}

func FuzzAzureCommon(f *testing.F) {
	reading(f, nil, "azure-common.json", "azure-rca.json", "azure-trial.json")
}

func FuzzGoogle(f *testing.F) {
	reading(f, nil, "google-operations.json", "google-password.json", "google-takeout.json", "google-phishing.json")
}

// FuzzPush fuzzes what the envelope holds, and FuzzEvent too: base64 is no game
// for a fuzzer.
func FuzzPush(f *testing.F) {
	reading(f, func(raw []byte) []byte {
		whole, _ := json.Marshal(map[string]any{"subscription": "s", "message": map[string]any{"messageId": "1", "data": raw}})
		return whole
	}, "google-operations.json", "azure-common.json", "own.json")
}

func FuzzEvent(f *testing.F) {
	reading(f, func(raw []byte) []byte {
		whole, _ := json.Marshal(map[string]any{"specversion": "1.0", "id": "1", "source": "s", "type": processors.OwnType, "data_base64": raw})
		return whole
	}, "own.json", "azure-activity.json", "google-push.json")
}

func FuzzForm(f *testing.F) {
	f.Add(string(fixture(f, "mailchimp.form")), "application/x-www-form-urlencoded")
	f.Add(string(fixture(f, "notice.html")), "text/html")
	f.Add("%zz=%&&&==", "application/x-www-form-urlencoded; charset=\xff")
	f.Fuzz(func(t *testing.T, raw, media string) { sound(t, read([]byte(raw), media)) })
}
