package main_test

import (
	"net/http"
	"testing"
	"time"
)

// makeRequests files what people ask about their own data: one runs, one cannot be
// granted yet, and one is done.
func (w *world) makeRequests(t *testing.T, d *demo) {
	t.Helper()
	at := d.now().UTC().Add(-24 * time.Hour).Format(time.RFC3339)
	file := func(body object) string {
		var made struct{ ID string }
		body["received_at"], body["channel"] = at, "email"
		d.must(201, "POST", "/requests", body, &made)
		return "/requests/" + made.ID
	}
	w.request = file(object{"kind": "access", "external_id": "V-001", "words": "Wat staat er over mij in uw dossier?", "identity_copy_came": true})
	w.erasure = file(object{"kind": "erasure", "external_id": "V-001"})
	w.erased = file(object{"kind": "erasure", "name": "Aldegonde van Zevenbergen-Terpstra", "email": "aldegonde@voorbeeld.example"})
	for _, path := range []string{w.erasure, w.erased} {
		d.must(200, "POST", path+"/identity", object{"how": "Teruggebeld op het nummer uit de brief."}, nil)
	}
	await(t, "somebody who stands nowhere is erased", func() error {
		if status := d.call("POST", w.erased+"/erase", object{"backup_days": 30}, nil); status != http.StatusOK && status != http.StatusAccepted {
			return errNot("%d", status)
		}
		return nil
	})
}

// requestPages are those of requests.
func (w *world) requestPages() []view {
	return []view{
		{name: "requests", path: "/requests"}, {name: "requests-all", path: "/requests?all=1"}, {name: "request-new", path: "/requests/new"},
		{name: "request-refused", path: "/requests/new", status: 422, act: func(p *person) { p.click("Leg vast") }},
		{name: "request", path: w.request}, {name: "request-erased", path: w.erased}, {name: "request-erase", path: w.erasure + "/erase"},
		{name: "request-unknown", path: "/requests/none", status: 404},
	}
}
