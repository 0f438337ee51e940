package processors

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// The types of our own contract with suppliers.
const (
	OwnType     = "processor.breach.reported"
	OwnTestType = "processor.breach.test" // tries the way in; no field of data is required
)

// ownEnvelope is the outer form. Unknown fields are ignored: the raw bytes are kept.
type ownEnvelope struct {
	Type      string                     `json:"type"`
	Timestamp string                     `json:"timestamp"`
	Data      map[string]json.RawMessage `json:"data"`
}

// fromOwn reads our own contract. Required are type, timestamp, data.reference,
// data.stage and data.summary; their faults come all at once. An optional field
// that cannot be used counts as unknown.
func (m message) fromOwn() advisory.Advisory {
	var e ownEnvelope
	if err := json.Unmarshal(m.raw, &e); err != nil {
		return m.unknown(fault.New(fault.Invalid, "error.payload_json", "the message is not JSON of the agreed form"))
	}
	a := advisory.Advisory{Kind: incidents.MessageReport, Format: advisory.Own}
	if e.Type == OwnTestType {
		a.Kind = incidents.MessageTest
	}
	if err := e.required(&a); err != nil && a.Kind != incidents.MessageTest {
		return m.unknown(err)
	}
	a.SaidAt = m.claim(&a, "timestamp", word(e.Timestamp))
	m.readOwnTimes(&a, e.Data)
	readOwnKinds(&a, e.Data)
	readOwnWords(&a, e.Data)
	return a
}

func (e ownEnvelope) required(a *advisory.Advisory) error {
	var faults fault.List
	if e.Type != OwnType {
		faults.Add("type", "error.payload_type", "this kind of message is not known; send "+OwnType)
	}
	if _, err := time.Parse(time.RFC3339, e.Timestamp); err != nil {
		faults.Add("timestamp", "error.payload_time", "give an instant such as 2027-03-05T16:42:10Z")
	}
	reference := strings.TrimSpace(text(e.Data["reference"]))
	registry.CheckLine(&faults, "data.reference", reference, 1, advisory.MaxReference)
	a.Reference = advisory.OneLine(reference, advisory.MaxReference)
	a.StageSaid = advisory.OneLine(text(e.Data["stage"]), advisory.MaxName)
	a.Stage = advisory.Stage(strings.ToLower(a.StageSaid))
	if !slices.Contains([]advisory.Stage{advisory.StageInitial, advisory.StageUpdate, advisory.StageFinal}, a.Stage) {
		a.Stage = ""
		faults.Add("data.stage", "error.payload_stage", "give initial, update or final")
	}
	a.Text = advisory.Clean(text(e.Data["summary"]), advisory.MaxSummary)
	if a.Text == "" {
		faults.Add("data.summary", "error.missing", "say what happened")
	}
	return faults.Err()
}

// readOwnTimes takes the times over. A window whose end lies before its start, or
// that lies in the future, counts as unknown.
func (m message) readOwnTimes(a *advisory.Advisory, data map[string]json.RawMessage) {
	m.window(a, zoned(data["occurredFrom"]), zoned(data["occurredUntil"]))
	a.ProcessorAwareAt = m.claim(a, incidents.ClaimAware, zoned(data["processorAwareAt"]))
	m.claim(a, incidents.ClaimDiscovered, zoned(data["discoveredAt"]))
	if at, err := time.Parse(time.RFC3339, text(data["nextUpdateBy"])); err == nil && at.After(m.received) && at.Before(m.received.AddDate(1, 0, 0)) {
		at = at.UTC().Truncate(time.Millisecond)
		a.NextAt = &at
	}
}

// zoned is an instant of our own contract, which always says its zone; "?" is one
// that cannot be read.
func zoned(raw json.RawMessage) word {
	if absent(raw) {
		return ""
	}
	if _, err := time.Parse(time.RFC3339, text(raw)); err != nil {
		return "?"
	}
	return word(text(raw))
}

// readOwnKinds takes over what we have names for. Kinds of data without one are
// kept as words; when none has one it counts as unknown which data it was.
func readOwnKinds(a *advisory.Advisory, data map[string]json.RawMessage) {
	for _, name := range list(data["dataCategories"]) {
		c := registry.Category(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(name)))
		switch {
		case !c.Valid():
			a.UnknownKinds = append(a.UnknownKinds, name)
		case !slices.Contains(a.Categories, c):
			a.Categories = append(a.Categories, c)
		}
	}
	for _, name := range list(data["nature"]) {
		k := incidents.BreachKind(strings.ToLower(name))
		known := k == incidents.Confidentiality || k == incidents.Integrity || k == incidents.Availability
		if known && !slices.Contains(a.BreachKinds, k) {
			a.BreachKinds = append(a.BreachKinds, k)
		}
	}
	a.Unintelligible = unintelligible(data["encrypted"])
	a.SubjectKinds = list(data["subjectCategories"])
	a.Subjects, a.Records = count(data["approxSubjects"]), count(data["approxRecords"])
}

func unintelligible(raw json.RawMessage) incidents.Unintelligible {
	switch strings.ToLower(strings.Trim(string(raw), `" `)) {
	case "yes", "true":
		return incidents.UnintelligibleYes
	case "partly":
		return incidents.UnintelligiblePartly
	case "no", "false":
		return incidents.UnintelligibleNo
	default:
		return incidents.UnintelligibleUnknown
	}
}

// count reads a number, or its least and most.
func count(raw json.RawMessage) *advisory.Count {
	const most = 10_000_000_000
	usable := func(n *float64) *int {
		if n == nil || *n < 0 || *n > most {
			return nil
		}
		whole := int(*n)
		return &whole
	}
	var one float64
	if !absent(raw) && json.Unmarshal(raw, &one) == nil {
		n := usable(&one)
		if n == nil {
			return nil
		}
		return &advisory.Count{Min: n, Max: n}
	}
	var both struct{ Min, Max *float64 }
	if json.Unmarshal(raw, &both) != nil {
		return nil
	}
	c := advisory.Count{Min: usable(both.Min), Max: usable(both.Max)}
	if c.Min == nil && c.Max == nil || c.Min != nil && c.Max != nil && *c.Max < *c.Min {
		return nil
	}
	return &c
}

func readOwnWords(a *advisory.Advisory, data map[string]json.RawMessage) {
	a.Services, a.Regions, a.Customers = list(data["services"]), list(data["regions"]), list(data["customerRefs"])
	a.Advice = list(data["measuresAdvised"])
	if !absent(data["subProcessors"]) {
		a.SubProcessors = append([]string{}, list(data["subProcessors"])...)
	}
	a.Measures = advisory.Clean(words(data["measuresTaken"]), advisory.MaxPart)
	a.Consequences = advisory.Clean(words(data["likelyConsequences"]), advisory.MaxPart)
	var reporter part[struct {
		Name    word `json:"name"`
		Contact part[struct {
			Name  word `json:"name"`
			Email word `json:"email"`
			Phone word `json:"phone"`
		}] `json:"contact"`
	}]
	if json.Unmarshal(data["reporter"], &reporter) == nil {
		contact := reporter.value.Contact.value
		a.Reporter = reporter.value.Name.line(advisory.MaxName)
		a.Contact = advisory.Contact{Name: contact.Name.line(advisory.MaxName), Email: contact.Email.line(advisory.MaxName), Phone: contact.Phone.line(advisory.MaxName)}
	}
	var links []string
	if json.Unmarshal(data["links"], &links) == nil {
		for _, address := range links {
			link(a, address)
		}
	}
}
