package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// described checks every request and answer of the API against openapi.yaml.
type described struct {
	t      *testing.T
	router routers.Router
	next   http.RoundTripper
}

func describe(t *testing.T, base string) *described {
	t.Helper()
	raw, err := os.ReadFile("../../web/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: base + "/api/v1"}}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	openapi3filter.RegisterBodyDecoder("text/calendar", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/pdf", openapi3filter.FileBodyDecoder)
	return &described{t: t, router: router, next: http.DefaultTransport}
}

// RoundTrip sends the request on and checks the answer; a refused request may
// break the description, that is why it was refused.
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	answer, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	r.Body = io.NopCloser(bytes.NewReader(sent))
	d.check(r, answer, body)
	return answer, nil
}

func (d *described) check(r *http.Request, answer *http.Response, body []byte) {
	d.t.Helper()
	if !strings.HasPrefix(r.URL.Path, "/api/v1/") {
		return
	}
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		if answer.StatusCode != http.StatusNotFound {
			d.t.Errorf("%s %s is not described, but answered %d", r.Method, r.URL.Path, answer.StatusCode)
		}
		return
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if answer.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			d.t.Errorf("%s %s was accepted, but breaks the description: %v", r.Method, r.URL.Path, err)
		}
	}
	if err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.StatusCode, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: input.Options}); err != nil {
		d.t.Errorf("%s %s answered %d, which breaks the description: %v\n%.400s", r.Method, r.URL.Path, answer.StatusCode, err, body)
	}
}

type object = map[string]any

