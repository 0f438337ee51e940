package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// apiBodies are good bodies for every call of the API that takes one.
func (g *grounds) apiBodies() map[string]any {
	now := g.now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	client := object{"id": "x", "external_id": "A-1", "name": "Aanval Een", "email": "aanval@voorbeeld.example", "phone": "06 00000000", "postal_address": "Straat 1", "language": "nl", "relation": "client",
		"birth_year": 1980, "guardians": []any{"V-058"}, "guardians_agreed": false, "shared_mail_agreed": false, "capacity": nil, "channel": "email", "openpgp_key": nil, "coach": "x",
		"guidance": []any{object{"from": "2025-03-01", "until": "2025-04-01"}}, "first_contact": "2025-02-01", "last_contact": "2025-05-01",
		"holdings": []any{object{"system": "mailbox", "categories": []any{"name"}, "identifiability": "identified", "key_system": "key-list", "from": ago(99), "until": ago(9), "destroyed_at": ago(9)}}}
	incident := func() object {
		return object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": ago(9), "occurred_until": ago(8), "occurred_approx": true, "discovered_at": ago(3),
			"discovered_how": "Gezien.", "aware_at": ago(2), "aware_basis": "Vreemde mail.", "systems": []any{"mailbox"}, "categories": []any{"name"}, "breach_kinds": []any{"confidentiality"},
			"subjects": object{"all": false, "emails": []any{"iemand@voorbeeld.example"}, "external_ids": []any{"V-001"}}, "recipients": []any{object{"email": "fout@voorbeeld.example", "kind": "known"}},
			"unintelligible": "no", "measures_taken": "x", "measures_planned": "x", "consequences": "x", "role": "controller", "controller": "Gemeente", "answers": object{"second-step": "no"}, "reason": "Beter.", "version": nil}
	}
	w := g.world
	words := func() object { return object{"nl": "Regels", "en": "Rules"} }
	source := func() object { return object{"document": "Reglement", "place": "artikel 1"} }
	bodies := map[string]any{
		"POST /systems": object{"id": "aanval", "name": "Aanval", "processor": "dossier-online", "services": []any{"mail"}, "categories": []any{"name"}, "identifiability": "identified", "encrypted_at_rest": nil,
			"rules": []any{object{"relations": []any{"client"}, "categories": []any{"name"}, "identifiability": "pseudonymised", "key_system": "key-list", "note": "x"}}},
		"POST /processors": object{"id": "aanval", "name": "Aanval", "contract_hours": 24, "contact": "x", "contract": "x", "regions": []any{"x"}, "customer_refs": []any{"x"}, "sub_processors": []any{"x"}, "host": false,
			"webhook_url": "x", "webhook_secret": "x"},
		"POST /processors/:id/feed":                            object{"tenant": "praktijk.example", "client_id": "6f1c2a3b-4d5e-4f60-8172-93a4b5c6d7e8", "client_secret": "aanval-geheim"},
		"POST /processors/:id/addresses":                       object{"door": "signed"},
		"POST /processors/:id/addresses/:address/keys":         object{"public_key": "whpk_O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="},
		"POST /processors/:id/addresses/:address/keys/remove":  object{"public_key": "whpk_O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="},
		"PUT /processors/:id/entra":                            object{"tenant": "11111111-2222-3333-4444-555555555555", "audience": "11111111-2222-3333-4444-555555555555", "subscriptions": []any{"11111111-2222-3333-4444-555555555555"}},
		"PUT /processors/:id/google":                           object{"sender": "push@proef.iam.example", "audience": "datalek"},
		"POST /clients":                                        client,
		"POST /clients/import":                                 "nummer;naam\nA-2;Aanval Twee\n",
		"POST /clients/imports/:id/doubles":                    object{"decide": []any{object{"line": 3, "decision": "same"}}, "doubles": "skip"},
		"POST /clients/imports/:id/undo":                       object{"rest": true},
		"POST /incidents":                                      incident(),
		"PATCH /incidents/:id":                                 incident(),
		"POST /incidents/:id/decisions":                        object{"question": "persons", "answer": "notify", "reason": "Ja."},
		"POST /incidents/:id/controller":                       object{"at": ago(1), "by": "phone", "to": "Gemeente", "note": "x"},
		"POST /incidents/:id/close":                            object{"reason": "Klaar.", "despite": "x"},
		"POST /incidents/:id/affected":                         object{"external_id": "V-050", "include": true, "reason": "Toch."},
		"POST /incidents/:id/affected/:person/decision":        object{"tell": false, "ground": "reveals", "reason": "Nee."},
		"POST /incidents/:id/filings":                          object{"authority": "AP", "kind": "new", "complete": false, "filed_at": ago(1), "reference": "AP-1", "late_reason": "x", "late_ground": "inquiry", "update_by": nil},
		"POST /incidents/:id/steps/:step":                      object{"state": "not_applicable", "reason": "x"},
		"POST /incidents/:id/measures":                         object{"text": "Versleutel.", "owner": "Anna", "due_on": "2030-01-01"},
		"PATCH /incidents/:id/measures/:measure":               object{"text": "Versleutel alles.", "owner": "Anna", "due_on": nil},
		"POST /incidents/:id/measures/:measure/end":            object{"state": "dropped", "note": "x"},
		"POST /incidents/:id/authority-answers":                object{"given": object{"sector": "x"}, "persons": object{"min": 1, "max": 2}, "records": object{"min": 1, "max": 2}, "abroad": true, "countries": "x", "main_establishment": "NL"},
		"POST /incidents/:id/authority-traces":                 object{"choices": []any{object{"text": "x", "keep": true, "reason": "x"}}},
		"POST /incidents/:id/updates":                          object{"audience": "clients", "promised_at": ago(-48), "note": "x"},
		"PATCH /incidents/:id/updates/:update":                 object{"promised_at": ago(-72), "reason": "Later."},
		"POST /incidents/:id/updates/:update/kept":             object{"reason": "Gebeld."},
		"POST /incidents/:id/notices":                          object{"audience": "public", "update": false},
		"PATCH /notices/:id":                                   object{"languages": []any{object{"language": "nl", "subject": "Bericht", "text": "Goedendag.", "html": "x", "for": ""}}, "version": nil},
		"POST /notices/:id/approve":                            object{"text_hash": "x", "recipients_hash": "x", "sender": "bericht@lindehof-post.example", "access_closed_at": ago(1)},
		"POST /deliveries/:id/told":                            object{"by": "phone", "at": ago(0), "note": "x"},
		"POST /deliveries/:id/unreachable":                     object{"reason": "Weg."},
		"POST /deliveries/:id/tried":                           object{"by": "phone", "at": ago(0), "note": "x"},
		"POST /incidents/:id/announcements":                    object{"places": []any{object{"kind": "website", "where": "x"}}, "from": ago(1), "until": ago(-99), "why": "x", "persons": nil},
		"POST /incidents/:id/announcements/:announcement/undo": object{"reason": "x"},
		"POST /incidents/:id/preliminary/stop":                 object{"reason": "x"},
		"POST /questions/:id/answered":                         object{"by": "phone", "note": "x"},
		"POST /requests":                                       object{"kind": "erasure", "external_id": "V-001", "name": "x", "email": "x@y.example", "reach": "x", "words": "x", "channel": "email", "received_at": ago(1), "identity_copy_came": true},
		"POST /requests/:id/identity":                          object{"how": "Gebeld."},
		"POST /requests/:id/copy-destroyed":                    object{},
		"POST /requests/:id/extend":                            object{"reason": "Veel werk.", "told_at": ago(0)},
		"POST /requests/:id/answer":                            object{"result": "refused", "ground": "Nee.", "at": ago(0)},
		"POST /requests/:id/reopen":                            object{"reason": "Toch."},
		"POST /requests/:id/export":                            object{},
		"POST /incidents/:id/case-file":                        object{},
		"POST /requests/:id/erase":                             object{"backup_days": 30},
		"POST /retention":                                      object{"month": "2020-01", "system": "mailbox", "rolling": false, "client": nil, "except": []any{object{"client": "none", "why": "law"}}, "pseudonymised": false, "here": false},
		"POST /retention/:id/undo":                             object{},
		"POST /notices/:id/letters/posted":                     object{"at": ago(0), "note": "x", "deliveries": []string{"none"}},
		"POST /reports/:id/incident":                           incident(),
		"PUT /policy": object{"id": "refleact-48", "version": nil, "reason": "Beter.", "adopt": []any{w.running[strings.LastIndex(w.running, "/")+1:]}, "title": words(), "explanation": words(), "source": source(),
			"client":     object{"hours": 48, "warn_percent": []any{50}, "alarm_percent": []any{50}, "source": source()},
			"authority":  object{"hours": 72, "warn_hours": []any{24}, "alarm_hours": []any{24}, "source": source()},
			"mail":       object{"name": false, "formal": true, "source": source()},
			"escalation": object{"minutes": 60, "share": 50}, "preliminary_notice": object{"lead_hours": 6, "update_hours": 24},
			"telling":     []any{object{"relation": "client", "when": "promise", "source": source()}},
			"contact":     object{"first": "email", "messengers": []any{"Signal"}, "barred_senders": []any{"gmail.com"}, "source": source()},
			"retention":   []any{object{"systems": []any{"mailbox"}, "relations": []any{"client"}, "from": "last_contact", "months": 12, "within_months": 1, "action": "destroy", "keep_with_permission": []any{"name"}, "source": source()}, object{"from": "guidance", "source": source()}},
			"protections": []any{object{"kind": "tls", "systems": []any{"mailbox"}, "source": source()}},
			"secrecy":     object{"bound": true, "source": source()}, "requests": object{"weeks": 4, "source": source()}, "audit": object{"samples": true, "source": source()},
			"statements": []any{object{"text": words(), "source": source()}}},
		"POST /risk": object{"breach_kinds": []any{"confidentiality"}, "categories": []any{"name"}, "persons": object{"min": 1, "max": 2}, "person_kinds": []any{"clients"}, "context": "care",
			"unintelligible": "no", "disclosed": "yes", "recipient": "known", "deletion_confirmed": false, "malicious": false, "backup": "none", "restored_after_hours": 2, "harm_while_unavailable": "none",
			"severity": object{"dpc": 1, "ei": 1, "cb": object{"confidentiality": 0, "integrity": 0, "availability": 0, "malicious_intent": 0}}},
	}
	all := map[string]any{}
	for call, body := range bodies {
		all[strings.Replace(call, " ", " /api/v1", 1)] = body
	}
	return all
}

