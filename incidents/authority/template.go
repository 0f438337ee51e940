package authority

import (
	"time"

	"datalek/incidents"
)

// Template is the EDPB's common template as data. It is the consultation version,
// of which only the order of the blocks and what they ask was seen.
type Template struct {
	Template string  `json:"template"`
	Status   string  `json:"status"`
	Blocks   []Block `json:"blocks"`
}

// Block is a part of the template.
type Block struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Fields []Field `json:"fields"`
}

// Field is one answer of the template. Codes are the same in every language.
type Field struct {
	ID    string   `json:"id"`
	State Mark     `json:"state"`
	Codes []string `json:"codes"`
	Text  *string  `json:"text"`
	At    *string  `json:"at"`    // RFC 3339, UTC
	Until *string  `json:"until"` // the end of a span that begins at at
	About bool     `json:"approximate"`
	Min   *int     `json:"min"`
	Max   *int     `json:"max"`
}

// blocks are the template's blocks in order, with the questions of each.
func blocks() []struct {
	id, name string
	keys     []string
} {
	return []struct {
		id, name string
		keys     []string
	}{
		{"1", "notice", []string{"notice_kind", "completeness", "earlier_reference", "ground"}},
		{"2", "controller", []string{"organisation", "registration_number", "sector", "notifier", "notifier_function", "contact", "dpo_number", "other_parties"}},
		{"3.1", "timeline", []string{"occurred_from", "occurred_until", "discovered_at", "aware_at", "discovered_how", "late_reason"}},
		{"3.2", "nature", []string{"breach_kinds", "incident_type", "description"}},
		{"3.3", "persons", []string{"groups", "groups_more", "persons"}},
		{"3.4", "data", []string{"categories", "special_categories", "records"}},
		{"3.5", "measures_in_place", []string{"protected", "protected_how"}},
		{"4", "consequences", []string{"consequences_practice", "consequences", "severity", "measures"}},
		{"5", "communication", []string{"told", "told_at", "told_count", "not_told_because", "means"}},
		{"6", "others", []string{"other_notices", "other_authorities", "countries", "lead_authority"}},
		{"7", "attachments", []string{"documentation"}},
	}
}

// MakeTemplate fills in the common template. What a person left out of the texts
// is left out.
func MakeTemplate(r Record) Template {
	t := Template{Template: "EDPB common template for breach notification, v1.0", Status: "consultation version of June 2026; not the official order"}
	facts := r.facts()
	for _, b := range blocks() {
		block := Block{ID: b.id, Name: b.name, Fields: []Field{}}
		for _, key := range b.keys {
			if f := facts[key]; !f.not {
				block.Fields = append(block.Fields, field(key, f, r.Incident.Traces))
			}
		}
		t.Blocks = append(t.Blocks, block)
	}
	return t
}

// stamp writes an instant, nil for none.
func stamp(at *time.Time) *string {
	if at == nil {
		return nil
	}
	text := at.UTC().Format(time.RFC3339)
	return &text
}

func field(key string, f fact, choices []incidents.TraceChoice) Field {
	out := Field{ID: key, State: f.mark, Codes: f.codes, About: f.about}
	if out.State == "" {
		out.State = Missing
	}
	if out.Codes == nil {
		out.Codes = []string{}
	}
	if f.text != "" {
		text := Clean(f.text, choices, "[left out]")
		out.Text = &text
	}
	if own := f.by["en"]; own != "" {
		out.Text = &own
	}
	out.At, out.Until = stamp(f.at), stamp(f.until)
	if f.count != nil {
		out.Min, out.Max = f.count.Min, f.count.Max
	}
	return out
}