// Everything the API offers, called as scripts do, each request and answer
// checked against openapi.yaml.
func TestAPIKeepsItsDescription(t *testing.T) {
	d := startDemo(t, "--empty")
	check := describe(t, d.BaseURL)
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = check
	t.Cleanup(func() { http.DefaultClient.Transport = client })

	now := d.now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	var processor struct {
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
	}
	d.must(201, "POST", "/processors", object{"id": "file-host", "name": "Dossier Online", "contract_hours": 24}, &processor)
	if !strings.HasPrefix(processor.URL, d.BaseURL+"/webhooks/processors/") || !strings.HasPrefix(processor.Secret, "whsec_") {
		t.Errorf("processor %+v, want its own address and secret", processor)
	}
	d.must(200, "POST", "/processors", object{"id": "file-host", "name": "Dossier Online BV", "contract_hours": nil}, nil)
	checkAddresses(t, d)
	d.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "processor": nil, "categories": []string{"name", "contact"}, "identifiability": "identified", "encrypted_at_rest": nil}, nil)
	d.must(200, "POST", "/systems", object{"id": "mailbox", "name": "Postvak", "processor": "file-host", "categories": []string{"name", "contact"}, "identifiability": "identified", "encrypted_at_rest": false}, nil)
	d.must(422, "POST", "/systems", object{"id": "Mail Box", "name": "", "categories": []string{"gossip"}}, nil)
	d.must(201, "POST", "/clients", []object{
		{"external_id": "m-1", "name": "Moeder Voorbeeld", "email": "moeder@voorbeeld.example", "relation": "parent", "language": "nl"},
		{"external_id": "c-1", "name": "Cliënt Een", "email": "een@voorbeeld.example", "phone": nil, "postal_address": nil, "language": "nl", "relation": "client", "birth_year": nil,
			"guardians": []string{}, "capacity": "capable", "channel": nil, "openpgp_key": nil, "coach": nil, "guidance": []object{{"from": "2025-03-01", "until": nil}},
			"holdings": []object{{"system": "mailbox", "categories": []string{"name", "contact"}, "identifiability": "identified", "key_system": nil, "from": "2025-03-01T00:00:00+01:00", "until": nil, "destroyed_at": nil}}},
		{"external_id": "k-1", "name": "Kind Voorbeeld", "language": "nl", "birth_year": now.Year() - 8, "guardians": []string{"m-1"}, "guidance": []object{{"from": "2025-03-01"}}},
	}, nil)
	d.must(200, "POST", "/clients", object{"external_id": "c-1", "name": "Cliënt Een", "email": "een@voorbeeld.example", "language": "en", "guidance": []object{{"from": "2025-03-01"}}, "holdings": nil}, nil)
	d.must(422, "POST", "/clients", object{"external_id": "", "name": "x\r\nBcc: y", "email": "no", "guidance": []object{{"from": "2025-03-01", "until": "2025-02-01"}}}, nil)
	var page struct {
		Items []object
		Next  *string
	}
	d.must(200, "GET", "/clients?limit=2", nil, &page)
	if len(page.Items) != 2 || page.Next == nil {
		t.Fatalf("first page has %d items, next %v", len(page.Items), page.Next)
	}
	d.must(200, "GET", "/clients?limit=2&cursor="+*page.Next, nil, &page)
	if len(page.Items) != 1 || page.Next != nil {
		t.Errorf("second page has %d items, next %v", len(page.Items), page.Next)
	}
	d.must(200, "GET", "/systems", nil, nil)
	d.must(200, "GET", "/processors", nil, nil)

	filing := object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": ago(20), "occurred_until": nil, "discovered_at": ago(3), "aware_at": ago(2),
		"aware_basis": "Vreemde mail gezien.", "systems": []string{"mailbox"}, "categories": nil, "breach_kinds": []string{"confidentiality"}, "subjects": object{"all": true},
		"recipients": nil, "unintelligible": "no", "measures_taken": "", "measures_planned": "", "consequences": "", "role": "controller"}
	var filed, again struct {
		ID      string
		Version int64
		Clocks  []clockView
	}
	d.must(201, "POST", "/incidents", filing, &filed, "Idempotency-Key", "k-1")
	d.must(201, "POST", "/incidents", filing, &again, "Idempotency-Key", "k-1")
	if again.ID != filed.ID || len(filed.Clocks) != 2 {
		t.Errorf("the same key made %s and %s; clocks %d", filed.ID, again.ID, len(filed.Clocks))
	}
	filing["summary"] = "Anders."
	d.must(422, "POST", "/incidents", filing, nil, "Idempotency-Key", "k-1")
	filing["aware_at"] = "2027-03-05 16:42"
	d.must(422, "POST", "/incidents", filing, nil)
	d.must(422, "POST", "/incidents", object{}, nil)
	d.must(422, "POST", "/incidents", `{"playbook":`, nil)
	case1 := "/incidents/" + filed.ID
	d.must(200, "GET", case1, nil, nil)
	d.must(200, "GET", "/incidents", nil, nil)
	d.must(404, "GET", "/incidents/none", nil, nil)
	await(t, "the assessment is complete", func() error {
		var affected struct {
			Items    []object
			Complete bool
		}
		d.must(200, "GET", case1+"/affected", nil, &affected)
		if !affected.Complete || len(affected.Items) != 3 {
			return errNot("%d items, complete %t", len(affected.Items), affected.Complete)
		}
		return nil
	})
	d.must(422, "PATCH", case1, object{"summary": "Zonder reden."}, nil)
	d.must(409, "PATCH", case1, object{"summary": "Oud.", "reason": "r", "version": 0}, nil)
	d.must(200, "PATCH", case1, object{"occurred_until": ago(2), "measures_taken": "Wachtwoord veranderd.", "reason": "Nu weten we het."}, nil)
	d.must(202, "POST", case1+"/affected", object{"external_id": "m-1", "include": true, "reason": "Haar adres stond er ook."}, nil)
	d.must(422, "POST", case1+"/affected", object{"external_id": "nobody", "include": true, "reason": ""}, nil)
	d.must(200, "GET", case1+"/clocks", nil, nil)
	await(t, "both drafts stand", func() error {
		d.must(200, "GET", case1+"/notices", nil, &page)
		if len(page.Items) < 2 {
			return errNot("%d notices", len(page.Items))
		}
		return nil
	})
	var notice struct {
		ID, State      string
		TextHash       string `json:"text_hash"`
		RecipientsHash string `json:"recipients_hash"`
		Recipients     int
	}
	await(t, "a notice can be drafted", func() error {
		if status := d.call("POST", case1+"/notices", object{"audience": "clients"}, &notice); status != 201 {
			return errNot("status %d", status)
		}
		return nil
	})
	d.must(422, "POST", case1+"/notices", object{"audience": "aliens"}, nil)
	d.must(200, "PATCH", "/notices/"+notice.ID, object{"languages": []object{{"language": "nl", "subject": "Bericht over uw gegevens", "text": "Goedendag,\n\nEr is iets gebeurd."}}}, &notice)
	d.must(409, "POST", "/notices/"+notice.ID+"/approve", object{"text_hash": "x", "recipients_hash": notice.RecipientsHash}, nil)
	d.must(200, "GET", "/notices/"+notice.ID, nil, &notice)
	d.must(202, "POST", "/notices/"+notice.ID+"/approve", object{"text_hash": notice.TextHash, "recipients_hash": notice.RecipientsHash}, nil)
	var deliveries struct {
		Items []struct {
			ID, State string
			Attempts  []struct {
				Code      int
				MessageID string `json:"message_id"`
			}
		}
	}
	await(t, "the mail is sent", func() error {
		d.must(200, "GET", "/notices/"+notice.ID+"/deliveries", nil, &deliveries)
		if len(deliveries.Items) != notice.Recipients || deliveries.Items[0].State != "sent" {
			return errNot("%+v", deliveries.Items)
		}
		return nil
	})
	if a := deliveries.Items[0].Attempts; len(a) != 1 || a[0].Code != 250 || !strings.HasPrefix(a[0].MessageID, "<") {
		t.Errorf("attempts %+v, want one with 250 and its Message-ID", a)
	}
	d.must(409, "POST", "/deliveries/"+deliveries.Items[0].ID+"/told", object{"by": "phone", "at": ago(0)}, nil)
	d.must(422, "POST", "/deliveries/"+deliveries.Items[0].ID+"/unreachable", object{"reason": ""}, nil)
	d.must(201, "POST", case1+"/decisions", object{"question": "persons", "answer": "notify", "reason": "Iedereen moet het weten."}, nil)
	d.must(201, "POST", case1+"/filings", object{"authority": "AP", "kind": "new", "complete": false, "filed_at": ago(1), "reference": "AP-1", "late_reason": nil}, nil)
	d.must(200, "GET", case1+"/filings", nil, nil)
	d.promisesAnUpdate(case1, ago)
	d.marksSteps(case1)
	d.must(409, "POST", case1+"/close", object{"reason": "Klaar."}, nil) // the child's mother is not told yet
	d.must(200, "GET", case1+"/timeline", nil, nil)
	d.tellsTheController(case1, ago)

	d.report(processor.URL, processor.Secret, "m-1", "not json")
	await(t, "the report waits", func() error {
		d.must(200, "GET", "/reports", nil, &page)
		if len(page.Items) != 1 {
			return errNot("%d reports", len(page.Items))
		}
		return nil
	})
	d.must(201, "POST", "/reports/"+page.Items[0]["id"].(string)+"/incident", object{"playbook": "processor-breach", "summary": "Bericht van de leverancier.", "discovered_at": ago(0), "aware_basis": "Zij schreven ons."}, nil)
	d.must(409, "POST", "/reports/"+page.Items[0]["id"].(string)+"/incident", object{"playbook": "processor-breach", "summary": "x", "discovered_at": ago(0), "aware_basis": "y"}, nil)
	var entries struct{ Items []json.RawMessage }
	d.must(200, "GET", "/register?limit=500", nil, &entries)
	if len(entries.Items) < 8 {
		t.Errorf("the register has %d entries", len(entries.Items))
	}
	if status, body := d.raw("GET", d.BaseURL+"/api/v1/register?format=csv", nil, "Authorization", "Bearer "+d.APIToken); status != 200 || !bytes.HasPrefix(body, []byte("seq,at,")) || !bytes.Contains(body[bytes.LastIndexByte(body[:len(body)-1], '\n'):], []byte(",file.made,api,")) {
		t.Errorf("CSV answered %d %.60s", status, body)
	}
	d.must(422, "GET", "/register?format=pdf", nil, nil)
	d.must(422, "GET", "/clients?limit=0", nil, nil)
	d.must(422, "GET", "/clients?cursor=!!", nil, nil)
	if status, _ := d.raw("GET", d.BaseURL+"/api/v1/clients", nil); status != 401 {
		t.Errorf("without a token answered %d, want 401", status)
	}
	if status, _ := d.raw("GET", d.BaseURL+"/api/v1/clients", nil, "Authorization", "Bearer wrong"); status != 401 {
		t.Errorf("with a wrong token answered %d, want 401", status)
	}
}

