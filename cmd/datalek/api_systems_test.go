package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A program says whose data each system holds, and the exceptions of one person; the
// finding follows and says by which rule. What it leaves out stays.
func TestAProgramSaysWhoseDataIsWhere(t *testing.T) {
	s := startDemo(t, "--empty")
	check := describe(t, s.BaseURL)
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = check
	t.Cleanup(func() { http.DefaultClient.Transport = client })

	mailbox := object{"id": "mailbox", "name": "Mailbox", "categories": []string{"name", "contact"},
		"rules": []object{{"relations": []string{"client"}, "categories": []string{"contact"}, "note": "Alleen adressen"}, {"relations": []string{"trainee"}, "identifiability": "pseudonymised", "key_system": "safe"}}}
	s.must(422, "POST", "/systems", mailbox, nil) // there is no safe yet
	s.must(201, "POST", "/systems", object{"id": "safe", "name": "Kluis", "categories": []string{"name"}}, nil)
	var saved struct{ Rules []object }
	s.must(201, "POST", "/systems", mailbox, &saved)
	s.must(200, "POST", "/systems", object{"id": "mailbox", "name": "Postvak", "categories": []string{"name", "contact"}}, &saved)
	if len(saved.Rules) != 2 || saved.Rules[1]["key_system"] != "safe" {
		t.Errorf("rules left out became %v", saved.Rules)
	}
	s.must(422, "POST", "/systems", object{"id": "mailbox", "name": "Postvak", "categories": []string{"name"}, "rules": []object{{}, {"relations": []string{"friend"}}}}, nil)
	var processor struct{ Contract, Contact *string }
	s.must(201, "POST", "/processors", object{"id": "file-host", "name": "Dossier Online", "contract": "Voorwaarden, map 3", "contact": "meldpunt"}, &processor)
	s.must(200, "POST", "/processors", object{"id": "file-host", "name": "Dossier Online BV"}, &processor)
	if processor.Contract == nil || *processor.Contract != "Voorwaarden, map 3" || processor.Contact == nil {
		t.Errorf("contract left out became %v", processor)
	}

	person := func(number, relation string, more object) object {
		x := object{"external_id": number, "name": "Persoon " + number, "relation": relation, "guidance": []object{{"from": "2025-03-01"}}}
		for k, v := range more {
			x[k] = v
		}
		return x
	}
	s.must(201, "POST", "/clients", []object{
		person("ruled", "client", nil), person("without", "client", object{"without": []string{"mailbox"}}),
		person("excepted", "client", object{"exceptions": []object{{"system": "mailbox", "categories": []string{"contact"}, "identifiability": "anonymous"}}}),
		person("reader", "newsletter", object{"guidance": []object{}, "first_contact": "2025-02-01", "last_contact": "2026-02-01"}),
	}, nil)
	s.must(422, "POST", "/clients", person("wrong", "client", object{"holdings": []object{}, "without": []string{"mailbox"}}), nil)
	s.must(422, "POST", "/clients", person("wrong", "client", object{"without": []string{"nowhere"}}), nil)
	var again struct {
		FirstContact *string `json:"first_contact"`
		Without      []string
		Exceptions   []object
	}
	for _, number := range []string{"without", "excepted"} { // sent anew without a word about exceptions
		s.must(200, "POST", "/clients", person(number, "client", nil), &again)
		if len(again.Without)+len(again.Exceptions) != 1 {
			t.Errorf("%s lost its exception: %+v", number, again)
		}
	}
	s.must(200, "POST", "/clients", person("reader", "newsletter", object{"guidance": []object{}}), &again)
	if again.FirstContact == nil || *again.FirstContact != "2025-02-01" {
		t.Errorf("the first contact left out became %v", again.FirstContact)
	}

	ago := func(h int) string {
		return s.now().UTC().Truncate(time.Second).Add(-time.Duration(h) * time.Hour).Format(time.RFC3339)
	}
	var filed struct{ ID string }
	s.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "discovered_at": ago(1), "aware_at": ago(1), "aware_basis": "Gezien.",
		"systems": []string{"mailbox"}, "occurred_from": ago(9), "occurred_until": ago(2)}, &filed)
	var found struct {
		Items []struct {
			ExternalID string `json:"external_id"`
			Certainty  string
			Reasons    []struct{ Code, Text string }
		}
		Complete bool
	}
	await(t, "the finding is complete", func() error {
		s.must(200, "GET", "/incidents/"+filed.ID+"/affected", nil, &found)
		if !found.Complete || len(found.Items) != 4 {
			return errNot("%d items, complete %t", len(found.Items), found.Complete)
		}
		return nil
	})
	got, rule := map[string]string{}, ""
	for _, x := range found.Items {
		got[x.ExternalID] = x.Certainty
		for _, why := range x.Reasons {
			if slices.Contains([]string{"by_rule", "not_kept_there", "without", "anonymous"}, why.Code) {
				got[x.ExternalID] += " " + why.Code
			}
			if why.Code == "by_rule" {
				rule = why.Text
			}
		}
	}
	want := map[string]string{"ruled": "certain by_rule", "without": "none without", "excepted": "none anonymous", "reader": "none not_kept_there"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("finding (-want +got):\n%s", diff)
	}
	if !strings.Contains(rule, "Alleen adressen") || !strings.Contains(rule, "Privacybeleid Refleact") {
		t.Errorf("the rule reads %q, want its note and the source of its term", rule)
	}
}
