package notifier_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/notifier"
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
	raw, err := json.Marshal(map[string]any{"type": notifier.PayloadType, "timestamp": "2027-03-08T08:59:00Z", "data": data})
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

func TestAFullPayloadFillsTheCase(t *testing.T) {
	got, err := notifier.ParsePayload(payload(nil), monday)
	if err != nil {
		t.Fatal(err)
	}
	want := notifier.Payload{
		Reference: "MS-2027-0042", Stage: "initial", Services: []string{"mail"}, ProcessorAwareAt: instant("2027-03-07T09:00:00Z"),
		Unintelligible: incidents.UnintelligibleNo, Reporter: "Contoso Hosting BV", Advice: []string{"kies nieuwe wachtwoorden"},
		Said: incidents.ProcessorFacts{Stage: "initial", Summary: "Vreemden konden bij mailboxen.",
			OccurredFrom: instant("2027-03-05T02:48:00Z"), OccurredUntil: instant("2027-03-06T09:00:00Z"),
			Categories: []registry.Category{registry.Contact, registry.Health}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality},
			Measures: "toegang gesloten\nwachtwoorden gewist", Consequences: "Nepmails."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}

func TestWhatIsMissingOrUnknownIsRefused(t *testing.T) {
	set := func(name string, value any) []byte { return payload(func(d map[string]any) { d[name] = value }) }
	for _, tt := range []struct {
		name  string
		raw   []byte
		field string
	}{
		{"no JSON", []byte("{"), ""},
		{"a list", []byte("[]"), ""},
		{"nothing", nil, ""},
		{"data is text", []byte(`{"type":"processor.breach.reported","timestamp":"2027-03-08T08:59:00Z","data":"x"}`), ""},
		{"another type", []byte(strings.Replace(string(payload(nil)), "breach.reported", "breach.closed", 1)), "type"},
		{"a time without zone", []byte(strings.Replace(string(payload(nil)), "08:59:00Z", "08:59:00", 1)), "timestamp"},
		{"no reference", set("reference", nil), "data.reference"},
		{"a reference of spaces", set("reference", "   "), "data.reference"},
		{"a reference over two lines", set("reference", "a\nb"), "data.reference"},
		{"a reference that is a number", set("reference", 7), "data.reference"},
		{"an endless reference", set("reference", strings.Repeat("x", 201)), "data.reference"},
		{"an unknown stage", set("stage", "rumour"), "data.stage"},
		{"no summary", set("summary", ""), "data.summary"},
		{"a summary of hidden characters", set("summary", "\u202e\u200b\u0000"), "data.summary"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := notifier.ParsePayload(tt.raw, monday)
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("error = %v, want invalid", err)
			}
			fields := fault.Fields(err)
			if len(fields) != 1 || fields[0].Field != tt.field {
				t.Errorf("faults = %v, want one at %q", fields, tt.field)
			}
		})
	}
}

