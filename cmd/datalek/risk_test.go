package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// Scripts weigh a breach without a case: the number, what is recommended, and why.
func TestRiskIsWeighedWithoutACase(t *testing.T) {
	d := startDemo(t, "--empty")
	check := describe(t, d.BaseURL)
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = check
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	type answer struct {
		Severity struct {
			DPC, EI, CB, SE float64
			Level           string
			Flags           []string
		}
		Recommend struct{ Authority, Persons string }
		Reasons   []struct{ Code, Text string }
	}
	var got answer
	d.must(200, "POST", "/risk", object{"breach_kinds": []string{"availability"}, "categories": []string{"name", "contact", "appointments"}, "persons": nil, "context": "care",
		"disclosed": "no", "recipient": "none", "deletion_confirmed": nil, "backup": "not_relevant", "restored_after_hours": 0.33, "harm_while_unavailable": "none", "severity": nil}, &got)
	if s := got.Severity; s.DPC != 3 || s.EI != 1 || s.CB != 0 || s.SE != 3 || s.Level != "high" || got.Recommend.Authority != "no" || got.Recommend.Persons != "no" {
		t.Errorf("an agenda away for twenty minutes: %+v", got)
	}
	told := false
	for _, r := range got.Reasons {
		told = told || r.Code == "score_higher_than_practice" && strings.Contains(r.Text, "toezichthouders")
	}
	if !told {
		t.Errorf("nothing says why the advice is milder than the number: %+v", got.Reasons)
	}

	got = answer{}
	d.must(200, "POST", "/risk", object{"breach_kinds": []string{"confidentiality"}, "categories": []string{"name", "session_notes"}, "persons": object{"min": 101, "max": nil}, "person_kinds": []string{"clients"},
		"context": "secrecy", "unintelligible": "no", "disclosed": "yes", "recipient": "criminal", "malicious": true, "severity": object{"ei": 0.5, "cb": object{"malicious_intent": 0.25, "integrity": nil}}}, &got)
	if s := got.Severity; s.DPC != 4 || s.EI != 0.5 || s.CB != 0.75 || s.SE != 2.75 || s.Level != "medium" || strings.Join(s.Flags, " ") != "over_100_persons" {
		t.Errorf("severity %+v, want the person's own factors in it", s)
	}
	if got.Recommend.Authority != "yes" || got.Recommend.Persons != "yes" {
		t.Errorf("recommended %+v, want both told", got.Recommend)
	}
	d.must(422, "POST", "/risk", object{"breach_kinds": []string{}, "context": "zoo"}, nil)
	d.must(422, "POST", "/risk", object{"breach_kinds": []string{"integrity"}, "severity": object{"dpc": 9}}, nil)
}
