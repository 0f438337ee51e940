package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack/issuer"
)

const (
	storyTenant = "11111111-2222-3333-4444-555555555555"
	storyApp    = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	storyPush   = "push@proef.iam.gserviceaccount.example"
)

// doorway is a host whose suppliers' addresses ask tokens of an issuer on this machine.
type doorway struct {
	*alarmHost
	keys  *issuer.Keys
	owner *caller
}

func opensDoorway(t *testing.T) *doorway {
	t.Helper()
	w := &doorway{alarmHost: startAlarmHost(t), keys: issuer.StartKeys()}
	t.Cleanup(w.keys.Close)
	w.stop()
	w.args = append(w.args, "--entra-url", w.keys.URL(), "--google-issuer-url", w.keys.URL())
	w.serve()
	w.must(201, "POST", "/processors", object{"id": "azure", "name": "Microsoft Azure"}, nil)
	w.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "processor": "azure", "services": []string{"Exchange Online"}, "categories": []string{"name"}}, nil)
	w.owner = loggedIn(t, w.BaseURL, w.Login, w.Password)
	return w
}

// makes makes an address on a page of the firm and returns it.
func (w *doorway) makes(page string, form url.Values) string {
	w.t.Helper()
	made := w.owner.post("/processors/azure/"+page, form)
	if made.Status != http.StatusSeeOther {
		w.t.Fatalf("making the address answered %d:\n%s", made.Status, made.Body)
	}
	found := regexp.MustCompile(`/webhooks/processors/[A-Za-z0-9_-]{32}`).FindAllString(w.owner.get(made.Header.Get("Location")).Body, -1)
	if len(found) == 0 {
		w.t.Fatal("the page shows no address")
	}
	return w.BaseURL + found[len(found)-1]
}

// token signs what Microsoft says of Azure's alerts; more replaces it.
func (w *doorway) token(more, head object) string {
	at := w.now().Unix()
	claims := object{"iss": w.keys.URL() + "/" + storyTenant + "/v2.0", "tid": storyTenant, "aud": storyApp, "azp": "461e8683-5575-4561-ac7f-899cc907d62a",
		"roles": []string{"ActionGroupsSecureWebhook"}, "nbf": at - 60, "exp": at + 3600}
	for name, value := range more {
		claims[name] = value
	}
	return "Bearer " + w.keys.Token(claims, head)
}