func TestOptionalFieldsThatCannotBeUsedNeverCostTheReport(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(map[string]any)
		check  func(notifier.Payload) bool
	}{
		{"unknown fields are ignored", func(d map[string]any) { d["mood"] = map[string]any{"deep": []int{1}} },
			func(p notifier.Payload) bool { return p.Reference != "" }},
		{"a window that ends before it starts is unknown", func(d map[string]any) { d["occurredUntil"] = "2027-03-01T00:00:00Z" },
			func(p notifier.Payload) bool {
				return p.BadWindow && p.Said.OccurredFrom == nil && p.Said.OccurredUntil == nil
			}},
		{"a future end is unknown", func(d map[string]any) { d["occurredUntil"] = "2031-01-01T00:00:00Z" },
			func(p notifier.Payload) bool {
				return p.BadWindow && p.Said.OccurredFrom != nil && p.Said.OccurredUntil == nil
			}},
		{"a start in 1970 is unknown", func(d map[string]any) { d["occurredFrom"] = "1970-01-01T00:00:00Z" },
			func(p notifier.Payload) bool { return p.BadWindow && p.Said.OccurredFrom == nil }},
		{"an open end is no fault", func(d map[string]any) { d["occurredUntil"] = nil },
			func(p notifier.Payload) bool { return !p.BadWindow && p.Said.OccurredUntil == nil }},
		{"a time that is a number is unknown", func(d map[string]any) { d["occurredFrom"] = 12 },
			func(p notifier.Payload) bool { return p.BadWindow && p.Said.OccurredFrom == nil }},
		{"the processor's wrong time leaves the window alone", func(d map[string]any) { d["processorAwareAt"] = "soon" },
			func(p notifier.Payload) bool { return !p.BadWindow && p.ProcessorAwareAt == nil }},
		{"kinds of data we have no name for are kept as words", func(d map[string]any) { d["dataCategories"] = []any{"Contact", "shoe size", 7, "birth-date"} },
			func(p notifier.Payload) bool {
				return cmp.Equal(p.UnknownKinds, []string{"shoe size"}) && cmp.Equal(p.Said.Categories, []registry.Category{registry.Contact, registry.BirthDate})
			}},
		{"no known kind at all is unknown", func(d map[string]any) { d["dataCategories"] = []string{"telemetry"} },
			func(p notifier.Payload) bool { return p.Said.Categories == nil }},
		{"services of the wrong form mean all", func(d map[string]any) { d["services"] = map[string]any{} },
			func(p notifier.Payload) bool { return p.Services == nil }},
		{"measures may be one text", func(d map[string]any) { d["measuresTaken"] = "alles dicht" },
			func(p notifier.Payload) bool { return p.Said.Measures == "alles dicht" }},
		{"encrypted may be a yes or no", func(d map[string]any) { d["encrypted"] = true },
			func(p notifier.Payload) bool { return p.Unintelligible == incidents.UnintelligibleYes }},
		{"encrypted may be nonsense", func(d map[string]any) { d["encrypted"] = []int{} },
			func(p notifier.Payload) bool { return p.Unintelligible == incidents.UnintelligibleUnknown }},
		{"an endless summary is cut", func(d map[string]any) { d["summary"] = strings.Repeat("lang ", 4000) },
			func(p notifier.Payload) bool {
				return strings.HasSuffix(p.Said.Summary, "…") && len([]rune(p.Said.Summary)) <= 4000
			}},
		{"characters that reorder text are taken out", func(d map[string]any) { d["summary"] = "a\u202eb\u0000c" },
			func(p notifier.Payload) bool { return p.Said.Summary == "abc" }},
		{"the stage may be in capitals", func(d map[string]any) { d["stage"] = " Final " },
			func(p notifier.Payload) bool { return p.Stage == "final" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := notifier.ParsePayload(payload(tt.change), monday)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(p) {
				t.Errorf("payload = %+v", p)
			}
		})
	}
}

// FuzzParsePayload: whatever can be read opens a case without a fault.
func FuzzParsePayload(f *testing.F) {
	f.Add(payload(nil))
	f.Add([]byte(`{"type":"processor.breach.reported","timestamp":"2027-03-08T08:59:00Z","data":{"reference":"x","stage":"final","summary":"y"}}`))
	f.Add([]byte(`{"type":"processor.breach.reported","timestamp":"2027-03-08T08:59:00Z","data":{"reference":"x","stage":"update","summary":"\ud800","occurredFrom":"9999-12-31T23:59:59Z","occurredUntil":"0000-01-01T00:00:00Z","services":[null,"",1],"measuresTaken":[[]]}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := notifier.ParsePayload(raw, monday)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("error %v is of no kind", err)
			}
			return
		}
		n := notifier.CaseOf(p, registry.Practice{ID: "p-1", Language: "nl"}, monday)
		if _, err := incidents.Open(n, monday); err != nil {
			t.Errorf("a payload that was read opens no case: %v", err)
		}
	})
}
