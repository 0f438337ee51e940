package webhook_test

import (
	"encoding/base64"
	"net/http"
	"testing"
)

// The door is open to everybody: nothing that is not signed is kept, whatever
// heads and body it has, and what is signed is kept as it is.
func FuzzReport(f *testing.F) {
	f.Add("msg-1", "1804248000", "v1,AAAA", []byte("{}"))
	f.Add("", "", "", []byte(nil))
	f.Add("a.b", "1e9", "v1a,x v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32)), []byte("{"))
	f.Add("\xff", "99999999999999999999", " ", []byte("\x00"))
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		d := newDoor(t)
		w := d.post(t, "/webhooks/processors/tok", "", id, noon, string(body), func(r *http.Request) {
			r.Header["Webhook-Id"], r.Header["Webhook-Timestamp"], r.Header["Webhook-Signature"] = []string{id}, []string{at}, []string{signature}
		})
		if w.Code >= 500 || w.Code < 400 || len(d.kept) != 0 {
			t.Errorf("what nobody signed is answered %d and %d are kept", w.Code, len(d.kept))
		}
		if w := d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, string(body), nil); w.Code != http.StatusAccepted && w.Code != http.StatusRequestEntityTooLarge && w.Code != http.StatusBadRequest {
			t.Errorf("what is signed is answered %d", w.Code)
		}
	})
}