func fixture(t testing.TB, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "services", "processors", "testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// sends posts a fixture, changed by pairs of old and new words.
func (w *doorway) sends(want int, address, file, token string, words ...string) {
	w.t.Helper()
	body := strings.NewReplacer(words...).Replace(fixture(w.t, file))
	headers := []string{"Content-Type", "application/json"}
	if strings.HasSuffix(file, ".form") {
		headers[1] = "application/x-www-form-urlencoded"
	}
	if token != "" {
		headers = append(headers, "Authorization", token)
	}
	if status, answer := w.raw(http.MethodPost, address, body, headers...); status != want {
		w.t.Errorf("%s answered %d %s, want %d", file, status, answer, want)
	}
}

// ends waits until the reports have ended so, by state and kind.
func (w *doorway) ends(want map[string]int) {
	w.t.Helper()
	await(w.t, "every message to end somewhere", func() error {
		var page struct {
			Items []struct {
				State   string
				Message struct{ Kind string }
			}
		}
		w.must(200, "GET", "/reports?state=all&limit=100", nil, &page)
		got := map[string]int{}
		for _, r := range page.Items {
			got[r.State+"/"+r.Message.Kind]++
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return errNot("reports are %v, want %v", got, want)
		}
		return nil
	})
}

// Story of a secure webhook: only Azure's own token opens the address, both schemas
// and all stages end in one case, and what is no breach opens none.
func TestStoryOfAzuresSecureWebhook(t *testing.T) {
	w := opensDoorway(t)
	address := w.makes("entra", url.Values{"tenant": {storyTenant}, "audience": {storyApp}})
	other := "99999999-2222-3333-4444-555555555555"
	for name, token := range map[string]string{"no token": "", "another organisation's": w.token(object{"iss": w.keys.URL() + "/" + other + "/v2.0", "tid": other}, nil), "an old one": w.token(object{"exp": 1}, nil),
		"another app's": w.token(object{"azp": storyApp}, nil), "one for another": w.token(object{"aud": other}, nil), "a made-up key's": w.token(nil, object{"kid": "none"})} {
		t.Log(name)
		w.sends(401, address, "azure-activity.json", token)
	}
	good := w.token(nil, nil)
	for _, file := range []string{"azure-activity.json", "azure-activity.json", "azure-common.json", "azure-rca.json", "azure-trial.json", "azure-defender.json"} {
		w.sends(202, address, file, good)
	}
	w.sends(202, address, "azure-common.json", good, "2027-03-05T16:43", "2027-03-05T16:44") // the same communication in other bytes
	w.ends(map[string]int{"incident/report": 3, "aside/test": 1, "aside/beside": 1})
	if cases := w.cases(); len(cases) != 1 || !strings.Contains(cases[0].Summary, "a leaked key") {
		t.Errorf("cases = %+v", cases)
	}
	if len(w.keys.Asked()) == 0 {
		t.Error("nobody asked for the issuer's keys")
	}

	w.makes("entra", url.Values{"tenant": {storyTenant}, "audience": {storyApp}, "subscriptions": {other}})
	w.sends(401, address, "azure-activity.json", good, "0NIH-U2O", "0NIH-ABC")
	w.sends(202, address, "azure-activity.json", good, "0NIH-U2O", "0NIH-XYZ", "abc12c2c-dd3d-ee4e-ff5f-aaaaaa6a6xyz", other)
	w.ends(map[string]int{"incident/report": 4, "aside/test": 1, "aside/beside": 1})

	w.keys.Rotate()
	w.keys.Close()
	w.pass(2 * time.Minute)
	w.sends(503, address, "azure-rca.json", w.token(nil, nil), "0NIH-U2O", "0NIH-XYZ")
	w.ends(map[string]int{"incident/report": 4, "aside/test": 1, "aside/beside": 1})
}

// Story of Google's push: the token of the account that the practice named opens the
// address, another one does not.
func TestStoryOfGooglesPushWithAToken(t *testing.T) {
	w := opensDoorway(t)
	address := w.makes("google", url.Values{"sender": {storyPush}, "audience": {"datalek"}})
	at := w.now().Unix()
	claims := object{"iss": w.keys.URL(), "aud": "datalek", "email": storyPush, "email_verified": true, "exp": at + 3600}
	good := "Bearer " + w.keys.Token(claims, nil)
	claims["email"] = "other@proef.iam.gserviceaccount.example"
	w.sends(401, address, "google-push.json", "Bearer "+w.keys.Token(claims, nil))
	w.sends(401, address, "google-push.json", w.token(nil, nil))
	w.sends(202, address, "google-push.json", good)
	w.sends(202, address, "google-phishing.json", good)
	w.ends(map[string]int{"incident/report": 1, "aside/beside": 1})
	if cases := w.cases(); len(cases) != 1 || cases[0].Source != "webhook" {
		t.Errorf("cases = %+v", cases)
	}
}

// Story of Mailchimp: it looks at the address before it sends; what it sends is a
// form that no reader knows, and stands before a person.
func TestStoryOfMailchimp(t *testing.T) {
	w := opensDoorway(t)
	address := w.makes("addresses", url.Values{"door": {"address"}})
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if status, answer := w.raw(method, address, nil); status != http.StatusOK {
			t.Errorf("%s answered %d %s", method, status, answer)
		}
	}
	if status, _ := w.raw(http.MethodOptions, address, nil, "WebHook-Request-Origin", "eventgrid.azure.net"); status != http.StatusOK {
		t.Errorf("the handshake answered %d", status)
	}
	w.ends(map[string]int{})
	w.sends(202, address, "mailchimp.form", "")
	w.sends(202, address, "mailchimp.form", "")
	w.ends(map[string]int{"triage/unknown": 1})
	list := w.owner.get("/triage").Body
	href := regexp.MustCompile(`/(?:triage|reports)/[0-9a-f-]{36}`).FindString(list)
	if href == "" {
		t.Fatalf("the list shows no message:\n%s", list)
	}
	if shown := w.owner.get(href).Body; !strings.Contains(shown, "unsubscribe") || !strings.Contains(shown, "jan@weg.example") {
		t.Errorf("the page of the message does not show it:\n%s", shown)
	}
	if len(w.cases()) != 0 {
		t.Error("a case was opened")
	}
}
