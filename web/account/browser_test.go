package account_test

import (
	"testing"

	"datalek/playbooks"
	"datalek/web/webtest"
)

// TestRulesInABrowser looks at the pages about the policies that ship, each with
// the rules of a real practice.
func TestRulesInABrowser(t *testing.T) {
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	r := newRigWith(t, book)
	b := webtest.OpenBrowser(t, r.site)
	form := setupForm()
	form.Set("policy", "in-de-hand")
	if res, body := r.post("/setup/first", form); res.Header.Get("Location") != "/start/systems" {
		t.Fatalf("set-up = %d: %s", res.StatusCode, body)
	}
	b.LogIn(t, r.visitor)
	for _, path := range []string{"/settings/start", "/settings/rules", "/settings"} {
		b.Look(t, webtest.View{Name: "account" + path, Path: path})
	}
}
