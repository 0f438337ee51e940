package catalogue_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/webtest"
)

const entraID, otherID = "11111111-2222-3333-4444-55555555abcd", "aaaaaaaa-2222-3333-4444-555555555555"

func TestAnAddressThatAsksATokenIsMadeOnceAndChanged(t *testing.T) {
	r := newRig(t)
	if _, _, err := r.Office.SaveProcessor(t.Context(), processorOf("p1", "azure")); err != nil {
		t.Fatal(err)
	}
	door := func(d registry.Door) registry.Endpoint {
		t.Helper()
		e, _, err := r.Office.DoorOf(t.Context(), "p1", "azure", d)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	_, body := r.get("/processors/azure")
	webtest.Wants(t, body, `href="/processors/azure/entra"`, `href="/processors/azure/google"`)
	if _, body := r.get("/processors/azure/entra"); strings.Contains(body, "/webhooks/processors/") {
		t.Error("an address stands there before it is made")
	}
	if res, body := r.post("/processors/azure/entra", map[string][]string{"tenant": {"common"}, "audience": {""}, "subscriptions": {"all"}}); res.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(body, "Vul de map-id (tenant) in.") || !strings.Contains(body, "Vul de toepassings-id (client) in.") || !strings.Contains(body, "Subscription ID") || !strings.Contains(body, `value="common"`) {
		t.Errorf("wrong ids: %d", res.StatusCode)
	}
	r.post("/processors/azure/entra", map[string][]string{"tenant": {strings.ToUpper(entraID)}, "audience": {otherID}, "subscriptions": {otherID + "\r\n" + entraID}})
	made := door(registry.DoorEntra)
	if diff := cmp.Diff(registry.TokenClaims{Tenant: entraID, Audience: otherID, Subscriptions: []string{otherID, entraID}}, made.Claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	_, body = r.get("/processors/azure/entra")
	webtest.Wants(t, body, "https://datalek.example/webhooks/processors/"+made.Token, `value="`+entraID+`"`)
	r.post("/processors/azure/entra", map[string][]string{"tenant": {otherID}, "audience": {otherID}})
	if again := door(registry.DoorEntra); again.Token != made.Token || again.Claims.Tenant != otherID || len(again.Claims.Subscriptions) != 0 {
		t.Errorf("changed to %+v", again)
	}
	if _, body := r.get("/processors/azure/google"); !strings.Contains(body, `value="datalek"`) {
		t.Error("no audience is offered")
	}
	r.post("/processors/azure/google", map[string][]string{"audience": {"datalek"}, "sender": {"push@proef.iam.example"}})
	if google := door(registry.DoorGoogle); google.Token == made.Token || google.Claims.Sender != "push@proef.iam.example" {
		t.Errorf("Google's = %+v", google)
	}
	for _, path := range []string{"/processors/none/entra", "/processors/none/google"} {
		if res, _ := r.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s = %d", path, res.StatusCode)
		}
	}
}

func TestAnAddressThatAsksATokenIsSeenOnlyWithAFreshProof(t *testing.T) {
	r := newRig(t)
	if _, _, err := r.Office.SaveProcessor(t.Context(), processorOf("p1", "azure")); err != nil {
		t.Fatal(err)
	}
	entra := map[string][]string{"tenant": {entraID}, "audience": {otherID}}
	r.post("/processors/azure/entra", entra)
	r.Pass(11 * time.Minute)
	for _, path := range []string{"/processors/azure/entra", "/processors/azure/google"} {
		if res, body := r.visitor.Get(path).AndBody(); !strings.HasPrefix(res.Header.Get("Location"), page.ConfirmPath) || strings.Contains(body, "/webhooks/") {
			t.Errorf("%s = %d to %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	entra["tenant"] = []string{otherID}
	if res, _ := r.visitor.Post("/processors/azure/entra", entra).AndBody(); !strings.HasPrefix(res.Header.Get("Location"), page.ConfirmPath) {
		t.Errorf("changing it = %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if got, _, err := r.Office.DoorOf(t.Context(), "p1", "azure", registry.DoorEntra); err != nil || got.Claims.Tenant != entraID {
		t.Errorf("without a proof its tenant is %q, %v", got.Claims.Tenant, err)
	}
}

func TestTenAddressesAreEnoughForTokensToo(t *testing.T) {
	r := newRig(t)
	if _, _, err := r.Office.SaveProcessor(t.Context(), processorOf("p1", "azure")); err != nil {
		t.Fatal(err)
	}
	google := map[string][]string{"audience": {"datalek"}, "sender": {"push@proef.iam.example"}}
	r.post("/processors/azure/google", google)
	for range registry.MostEndpoints - 2 {
		if _, err := r.Office.MakeAddress(t.Context(), "p1", "azure", registry.DoorAddress, incidents.System()); err != nil {
			t.Fatal(err)
		}
	}
	res, body := r.post("/processors/azure/entra", map[string][]string{"tenant": {entraID}, "audience": {otherID}})
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, "Er zijn al tien adressen. Trek er eerst een in.") || !strings.Contains(body, `value="`+entraID+`"`) {
		t.Errorf("the eleventh = %d", res.StatusCode)
	}
	if res, _ := r.post("/processors/azure/google", google); res.StatusCode != http.StatusSeeOther {
		t.Errorf("saving one of the ten = %d", res.StatusCode)
	}
}

func TestWhatASenderMustShowIsTold(t *testing.T) {
	r := newRig(t)
	if _, _, err := r.Office.SaveProcessor(t.Context(), processorOf("p1", "azure")); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{entraID, entraID, otherID} { // made, saved unchanged, changed
		r.post("/processors/azure/entra", map[string][]string{"tenant": {tenant}, "audience": {otherID}})
	}
	pending, err := r.Store.PendingEvents(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, p := range pending {
		for _, e := range p.Events {
			if e.Facts["door"] == "entra" {
				told = append(told, string(e.Kind)+" by "+e.Actor.ID)
			}
		}
	}
	if diff := cmp.Diff([]string{"address.opened by anna", "address.claims_changed by anna"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
