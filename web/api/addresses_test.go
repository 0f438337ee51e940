package api_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/api"
	"datalek/web/page"
	"datalek/web/webhook"
)

const azure = "/api/v1/processors/azure"

// addressView is an address as the API answers it, or why it refuses.
type addressView struct {
	ID, Door, Detail string
	EndsWith         string    `json:"ends_with"`
	LastAt           time.Time `json:"last_at"`
	RevokedAt        time.Time `json:"revoked_at"`
	Secrets          []struct{ Until time.Time }
	PublicKeys       []string `json:"public_keys"`
	Token            struct {
		Tenant, Audience, Sender string
		Subscriptions            []string
	}
	URL    string `json:"webhook_url"`
	Secret string `json:"webhook_secret"`
	Taken  bool
	Items  []addressView
	Errors []struct{ Field, Message string }
}

// doorHouse is the API and the processors' door of practices p1 and p2, which both
// work with Azure. Token "keeper" may keep addresses of p1.
func doorHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, nil)
	h.Open(h.NewPractice("p2"), "bert")
	for _, practice := range []string{"p1", "p2"} {
		_, _, err := h.Office.SaveProcessor(t.Context(), registry.Processor{ID: "azure", PracticeID: tenant.ID(practice), Name: "Microsoft Azure"})
		h.Must(err)
	}
	h.site = h.Serve(page.Options{BaseURL: "https://datalek.example"}, api.New(api.Options{Store: h.Store, Office: h.Office, Now: h.Now}),
		webhook.New(webhook.Options{Store: h.Store, Now: h.Now, NewID: h.NewID}))
	h.token("keeper", []registry.Scope{registry.ScopeAddresses.Write(), registry.ScopeSystems.Read()}, registry.TokenLife)
	return h
}

// call makes a call about an address that must end with the status, and returns its answer.
func (h *house) call(want int, token, method, path, body string) (v addressView) {
	h.t.Helper()
	h.answered(want, token, method, path, body, &v)
	return v
}

// answered makes a call that must end with the status, reads its answer into v and
// returns it as it came.
func (h *house) answered(want int, token, method, path, body string, v any) (raw string, header http.Header) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.site+path, strings.NewReader(body))
	h.Must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	h.Must(err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	h.Must(err)
	if err := json.Unmarshal(got, v); err != nil || res.StatusCode != want {
		h.t.Fatalf("%s %s %s = %d %s, want %d", method, path, body, res.StatusCode, got, want)
	}
	return string(got), res.Header
}

