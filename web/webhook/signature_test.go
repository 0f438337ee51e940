package webhook_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"datalek/incidents/registry"
)

// keyed is a door that knows a sender's own key, with that key.
func keyed(t *testing.T) (*door, ed25519.PrivateKey) {
	d := newDoor(t)
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize)))
	d.endpoint.PublicKeys = []string{"whpk_" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))}
	return d, key
}

// asymmetric is the v1a signature of a message.
func asymmetric(key ed25519.PrivateKey, id string, at time.Time, body string) string {
	return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(id+"."+strconv.FormatInt(at.Unix(), 10)+"."+body)))
}

// symmetric is the v1 signature of a message.
func symmetric(t *testing.T, secret, id string, at time.Time, body string) string {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func secretOf(letter string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

// under posts a message under a list of signatures.
func (d *door) under(t *testing.T, signatures string) int {
	t.Helper()
	return d.post(t, "/webhooks/processors/tok", "", "msg-1", noon, "{}", func(r *http.Request) {
		r.Header.Set("webhook-id", "msg-1")
		r.Header.Set("webhook-timestamp", strconv.FormatInt(noon.Unix(), 10))
		r.Header.Set("webhook-signature", signatures)
	}).Code
}

func TestASenderMaySignWithAKeyOfHisOwn(t *testing.T) {
	d, key := keyed(t)
	own, shared := asymmetric(key, "msg-1", noon, "{}"), symmetric(t, d.secret, "msg-1", noon, "{}")
	stranger := asymmetric(ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", ed25519.SeedSize))), "msg-1", noon, "{}")
	for _, tt := range []struct {
		name, signatures string
		want             int
	}{
		{"his key's", own, 202},
		{"the secret's", shared, 202},
		{"a wrong one, then his key's", "v1,AAAA " + own, 202},
		{"a stranger's, then the secret's", stranger + " " + shared, 202},
		{"both", shared + " " + own, 202},
		{"eight, the last of them his", strings.Repeat("v1,AAAA ", 7) + own, 202},
		{"nine, the last of them his", strings.Repeat("v1,AAAA ", 8) + own, 401},
		{"a thousand", strings.Repeat("v1a,AAAA ", 1000), 401},
		{"a stranger's", stranger, 401},
		{"his key's under the secret's name", strings.Replace(own, "v1a,", "v1,", 1), 401},
		{"the secret's under the key's name", strings.Replace(shared, "v1,", "v1a,", 1), 401},
		{"of another message", asymmetric(key, "msg-2", noon, "{}"), 401},
		{"of another time", asymmetric(key, "msg-1", noon.Add(time.Second), "{}"), 401},
		{"of another body", asymmetric(key, "msg-1", noon, "[]"), 401},
		{"without a version", strings.TrimPrefix(own, "v1a,"), 401},
		{"cut short", own[:40], 401},
		{"no base64", "v1a,!!!!", 401},
		{"none", "", 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, _ := keyed(t)
			kept := 0
			if tt.want == 202 {
				kept = 1
			}
			if got := d.under(t, tt.signatures); got != tt.want || len(d.kept) != kept || d.refused["forged"] != 1-kept {
				t.Errorf("status %d, %d kept, %v", got, len(d.kept), d.refused)
			}
		})
	}
}

// Until an old secret ends, either proves its sender.
func TestTwoSecretsProveASenderForAWhile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		until  time.Time
		secret string
		want   int
	}{
		{"the new one", noon.Add(time.Hour), secretOf("n"), 202},
		{"the old one while it counts", noon.Add(time.Millisecond), secretOf("o"), 202},
		{"the old one when it ended", noon, secretOf("o"), 401},
		{"the new one when the old one ended", noon, secretOf("n"), 202},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t)
			d.endpoint.Secrets = []registry.EndpointSecret{{Value: secretOf("n")}, {Value: secretOf("o"), Until: tt.until}}
			if got := d.under(t, symmetric(t, tt.secret, "msg-1", noon, "{}")); got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
		})
	}
}

