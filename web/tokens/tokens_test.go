package tokens_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/tokens"
	"datalek/web/webtest"
)

// rig is the pages over the real store, with Anna logged in to practice p1.
type rig struct {
	*webtest.World
	t       *testing.T
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	r.Open(r.NewPractice("p1"), "anna")
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{}, accounts, tokens.New(tokens.Options{Store: r.Store, NewID: r.NewID})))
	r.visitor.LogIn("anna", "p1")
	return r
}

func (r *rig) see(path string) string {
	r.t.Helper()
	res, body := r.visitor.Get(path).AndBody()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("%s = %d: %s", path, res.StatusCode, body)
	}
	return body
}

func (r *rig) kept() []registry.Token {
	r.t.Helper()
	list, err := r.Store.Tokens(r.t.Context(), "p1", "", 10)
	r.Must(err)
	return list
}

var shown = regexp.MustCompile(`dlk_[A-Za-z0-9_-]{32}`)

func form() url.Values {
	return url.Values{"name": {"Agenda"}, "scopes": {"clients:read", "incidents:write"}, "days": {"30"}}
}

func TestATokenIsShownOnceAndKeptAsAHash(t *testing.T) {
	r := newRig(t)
	if !strings.Contains(r.see("/settings/tokens"), "Er zijn nog geen sleutels") {
		t.Error("the empty list does not say so")
	}
	if !strings.Contains(r.see("/settings/tokens/new"), `value="90"`) {
		t.Error("the form does not propose 90 days")
	}
	res, body := r.visitor.Post("/settings/tokens/new", form()).AndBody()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("make = %d: %s", res.StatusCode, body)
	}
	secret := shown.FindString(r.see("/settings/tokens/made"))
	if secret == "" {
		t.Fatal("the new token is not shown")
	}
	for _, path := range []string{"/settings/tokens/made", "/settings/tokens"} {
		if strings.Contains(r.see(path), secret) {
			t.Errorf("%s shows the token again", path)
		}
	}
	got := r.kept()[0]
	if got.Hash != casework.HashToken(secret) || got.CreatedBy != "anna" || !got.ExpiresAt.Equal(r.Now().Add(30*24*time.Hour)) ||
		!got.May("clients:read") || got.May("clients:write") || !got.May("incidents:write") {
		t.Errorf("kept %+v", got)
	}
	for _, want := range []string{"Agenda", "Cliënten en hun verzoeken: lezen", "Datalekken: schrijven", "Nog niet gebruikt"} {
		if body := r.see("/settings/tokens"); !strings.Contains(body, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	r.Must(r.Store.TouchToken(t.Context(), "p1", got.ID, r.Now()))
	if !strings.Contains(r.see("/settings/tokens"), "Laatst gebruikt rond") {
		t.Error("the list does not say when it was used")
	}
	r.Pass(31 * 24 * time.Hour)
	r.visitor.LogIn("anna", "p1")
	if !strings.Contains(r.see("/settings/tokens"), "Verlopen") {
		t.Error("the list does not say that a token is over")
	}
}

func TestAFaultyTokenIsRefusedAtItsFields(t *testing.T) {
	r := newRig(t)
	for name, tt := range map[string]struct{ field, value, says string }{
		"no name":           {"name", "", `href="#name"`},
		"no scope":          {"scopes", "", "Kies minstens één ding"},
		"an unknown scope":  {"scopes", "everything", "Kies minstens één ding"},
		"no days":           {"days", "", "minstens 1 en hoogstens 365"},
		"more than a year":  {"days", "366", "minstens 1 en hoogstens 365"},
		"a wild number":     {"days", "99999999999", "minstens 1 en hoogstens 365"},
		"days in the past":  {"days", "-3", "minstens 1 en hoogstens 365"},
		"something strange": {"days", "<b>", "minstens 1 en hoogstens 365"},
	} {
		t.Run(name, func(t *testing.T) {
			f := form()
			f.Set(tt.field, tt.value)
			res, body := r.visitor.Post("/settings/tokens/new", f).AndBody()
			if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, tt.says) {
				t.Errorf("= %d, says %q: %t", res.StatusCode, tt.says, strings.Contains(body, tt.says))
			}
		})
	}
	if len(r.kept()) != 0 {
		t.Error("a faulty token was made")
	}
}

func TestARevokedTokenIsGoneAndTheRegisterKnows(t *testing.T) {
	r := newRig(t)
	r.visitor.Post("/settings/tokens/new", form()).AndBody()
	id := r.kept()[0].ID
	r.Must(r.Store.CreateToken(t.Context(), registry.Token{ID: "other", PracticeID: "p2", Hash: "h"}))
	if res, _ := r.visitor.Post("/settings/tokens/other/revoke", nil).AndBody(); res.StatusCode != http.StatusNotFound {
		t.Errorf("another practice's token = %d, want 404", res.StatusCode)
	}
	if res, _ := r.visitor.Post("/settings/tokens/"+id+"/revoke", nil).AndBody(); res.StatusCode != http.StatusSeeOther || len(r.kept()) != 0 {
		t.Errorf("revoke = %d, %d tokens left", res.StatusCode, len(r.kept()))
	}
	if res, _ := r.visitor.Post("/settings/tokens/"+id+"/revoke", nil).AndBody(); res.StatusCode != http.StatusNotFound {
		t.Errorf("revoking it again = %d, want 404", res.StatusCode)
	}
	var kinds []incidents.EventKind
	for _, e := range r.Waiting("p1") {
		if kinds = append(kinds, e.Kind); e.Actor.ID != "anna" || e.Words["member"] != "Agenda" || e.Facts["scopes"] != "clients:read,incidents:write" || e.Subject != id {
			t.Errorf("the register gets %+v", e)
		}
	}
	if len(kinds) != 2 || kinds[0] != incidents.TokenMade || kinds[1] != incidents.TokenRevoked {
		t.Errorf("the register gets %v", kinds)
	}
}