// What may be unknown may be absent, null or "": each means the same.
func TestBlankFieldsMeanNotKnown(t *testing.T) {
	d := startDemo(t, "--empty")
	now := d.now().UTC().Format(time.RFC3339)
	for _, blank := range []any{nil, ""} {
		body := object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": now, "aware_at": now, "aware_basis": "Hij was weg."}
		for _, name := range []string{"subjects", "recipients", "occurred_approx", "occurred_from", "occurred_until", "systems", "categories", "breach_kinds", "role", "unintelligible", "measures_taken", "discovered_how"} {
			body[name] = blank
		}
		var filed struct {
			Systems        []string
			Subjects       struct{ All bool }
			Recipients     []object
			OccurredFrom   *string `json:"occurred_from"`
			Unintelligible string
			Role           string
		}
		d.must(201, "POST", "/incidents", body, &filed)
		if filed.Systems != nil || !filed.Subjects.All || len(filed.Recipients) != 0 || filed.OccurredFrom != nil || filed.Unintelligible != "unknown" || filed.Role != "controller" {
			t.Errorf("blank %#v is kept as %+v", blank, filed)
		}
	}
	var refused struct{ Errors []struct{ Field string } }
	d.must(422, "POST", "/incidents", object{"playbook": "lost-device", "subjects": 7}, &refused)
	if len(refused.Errors) != 1 || refused.Errors[0].Field != "subjects" {
		t.Errorf("subjects 7 is refused at %+v, want its field", refused.Errors)
	}
}

