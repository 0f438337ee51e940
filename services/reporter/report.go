package reporter

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Report is what a processor tells, in the words of GDPR Art. 33(3). Reference, Stage
// and Summary are asked; all else may follow in an update under the same Reference.
type Report struct {
	Reference     string
	Stage         string // initial, update or final
	Summary       string
	Services      []string
	Regions       []string
	CustomerRefs  []string
	Categories    []string
	OccurredFrom  time.Time
	OccurredUntil time.Time
	AwareAt       time.Time // when the processor became aware
	Consequences  string
	Measures      []string
	Test          bool // only tries the way in
}

// Body returns the report as datalek reads it.
func (r Report) Body(now time.Time) ([]byte, error) {
	if strings.TrimSpace(r.Reference) == "" || strings.TrimSpace(r.Summary) == "" {
		return nil, errors.New("a report needs a reference and a summary: give --reference and --summary, or --file")
	}
	kind := "processor.breach.reported"
	if r.Test {
		kind = "processor.breach.test"
	}
	data := map[string]any{"reference": r.Reference, "stage": r.Stage, "summary": r.Summary}
	for name, list := range map[string][]string{"services": r.Services, "regions": r.Regions, "customerRefs": r.CustomerRefs, "dataCategories": r.Categories, "measuresTaken": r.Measures} {
		if len(list) > 0 {
			data[name] = list
		}
	}
	for name, at := range map[string]time.Time{"occurredFrom": r.OccurredFrom, "occurredUntil": r.OccurredUntil, "processorAwareAt": r.AwareAt} {
		if !at.IsZero() {
			data[name] = at.UTC().Format(time.RFC3339)
		}
	}
	if r.Consequences != "" {
		data["likelyConsequences"] = r.Consequences
	}
	return json.Marshal(map[string]any{"type": kind, "timestamp": now.UTC().Format(time.RFC3339), "data": data})
}

// AsTest returns a report that was read from a file as one that only tries the way in.
func AsTest(body []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("the file is no JSON object, so --test cannot mark it: %w", err)
	}
	fields["type"] = json.RawMessage(`"processor.breach.test"`)
	return json.Marshal(fields)
}