func TestAMachineKeepsAnAddressFromItsMakingToItsEnd(t *testing.T) {
	h := doorHouse(t)
	made := h.call(201, "keeper", "POST", azure+"/addresses", `{"door":"signed"}`)
	if made.Door != "signed" || !strings.HasPrefix(made.URL, "https://datalek.example/webhooks/processors/") || !strings.HasSuffix(made.URL, made.EndsWith) || !strings.HasPrefix(made.Secret, "whsec_") {
		t.Fatalf("made %+v", made)
	}
	at := azure + "/addresses/" + made.ID
	if got := h.call(200, "keeper", "GET", at, ""); got.URL != "" || got.Secret != "" || got.EndsWith != made.EndsWith || len(got.Secrets) != 1 {
		t.Errorf("shown later as %+v", got)
	}
	if got := h.call(200, "keeper", "GET", azure+"/addresses?limit=1", ""); len(got.Items) != 1 || got.Items[0].Secret != "" || got.Items[0].URL != "" {
		t.Errorf("listed as %+v", got)
	}
	if tried := h.call(200, "keeper", "POST", at+"/test", ""); !tried.Taken {
		t.Errorf("the test came to %+v", tried)
	}
	if waiting, err := h.Store.PendingReceipts(t.Context(), h.Now().Add(time.Hour), 10); err != nil || len(waiting) != 1 {
		t.Errorf("%d messages wait, %v", len(waiting), err)
	}
	rotated := h.call(200, "keeper", "POST", at+"/rotate", "")
	if rotated.Secret == made.Secret || rotated.Secret == "" || rotated.URL != made.URL || len(rotated.Secrets) != 2 || rotated.Secrets[1].Until.IsZero() || !rotated.LastAt.Equal(h.Now()) {
		t.Errorf("rotated to %+v", rotated)
	}
	if got := h.call(200, "keeper", "POST", at+"/drop-old", ""); len(got.Secrets) != 1 || got.Secret != "" {
		t.Errorf("without its old secret it is %+v", got)
	}
	if got := h.call(409, "keeper", "POST", at+"/drop-old", ""); got.Detail != "only one secret counts here already" {
		t.Errorf("dropped again: %q", got.Detail)
	}
	if got := h.call(200, "keeper", "POST", at+"/revoke", ""); !got.RevokedAt.Equal(h.Now()) {
		t.Errorf("revoked is %+v", got)
	}
	for _, act := range []string{"/test", "/rotate", "/drop-old", "/revoke"} {
		if got := h.call(409, "keeper", "POST", at+act, ""); got.Detail != "this address was revoked; make a new one" {
			t.Errorf("%s of a revoked address: %q", act, got.Detail)
		}
	}
	all := h.call(200, "keeper", "GET", azure+"/addresses", "").Items
	if len(all) != 2 || all[0].ID == made.ID || all[1].RevokedAt.IsZero() {
		t.Errorf("the list at the end is %+v", all)
	}
	if diff := cmp.Diff([]string{"address.opened", "address.rotated", "address.old_dropped", "address.revoked"}, h.told(made.ID)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// told are the acts of the token "keeper" on an address, in their order.
func (h *house) told(id string) []string {
	h.t.Helper()
	pending, err := h.Store.PendingEvents(h.t.Context(), 100)
	h.Must(err)
	var kinds []string
	for _, p := range pending {
		for _, e := range p.Events {
			if e.Subject == id && e.Actor.ID == "t-keeper" && e.PracticeID == "p1" {
				kinds = append(kinds, string(e.Kind))
			}
		}
	}
	return kinds
}

func TestAMachineAddsAndRemovesAFirmsKey(t *testing.T) {
	h := doorHouse(t)
	at := azure + "/addresses/" + h.call(200, "keeper", "GET", azure+"/addresses", "").Items[0].ID
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	key := func(text string) string { return `{"public_key":"` + text + `"}` }
	public := key("whpk_" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey)))
	refused := h.call(422, "keeper", "POST", at+"/keys", key("whsk_"+base64.StdEncoding.EncodeToString(private)))
	if len(refused.Errors) != 1 || refused.Errors[0].Field != "public_key" || !strings.Contains(refused.Errors[0].Message, "let the firm make a new pair") {
		t.Errorf("a private key: %+v", refused.Errors)
	}
	if got := h.call(200, "keeper", "POST", at+"/keys", public); len(got.PublicKeys) != 1 || key(got.PublicKeys[0]) != public || got.Secret != "" {
		t.Errorf("with a key it is %+v", got)
	}
	if got := h.call(200, "keeper", "POST", at+"/keys/remove", public); len(got.PublicKeys) != 0 {
		t.Errorf("without its key it is %+v", got)
	}
	if got := h.call(422, "keeper", "POST", at+"/keys/remove", public); len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "does not count there") {
		t.Errorf("removed again: %+v", got.Errors)
	}
}

