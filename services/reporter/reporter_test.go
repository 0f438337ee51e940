package reporter_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"datalek/services/reporter"
)

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func now() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }

// door answers each attempt with the next status, and keeps what came.
type door struct {
	statuses []int
	seen     []*http.Request
	bodies   [][]byte
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.seen, d.bodies = append(d.seen, r), append(d.bodies, body)
	status := d.statuses[min(len(d.seen), len(d.statuses))-1]
	w.Header().Set("Retry-After", "7")
	w.WriteHeader(status)
	if status == http.StatusAccepted {
		_, _ = io.WriteString(w, `{"report_id":"r-1","status_url":"https://datalek.example/reported/abc"}`)
	}
}

func send(t *testing.T, d *door, keys reporter.Keys) (reporter.Answer, []time.Duration, error) {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	var waited []time.Duration
	s := reporter.New(reporter.Options{Client: server.Client(), Now: now, Wait: func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }})
	a, err := s.Send(t.Context(), server.URL+"/webhooks/processors/geheim", "msg_1", keys, []byte(`{"type":"processor.breach.test"}`))
	if err != nil && strings.Contains(err.Error(), "geheim") {
		t.Errorf("the error shows the address: %v", err)
	}
	return a, waited, err
}

func read(t *testing.T, secret, private string) reporter.Keys {
	t.Helper()
	keys, err := reporter.ReadKeys(secret, private)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestAReportIsSentAgainUnderItsIdWhereThatHelps(t *testing.T) {
	d := &door{statuses: []int{503, 429, 202}}
	a, waited, err := send(t, d, read(t, secret, ""))
	if err != nil || a.ReportID != "r-1" || a.StatusURL == "" || len(d.seen) != 3 {
		t.Fatalf("%d attempts gave %+v, %v", len(d.seen), a, err)
	}
	if len(waited) != 2 || waited[0] != 7*time.Second || waited[1] != 7*time.Second {
		t.Errorf("waited %v, want what the server asked", waited)
	}
	checker, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range d.seen {
		if r.Header.Get("Webhook-Id") != "msg_1" || checker.VerifyIgnoringTimestamp(d.bodies[i], r.Header) != nil || r.Header.Get("Webhook-Timestamp") != "1804496400" {
			t.Errorf("attempt %d: %v", i+1, r.Header)
		}
	}
}

func TestAReportIsNotSentAgainWhereThatIsOfNoUse(t *testing.T) {
	for status, says := range map[int]string{401: "the signature does not count", 404: "no such address", 410: "closed this address", 413: "too large", 302: "answered 302"} {
		d := &door{statuses: []int{status}}
		if _, waited, err := send(t, d, read(t, secret, "")); err == nil || !strings.Contains(err.Error(), says) || len(d.seen) != 1 || len(waited) != 0 {
			t.Errorf("%d: %v after %d attempts", status, err, len(d.seen))
		}
	}
}

func TestAnEndlesslyBusyServerIsGivenUp(t *testing.T) {
	d := &door{statuses: []int{503}}
	if _, waited, err := send(t, d, read(t, secret, "")); err == nil || len(waited) != 5 || len(d.seen) != 6 {
		t.Errorf("%d attempts, waited %v: %v", len(d.seen), waited, err)
	}
}

func TestAKeyOfOnesOwnSignsBesideTheSecret(t *testing.T) {
	private, public, err := reporter.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r, err := reporter.Request(t.Context(), "https://datalek.example/w", "msg_1", read(t, secret, private), []byte("{}"), now())
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(r.Header.Get("Webhook-Signature"))
	if len(list) != 2 || !strings.HasPrefix(list[0], "v1,") || !strings.HasPrefix(list[1], "v1a,") {
		t.Fatalf("signatures %v", list)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(list[1], "v1a,"))
	if err != nil || !ed25519.Verify(key, []byte("msg_1.1804496400.{}"), signature) {
		t.Errorf("the public key does not check it (%v)", err)
	}
}

func TestKeysAndAddressesThatCannotServeAreNamed(t *testing.T) {
	_, public, err := reporter.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ secret, private, says string }{
		{"", "", "give the secret"}, {"whsec_", "", "the secret is not one"}, {"whsec_AAAA", "", "the secret is not one"}, {"%%", "", "the secret is not one"},
		{"", public, "this is the public key"}, {"", "whsk_AAAA", "the private key is not one"},
	} {
		if _, err := reporter.ReadKeys(tt.secret, tt.private); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q, %q: %v", tt.secret, tt.private, err)
		}
	}
	for _, address := range []string{"", "datalek.example", "http://datalek.example/w", "ftp://datalek.example", "https://a:b@datalek.example/w", "http://10.0.0.1/w"} {
		if reporter.CheckAddress(address) == nil {
			t.Errorf("%q is taken", address)
		}
	}
	for _, address := range []string{"https://datalek.example/w", "http://127.0.0.1:8080/w", "http://[::1]/w", "http://localhost/w"} {
		if err := reporter.CheckAddress(address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := reporter.Request(t.Context(), "https://datalek.example/w", "m", read(t, secret, ""), make([]byte, reporter.MostBody+1), now()); err == nil {
		t.Error("a report that no address takes is sent")
	}
}

func TestAReportSaysWhatWasGivenAndNoMore(t *testing.T) {
	body, err := reporter.Report{Reference: "R-1", Stage: "initial", Summary: "Inbraak.", Services: []string{"mail"}, OccurredFrom: now()}.Body(now())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"data":{"occurredFrom":"2027-03-08T09:00:00Z","reference":"R-1","services":["mail"],"stage":"initial","summary":"Inbraak."},"timestamp":"2027-03-08T09:00:00Z","type":"processor.breach.reported"}`
	if string(body) != want {
		t.Errorf("body %s", body)
	}
	if _, err := (reporter.Report{Stage: "initial", Summary: "x"}).Body(now()); err == nil {
		t.Error("a report without reference is made")
	}
	test, err := reporter.AsTest(body)
	var fields struct{ Type string }
	if err != nil || json.Unmarshal(test, &fields) != nil || fields.Type != "processor.breach.test" {
		t.Errorf("as a test: %s, %v", test, err)
	}
	if _, err := reporter.AsTest([]byte("[]")); err == nil {
		t.Error("what is no object is marked as a test")
	}
}