// exceptional is a good body of a client whom the rules hold for, but for
// exceptions: what a call takes instead of all his holdings, not beside them.
func exceptional(client any) any {
	body := maps.Clone(client.(object))
	body["exceptions"], body["without"] = body["holdings"], []any{"agenda"}
	delete(body, "holdings")
	return body
}

// bodyWith is the good body of a call that has the field.
func bodyWith(body any, at field) any {
	if at[0] == "exceptions" || at[0] == "without" {
		return exceptional(body)
	}
	return body
}

// field is the way to a text inside a body: names, and 0 for the first of a list.
type field []any

func (f field) String() string {
	var b strings.Builder
	for _, step := range f {
		if name, is := step.(string); is {
			b.WriteString("." + name)
		} else {
			b.WriteString("[0]")
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

// leaf is a single value in a body; free says that any text may stand there.
type leaf struct {
	at   field
	free bool
}

// values are what is tried in it: half of the kinds where text may stand, the
// other half in the next field, and a few where a choice or a number must.
func (l leaf) values(place int) []nasty {
	some, of := misfits(), 6
	if l.free {
		of = 2
	}
	for i, n := range nasties() {
		if inTurn(i+place, of) {
			some = append(some, n)
		}
	}
	return some
}

// leaves are the single values that a schema describes.
func leaves(schema *openapi3.Schema, at field) []leaf {
	switch {
	case schema == nil:
		return nil
	case len(schema.OneOf) > 0:
		return leaves(schema.OneOf[0].Value, at)
	case len(schema.AllOf) > 0:
		return leaves(schema.AllOf[0].Value, at)
	case schema.Type.Is("string"), schema.Type.Is("boolean"), schema.Type.Is("integer"), schema.Type.Is("number"):
		return []leaf{{slices.Clone(at), schema.Type.Is("string") && len(schema.Enum) == 0 && schema.Format == ""}}
	case schema.Type.Is("array"):
		return leaves(schema.Items.Value, append(slices.Clone(at), 0))
	}
	var all []leaf
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		all = append(all, leaves(schema.Properties[name].Value, append(slices.Clone(at), name))...)
	}
	return all
}

// with returns the body with one field replaced by raw JSON, and whether the
// body has the field.
func with(t testing.TB, body any, at field, raw string) ([]byte, bool) {
	t.Helper()
	const place = "here the attack comes"
	var copied any
	if err := json.Unmarshal(encoded(t, body), &copied); err != nil {
		t.Fatal(err)
	}
	into := copied
	for i, step := range at {
		last := i == len(at)-1
		switch step := step.(type) {
		case string:
			object, is := into.(map[string]any)
			if _, some := object[step]; !is || !some {
				return nil, false
			}
			if into = object[step]; last {
				object[step] = place
			}
		case int:
			list, is := into.([]any)
			if !is || len(list) == 0 {
				return nil, false
			}
			if into = list[0]; last {
				list[0] = place
			}
		}
	}
	return bytes.Replace(encoded(t, copied), encoded(t, place), []byte(raw), 1), true
}

// apiCalls are the calls of the description that take JSON.
func apiCalls(t testing.TB) map[string]*openapi3.Schema {
	t.Helper()
	raw, err := os.ReadFile("../../web/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]*openapi3.Schema{}
	for path, item := range doc.Paths.Map() {
		for method, call := range item.Operations() {
			if call.RequestBody == nil {
				continue
			}
			if kind := call.RequestBody.Value.Content["application/json"]; kind != nil {
				calls[method+" /api/v1"+strings.NewReplacer("{", ":", "}", "").Replace(path)] = kind.Schema.Value
			}
		}
	}
	return calls
}

// problem is a refusal as the API writes it.
type problem struct {
	Type, Title string
	Status      int
	Detail      string
	Errors      []struct{ Field, Code, Message string }
}

// refusal reads a refusal, and fails when it is none as it should be.
func refusal(t testing.TB, what string, r reply) problem {
	t.Helper()
	var p problem
	if kind := r.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s answered %d as %q, want a problem", what, r.Status, kind)
	}
	if err := json.Unmarshal([]byte(r.Body), &p); err != nil || p.Status != r.Status || p.Title == "" {
		t.Errorf("%s answered %d with %.300s, want a problem that says so", what, r.Status, r.Body)
	}
	return p
}

// misfits are values of kinds that a text is not, and values that no field takes.
func misfits() []nasty {
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	return []nasty{
		{name: "a number", raw: "7"}, {name: "a fraction", raw: "0.5"}, {name: "a number without end", raw: "1e999"}, {name: "a number of twenty digits", raw: "99999999999999999999"},
		{name: "a number below zero", raw: "-1"}, {name: "the largest number", raw: "9223372036854775807"}, {name: "true", raw: "true"}, {name: "null", raw: "null"},
		{name: "an object", raw: `{"attacc":{"$gt":""}}`}, {name: "a list", raw: `["attacc"]`}, {name: "lists in lists", raw: deep}, {name: "a list of nothing", raw: "[null]"},
	}
}

// Every kind of hostile value in every field of every call: never a failure of
// ours, and what is refused is named.
func TestHostileValuesInEveryFieldOfTheAPI(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	script := g.script(t)
	bodies, calls := g.apiBodies(), apiCalls(t)
	order := slices.SortedFunc(maps.Keys(calls), func(a, b string) int { // those that make cases last: each has more to do then
		makes := map[bool]int{true: 1}
		return cmp.Or(makes[strings.HasSuffix(a, "/incidents")]-makes[strings.HasSuffix(b, "/incidents")], strings.Compare(a, b))
	})
	for _, call := range order {
		method, path, _ := strings.Cut(call, " ")
		for place, l := range leaves(calls[call], nil) {
			for i, n := range l.values(place) {
				if strings.HasSuffix(path, "/incidents") && !inTurn(i, 3) {
					continue // each makes a case; the same fields are tried where they are changed
				}
				body, some := with(t, bodyWith(bodies[call], l.at), l.at, n.json())
				if !some {
					t.Fatalf("the good body of %s lacks %s; add it", call, l.at)
				}
				r := script(method, g.places(path)[0], body)
				judge(t, call+" with "+n.name+" as "+l.at.String(), r, l.at[0].(string))
			}
		}
	}
	g.inspect(t, 4)
	g.verify(t)
}

// judge fails unless the answer is a good one, or a refusal that names the
// field; "" asks for no name.
func judge(t testing.TB, what string, r reply, field string) {
	t.Helper()
	switch {
	case r.Status < 300:
	case r.Status == http.StatusUnprocessableEntity:
		p := refusal(t, what, r)
		if field != "" && !p.names(field) {
			t.Errorf("%s answered %.400s, which does not name that field", what, r.Body)
		}
		if p.Detail == "" && len(p.Errors) == 0 {
			t.Errorf("%s answered %.400s, which does not say what is wrong", what, r.Body)
		}
	case r.Status == http.StatusConflict, r.Status == http.StatusNotFound, r.Status == http.StatusRequestEntityTooLarge:
		refusal(t, what, r)
	default:
		t.Errorf("%s answered %d: %.300s", what, r.Status, r.Body)
	}
}

// names reports whether a refusal names the field, or a part of it.
func (p problem) names(field string) bool {
	return slices.ContainsFunc(p.Errors, func(e struct{ Field, Code, Message string }) bool {
		return strings.HasPrefix(e.Field, field) && e.Message != ""
	})
}

// script calls the API with JSON; when it has asked too often it waits, by the
// program's own clock.
func (g *grounds) script(t *testing.T) func(method, path string, body []byte) reply {
	who := withToken(t, g.BaseURL, g.APIToken)
	return func(method, path string, body []byte) reply {
		t.Helper()
		for {
			r := who.send(method, path, "application/json", body)
			if r.Status != http.StatusTooManyRequests {
				return r
			}
			g.pass(2 * time.Second)
		}
	}
}

// verify ends the program and checks every practice's register.
func (g *grounds) verify(t *testing.T) {
	t.Helper()
	g.stop()
	out, err := command(t, nil, "verify", "--data", filepath.Join(g.dir, "data"))
	if err != nil || strings.Count(out, "chain whole") != 2 {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// Bodies that are no body, or not of this call.
func TestHostileBodiesOfTheAPI(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	script, bodies := g.script(t), g.apiBodies()
	for _, call := range slices.Sorted(maps.Keys(apiCalls(t))) {
		method, path, _ := strings.Cut(call, " ")
		good := encoded(t, bodies[call])
		inside := func(more string) []byte { return append([]byte("{"+more+","), good[1:]...) }
		for name, body := range map[string][]byte{
			"nothing": nil, "a number": []byte("7"), "a text": []byte(`"attacc"`), "null": []byte("null"), "a list": []byte("[7]"), "an empty list": []byte("[]"), "an empty object": []byte("{}"),
			"half": good[:len(good)/2], "more behind": append(slices.Clone(good), "{}"...), "NUL": []byte("\x00"), "a byte order mark": append([]byte("\xef\xbb\xbf"), good...),
			"UTF-16": []byte("\xff\xfe{\x00}\x00"), "not UTF-8": []byte("{\"\xff\xfe\":1}"), "a form": []byte("reason=attacc&x=y"), "XML": []byte(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`),
			"too deep": []byte(strings.Repeat("[", 200_000)), "too deep inside": inside(`"attacc":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)),
			"a field nobody knows": inside(`"attacc_field":1`), "an operator": inside(`"$where":"attacc"`), "a name with control characters": inside(`"attacc\u0000\r\n":1`),
			"a field in capitals twice": inside(`"REASON":"attacc","Reason":"attacc"`), "a name of a megabyte": inside(`"` + strings.Repeat("n", 1<<20) + `":1`),
			"a field twice": append(slices.Clone(good[:len(good)-1]), append([]byte(","), good[1:]...)...), "too much": []byte(`{"x":"` + strings.Repeat("m", 5<<20) + `"}`),
		} {
			r := script(method, g.places(path)[0], body)
			judge(t, call+" with "+name, r, "")
			if len(r.Body) > 64<<10 {
				t.Errorf("%s with %s is answered with %d bytes", call, name, len(r.Body))
			}
			if name == "too much" && r.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s with %s answered %d, want 413", call, name, r.Status)
			}
			if name != "a field twice" && name != "a field in capitals twice" && r.Status < 300 && !(name == "an empty object" || name == "null") {
				t.Errorf("%s took %s: %d", call, name, r.Status)
			}
		}
	}
	g.verify(t)
}

// mostAddress is how long an address may be that the server still reads.
const mostAddress = 30_000

// Ids, cursors and headers are input too.
func TestHostileAddressesAndHeadersOfTheAPI(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	who := withToken(t, g.BaseURL, g.APIToken)
	bodies := g.apiBodies()
	ask := func(method, path string, body []byte, headers ...string) reply {
		for {
			r := who.send(method, path, "application/json", body, headers...)
			if r.Status != http.StatusTooManyRequests {
				return r
			}
			g.pass(2 * time.Second)
		}
	}
	for at, route := range routes(t) {
		if !strings.HasPrefix(route.Path, "/api/v1/") || route.Path == "/api/v1/openapi.yaml" {
			continue
		}
		var body []byte
		if route.Method != http.MethodGet {
			body = encoded(t, bodies[route.Method+" "+route.Path])
		}
		for i, n := range nasties() {
			if len(n.text) > 20_000 || n.raw != "" && n.text == "" || !inTurn(i+at, 3) {
				continue
			}
			what := route.Method + " " + route.Path + " for " + n.name
			if place := parameter.ReplaceAllLiteralString(route.Path, url.PathEscape(n.text)); place != route.Path && len(place) < mostAddress {
				r := ask(route.Method, place, body)
				if refusal(t, what, r); r.Status != http.StatusNotFound && !(r.Status == http.StatusUnprocessableEntity && n.text == "") {
					t.Errorf("%s answered %d, want 404: %.300s", what, r.Status, r.Body)
				}
			}
			if route.Method == http.MethodGet {
				query := url.Values{}
				for _, name := range []string{"cursor", "limit", "format", "group", "state"} {
					query.Set(name, n.text)
					judge(t, what+" in "+name, ask("GET", g.places(route.Path)[0]+"?"+query.Encode(), nil), "")
					query.Del(name)
				}
			}
		}
	}
	for _, n := range nasties() {
		text := strings.Map(func(r rune) rune { // what may stand in a header at all
			if r < ' ' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, n.text)
		if len(text) > 20_000 {
			continue
		}
		for _, name := range []string{"Idempotency-Key", "Accept-Language", "Accept", "Last-Event-ID", "Cookie", "X-Forwarded-For", "Origin", "Sec-Fetch-Site", "Content-Type", "Content-Encoding", "Authorization", "Host"} {
			for _, path := range []string{"/api/v1/processors", "/api/v1/events"} {
				method, body := http.MethodGet, []byte(nil)
				if path == "/api/v1/processors" {
					method, body = http.MethodPost, encoded(t, bodies["POST /api/v1/processors"])
				}
				if r := ask(method, path, body, name, text); r.Status >= 500 || r.Status == http.StatusBadRequest && name != "Host" {
					t.Errorf("%s with %s in %s answered %d %.300s", path, n.name, name, r.Status, r.Body)
				}
			}
		}
	}
}
