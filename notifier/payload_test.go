package notifier_test

import (
	"encoding/json"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/notifier"
	"datalek/services/processors"
)

// payload returns a full message of our own contract; change edits its data.
func payload(change func(data map[string]any)) []byte {
	data := map[string]any{
		"schemaVersion": 1, "reference": "MS-2027-0042", "stage": "initial", "summary": "Vreemden konden bij mailboxen.",
		"reporter": map[string]any{"name": "Contoso Hosting BV"}, "nature": []string{"confidentiality"},
		"occurredFrom": "2027-03-05T02:48:00Z", "occurredUntil": "2027-03-06T10:00:00+01:00", "processorAwareAt": "2027-03-07T09:00:00Z",
		"services": []string{"mail"}, "dataCategories": []string{"contact", "health"}, "likelyConsequences": "Nepmails.",
		"measuresTaken": []string{"toegang gesloten", "wachtwoorden gewist"}, "measuresAdvised": []string{"kies nieuwe wachtwoorden"},
		"encrypted": "no", "links": []string{},
	}
	if change != nil {
		change(data)
	}
	return messageOf(processors.OwnType, data)
}

func messageOf(kind string, data map[string]any) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "timestamp": "2027-03-08T08:59:00Z", "data": data})
	if err != nil {
		panic(err)
	}
	return raw
}

func instant(s string) *time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	t = t.UTC()
	return &t
}

// FuzzOpen: whatever is read as a report opens a case without a fault.
func FuzzOpen(f *testing.F) {
	f.Add(payload(nil))
	f.Add(azureAlert("Active", "1", "2027-03-08T08:00:00Z", "Mail was read."))
	f.Add([]byte(`{"type":"processor.breach.reported","timestamp":"2027-03-08T08:59:00Z","data":{"reference":"x","stage":"final","summary":"y"}}`))
	f.Add([]byte(`{"type":"processor.breach.reported","timestamp":"2027-03-08T08:59:00Z","data":{"reference":"x","stage":"update","summary":"\ud800","occurredFrom":"9999-12-31T23:59:59Z","occurredUntil":"0000-01-01T00:00:00Z","services":[null,"",1],"measuresTaken":[[]]}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a := processors.Reader{}.Read(raw, nil, monday)
		if a.Kind != incidents.MessageReport {
			return
		}
		n := notifier.CaseOf(a, registry.Practice{ID: "p-1", Language: "nl"}, monday)
		if _, err := incidents.Open(n, monday); err != nil {
			t.Errorf("a message that was read as a report opens no case: %v", err)
		}
	})
}
