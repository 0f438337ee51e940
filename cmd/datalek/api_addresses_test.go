package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// checkAddresses makes and changes the addresses at which a processor reports.
func checkAddresses(t *testing.T, d *demo) {
	t.Helper()
	var made struct {
		ID     string
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
		Taken  bool
	}
	d.must(201, "POST", "/processors/file-host/addresses", object{"door": "signed"}, &made)
	at := "/processors/file-host/addresses/" + made.ID
	if status, answer := d.report(made.URL, made.Secret, "address-1", breach("ADDRESS-1", "initial", "x", "")); status != http.StatusAccepted {
		t.Errorf("a report there is answered %d %s", status, answer)
	}
	if d.must(200, "POST", at+"/test", nil, &made); !made.Taken {
		t.Error("the test was not taken")
	}
	d.must(201, "POST", "/processors/file-host/addresses", object{"door": "address"}, nil)
	d.must(422, "POST", "/processors/file-host/addresses", object{"door": "wide"}, nil)
	key := object{"public_key": "whpk_O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="}
	d.must(200, "POST", at+"/keys", key, nil)
	d.must(200, "GET", at, nil, nil)
	d.must(200, "POST", at+"/keys/remove", key, nil)
	d.must(422, "POST", at+"/keys/remove", key, nil)
	old := made.Secret
	d.must(200, "POST", at+"/rotate", nil, &made)
	d.must(200, "POST", at+"/drop-old", nil, nil)
	d.must(409, "POST", at+"/drop-old", nil, nil)
	for secret, want := range map[string]int{old: http.StatusUnauthorized, made.Secret: http.StatusAccepted} {
		if status, answer := d.report(made.URL, secret, "address-2", breach("ADDRESS-1", "update", "x", "")); status != want {
			t.Errorf("after the change a report is answered %d %s, want %d", status, answer, want)
		}
	}
	if r := loggedIn(t, d.BaseURL, d.Login, d.Password).get(at); !strings.Contains(r.Body, "De handtekening of het bewijs ontbreekt of klopt niet") {
		t.Errorf("the address's page says nothing of what it turned away: %s", r.Body)
	}
	id := "11111111-2222-3333-4444-555555555555"
	d.must(201, "PUT", "/processors/file-host/entra", object{"tenant": id, "audience": id, "subscriptions": []string{id}}, nil)
	d.must(200, "PUT", "/processors/file-host/entra", object{"tenant": id, "audience": id}, nil)
	d.must(201, "PUT", "/processors/file-host/google", object{"sender": "push@proef.iam.example", "audience": "datalek"}, nil)
	d.must(422, "PUT", "/processors/file-host/google", object{"sender": "push", "audience": ""}, nil)
	d.must(200, "POST", at+"/revoke", nil, nil)
	d.must(409, "POST", at+"/rotate", nil, nil)
	d.must(200, "GET", "/processors/file-host/addresses?limit=2", nil, nil)
	d.must(404, "GET", "/processors/none/addresses", nil, nil)
}
