package supplier

import (
	"encoding/json"
	"fmt"
	"time"

	"datalek/incidents/advisory"
)

// fieldsOf are the fields of our own contract that answer a point, with values that
// show their form.
func fieldsOf(p advisory.Point, now time.Time) map[string]any {
	at := func(days int) string { return now.AddDate(0, 0, days).UTC().Truncate(time.Hour).Format(time.RFC3339) }
	switch p {
	case advisory.PointWhen:
		return map[string]any{"occurredFrom": at(-9), "occurredUntil": at(-8)}
	case advisory.PointSubjectKinds:
		return map[string]any{"subjectCategories": []string{"customers"}}
	case advisory.PointSubjects:
		return map[string]any{"approxSubjects": 120}
	case advisory.PointDataKinds:
		return map[string]any{"dataCategories": []string{"contact", "correspondence"}}
	case advisory.PointRecords:
		return map[string]any{"approxRecords": map[string]int{"min": 100, "max": 500}}
	case advisory.PointContact:
		return map[string]any{"reporter": map[string]any{"name": "…", "contact": map[string]string{"name": "…", "email": "security@example.com", "phone": "+31201234567"}}}
	case advisory.PointConsequences:
		return map[string]any{"likelyConsequences": []string{"…"}}
	case advisory.PointMeasures:
		return map[string]any{"measuresTaken": []string{"…"}}
	case advisory.PointSubProcessors:
		return map[string]any{"subProcessors": []string{"…"}}
	case advisory.PointNext:
		return map[string]any{"nextUpdateBy": at(7)}
	}
	return nil
}

// example is an update that would answer what is open, in our own contract.
func example(t told, now time.Time) string {
	data := map[string]any{"reference": t.reference(), "stage": "update", "summary": "…"}
	for _, p := range t.open {
		for name, value := range fieldsOf(p, now) {
			data[name] = value
		}
	}
	text, err := json.MarshalIndent(struct {
		Type      string         `json:"type"`
		Timestamp string         `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}{"processor.breach.reported", now.UTC().Format(time.RFC3339), data}, "", "  ")
	if err != nil {
		return fmt.Sprint(data) // plain values always have a form in JSON
	}
	return string(text)
}
