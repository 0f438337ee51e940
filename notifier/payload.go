package notifier

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// PayloadType is the one kind of message that our own contract with processors knows.
const PayloadType = "processor.breach.reported"

// Limits of what is taken over from a processor, in characters.
const (
	maxReference = 200
	maxSummary   = 4_000 // leaves room below the case's own limit for our remarks
	maxPart      = 4_500
	maxNames     = 60 // entries of a list
	maxName      = 80
)

// Stages of one processor's case, in their order.
const (
	stageInitial = "initial"
	stageUpdate  = "update"
	stageFinal   = "final"
)

// Payload is a processor's report as read: what fits the case's own fields, and
// what had to be left out of them.
type Payload struct {
	Reference        string
	Stage            string
	Services         []string // as the processor names them; none means all
	ProcessorAwareAt *time.Time
	Unintelligible   incidents.Unintelligible
	// Said has no Systems: which these are differs by practice.
	Said incidents.ProcessorFacts
	// UnknownKinds are names of data that are not in our list.
	UnknownKinds []string
	Advice       []string // what the processor advises to do
	BadWindow    bool     // the times of the breach could not be, and count as unknown
	Reporter     string   // firm that reports, "" when not told
}

// envelope is the outer form. Unknown fields are ignored: the raw bytes are kept.
type envelope struct {
	Type      string                     `json:"type"`
	Timestamp string                     `json:"timestamp"`
	Data      map[string]json.RawMessage `json:"data"`
}

// ParsePayload reads a processor.breach.reported message received at the given
// instant. Required are type, timestamp, data.reference, data.stage and
// data.summary; their faults come all at once and wrap fault.Invalid. An optional
// field that cannot be used never costs the report: it counts as unknown.
func ParsePayload(raw []byte, received time.Time) (Payload, error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return Payload{}, fault.New(fault.Invalid, "error.payload_json", "the message is not JSON of the agreed form")
	}
	p, err := e.required()
	if err != nil {
		return Payload{}, err
	}
	p.readWindow(e.Data, received)
	p.readKinds(e.Data)
	p.readWords(e.Data)
	return p, nil
}

func (e envelope) required() (Payload, error) {
	var faults fault.List
	if e.Type != PayloadType {
		faults.Add("type", "error.payload_type", "this kind of message is not known; send "+PayloadType)
	}
	if _, err := time.Parse(time.RFC3339, e.Timestamp); err != nil {
		faults.Add("timestamp", "error.payload_time", "give an instant such as 2027-03-05T16:42:10Z")
	}
	p := Payload{Reference: strings.TrimSpace(text(e.Data["reference"])), Stage: strings.ToLower(strings.TrimSpace(text(e.Data["stage"])))}
	registry.CheckLine(&faults, "data.reference", p.Reference, 1, maxReference)
	if !slices.Contains([]string{stageInitial, stageUpdate, stageFinal}, p.Stage) {
		faults.Add("data.stage", "error.payload_stage", "give initial, update or final")
	}
	p.Said = incidents.ProcessorFacts{Stage: p.Stage, Summary: clean(text(e.Data["summary"]), maxSummary)}
	if p.Said.Summary == "" {
		faults.Add("data.summary", "error.missing", "say what happened")
	}
	return p, faults.Err()
}

// readWindow takes the times over. A window whose end lies before its start, or
// that lies in the future, counts as unknown.
func (p *Payload) readWindow(data map[string]json.RawMessage, received time.Time) {
	p.Said.OccurredFrom = p.instant(data["occurredFrom"], received)
	p.Said.OccurredUntil = p.instant(data["occurredUntil"], received)
	if from, until := p.Said.OccurredFrom, p.Said.OccurredUntil; from != nil && until != nil && until.Before(*from) {
		p.Said.OccurredFrom, p.Said.OccurredUntil, p.BadWindow = nil, nil, true
	}
	bad := p.BadWindow
	p.ProcessorAwareAt = p.instant(data["processorAwareAt"], received)
	p.BadWindow = bad // that the processor's own time is wrong changes no window
}

// oldest is the first instant that a report may speak of.
var oldest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// skew is how far ahead of ours a sender's clock may run.
const skew = 5 * time.Minute

func (p *Payload) instant(raw json.RawMessage, received time.Time) *time.Time {
	if absent(raw) {
		return nil
	}
	at, err := time.Parse(time.RFC3339, text(raw))
	at = at.UTC().Truncate(time.Millisecond)
	if err != nil || at.Before(oldest) || at.After(received.Add(skew)) {
		p.BadWindow = true
		return nil
	}
	return &at
}

// readKinds takes over what we have names for. Kinds of data without one are
// kept as words; when none has one it counts as unknown which data it was.
func (p *Payload) readKinds(data map[string]json.RawMessage) {
	for _, name := range list(data["dataCategories"]) {
		c := registry.Category(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(name)))
		switch {
		case !c.Valid():
			p.UnknownKinds = append(p.UnknownKinds, name)
		case !slices.Contains(p.Said.Categories, c):
			p.Said.Categories = append(p.Said.Categories, c)
		}
	}
	for _, name := range list(data["nature"]) {
		k := incidents.BreachKind(strings.ToLower(name))
		known := k == incidents.Confidentiality || k == incidents.Integrity || k == incidents.Availability
		if known && !slices.Contains(p.Said.BreachKinds, k) {
			p.Said.BreachKinds = append(p.Said.BreachKinds, k)
		}
	}
	p.Unintelligible = unintelligible(data["encrypted"])
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

func (p *Payload) readWords(data map[string]json.RawMessage) {
	p.Services = list(data["services"])
	p.Advice = list(data["measuresAdvised"])
	p.Said.Measures = clean(words(data["measuresTaken"]), maxPart)
	p.Said.Consequences = clean(words(data["likelyConsequences"]), maxPart)
	var reporter struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(data["reporter"], &reporter) == nil {
		p.Reporter = oneLine(reporter.Name, maxName)
	}
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// text returns a JSON string, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// list returns the usable strings of a JSON list, or one string as a list of one.
func list(raw json.RawMessage) []string {
	var mixed []json.RawMessage
	if json.Unmarshal(raw, &mixed) != nil {
		mixed = []json.RawMessage{raw}
	}
	var out []string
	for _, item := range mixed {
		if s := oneLine(text(item), maxName); s != "" && len(out) < maxNames {
			out = append(out, s)
		}
	}
	return out
}

// words joins a text, or a list of texts, with line breaks.
func words(raw json.RawMessage) string {
	if s := text(raw); s != "" {
		return s
	}
	var mixed []json.RawMessage
	if json.Unmarshal(raw, &mixed) != nil {
		return ""
	}
	var out []string
	for _, item := range mixed {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

// clean makes a stranger's text safe to keep: no characters that hide or
// reorder, at most that many characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return cut(strings.TrimSpace(s), most)
}

func oneLine(s string, most int) string {
	return cut(strings.Join(strings.Fields(clean(s, most*4)), " "), most)
}

// cut shortens a text to that many characters, the last a sign that more followed.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

// reasons lists in one line what was wrong with a message, without its content.
func reasons(err error) string {
	var parts []string
	for _, f := range fault.Fields(err) {
		part := f.Message
		if f.Field != "" {
			part = f.Field + ": " + part
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 && err != nil && !errors.Is(err, fault.Invalid) {
		return "the message could not be used"
	}
	return strings.Join(parts, "; ")
}
