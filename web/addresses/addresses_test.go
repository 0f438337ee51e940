package addresses_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/addresses"
	"datalek/web/page"
	"datalek/web/webhook"
	"datalek/web/webtest"
)

// rig is the pages and the door over the real store, with Anna logged in to practice p1,
// which works with Azure, and practice p2, which does so too.
type rig struct {
	*webtest.World
	t       *testing.T
	site    string
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	for practice, user := range map[string]string{"p1": "anna", "p2": "bert"} {
		r.Open(r.NewPractice(practice), user)
		_, _, err := r.Office.SaveProcessor(t.Context(), registry.Processor{ID: "azure", PracticeID: tenant.ID(practice), Name: "Microsoft Azure"})
		r.Must(err)
	}
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	refused := webhook.NewRefusals(r.Now)
	r.site = r.Serve(page.Options{}, accounts, addresses.New(addresses.Options{Store: r.Store, Office: r.Office, NewID: r.NewID, Refused: refused}),
		webhook.New(webhook.Options{Store: r.Store, Now: r.Now, NewID: r.NewID, Refusals: refused}))
	r.visitor = webtest.NewVisitor(t, r.site)
	r.visitor.LogIn("anna", "p1")
	return r
}

const list = "/processors/azure/addresses"

// of lists the addresses that a practice has for Azure.
func (r *rig) of(practice tenant.ID) []registry.Endpoint {
	r.t.Helper()
	found, err := r.Office.Addresses(r.t.Context(), practice, "azure")
	r.Must(err)
	return found
}

// only is the practice's one open address.
func (r *rig) only() registry.Endpoint {
	r.t.Helper()
	found := r.of("p1")
	if len(found) == 0 || found[0].Revoked() {
		r.t.Fatalf("addresses = %+v", found)
	}
	return found[0]
}

func (r *rig) see(path string) string {
	r.t.Helper()
	res, body := r.visitor.Get(path).AndBody()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("%s = %d: %s", path, res.StatusCode, body)
	}
	return body
}

// press posts a form, follows where it leads and returns that page.
func (r *rig) press(path string, form url.Values) string {
	r.t.Helper()
	res, body := r.visitor.Post(path, form).AndBody()
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("%s = %d: %s", path, res.StatusCode, body)
	}
	return r.see(res.Header.Get("Location"))
}

// shown is a text as it stands in a page.
func shown(text string) string { return strings.ReplaceAll(text, "+", "&#43;") }

func TestTheListShowsNoSecret(t *testing.T) {
	r := newRig(t)
	r.press(list, url.Values{"door": {"address"}})
	body := r.see(list)
	webtest.Wants(t, body, "Met een handtekening", "Wie het adres kent, kan melden", "Er kwam nog niets binnen")
	for _, e := range r.of("p1") {
		webtest.Lacks(t, body, e.Token)
		webtest.Wants(t, body, "…"+e.Token[len(e.Token)-4:], list+"/"+e.ID)
	}
	webtest.Lacks(t, body, "whsec_")
}

