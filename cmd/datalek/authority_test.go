package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Scripts take the answers for an authority's form, and never what nobody decided
// about.
func TestTheAuthoritysSheetByTheAPI(t *testing.T) {
	d := startDemo(t, "--empty")
	check := describe(t, d.BaseURL)
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = check
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	ago := func(h int) string {
		return d.now().UTC().Truncate(time.Second).Add(-time.Duration(h) * time.Hour).Format(time.RFC3339)
	}
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "lost-paper", "summary": "Een map is weg. Bel iban NL91 ABNA 0417 1643 00.", "discovered_at": ago(2), "aware_at": ago(2), "aware_basis": "Gezien.",
		"systems": nil, "categories": nil, "breach_kinds": []string{"confidentiality"}, "subjects": object{"all": true}}, &filed)
	sheet := "/incidents/" + filed.ID + "/authority-sheet"
	for _, form := range []string{"", "?form=ap", "?form=gba&language=fr", "?form=edpb"} {
		d.must(409, "GET", sheet+form, nil, nil)
	}
	var open struct {
		Items []struct{ Question, Kind, Text string }
	}
	traces := "/incidents/" + filed.ID + "/authority-traces"
	d.must(200, "GET", traces, nil, &open)
	if len(open.Items) != 1 || open.Items[0].Kind != "iban" || open.Items[0].Question != "description" {
		t.Fatalf("these stand open: %+v", open.Items)
	}
	d.must(422, "POST", traces, object{"choices": []object{{"text": "iets anders", "keep": false}}}, nil)
	d.must(422, "POST", traces, object{"choices": []object{{"text": open.Items[0].Text, "keep": true}}}, nil)
	d.must(200, "POST", traces, object{"choices": []object{{"text": open.Items[0].Text, "keep": false}}}, &open)
	if len(open.Items) > 0 {
		t.Errorf("still open: %+v", open.Items)
	}
	d.must(200, "PATCH", "/incidents/"+filed.ID, object{"summary": "Een map is weg.", "reason": "Dat hoort er niet in."}, nil)
	d.must(200, "POST", "/incidents/"+filed.ID+"/authority-answers", object{"given": object{"sector": "Coaching"}, "persons": object{"min": 2, "max": 5}, "abroad": true, "main_establishment": "BE"}, nil)
	d.must(422, "POST", "/incidents/"+filed.ID+"/authority-answers", object{"given": object{"shoe_size": "42"}}, nil)
	var answered struct{ Given map[string]string }
	d.must(200, "GET", "/incidents/"+filed.ID+"/authority-answers", nil, &answered)
	if answered.Given["sector"] != "Coaching" {
		t.Errorf("answered: %+v", answered)
	}
	type answer struct {
		Number, Question, Label, State string
		Answer                         *string
	}
	var got struct {
		Form, Version, Language string
		OfficialOrder           bool `json:"official_order"`
		Answers                 []answer
	}
	find := func(question string) answer {
		for _, x := range got.Answers {
			if x.Question == question {
				return x
			}
		}
		t.Fatalf("the sheet does not ask %s", question)
		return answer{}
	}
	d.must(200, "GET", sheet, nil, &got)
	if got.Version != "AP 2022-08" || !got.OfficialOrder || got.Language != "nl" {
		t.Errorf("the sheet is %s in %s", got.Version, got.Language)
	}
	if x := find("description"); x.Number != "5.3" || x.State != "recorded" || x.Answer == nil || *x.Answer != "Een map is weg." {
		t.Errorf("question 5.3: %+v", x)
	}
	if x := find("lead_authority"); x.State != "derived" || x.Answer == nil || !strings.HasPrefix(*x.Answer, "Gegevensbeschermingsautoriteit") {
		t.Errorf("who leads: %+v", x)
	}
	if x := find("categories"); x.State != "missing" || x.Answer != nil {
		t.Errorf("what leaked is guessed: %+v", x)
	}
	d.must(200, "GET", sheet+"?form=gba&language=fr", nil, &got)
	if x := find("incident_type"); got.Language != "fr" || got.OfficialOrder || x.State != "derived" || x.Answer == nil || !strings.HasPrefix(*x.Answer, "Appareil") {
		t.Errorf("the Belgian sheet in %s: %+v", got.Language, x)
	}
	var template struct{ Blocks []struct{ Name string } }
	d.must(200, "GET", sheet+"?form=edpb", nil, &template)
	if len(template.Blocks) != 11 || template.Blocks[0].Name != "notice" {
		t.Errorf("the template has %+v", template.Blocks)
	}
	d.must(404, "GET", "/incidents/none/authority-sheet", nil, nil)
	var filing struct {
		Form       *string
		LateGround *string `json:"late_ground"`
	}
	d.must(201, "POST", "/incidents/"+filed.ID+"/filings", object{"authority": "AP", "kind": "new", "complete": false, "filed_at": ago(1), "late_ground": "inquiry"}, &filing)
	if filing.Form == nil || *filing.Form != "AP 2022-08" || filing.LateGround == nil {
		t.Errorf("the filing keeps %+v", filing)
	}
	d.must(422, "POST", "/incidents/"+filed.ID+"/filings", object{"authority": "AP", "kind": "follow_up", "filed_at": ago(1), "late_ground": "sun"}, nil)
}