// Another practice's ids are as unknown as any other.
// tellsTheController makes the practice a mere processor of a case's data, and
// records that it told the controller.
func (d *demo) tellsTheController(of string, ago func(hours int) string) {
	d.t.Helper()
	told := object{"at": ago(1), "by": "phone", "to": "Gemeente Voorbeeld", "note": "Zij melden het zelf."}
	d.must(409, "POST", of+"/controller", told, nil) // the data are the practice's own
	d.must(200, "PATCH", of, object{"role": "processor", "reason": "Het is hun dossier."}, nil)
	d.must(422, "POST", of+"/controller", object{"at": ago(-1), "by": "pigeon", "to": ""}, nil)
	d.must(422, "POST", of+"/controller", object{"at": ago(48), "by": "email", "to": "Gemeente Voorbeeld"}, nil)
	var after struct {
		Clocks  []clockView
		Notices []struct{ By, To string } `json:"controller_notices"`
	}
	d.must(200, "POST", of+"/controller", told, &after, "Idempotency-Key", "told-1")
	d.must(200, "POST", of+"/controller", told, &after, "Idempotency-Key", "told-1")
	if n := after.Notices; len(n) != 1 || n[0].By != "phone" || n[0].To != "Gemeente Voorbeeld" {
		d.t.Errorf("told %+v, want it recorded once", n)
	}
	for _, c := range after.Clocks {
		if c.Kind == "controller" && c.State != "met" {
			d.t.Errorf("the controller's clock is %s, want met", c.State)
		}
	}
}