func TestAnAddressIsSeenOnlyWithAFreshProof(t *testing.T) {
	r := newRig(t)
	at := list + "/" + r.only().ID
	body := r.see(at)
	webtest.Wants(t, body, "/webhooks/processors/"+r.only().Token, `id="secret" tabindex="0">`+shown(r.only().Secrets[0].Value))
	before, _, _ := strings.Cut(body, `id="secret"`)
	if open := strings.LastIndex(before, "<details"); open < 0 || strings.Contains(before[open:], " open") {
		t.Error("the secret stands open")
	}
	r.Pass(11 * time.Minute)
	for _, path := range []string{at, at + "/revoke"} {
		if res, _ := r.visitor.Get(path).AndBody(); !strings.HasPrefix(res.Header.Get("Location"), page.ConfirmPath) {
			t.Errorf("%s = %d to %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	for _, path := range []string{list, at + "/test", at + "/rotate", at + "/drop-old", at + "/keys", at + "/keys/remove", at + "/revoke"} {
		if res, _ := r.visitor.Post(path, url.Values{"door": {"signed"}}).AndBody(); !strings.HasPrefix(res.Header.Get("Location"), page.ConfirmPath) {
			t.Errorf("%s leads to %s", path, res.Header.Get("Location"))
		}
	}
	if len(r.of("p1")) != 1 || r.only().Version != 1 {
		t.Errorf("without a proof: %+v", r.of("p1"))
	}
}

func TestATestGoesThroughTheRealDoor(t *testing.T) {
	r := newRig(t)
	r.press(list, url.Values{"door": {"address"}})
	for _, e := range r.of("p1") {
		webtest.Wants(t, r.press(list+"/"+e.ID+"/test", nil), "Het testbericht is aangenomen", "/triage?show=aside")
	}
	waiting, err := r.Store.PendingReceipts(t.Context(), r.Now().Add(time.Hour), 10)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%d messages wait, %v", len(waiting), err)
	}
	if got := r.of("p1"); !got[0].LastAt.Equal(r.Now()) || !got[1].LastAt.Equal(r.Now()) {
		t.Errorf("last messages at %s and %s", got[0].LastAt, got[1].LastAt)
	}
}

func TestTheAddressSaysWhatItTurnedAwayAndWhy(t *testing.T) {
	r := newRig(t)
	r.press(list, url.Values{"door": {"address"}})
	open := r.of("p1")[0]
	if open.Door != registry.DoorAddress {
		open = r.of("p1")[1]
	}
	at := list + "/" + open.ID
	webtest.Wants(t, r.see(at), "Berichten die hier niets veranderden", "waren die er niet")
	send := func(body string) {
		r.visitor.Send(http.MethodPost, "/webhooks/processors/"+open.Token, "application/json", strings.NewReader(body))
	}
	for range 3 { // the first one is a report
		send(`{"type":"geheim"}`)
	}
	body := r.see(at)
	webtest.Wants(t, body, "Het bericht was er al. Het is niet nog eens bewaard 2", "maandag 8 maart 2027")
	webtest.Lacks(t, body, "Mist u een melding", "waren die er niet", "geheim&#34;")
	send(strings.Repeat("a", 600<<10))
	webtest.Wants(t, r.see(at), "Het bericht is te groot 1", "nog eens bewaard 2")
	for _, e := range r.of("p1") {
		if e.ID != open.ID {
			r.visitor.Send(http.MethodPost, "/webhooks/processors/"+e.Token, "application/json", strings.NewReader("{}"))
			other := r.see(list + "/" + e.ID)
			webtest.Wants(t, other, "De handtekening of het bewijs ontbreekt of klopt niet 1", "Mist u een melding")
			webtest.Lacks(t, other, "Het bericht is te groot")
		}
	}
	r.visitor.Get(at + "?taal=en")
	english := r.see(at)
	webtest.Wants(t, english, "Messages that changed nothing here", "The message is too large 1")
	webtest.Lacks(t, english, "addresses.refused")
}

// Each reason that an address can have is said in both languages.
func TestEveryReasonHasWords(t *testing.T) {
	for _, lang := range []string{"nl", "en"} {
		raw, err := os.ReadFile("../locales/addresses." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]string
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		for _, reason := range webhook.Reasons() {
			if words["addresses.refused."+reason] == "" {
				t.Errorf("%q has no words in %s", reason, lang)
			}
		}
	}
}

func TestASecretIsReplacedInPeace(t *testing.T) {
	r := newRig(t)
	old, at := r.only().Secrets[0].Value, list+"/"+r.only().ID
	webtest.Wants(t, r.press(at+"/rotate", nil), "Het oude geldt nog 7 dagen", "Er gelden nu twee geheimen", shown(old))
	webtest.Wants(t, r.see(list), "Twee geheimen gelden")
	webtest.Wants(t, r.press(at+"/test", nil), "aangenomen")
	webtest.Wants(t, r.press(at+"/drop-old", nil), "Het oude geheim geldt niet meer")
	webtest.Lacks(t, r.see(at), shown(old))
	webtest.Wants(t, r.press(at+"/drop-old", nil), "Er geldt al maar één geheim")
	r.press(list, url.Values{"door": {"address"}})
	for _, e := range r.of("p1") {
		if e.Door == registry.DoorAddress {
			webtest.Wants(t, r.press(list+"/"+e.ID+"/rotate", nil), "Dit adres is zelf het geheim")
		}
	}
}

func TestAKeyOfTheFirmIsAddedAndRemoved(t *testing.T) {
	r := newRig(t)
	at := list + "/" + r.only().ID
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	public := "whpk_" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	given := "whsk_" + base64.StdEncoding.EncodeToString(private)
	res, body := r.visitor.Post(at+"/keys", url.Values{"public_key": {given}}).AndBody()
	if res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, shown(given)) {
		t.Errorf("a private key = %d, shown again: %t", res.StatusCode, strings.Contains(body, shown(given)))
	}
	webtest.Wants(t, body, "Dit is de geheime sleutel")
	webtest.Wants(t, r.press(at+"/keys", url.Values{"public_key": {public}}), "De sleutel is toegevoegd")
	if got := r.only().PublicKeys; len(got) != 1 || got[0] != public {
		t.Errorf("keys = %v", got)
	}
	webtest.Wants(t, r.press(at+"/keys/remove", url.Values{"public_key": {public}}), "geldt hier niet meer")
	if got := r.only().PublicKeys; len(got) != 0 {
		t.Errorf("keys = %v", got)
	}
}

