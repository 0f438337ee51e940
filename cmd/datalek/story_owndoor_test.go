package main_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Only the host's own address fans out. Whatever a message to a practice's address
// names, in its body, its headers or the address, it reaches that practice alone.
func TestAPracticesOwnAddressNeverReachesAnother(t *testing.T) {
	d := startDemo(t, "--empty")
	d.stop()
	second := d.addPractice("Praktijk Twee")
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	mine, other := d.as(second), d
	var own struct {
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
	}
	other.call("POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft", "customer_refs": []string{"K-1001"}, "regions": []string{"West Europe"}, "sub_processors": []string{"sly"}}, nil)
	mine.call("POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft", "sub_processors": []string{"sly", "azure"}}, &own)

	bodies := map[string]string{
		"its customer number":          breach("OWN-1", "initial", "x", `,"customerRefs":["K-1001"],"regions":["West Europe"]`),
		"its id in the data":           breach("OWN-2", "initial", "x", `,"practiceId":"`+string(other.PracticeID)+`","practice_id":"`+string(other.PracticeID)+`","practices":["`+string(other.PracticeID)+`"]`),
		"its id beside the data":       strings.Replace(breach("OWN-3", "initial", "x", ""), `"data":`, `"practice_id":"","practiceId":"`+string(other.PracticeID)+`","data":`, 1),
		"another processor":            strings.Replace(breach("OWN-4", "initial", "x", `,"processor":"sly","processorId":"sly"`), `"data":`, `"processor_id":"sly","data":`, 1),
		"an alert with its properties": `{"schemaId":"azureMonitorCommonAlertSchema","data":{"essentials":{"monitoringService":"ServiceHealth","alertTargetIDs":["/subscriptions/K-1001"]},"alertContext":{"properties":{"incidentType":"Security","trackingId":"OWN-5","title":"x","stage":"Active","communication":"x"}},"customProperties":{"practice":"` + string(other.PracticeID) + `","klant":"K-1001"}}}`,
		"an envelope that names it":    `{"specversion":"1.0","id":"1","source":"` + string(other.PracticeID) + `","type":"processor.breach.reported","subject":"` + string(other.PracticeID) + `","data":` + breach("OWN-6", "initial", "x", `,"customerRefs":["K-1001"]`) + `}`,
		"the same field twice":         strings.Replace(breach("OWN-7", "initial", "x", `,"reference":"OWN-7"`), `{"type"`, `{"practice_id":"`+string(other.PracticeID)+`","practice_id":"","type"`, 1),
	}
	n := 0
	for name, body := range bodies {
		n++
		sent := d.smuggle(own.URL, own.Secret, "own-"+strconv.Itoa(n), body)
		if sent != http.StatusAccepted {
			t.Errorf("%s is answered %d", name, sent)
		}
	}
	for name, url := range map[string]string{"a query": own.URL + "?practice_id=" + string(other.PracticeID) + "&fan_out=true", "a fragment of a path": own.URL + "/../" + last(d.WebhookURL)} {
		if status := d.smuggle(url, own.Secret, "path-"+strconv.Itoa(len(name)), breach("OWN-8", "initial", "x", "")); status == http.StatusAccepted {
			t.Logf("%s is taken, for the practice alone", name)
		}
	}
	if status := d.smuggle(d.WebhookURL, own.Secret, "stolen", breach("OWN-9", "initial", "x", "")); status != http.StatusUnauthorized {
		t.Errorf("the host's address with a practice's secret is answered %d", status)
	}

	// The host's own address still reaches both: what was sent before has been dealt with.
	if status, _ := d.report(d.WebhookURL, d.WebhookSecret, "host-1", breach("HOST-1", "initial", "x", `,"customerRefs":["K-1001"]`)); status != http.StatusAccepted {
		t.Fatalf("the host's report is answered %d", status)
	}
	await(t, "the host's report at the other practice, and the practice's own at itself", func() error {
		if got, own := len(other.cases()), len(mine.cases()); got != 1 || own < 6 {
			return errNot("%d and %d incidents", got, own)
		}
		return nil
	})
	if got := other.cases(); got[0].Summary != "x" || len(got) != 1 {
		t.Errorf("the other practice has %+v", got)
	}
	var reports struct{ Items []object }
	other.must(200, "GET", "/reports?state=all", nil, &reports)
	if len(reports.Items) != 1 || reports.Items[0]["reference"] != "HOST-1" {
		t.Errorf("the other practice got %d reports: %v", len(reports.Items), reports.Items)
	}
}

// smuggle signs a body and sends it with headers that name others.
func (d *demo) smuggle(url, secret, id, body string) int {
	d.t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		d.t.Fatal(err)
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		d.t.Fatal(err)
	}
	at := d.now()
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		d.t.Fatal(err)
	}
	other := fmt.Sprintf("practice-%s", id)
	status, _ := d.raw(http.MethodPost, url, body, "webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", signature,
		"X-Practice-Id", other, "Practice", other, "X-Original-URL", "/webhooks/processors/"+last(d.WebhookURL), "X-Rewrite-URL", d.WebhookURL,
		"X-HTTP-Method-Override", "PUT", "ce-source", other, "ce-practiceid", other, "Authorization", "Bearer "+d.APIToken)
	return status
}

// last is the token at the end of an address.
func last(url string) string { return url[strings.LastIndex(url, "/")+1:] }