func TestAPIShowsNoPracticeAnother(t *testing.T) {
	d := startDemo(t)
	d.stop()
	stranger := d.as(d.addPractice("Vreemde Praktijk"))
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	*stranger = *stranger.as(stranger.APIToken)
	stranger.access.BaseURL = d.BaseURL
	now := d.now().UTC().Format(time.RFC3339)
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": now, "aware_at": now, "aware_basis": "Hij was weg.", "systems": []string{"client-file"}}, &filed)
	var notices struct{ Items []struct{ ID string } }
	await(t, "a draft stands", func() error {
		d.must(200, "GET", "/incidents/"+filed.ID+"/notices", nil, &notices)
		if len(notices.Items) == 0 {
			return errNot("no notice")
		}
		return nil
	})
	notice := notices.Items[0].ID
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/incidents/" + filed.ID, nil},
		{"PATCH", "/incidents/" + filed.ID, object{"summary": "x", "reason": "y"}},
		{"GET", "/incidents/" + filed.ID + "/clocks", nil}, {"GET", "/incidents/" + filed.ID + "/timeline", nil},
		{"GET", "/incidents/" + filed.ID + "/affected", nil}, {"GET", "/incidents/" + filed.ID + "/notices", nil},
		{"GET", "/incidents/" + filed.ID + "/filings", nil},
		{"POST", "/incidents/" + filed.ID + "/notices", object{"audience": "clients"}},
		{"POST", "/incidents/" + filed.ID + "/decisions", object{"question": "authority", "answer": "notify", "reason": "x"}},
		{"POST", "/incidents/" + filed.ID + "/filings", object{"authority": "AP", "kind": "new", "filed_at": now}},
		{"POST", "/incidents/" + filed.ID + "/close", object{"reason": "x"}},
		{"GET", "/incidents/" + filed.ID + "/steps", nil}, {"GET", "/incidents/" + filed.ID + "/checklist", nil}, {"GET", "/incidents/" + filed.ID + "/measures", nil},
		{"POST", "/incidents/" + filed.ID + "/steps/sessions", object{"state": "done"}}, {"POST", "/incidents/" + filed.ID + "/measures", object{"text": "x"}},
		{"PATCH", "/incidents/" + filed.ID + "/measures/m1", object{"text": "x"}}, {"POST", "/incidents/" + filed.ID + "/measures/m1/end", object{"state": "done"}},
		{"GET", "/notices/" + notice, nil}, {"GET", "/notices/" + notice + "/deliveries", nil},
		{"PATCH", "/notices/" + notice, object{"languages": []object{}}},
		{"POST", "/notices/" + notice + "/approve", object{"text_hash": "a", "recipients_hash": "b"}},
		{"POST", "/deliveries/none/told", object{"by": "phone", "at": now}}, {"POST", "/deliveries/none/unreachable", object{"reason": "x"}},
		{"POST", "/reports/none/incident", object{}},
	} {
		if status := stranger.call(call.method, call.path, call.body, nil); status != 404 {
			t.Errorf("%s %s answered a stranger %d, want 404", call.method, call.path, status)
		}
	}
	for _, list := range []string{"/incidents", "/clients", "/systems", "/processors", "/reports?state=all"} {
		var page struct{ Items []json.RawMessage }
		stranger.must(200, "GET", list, nil, &page)
		if own := strings.Contains(fmt.Sprintf("%s", page.Items), `"id":"datalek"`); len(page.Items) != 0 && (list != "/systems" || len(page.Items) > 1 || !own) {
			t.Errorf("%s shows a stranger %d items", list, len(page.Items))
		}
	}
}