func TestAMachineSaysWhatASendersTokenMustSay(t *testing.T) {
	h := doorHouse(t)
	const id, other = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
	if got := h.call(422, "keeper", "PUT", azure+"/entra", `{"tenant":"common","audience":"`+id+`"}`); len(got.Errors) != 1 || got.Errors[0].Field != "tenant" || !strings.Contains(got.Errors[0].Message, "36 characters") {
		t.Errorf("a wrong tenant: %+v", got.Errors)
	}
	if got := h.call(422, "keeper", "POST", azure+"/addresses", `{"door":"entra"}`); len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "PUT /processors/{id}/entra") {
		t.Errorf("an address without what the token must say: %+v", got.Errors)
	}
	made := h.call(201, "keeper", "PUT", azure+"/entra", `{"tenant":"`+id+`","audience":"`+id+`"}`)
	changed := h.call(200, "keeper", "PUT", azure+"/entra", `{"tenant":"`+other+`","audience":"`+id+`","subscriptions":["`+id+`"]}`)
	if made.Door != "entra" || made.URL == "" || changed.URL != made.URL || changed.ID != made.ID || changed.Token.Tenant != other || !slices.Equal(changed.Token.Subscriptions, []string{id}) {
		t.Errorf("made %+v, changed to %+v", made, changed)
	}
	google := h.call(201, "keeper", "PUT", azure+"/google", `{"sender":"push@proef.iam.example","audience":"datalek"}`)
	if got := h.call(200, "keeper", "GET", azure+"/addresses/"+google.ID, ""); got.Door != "google" || got.Token.Sender != "push@proef.iam.example" || got.Token.Audience != "datalek" || got.URL != "" {
		t.Errorf("Google's is %+v", got)
	}
	if got := h.call(409, "keeper", "POST", azure+"/addresses/"+google.ID+"/test", ""); !strings.Contains(got.Detail, "send a test from there") {
		t.Errorf("a test of Google's: %q", got.Detail)
	}
	if got := h.call(409, "keeper", "POST", azure+"/addresses/"+google.ID+"/rotate", ""); !strings.Contains(got.Detail, "make a new address and revoke this one") {
		t.Errorf("a new secret for Google's: %q", got.Detail)
	}
	for range registry.MostEndpoints - 3 {
		h.call(201, "keeper", "POST", azure+"/addresses", `{"door":"address"}`)
	}
	h.call(200, "keeper", "POST", azure+"/addresses/"+google.ID+"/revoke", "")
	h.call(201, "keeper", "POST", azure+"/addresses", `{"door":"address"}`)
	for method, path := range map[string]string{"POST": "/addresses", "PUT": "/google"} {
		body := map[string]string{"POST": `{"door":"signed"}`, "PUT": `{"sender":"push@proef.iam.example","audience":"datalek"}`}[method]
		if got := h.call(409, "keeper", method, azure+path, body); got.Detail != "there are ten open addresses already; revoke one first" {
			t.Errorf("an eleventh by %s: %q", path, got.Detail)
		}
	}
	if diff := cmp.Diff([]string{"address.opened", "address.claims_changed"}, h.told(made.ID)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestASecretOfAnAddressNeedsAScopeThatNoTokenHasByItself(t *testing.T) {
	h := doorHouse(t)
	h.token("common", registry.CommonScopes(), registry.TokenLife)
	at := azure + "/addresses/" + h.call(200, "common", "GET", azure+"/addresses", "").Items[0].ID
	for _, token := range []string{"secret", "common"} { // from before there were scopes, and of a new practice
		for _, call := range []string{"POST " + azure + "/addresses", "POST " + at + "/rotate", "POST " + at + "/revoke", "PUT " + azure + "/entra"} {
			method, path, _ := strings.Cut(call, " ")
			if got := h.call(403, token, method, path, "{}"); !strings.Contains(got.Detail, "addresses:write") {
				t.Errorf("%s with %s: %q", call, token, got.Detail)
			}
		}
		if got := h.call(200, token, "POST", "/api/v1/processors", `{"id":"azure","name":"Azure"}`); got.Secret != "" || got.URL != "" {
			t.Errorf("%s is shown %+v by saving the processor", token, got)
		}
	}
	if got := h.call(201, "common", "POST", "/api/v1/processors", `{"id":"hoster","name":"Hoster"}`); !strings.HasPrefix(got.Secret, "whsec_") || got.URL == "" {
		t.Errorf("who makes a processor is shown %+v", got)
	}
	h.token("both", []registry.Scope{registry.ScopeAddresses.Write(), registry.ScopeSystems.Write()}, registry.TokenLife)
	if got := h.call(200, "both", "POST", "/api/v1/processors", `{"id":"azure","name":"Azure"}`); !strings.HasPrefix(got.Secret, "whsec_") {
		t.Errorf("who may see secrets is shown %+v", got)
	}
}

func TestAnAddressOfAnotherPracticeIsNotFoundByAMachine(t *testing.T) {
	h := doorHouse(t)
	theirs, err := h.Office.Addresses(t.Context(), "p2", "azure")
	h.Must(err)
	at := azure + "/addresses/" + theirs[0].ID
	h.call(404, "keeper", "GET", at, "")
	for _, act := range []string{"/test", "/rotate", "/drop-old", "/keys", "/keys/remove", "/revoke"} {
		h.call(404, "keeper", "POST", at+act, `{"public_key":"whpk_x"}`)
	}
	for _, call := range []string{"GET /addresses", "POST /addresses", "PUT /entra", "PUT /google"} {
		method, path, _ := strings.Cut(call, " ")
		h.call(404, "keeper", method, "/api/v1/processors/none"+path, "{}")
	}
	if after, err := h.Office.Addresses(t.Context(), "p2", "azure"); err != nil || len(after) != 1 || after[0].Version != theirs[0].Version {
		t.Errorf("theirs is %+v, %v", after, err)
	}
}

func TestWhoTestsAnAddressTooOftenWaits(t *testing.T) {
	h := doorHouse(t)
	at := azure + "/addresses/" + h.call(200, "keeper", "GET", azure+"/addresses", "").Items[0].ID
	for range 12 {
		h.call(200, "keeper", "POST", at+"/test", "")
	}
	if status, _ := h.ask("POST", at+"/test", "keeper"); status != http.StatusTooManyRequests {
		t.Errorf("the thirteenth test = %d, want 429", status)
	}
	h.Pass(11 * time.Second)
	h.call(200, "keeper", "POST", at+"/test", "")
}
