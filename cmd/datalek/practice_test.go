package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"datalek/incidents/registry"
	"datalek/services/devstack"
)

// A practice that the host adds has in its register who made what: the practice
// itself before all else. Its key may do what a program commonly does; the secrets of
// suppliers' addresses take a key of their own.
func TestPracticeAddStandsInTheRegisterAndMakesACommonKey(t *testing.T) {
	t.Parallel()
	h := newServed(t, devstack.SMTPOptions{})
	h.addOwn(t, "Praktijk Toevoeg", "Anna Toevoeg", "anna@toevoeg.example")
	h.serve()
	want := []string{"practice.begun", "system.added", "token.made", "member.joined"} // as the rows are gone through
	await(t, "the register begins with the practice", func() error {
		var got []string
		for _, e := range h.log() {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, want) {
			return errNot("%q, want %q", got, want)
		}
		return nil
	})
	facts := map[string]map[string]string{}
	for n, e := range h.log() {
		if facts[e.Kind] = e.Facts; e.Actor.Kind != "system" || e.Seq != int64(n+1) {
			t.Errorf("entry %d, %s, is by %s", e.Seq, e.Kind, e.Actor.Kind)
		}
	}
	common := registry.ScopeText(registry.CommonScopes())
	if scopes := facts["token.made"]["scopes"]; scopes != common || strings.Contains(scopes, string(registry.ScopeAddresses.Write())) {
		t.Errorf("the key may %q, want %q", scopes, common)
	}
	if role := facts["member.joined"]["role"]; role != string(registry.RoleOwner) {
		t.Errorf("the account is the practice's %q", role)
	}
	h.must(200, "GET", "/processors", nil, nil)
	r := withToken(t, h.BaseURL, h.APIToken).send(http.MethodPost, "/api/v1/processors/microsoft-365/addresses", "application/json", []byte("{}"))
	if r.Status != http.StatusForbidden || !strings.Contains(r.Body, string(registry.ScopeAddresses.Write())) {
		t.Errorf("making an address with it = %d %s, want 403 that names the scope", r.Status, r.Body)
	}
}
