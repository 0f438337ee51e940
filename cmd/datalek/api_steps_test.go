package main_test

// marksSteps ticks off first steps, keeps a list of measures and looks at the
// checklist, each request and answer checked against openapi.yaml.
func (d *demo) marksSteps(path string) {
	d.t.Helper()
	var steps struct {
		Items []struct {
			ID, Act, State string
			Text           map[string]string
			Reason         *string
		}
	}
	d.must(200, "GET", path+"/steps", nil, &steps)
	if s := steps.Items[0]; s.ID != "sessions" || s.State != "late" || s.Text["en"] == "" || s.Text["nl"] == "" {
		d.t.Errorf("the first step is %+v, want the sessions, an hour late", s)
	}
	d.must(200, "POST", path+"/steps/sessions", object{"state": "done"}, &steps)
	d.must(200, "POST", path+"/steps/police", object{"state": "not_applicable", "reason": "Geen aangifte nodig."}, &steps)
	for _, s := range steps.Items {
		if want := map[string]string{"sessions": "done", "police": "not_applicable"}[s.ID]; want != "" && s.State != want {
			d.t.Errorf("step %s is %s, want %s", s.ID, s.State, want)
		}
	}
	d.must(200, "POST", path+"/steps/police", object{"state": "open", "reason": nil}, nil)
	d.must(422, "POST", path+"/steps/police", object{"state": "not_applicable", "reason": ""}, nil)
	d.must(422, "POST", path+"/steps/police", object{"state": "perhaps"}, nil)
	d.must(404, "POST", path+"/steps/wipe", object{"state": "done"}, nil) // of another kind

	var added, changed struct {
		ID, State string
		Owner     *string
		DueOn     *string `json:"due_on"`
	}
	d.must(201, "POST", path+"/measures", object{"text": "Zet een tweede stap aan.", "owner": nil, "due_on": nil}, &added)
	d.must(422, "POST", path+"/measures", object{"text": "", "due_on": "morgen"}, nil)
	d.must(200, "PATCH", path+"/measures/"+added.ID, object{"text": "Zet een tweede stap aan.", "owner": "Anna", "due_on": "2030-01-31"}, &changed)
	if changed.State != "open" || changed.Owner == nil || *changed.Owner != "Anna" || changed.DueOn == nil || *changed.DueOn != "2030-01-31" {
		d.t.Errorf("changed to %+v", changed)
	}
	var open struct {
		Items []struct{ Measures []object }
	}
	if d.must(200, "GET", "/measures", nil, &open); len(open.Items) != 1 || len(open.Items[0].Measures) != 1 {
		d.t.Errorf("open measures: %+v, want one of one case", open.Items)
	}
	d.must(422, "POST", path+"/measures/"+added.ID+"/end", object{"state": "dropped"}, nil)
	d.must(200, "POST", path+"/measures/"+added.ID+"/end", object{"state": "done", "note": "Gedaan."}, nil)
	d.must(409, "POST", path+"/measures/"+added.ID+"/end", object{"state": "done"}, nil)
	d.must(200, "GET", path+"/measures", nil, nil)
	if d.must(200, "GET", "/measures", nil, &open); len(open.Items) != 0 {
		d.t.Errorf("open measures: %+v, want none", open.Items)
	}
	d.keepsAnswers(path)
}

// keepsAnswers answers the playbook's own questions, and looks at the checklist.
func (d *demo) keepsAnswers(path string) {
	d.t.Helper()
	var shown struct {
		Answers    map[string]string
		Said       []struct{ Question, Fact, Value string } `json:"risk_from_answers"`
		Controller *string
	}
	d.must(200, "PATCH", path, object{"answers": object{"fake-mail": "yes"}, "reason": "Nu bekend."}, &shown)
	if len(shown.Said) != 2 || shown.Said[0].Fact != "recipient" || shown.Said[0].Value != "criminal" || shown.Said[1].Question != "fake-mail" {
		d.t.Errorf("from the answer follows %+v, want an offender with intent", shown.Said)
	}
	d.must(200, "PATCH", path, object{"answers": object{"fake-mail": ""}, "reason": "Toch niet."}, &shown)
	if len(shown.Said) != 0 {
		d.t.Errorf("from no answer follows %+v", shown.Said)
	}
	d.must(200, "PATCH", path, object{"answers": object{"second-step": "no"}, "controller": "Gemeente Voorbeeld", "reason": "Nu bekend."}, &shown)
	if shown.Answers["second-step"] != "no" || shown.Controller == nil || *shown.Controller != "Gemeente Voorbeeld" {
		d.t.Errorf("shown %+v", shown)
	}
	d.must(422, "PATCH", path, object{"answers": object{"second-step": "perhaps"}, "reason": "x"}, nil)
	d.must(200, "PATCH", path, object{"answers": object{"second-step": ""}, "controller": nil, "reason": "Toch niet."}, nil)
	var list struct {
		Items []struct {
			Name   string
			Open   int
			Blocks bool
		}
	}
	d.must(200, "GET", path+"/checklist", nil, &list)
	blocks := 0
	for _, p := range list.Items {
		if p.Blocks && p.Open > 0 {
			blocks++
		}
	}
	if blocks == 0 {
		d.t.Errorf("nothing blocks: %+v", list.Items)
	}
}
