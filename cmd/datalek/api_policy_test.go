package main_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A program reads the practice's rules, asks what others would change, and changes
// them, as the page does; each request and answer is checked against openapi.yaml.
func TestAPIReadsAndChangesTheRules(t *testing.T) {
	d := startDemo(t, "--empty")
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = describe(t, d.BaseURL)
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	aware := d.now().UTC().Truncate(time.Second)
	d.must(201, "POST", "/systems", object{"id": "laptop", "name": "Laptop", "categories": []string{"name"}, "identifiability": "identified"}, nil)
	d.must(201, "POST", "/clients", object{"external_id": "c-1", "name": "Cliënt Een", "email": "een@clienten.example", "guidance": []object{{"from": "2025-03-01"}}}, nil)
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": aware.Format(time.RFC3339), "aware_at": aware.Format(time.RFC3339),
		"aware_basis": "Hij was weg.", "systems": []string{"laptop"}, "role": "controller"}, &filed)

	rules := object{}
	d.must(200, "GET", "/policy", nil, &rules)
	was := rules["client"].(object)["hours"]
	rules["client"].(object)["hours"] = 24
	rules["client"].(object)["source"] = object{"document": "Eigen besluit", "place": "22 november 2026"}
	var would policyAnswer
	d.must(200, "PUT", "/policy?dry_run=1", rules, &would)
	said := slices.IndexFunc(would.Changes, func(x ruleChange) bool { return x.Key == "client" && strings.Contains(x.After, "24 uur") })
	if would.Saved || said < 0 || len(would.Cases) != 1 {
		t.Fatalf("would change: %+v", would)
	}
	if c := would.Cases[0]; !c.Changes || c.Adopt || len(c.Clocks) != 1 || !c.Clocks[0].After.Equal(aware.Add(24*time.Hour)) || !c.Clocks[0].Before.Equal(aware.Add(48*time.Hour)) {
		t.Errorf("would change for the case: %+v", c)
	}
	d.isDue(filed.ID, aware.Add(48*time.Hour))
	now := object{}
	d.must(200, "GET", "/policy", nil, &now)
	if now["client"].(object)["hours"] != was {
		t.Error("a dry run saved")
	}

	d.isRefused(rules, "reason")
	rules["reason"], rules["adopt"] = "De cliëntenraad vroeg erom.", []string{filed.ID}
	var did policyAnswer
	d.must(200, "PUT", "/policy", rules, &did)
	d.isDue(filed.ID, aware.Add(24*time.Hour))
	if !did.Saved || !did.Cases[0].Adopt || did.Version == would.Version {
		t.Errorf("changed: %+v", did)
	}
	d.registerTells("/incidents/"+filed.ID, []string{"incident.policy_adopted"})
	rules["client"].(object)["hours"] = 12
	d.must(409, "PUT", "/policy", rules, nil) // of a version that is no more
	d.readsYAML(t)
}

type ruleChange struct{ Key, Before, After string }

// policyAnswer is what changing rules answers.
type policyAnswer struct {
	Saved   bool
	Version int64
	Changes []ruleChange
	Cases   []struct {
		Changes, Adopt bool
		Clocks         []struct {
			Kind   string
			Before time.Time `json:"due_before"`
			After  time.Time `json:"due_after"`
		}
	}
}

// isRefused sends rules and expects these fields to be named, and no others.
func (d *demo) isRefused(rules any, fields ...string) {
	d.t.Helper()
	var p problem
	d.must(422, "PUT", "/policy", rules, &p)
	found := map[string]bool{}
	for _, e := range p.Errors {
		found[e.Field] = true
	}
	slices.Sort(fields)
	if diff := cmp.Diff(fields, slices.Sorted(maps.Keys(found))); diff != "" {
		d.t.Errorf("named (-want +got):\n%s", diff)
	}
}

// readsYAML takes the file that the page offers, and gives it back with faults and whole.
func (d *demo) readsYAML(t *testing.T) {
	t.Helper()
	auth := []string{"Authorization", "Bearer " + d.APIToken}
	status, file := d.raw("GET", d.BaseURL+"/api/v1/policy?format=yaml", nil, auth...)
	r := newPlainReader(t, d.BaseURL)
	(&person{visitor: r, t: t, disturb: func() {}}).logIn(d)
	r.open("/settings/policy/rules.yaml")
	if page := r.body; status != 200 || page != string(file) {
		t.Errorf("%d, and the page offers another file:\n%s", status, cmp.Diff(page, string(file)))
	}
	yaml := append(auth, "Content-Type", "application/yaml")
	status, answer := d.raw("PUT", d.BaseURL+"/api/v1/policy?dry_run=1", file, yaml...)
	if status != 200 || !strings.Contains(string(answer), `"changes":[]`) {
		t.Errorf("the own file answered %d %s", status, answer)
	}
	wrong := strings.NewReplacer("hours: 24", "hours: 9000", "hours: 72", "hours: 96", "formal: true", "formal: perhaps").Replace(string(file)) + "colour: red\n"
	status, answer = d.raw("PUT", d.BaseURL+"/api/v1/policy", []byte(wrong), yaml...)
	for _, field := range []string{`"client.hours"`, `"authority.hours"`, `"mail.formal"`, `"colour"`, `line `} {
		if status != 422 || !strings.Contains(string(answer), field) {
			t.Errorf("%d does not name %s: %s", status, field, answer)
		}
	}
	d.must(422, "GET", "/policy?format=pdf", nil, nil)
}
