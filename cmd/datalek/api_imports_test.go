package main_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// importState is an import as the API lists it.
type importState struct {
	ID, State string
	Count     struct{ Read, Added, Changed, Refused, Waiting, Skipped, Shared int }
	UndoUntil *time.Time `json:"undo_until"`
	Undo      *struct {
		Removed int
		PutBack int `json:"put_back"`
		Kept    int
		Cases   []string
	}
	Result imported
}

// A machine imports a list, decides about a double, and takes the whole back but for
// whom an open case rests on; each request and answer is checked against openapi.yaml.
func TestAPIImportsDecidesAndUndoes(t *testing.T) {
	d := startDemo(t, "--empty")
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = describe(t, d.BaseURL)
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	d.must(201, "POST", "/clients", object{"external_id": "c-1", "name": "Cliënt Een", "email": "een@clienten.example"}, nil)

	got := d.importList("naam;nummer;e-mail;BSN\nCliënt Nieuw;c-1;nieuw@clienten.example;111222333\nEva Proef;c-2;eva@clienten.example;\nJan Proef;c-3;;\nE. Proef;;eva@clienten.example;\nKees;c-4;geen adres;\n")
	if got.State != "waiting" || got.Created != 2 || got.Updated != 1 || len(got.Doubles) != 1 || len(got.Faults) != 1 || !slices.Equal(got.Dropped, []string{"BSN"}) {
		t.Fatalf("import = %+v", got)
	}
	var list struct{ Items []importState }
	d.must(200, "GET", "/clients/imports", nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != got.ID || list.Items[0].Count.Waiting != 1 || list.Items[0].UndoUntil == nil {
		t.Fatalf("imports = %+v", list.Items)
	}
	var one importState
	d.must(200, "POST", "/clients/imports/"+got.ID+"/doubles", object{"decide": []object{{"line": 5, "decision": "apart"}}}, &one)
	if one.State != "done" || one.Count.Added != 3 || one.Count.Waiting != 0 {
		t.Errorf("decided = %+v", one)
	}
	d.must(409, "POST", "/clients/imports/"+got.ID+"/doubles", object{"doubles": "same"}, nil)

	at := d.now().UTC().Format(time.RFC3339)
	var filed struct{ ID, Reference string }
	d.must(201, "POST", "/incidents", object{"playbook": "mis-sent-email", "summary": "Verkeerd verzonden.", "discovered_at": at, "aware_at": at, "aware_basis": "Gezien.",
		"subjects": object{"external_ids": []string{"c-3"}}, "role": "controller"}, &filed)
	d.must(409, "POST", "/clients/imports/"+got.ID+"/undo", nil, nil)
	d.must(200, "POST", "/clients/imports/"+got.ID+"/undo", object{"rest": true}, &one)
	if one.State != "undone" || one.Undo == nil || one.Undo.Removed != 2 || one.Undo.PutBack != 1 || one.Undo.Kept != 1 || cmp.Diff([]string{filed.Reference}, one.Undo.Cases) != "" {
		t.Errorf("undone = %+v, %+v", one, one.Undo)
	}
	d.must(200, "GET", "/clients/imports/"+got.ID, nil, &one)
	d.must(404, "GET", "/clients/imports/none", nil, nil)
	var people struct {
		Items []struct {
			Name       string
			ExternalID string `json:"external_id"`
		}
	}
	d.must(200, "GET", "/clients", nil, &people)
	var names []string
	for _, x := range people.Items {
		names = append(names, x.ExternalID+" "+x.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"c-1 Cliënt Een", "c-3 Jan Proef"}, names); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}
