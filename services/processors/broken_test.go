package processors_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// own returns a message of our own contract; change edits its data.
func own(t testing.TB, change func(data map[string]any)) []byte {
	t.Helper()
	return edited(t, "own.json", func(m map[string]any) { change(m["data"].(map[string]any)) })
}

func edited(t testing.TB, file string, change func(message map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(fixture(t, file), &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func dig(m map[string]any, path ...string) map[string]any {
	for _, name := range path {
		m = m[name].(map[string]any)
	}
	return m
}

// azure edits the properties of the common schema's alert, common its context.
func azure(t testing.TB, change func(properties map[string]any)) []byte {
	return edited(t, "azure-common.json", func(m map[string]any) { change(dig(m, "data", "alertContext", "properties")) })
}

func TestWhatIsMissingOrUnknownGoesBeforeAPerson(t *testing.T) {
	set := func(name string, value any) []byte { return own(t, func(d map[string]any) { d[name] = value }) }
	first := func(old, with string) []byte {
		return []byte(strings.Replace(string(fixture(t, "own.json")), old, with, 1))
	}
	for _, tt := range []struct {
		name  string
		raw   []byte
		field string
	}{
		{"no JSON", []byte("{"), ""},
		{"an empty list", []byte("[]"), ""},
		{"two messages in a list", []byte("[{},{}]"), ""},
		{"nothing", nil, ""},
		{"null", []byte("null"), ""},
		{"data is text", []byte(`{"type":"processor.breach.reported","timestamp":"2027-03-08T08:59:00Z","data":"x"}`), ""},
		{"another type", first("breach.reported", "breach.closed"), "type"},
		{"a time without zone", first("16:42:10Z", "16:42:10"), "timestamp"},
		{"no reference", set("reference", nil), "data.reference"},
		{"a reference of spaces", set("reference", "   "), "data.reference"},
		{"a reference over two lines", set("reference", "a\nb"), "data.reference"},
		{"a reference that is a number", set("reference", 7), "data.reference"},
		{"an endless reference", set("reference", strings.Repeat("x", 201)), "data.reference"},
		{"an unknown stage", set("stage", "rumour"), "data.stage"},
		{"no summary", set("summary", ""), "data.summary"},
		{"a summary of hidden characters", set("summary", "\u202e\u200b\u0000"), "data.summary"},
		{"JSON as deep as a well", []byte(strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)), ""},
		{"lists in lists", []byte(strings.Repeat("[", 40) + strings.Repeat("]", 40)), ""},
		{"a message that is too large", []byte(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`), ""},
		{"an Azure alert without a case", azure(t, func(p map[string]any) { delete(p, "trackingId") }), ""},
		{"an Azure alert with an endless case", azure(t, func(p map[string]any) { p["trackingId"] = strings.Repeat("x", 400) }), ""},
		{"an Azure alert of an unknown type", azure(t, func(p map[string]any) { p["incidentType"] = "Rumour" }), ""},
		{"an Azure alert without its context", edited(t, "azure-common.json", func(m map[string]any) { m["data"] = []int{1} }), ""},
		{"an Azure log that is text", edited(t, "azure-activity.json", func(m map[string]any) { dig(m, "data")["context"] = "x" }), ""},
		{"a post without a number", edited(t, "m365-privacy.json", func(m map[string]any) {
			m["@odata.type"] = "#microsoft.graph.serviceUpdateMessage"
			delete(m, "id")
		}), ""},
		{"a push whose data is no base64", edited(t, "google-push.json", func(m map[string]any) { dig(m, "message")["data"] = "%%%" }), ""},
		{"a push of text", edited(t, "google-push.json", func(m map[string]any) {
			dig(m, "message")["data"] = base64.StdEncoding.EncodeToString([]byte("hello"))
		}), ""},
		{"a Google alert whose number is a list", edited(t, "google-operations.json", func(m map[string]any) { m["alertId"] = []int{1} }), ""},
		{"an event without data", edited(t, "event-own.json", func(m map[string]any) { delete(m, "data") }), ""},
		{"events in events", nested(t, 9), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(tt.raw, "application/json")
			if a.Kind != incidents.MessageUnknown || !errors.Is(a.Fault, fault.Invalid) {
				t.Fatalf("it is %s, fault %v; want unknown and invalid", a.Kind, a.Fault)
			}
			fields := fault.Fields(a.Fault)
			if len(fields) != 1 || fields[0].Field != tt.field {
				t.Errorf("faults = %v, want one at %q", fields, tt.field)
			}
			if len(tt.raw) > 0 && a.Text == "" {
				t.Error("nothing of its text is kept for a person")
			}
		})
	}
}

// nested returns that many events, each the data of the one around it.
func nested(t *testing.T, deep int) []byte {
	t.Helper()
	raw := fixture(t, "own.json")
	for range deep {
		whole, err := json.Marshal(map[string]any{"specversion": "1.0", "id": "x", "source": "y", "type": "z", "data": json.RawMessage(raw)})
		if err != nil {
			t.Fatal(err)
		}
		raw = whole
	}
	return raw
}

func TestFieldsThatCannotBeUsedNeverCostTheReport(t *testing.T) {
	ours := func(change func(map[string]any)) []byte { return own(t, change) }
	for _, tt := range []struct {
		name  string
		raw   []byte
		check func(advisory.Advisory) bool
	}{
		{"unknown fields are ignored", ours(func(d map[string]any) { d["mood"] = map[string]any{"deep": []int{1}} }),
			func(a advisory.Advisory) bool { return a.Reference != "" }},
		{"a window that ends before it starts is unknown", ours(func(d map[string]any) { d["occurredUntil"] = "2027-03-01T00:00:00Z" }),
			func(a advisory.Advisory) bool {
				return a.BadWindow && a.OccurredFrom == nil && a.OccurredUntil == nil
			}},
		{"a future end is unknown", ours(func(d map[string]any) { d["occurredUntil"] = "2031-01-01T00:00:00Z" }),
			func(a advisory.Advisory) bool {
				return a.BadWindow && a.OccurredFrom != nil && a.OccurredUntil == nil
			}},
		{"a start in 1970 is unknown", ours(func(d map[string]any) { d["occurredFrom"] = "1970-01-01T00:00:00Z" }),
			func(a advisory.Advisory) bool { return a.BadWindow && a.OccurredFrom == nil }},
		{"our own times have a zone", ours(func(d map[string]any) { d["occurredFrom"] = "2027-03-02T02:48:00" }),
			func(a advisory.Advisory) bool { return a.BadWindow && a.OccurredFrom == nil }},
		{"an open end is no fault", ours(func(d map[string]any) { d["occurredUntil"] = nil }),
			func(a advisory.Advisory) bool { return !a.BadWindow && a.OccurredUntil == nil }},
		{"a time that is a number is unknown", ours(func(d map[string]any) { d["occurredFrom"] = 12 }),
			func(a advisory.Advisory) bool { return a.BadWindow && a.OccurredFrom == nil }},
		{"the processor's wrong time leaves the window alone", ours(func(d map[string]any) { d["processorAwareAt"] = "soon" }),
			func(a advisory.Advisory) bool { return !a.BadWindow && a.ProcessorAwareAt == nil }},
		{"kinds of data we have no name for are kept as words", ours(func(d map[string]any) { d["dataCategories"] = []any{"Contact", "shoe size", 7, "birth-date"} }),
			func(a advisory.Advisory) bool {
				return cmp.Equal(a.UnknownKinds, []string{"shoe size"}) && cmp.Equal(a.Categories, []registry.Category{registry.Contact, registry.BirthDate})
			}},
		{"no known kind at all is unknown", ours(func(d map[string]any) { d["dataCategories"] = []string{"telemetry"} }),
			func(a advisory.Advisory) bool { return a.Categories == nil }},
		{"services of the wrong form mean all", ours(func(d map[string]any) { d["services"] = map[string]any{} }),
			func(a advisory.Advisory) bool { return a.Services == nil }},
		{"measures may be one text", ours(func(d map[string]any) { d["measuresTaken"] = "alles dicht" }),
			func(a advisory.Advisory) bool { return a.Measures == "alles dicht" }},
		{"encrypted may be a yes or no", ours(func(d map[string]any) { d["encrypted"] = true }),
			func(a advisory.Advisory) bool { return a.Unintelligible == incidents.UnintelligibleYes }},
		{"encrypted may be nonsense", ours(func(d map[string]any) { d["encrypted"] = []int{} }),
			func(a advisory.Advisory) bool { return a.Unintelligible == incidents.UnintelligibleUnknown }},
		{"a number of people may be one number", ours(func(d map[string]any) { d["approxSubjects"] = 12 }),
			func(a advisory.Advisory) bool {
				return a.Subjects != nil && *a.Subjects.Min == 12 && *a.Subjects.Max == 12
			}},
		{"a number of people that cannot be is unknown", ours(func(d map[string]any) { d["approxSubjects"] = map[string]any{"min": 9, "max": -2e300} }),
			func(a advisory.Advisory) bool {
				return a.Subjects != nil && *a.Subjects.Min == 9 && a.Subjects.Max == nil
			}},
		{"a reporter of the wrong form is nobody", ours(func(d map[string]any) { d["reporter"] = "Contoso" }),
			func(a advisory.Advisory) bool { return a.Reporter == "" && a.Contact.IsZero() }},
		{"an endless summary is cut", ours(func(d map[string]any) { d["summary"] = strings.Repeat("lang ", 4000) }),
			func(a advisory.Advisory) bool {
				return strings.HasSuffix(a.Text, "…") && len([]rune(a.Summary())) <= advisory.MaxSummary
			}},
		{"characters that reorder text are taken out", ours(func(d map[string]any) { d["summary"] = "a\u202eb\u0000c" }),
			func(a advisory.Advisory) bool { return a.Text == "abc" }},
		{"the stage may be in capitals", ours(func(d map[string]any) { d["stage"] = " Final " }),
			func(a advisory.Advisory) bool { return a.Stage == advisory.StageFinal }},
		{"a byte order mark is no part of the message", append([]byte("\xef\xbb\xbf"), fixture(t, "own.json")...),
			func(a advisory.Advisory) bool { return a.Format == advisory.Own }},
		{"one message in a list is that message", append(append([]byte("["), fixture(t, "own.json")...), ']'),
			func(a advisory.Advisory) bool { return a.Format == advisory.Own }},
		{"Azure's services may be broken text", azure(t, func(p map[string]any) { p["impactedServices"] = "[{" }),
			func(a advisory.Advisory) bool { return cmp.Equal(a.Services, []string{"Exchange Online"}) }},
		{"Azure's services may be names", azure(t, func(p map[string]any) { p["impactedServices"] = []any{"Storage", 7, nil} }),
			func(a advisory.Advisory) bool { return cmp.Equal(a.Services, []string{"Storage"}) }},
		{"Azure's number of a communication may be a number", azure(t, func(p map[string]any) { p["communicationId"] = 42 }),
			func(a advisory.Advisory) bool { return a.Message == "42" }},
		{"Azure's type may be in small letters", azure(t, func(p map[string]any) { p["incidentType"] = "security" }),
			func(a advisory.Advisory) bool { return a.Kind == incidents.MessageReport }},
		{"a synthetic alert is a trial, as text or as a yes", azure(t, func(p map[string]any) { p["IsSynthetic"] = true }),
			func(a advisory.Advisory) bool { return a.Kind == incidents.MessageTest }},
		{"a sensitive advisory keeps its words to itself", azure(t, func(p map[string]any) {
			p["title"], p["communication"], p["defaultLanguageTitle"], p["defaultLanguageContent"] = "", nil, "", ""
		}), func(a advisory.Advisory) bool { return a.Summary() == "Azure Service Health 0NIH-U2O" }},
		{"an alert of another Azure service is none of ours", edited(t, "azure-common.json", func(m map[string]any) {
			dig(m, "data", "essentials")["monitoringService"] = "Log Analytics"
			dig(m, "data")["alertContext"] = map[string]any{"SearchQuery": "x"}
		}), func(a advisory.Advisory) bool {
			return a.Kind == incidents.MessageBeside && a.Why == advisory.WhyOtherAlert
		}},
		{"a post's body may be plain text", edited(t, "m365-privacy.json", func(m map[string]any) {
			m["body"] = map[string]any{"contentType": "text", "content": "a <b> c"}
		}), func(a advisory.Advisory) bool { return a.Text == "a <b> c" }},
		{"a post's details may be anything", edited(t, "m365-privacy.json", func(m map[string]any) { m["details"] = "x" }),
			func(a advisory.Advisory) bool { return a.Kind == incidents.MessageReport && a.Links == nil }},
		{"a push may use the other alphabet", edited(t, "google-push.json", func(m map[string]any) {
			data := dig(m, "message")["data"].(string)
			dig(m, "message")["data"] = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(data), "=")
		}), func(a advisory.Advisory) bool { return a.Format == advisory.GoogleWorkspace }},
		{"an event may hold its data as text", edited(t, "event-own.json", func(m map[string]any) {
			m["data"] = `{"reference":"R-9","stage":"initial","summary":"x"}`
		}), func(a advisory.Advisory) bool { return a.Reference == "R-9" }},
		{"an event may hold our message whole", []byte(`{"specversion":"1.0","id":"1","source":"s","type":"processor.breach.reported","data":` + string(fixture(t, "own.json")) + `}`),
			func(a advisory.Advisory) bool { return a.Reference == "CH-2027-0042" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(tt.raw, "application/json")
			if a.Fault != nil {
				t.Fatal(a.Fault)
			}
			if !tt.check(a) {
				t.Errorf("advisory = %+v", a)
			}
		})
	}
}