// What is broken at the door changes nothing, and is counted by why.
func TestBrokenMessagesChangeNothingAndAreCounted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		send    func(t *testing.T, d *door) int
		want    int
		counted map[string]int
	}{
		{"forged with another secret", func(t *testing.T, d *door) int { return d.under(t, symmetric(t, secretOf("f"), "msg-1", noon, "{}")) }, 401, map[string]int{"forged": 1}},
		{"signed with another practice's secret", func(t *testing.T, d *door) int { return d.under(t, symmetric(t, secretOf("b"), "msg-1", noon, "{}")) }, 401, map[string]int{"forged": 1}},
		{"signed with the empty key", func(t *testing.T, d *door) int {
			d.endpoint.Secrets = []registry.EndpointSecret{{Value: "whsec_"}}
			return d.under(t, symmetric(t, "whsec_", "msg-1", noon, "{}"))
		}, 401, map[string]int{"forged": 1}},
		{"an empty public key", func(t *testing.T, d *door) int {
			d.endpoint.PublicKeys = []string{"whpk_", ""}
			return d.under(t, "v1a,"+base64.StdEncoding.EncodeToString(make([]byte, 64)))
		}, 401, map[string]int{"forged": 1}},
		{"many signatures, one of them right", func(t *testing.T, d *door) int {
			return d.under(t, strings.Repeat("v1,AAAA ", 20)+symmetric(t, d.secret, "msg-1", noon, "{}"))
		}, 401, map[string]int{"forged": 1}},
		{"stale", func(t *testing.T, d *door) int {
			return d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon.Add(-5*time.Minute-time.Second), "{}", nil).Code
		}, 401, map[string]int{"stale": 1}},
		{"of the future", func(t *testing.T, d *door) int {
			return d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon.Add(5*time.Minute+time.Second), "{}", nil).Code
		}, 401, map[string]int{"stale": 1}},
		{"oversized", func(t *testing.T, d *door) int {
			return d.post(t, "/webhooks/processors/tok", d.secret, "msg-1", noon, strings.Repeat("a", 512<<10+1), nil).Code
		}, 413, map[string]int{"oversized": 1}},
		{"a secret that was dropped", func(t *testing.T, d *door) int {
			d.endpoint.Rotate(secretOf("n"), noon)
			d.endpoint.DropOld(noon)
			return d.under(t, symmetric(t, d.secret, "msg-1", noon, "{}"))
		}, 401, map[string]int{"forged": 1}},
		{"at a revoked address", func(t *testing.T, d *door) int {
			d.endpoint.RevokedAt = noon
			return d.under(t, symmetric(t, d.secret, "msg-1", noon, "{}"))
		}, 410, map[string]int{"revoked_address": 1}},
		{"at an address that is not there", func(t *testing.T, d *door) int {
			return d.post(t, "/webhooks/processors/other", d.secret, "msg-1", noon, "{}", nil).Code
		}, 404, map[string]int{"unknown_address": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t)
			if got := tt.send(t, d); got != tt.want || len(d.kept) != 0 {
				t.Errorf("status %d, %d kept; want %d and none", got, len(d.kept), tt.want)
			}
			if diff := cmp.Diff(tt.counted, d.refused); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("replayed", func(t *testing.T) {
		d := newDoor(t)
		signature := symmetric(t, d.secret, "msg-1", noon, "{}")
		if first, again := d.under(t, signature), d.under(t, signature); first != 202 || again != 202 || len(d.kept) != 1 || d.refused["replayed"] != 1 {
			t.Errorf("first %d, again %d, %d kept, %v", first, again, len(d.kept), d.refused)
		}
	})
}

// Whatever stands in the list of signatures, only a real one lets a message in.
func FuzzSignatureHeader(f *testing.F) {
	f.Add("v1,AAAA v1a,AAAA", "msg-1")
	f.Add("v1a,"+base64.StdEncoding.EncodeToString(make([]byte, 64)), "")
	f.Add("v1a, v1, ,,  v1a", "a.b")
	f.Add(strings.Repeat("v1a,\x00 ", 50), "\xff")
	f.Fuzz(func(t *testing.T, signatures, id string) {
		d, key := keyed(t)
		code := d.post(t, "/webhooks/processors/tok", "", id, noon, "{}", func(r *http.Request) {
			r.Header["Webhook-Id"], r.Header["Webhook-Timestamp"] = []string{id}, []string{strconv.FormatInt(noon.Unix(), 10)}
			r.Header["Webhook-Signature"] = []string{signatures}
		}).Code
		if code != 401 || len(d.kept) != 0 {
			t.Errorf("what nobody signed is answered %d and %d are kept", code, len(d.kept))
		}
		own := asymmetric(key, "msg-1", noon, "{}")
		few := len(strings.Fields(signatures)) < 8
		if got := d.under(t, own+" "+signatures); few != (got == 202) {
			t.Errorf("with a right one in front %d", got)
		}
	})
}
