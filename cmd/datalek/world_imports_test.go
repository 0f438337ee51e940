package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// imported is what the API says of an import.
type imported struct {
	ID, State string
	Created   int
	Updated   int
	Doubles   []struct{ Line int }
	Refused   []struct{ Column, Reason string }
	Dropped   []string
	Faults    []struct {
		Line  int
		Field string
	}
}

// importList imports a list by the API.
func (d *demo) importList(list string) imported {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.BaseURL+"/api/v1/clients/import", strings.NewReader(list))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/csv")
	request.Header.Set("Authorization", "Bearer "+d.APIToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	var got imported
	if err != nil || answer.StatusCode != 200 || json.Unmarshal(raw, &got) != nil {
		d.t.Fatalf("import answered %d %s, %v", answer.StatusCode, raw, err)
	}
	return got
}

// importPage imports a list with a likely double, columns that are never taken and a
// bad line, and returns the path of its page.
func importPage(t *testing.T, d *demo) string {
	t.Helper()
	return "/clients/imports/" + d.importList("Naam;Nummer;E-mail;Schoenmaat;BSN\nJosé Proefgeval;IM-1;proef@clienten.example;44;111222333\nJ Proefgeval;;proef@clienten.example;;\nKees Proefgeval;IM-3;geen adres;;\n").ID
}
