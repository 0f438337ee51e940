package playbooks_test

import (
	"slices"
	"strings"
	"testing"

	"datalek/incidents/fault"
	"datalek/playbooks"
)

// A program that sends rules is told of each fault by the way to its value.
func TestFaultsOfSentRulesAreToldByTheWayToTheirValue(t *testing.T) {
	const sent = `
id: Own Rules
source: {document: Reglement, place: artikel 1}
client: {hours: soon, source: {document: Reglement, place: artikel 2}}
authority: {hours: 96, source: {document: AVG, place: artikel 33}}
mail:
  formal: "line one

    line two"
  source: {document: Reglement}
retention:
  - {systems: [diary], from: entry, source: {document: Reglement, place: artikel 3}}
  - {from: guidance, source: {document: Reglement, place: artikel 3}}
colour: red
`
	_, err := playbooks.ReadPolicyOrder([]byte(sent), true)
	var got []string
	for _, e := range fault.Fields(err) {
		got = append(got, e.Field)
		if !strings.HasPrefix(e.Message, "line ") {
			t.Errorf("%s: %q names no line", e.Field, e.Message)
		}
	}
	for _, want := range []string{"id", "client", "authority.hours", "mail", "mail.source", "retention.0.months", "colour"} {
		if !slices.ContainsFunc(got, func(f string) bool { return f == want || strings.HasPrefix(f, want+".") }) {
			t.Errorf("%s is not named among %v", want, got)
		}
	}
	whole := strings.NewReplacer("Own Rules", "own-rules", "soon", "24", "96", "72", "from: entry", "from: entry, months: 1", "colour: red\n", "", `formal: "line one

    line two"`, "formal: true", "{document: Reglement}", "{document: Reglement, place: artikel 4}").Replace(sent)
	order, err := playbooks.ReadPolicyOrder([]byte(whole+"reason: Beter.\nadopt: [a]\nversion: 3\n"), true)
	if err != nil || order.Reason != "Beter." || order.Version != 3 || !slices.Equal(order.Adopt, []string{"a"}) || order.Policy.ClientHours != 24 || len(order.Policy.Retention) != 2 {
		t.Errorf("%+v, %v", order, err)
	}
}