func TestARevokedAddressStandsInTheListAndTakesNothing(t *testing.T) {
	r := newRig(t)
	e := r.only()
	at := list + "/" + e.ID
	webtest.Wants(t, r.see(at+"/revoke"), "Trekt u dit adres in?", e.Token[len(e.Token)-4:])
	webtest.Wants(t, r.press(at+"/revoke", nil), "Ingetrokken op", "Het adres is ingetrokken")
	if res, _ := r.visitor.Get(at).AndBody(); res.StatusCode != http.StatusNotFound {
		t.Errorf("the page of a revoked address = %d", res.StatusCode)
	}
	webtest.Wants(t, r.press(at+"/revoke", nil), "Dit adres is ingetrokken")
	if res, _ := r.visitor.Post("/webhooks/processors/"+e.Token, nil).AndBody(); res.StatusCode != http.StatusGone {
		t.Errorf("a message there = %d", res.StatusCode)
	}
	_, _, err := r.Office.SaveProcessor(t.Context(), registry.Processor{ID: "azure", PracticeID: "p1", Name: "Microsoft"})
	if err != nil || len(r.of("p1")) != 1 {
		t.Errorf("saving the firm makes another address: %v, %d", err, len(r.of("p1")))
	}
}

func TestAnAddressOfAnotherPracticeIsNotFound(t *testing.T) {
	r := newRig(t)
	other := r.of("p2")[0]
	at := list + "/" + other.ID
	for _, path := range []string{at, at + "/revoke", "/processors/none/addresses"} {
		if res, _ := r.visitor.Get(path).AndBody(); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d", path, res.StatusCode)
		}
	}
	for _, act := range []string{"test", "rotate", "drop-old", "keys", "revoke"} {
		if res, _ := r.visitor.Post(at+"/"+act, url.Values{"public_key": {"whpk_x"}}).AndBody(); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d", act, res.StatusCode)
		}
	}
	if got := r.of("p2")[0]; got.Version != other.Version {
		t.Errorf("changed to %+v", got)
	}
}

func TestEachActIsTold(t *testing.T) {
	r := newRig(t)
	at := list + "/" + r.only().ID
	public := "whpk_" + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey))
	r.press(list, url.Values{"door": {"signed"}})
	for _, act := range []string{"/rotate", "/drop-old", "/keys", "/keys/remove", "/revoke"} {
		r.press(at+act, url.Values{"public_key": {public}})
	}
	pending, err := r.Store.PendingEvents(t.Context(), 100)
	r.Must(err)
	kinds := map[string]int{}
	for _, p := range pending {
		for _, e := range p.Events {
			if kind := string(e.Kind); strings.HasPrefix(kind, "address.") && e.Actor.ID != "" {
				kinds[kind]++
				if e.PracticeID != "p1" || e.Actor.ID != "anna" || e.Facts["processor"] != "azure" || e.Facts["door"] != "signed" {
					t.Errorf("event = %+v", e)
				}
			}
		}
	}
	for _, kind := range []string{"opened", "rotated", "old_dropped", "key_added", "key_removed", "revoked"} {
		if kinds["address."+kind] != 1 {
			t.Errorf("address.%s is told %d times", kind, kinds["address."+kind])
		}
	}
}

func TestTenAddressesAreEnough(t *testing.T) {
	r := newRig(t)
	for range registry.MostEndpoints - 1 {
		r.press(list, url.Values{"door": {"address"}})
	}
	webtest.Wants(t, r.press(list, url.Values{"door": {"signed"}}), "Er zijn al tien adressen")
	webtest.Wants(t, r.press(list, url.Values{"door": {"wide"}}), "Kies een adres")
	if n := len(r.of("p1")); n != registry.MostEndpoints {
		t.Errorf("%d addresses", n)
	}
}

func TestTheListSaysWhoseProofAnAddressAsks(t *testing.T) {
	r := newRig(t)
	id := "11111111-2222-3333-4444-555555555555"
	for door, tt := range map[registry.Door]struct {
		claims registry.TokenClaims
		kind   string
	}{
		registry.DoorEntra:  {registry.TokenClaims{Tenant: id, Audience: id}, "Met bewijs van Microsoft (Azure)"},
		registry.DoorGoogle: {registry.TokenClaims{Audience: "datalek", Sender: "push@proef.iam.example"}, "Met bewijs van Google (Pub/Sub)"},
	} {
		webtest.Lacks(t, r.see(list), tt.kind)
		e, _, err := r.Office.SaveTokenDoor(t.Context(), "p1", "azure", door, tt.claims)
		r.Must(err)
		webtest.Wants(t, r.see(list), tt.kind)
		body := r.see(list + "/" + e.ID)
		webtest.Wants(t, body, tt.kind, `href="/processors/azure/`+string(door)+`"`)
		webtest.Lacks(t, body, "Wie dit adres kent") // it opens nothing by itself
	}
}
