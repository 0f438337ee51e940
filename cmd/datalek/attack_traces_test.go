package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"datalek/services/devstack"
)

// traces is a program through which everything personal is driven once: each
// personal field has a word of its own, which nobody may find in what it leaves.
type traces struct {
	*fort
	words     map[string]string // what each word stands for
	addresses []string          // every URL that was answered or linked to
	owner     *caller           // the first practice, at the pages
	script    *caller           // the second practice, at the API
}

// word makes a word for a personal field. It stands nowhere else.
func (x *traces) word(what string) string {
	const consonants, vowels = "bdfgklmnprstvwz", "aeiou"
	var b strings.Builder
	for n, i := len(x.words)+1, 0; i < 4; i++ {
		b.WriteByte(consonants[(n+i)%len(consonants)])
		n /= len(consonants)
		b.WriteByte(vowels[(n+i)%len(vowels)])
	}
	word := fmt.Sprintf("qx%s%03d", &b, len(x.words))
	x.words[word] = what
	return word
}

// refuseSome lets the mail server answer as servers do, with addresses in its words.
func refuseSome(e devstack.Event) devstack.Act {
	switch {
	case e.Stage == devstack.AtRcpt && strings.HasPrefix(e.Address, "weg"):
		return devstack.Act{Code: 550, Enhanced: "5.1.1", Text: "<" + e.Address + "> no such user here"}
	case e.Stage == devstack.AtRcpt && strings.HasPrefix(e.Address, "later"):
		return devstack.Act{Code: 451, Enhanced: "4.7.1", Text: "greylisted <" + e.Address + ">"}
	case e.Stage == devstack.AtDot && strings.HasPrefix(e.Address, "spam"):
		return devstack.Act{Code: 554, Enhanced: "5.7.1", Text: "message for " + e.Address + " looks like spam"}
	case e.Stage == devstack.AtDot && strings.HasPrefix(e.Address, "breekt"):
		return devstack.Act{Drop: true}
	}
	return devstack.Act{}
}

// Nothing personal and nothing secret lies readable in what the program leaves:
// its output, its metrics, its folders, the heads of its mails, its addresses.
func TestNothingPersonalIsLeftReadable(t *testing.T) {
	t.Parallel()
	x := &traces{fort: startFort(t, refuseSome), words: map[string]string{}}
	x.setUpPersonally()
	x.fillByAPI(t)
	x.fillByPages(t)
	x.fail(t)
	x.words[miaPassword] = "the password"
	if len(x.words) < 120 {
		t.Errorf("only %d words were driven through", len(x.words))
	}
	x.look(t, "while it runs")
	x.end(syscall.SIGKILL)
	x.serve()
	x.look(t, "after a kill")
	backup := filepath.Join(x.dir, "backup.db")
	if out, err := command(t, nil, "backup", backup, "--data", x.data(), "--key-file", filepath.Join(x.dir, "datalek.key")); err != nil {
		t.Errorf("backup: %v\n%s", err, out)
	}
	x.end(syscall.SIGTERM)
	x.scan(t, "the backup", backup)
	x.scan(t, "the data folder", filesIn(t, x.data())...)
	x.lookAtMail(t)
}

// setUpPersonally makes both accounts, every field a word.
func (x *traces) setUpPersonally() {
	x.t.Helper()
	x.words[x.link[strings.LastIndex(x.link, "/")+1:]] = "the set-up token"
	form := setupForm()
	for _, field := range []string{"account_name", "contact_name", "street", "place", "contact_hours", "stand_in_name", "sender_name"} {
		form.Set(field, x.word("the practitioner's "+field))
	}
	form.Set("contact_phone", "06 40404040")
	for _, field := range []string{"second_email", "stand_in_email", "contact_email"} {
		form.Set(field, x.word("the practitioner's "+field)+"@post.example")
	}
	x.words["40404040"], x.words["mia@deproef"] = "the practitioner's telephone", "the practitioner's address"
	if r := x.browser().post(x.link, form); r.Status != http.StatusSeeOther {
		x.t.Fatalf("set-up answered %d: %s", r.Status, r.Body)
	}
	out := strangerPrinted.FindStringSubmatch(x.addStranger())
	x.words[out[3]], x.words[out[4]] = "a password", "an API token"
	x.words["piet@vreemd"], x.words["Piet Vreemdeling"] = "an account's address", "a person's name"
	x.owner, x.script = x.logIn(miaPassword), x.browser()
	x.script.header.Set("Authorization", "Bearer "+out[4])
	for _, cookie := range x.owner.client.Jar.Cookies(&url.URL{Scheme: "https", Host: x.address, Path: "/"}) {
		x.words[cookie.Value] = "a session"
	}
}

// api makes one call and reads what it answers.
func (x *traces) api(method, path string, body any, want int) object {
	x.t.Helper()
	r := x.script.send(method, "/api/v1"+path, "application/json", encoded(x.t, body))
	if r.Status != want {
		x.t.Fatalf("%s %s answered %d, want %d: %s", method, path, r.Status, want, r.Body)
	}
	x.note(r)
	var answer object
	if err := json.Unmarshal([]byte(r.Body), &answer); err != nil {
		x.t.Fatal(err)
	}
	return answer
}

var linked = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// note keeps the addresses of an answer.
func (x *traces) note(r reply) {
	x.addresses = append(x.addresses, r.Header.Get("Location"))
	for _, m := range linked.FindAllStringSubmatch(r.Body, -1) {
		if !strings.HasPrefix(m[1], "mailto:") && !strings.HasPrefix(m[1], "tel:") {
			x.addresses = append(x.addresses, m[1])
		}
	}
}

// fillByAPI drives one case of the second practice from clients to told.
func (x *traces) fillByAPI(t *testing.T) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	word := x.word
	processor := x.api("POST", "/processors", object{"id": "leverancier", "name": word("a processor's name")}, 201)
	secret, hook := processor["webhook_secret"].(string), processor["webhook_url"].(string)
	x.words[strings.TrimPrefix(secret, "whsec_")], x.words[hook[strings.LastIndex(hook, "/")+1:]] = "a webhook's secret", "a webhook's address"
	x.api("POST", "/systems", object{"id": "mailbox", "name": word("a system's name"), "processor": "leverancier", "categories": []string{"name", "contact"}}, 201)
	x.makeClients(t)
	filed := x.api("POST", "/incidents", object{"playbook": "phished-mailbox", "summary": word("what leaked"), "occurred_from": ago(20), "discovered_at": ago(3),
		"discovered_how": word("how it was found"), "aware_at": ago(2), "aware_basis": word("why then"), "systems": []string{"mailbox"}, "subjects": object{"all": true},
		"measures_taken": word("what was done"), "measures_planned": word("what will be done"), "consequences": word("what may follow"),
		"recipients": []object{{"email": word("a wrong reader") + "@elders.example", "kind": "unknown"}}}, 201)
	of := "/incidents/" + filed["id"].(string)
	x.awaitFound(t, of)
	x.api("PATCH", of, object{"measures_taken": word("what was done at last"), "reason": word("why it was corrected")}, 200)
	x.api("POST", of+"/decisions", object{"question": "persons", "answer": "notify", "reason": word("why they are told")}, 201)
	x.api("POST", of+"/filings", object{"authority": "AP", "kind": "new", "filed_at": ago(1), "reference": "AP-1", "late_reason": word("why late")}, 201)
	x.awaitFound(t, of)
	x.tell(t, of, ago)
	for i, body := range []string{breach("L-1", "initial", word("a processor's words"), ""), `{"geen":"` + word("a report that cannot be read") + `"}`} {
		x.signed(t, hook, secret, fmt.Sprint("msg-", i), body)
	}
	returned := "From: MAILER-DAEMON@post.example\r\nTo: x@vreemd.example\r\nSubject: " + word("the subject of returned mail") + "\r\nContent-Type: text/plain\r\n\r\n" + word("the words of returned mail") + "\r\n"
	if r := x.script.send("POST", "/webhooks/mail", "message/rfc822", []byte(returned)); r.Status != http.StatusAccepted {
		t.Errorf("returned mail answered %d %s", r.Status, r.Body)
	}
}

func (x *traces) makeClients(t *testing.T) {
	t.Helper()
	for i, local := range []string{"weg", "later", "spam", "breekt", "goed"} {
		phone := "5151515" + strconv.Itoa(i)
		x.words[phone] = "a client's telephone"
		x.api("POST", "/clients", object{"external_id": x.word("a client's number"), "name": x.word("a client's first name") + " " + x.word("a client's name"),
			"email": local + "." + x.word("a client's address") + "@voorbeeld.example", "phone": "06 " + phone, "postal_address": x.word("a client's street") + " 1\n1234 AB " + x.word("a client's town"),
			"coach": x.word("a client's coach"), "language": "nl", "guidance": []object{{"from": "2025-03-01"}}, "birth_year": 1980}, 201)
	}
	x.words["61616161"] = "an imported telephone"
	list := "nummer;naam;e-mail;telefoon;adres\n" + x.word("an imported number") + ";" + x.word("an imported name") + ";" + x.word("an imported address") + "@voorbeeld.example;06 61616161;" + x.word("an imported street") + "\n"
	if r := x.script.send("POST", "/api/v1/clients/import", "text/csv", []byte(list)); r.Status != 200 {
		t.Fatalf("import answered %d %s", r.Status, r.Body)
	}
}

func (x *traces) awaitFound(t *testing.T, incident string) {
	t.Helper()
	await(t, "all are found", func() error {
		if x.api("GET", incident+"/affected", nil, 200)["complete"] != true {
			return errNot("not yet")
		}
		return nil
	})
}

// tell sends a notice to the clients; the mail server refuses some.
func (x *traces) tell(t *testing.T, incident string, ago func(hours int) string) {
	t.Helper()
	var n object
	await(t, "the draft", func() error {
		r := x.script.send("POST", "/api/v1"+incident+"/notices", "application/json", []byte(`{"audience":"clients"}`))
		if r.Status != 201 {
			return errNot("%d %s", r.Status, r.Body)
		}
		return json.Unmarshal([]byte(r.Body), &n)
	})
	at := "/notices/" + n["id"].(string)
	n = x.api("PATCH", at, object{"languages": []object{{"language": "nl", "subject": "Bericht over uw gegevens", "text": "Goedendag,\n\n" + x.word("the words of a notice")}}}, 200)
	x.api("POST", at+"/approve", object{"text_hash": n["text_hash"], "recipients_hash": n["recipients_hash"], "access_closed_at": ago(1)}, 202)
	var refused []string
	await(t, "every mail is answered", func() error {
		states := map[string]int{}
		refused = nil
		for _, item := range x.api("GET", at+"/deliveries", nil, 200)["items"].([]any) {
			d := item.(map[string]any)
			states[d["state"].(string)]++
			if d["state"] == "refused" {
				refused = append(refused, d["id"].(string))
			}
		}
		if states["sent"] < 1 || states["refused"] < 2 || states["deferred"] < 2 {
			return errNot("%v", states)
		}
		return nil
	})
	x.api("POST", "/deliveries/"+refused[0]+"/told", object{"by": "phone", "at": ago(0), "note": x.word("what was said")}, 200)
	x.api("POST", "/deliveries/"+refused[1]+"/tried", object{"by": "phone", "at": ago(0), "note": x.word("what was tried in vain")}, 200)
	x.api("POST", "/deliveries/"+refused[1]+"/unreachable", object{"reason": x.word("what was tried")}, 200)
}

// signed posts a processor's message.
func (x *traces) signed(t *testing.T, hook, secret, id, body string) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r := x.browser().send(http.MethodPost, strings.TrimPrefix(hook, x.BaseURL), "application/json", []byte(body),
		"webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", signature)
	if r.Status != http.StatusAccepted {
		t.Errorf("a report answered %d: %s", r.Status, r.Body)
	}
}

// fillByPages types a word into every field of the first practice's forms.
func (x *traces) fillByPages(t *testing.T) {
	t.Helper()
	public := regexp.MustCompile(`/p/[A-Za-z0-9_-]+`).FindString(x.owner.get("/settings").Body)
	for _, path := range []string{"/systems/new", "/processors/new", "/clients/new", "/triage/new", public, "/clients", "/settings/account"} {
		x.fillForms(t, path)
	}
	for _, lane := range []string{"/incidents/new", "/mis-sent/new"} {
		first, filled := x.owner.get(lane).Header.Get("Location"), 0
		begin := first[:strings.LastIndex(first, "/")]
		for _, s := range []string{"what", "when", "found", "aware", "systems", "kinds", "whom", "about", "recipient", "protection", "measures"} {
			if x.owner.get(begin+"/"+s).Status == http.StatusOK {
				x.fillForms(t, begin+"/"+s)
				filled++
			}
		}
		if filled < 2 {
			t.Errorf("of %s only %d pages were filled", lane, filled)
		}
	}
	for _, path := range []string{"/", "/clients", "/triage", "/incidents/drafts", "/register", "/register/log", "/systems", "/processors", "/settings"} {
		x.note(x.owner.get(path))
	}
}

// fillForms fills and sends every form on a page.
func (x *traces) fillForms(t *testing.T, path string) {
	t.Helper()
	shown := x.owner.get(path)
	x.note(shown)
	for _, f := range formsOn(t, path, shown.Body) {
		if leadsAway(routeOf(f.action)) || strings.Contains(f.action, "password") {
			continue
		}
		values := f.with(nil, "")
		for _, name := range f.typed {
			switch {
			case strings.HasSuffix(name, "_day"), strings.HasSuffix(name, "_month"), strings.HasSuffix(name, "_year"), strings.HasSuffix(name, "_time"), name == "website":
			case strings.Contains(name, "email"):
				values.Set(name, x.word(name+" of a form")+"@voorbeeld.example")
			case name == "name" && (strings.HasPrefix(path, "/systems") || strings.HasPrefix(path, "/processors")):
				values.Set(name, "Iets") // its id is made of it
			default:
				values.Set(name, x.word(name+" of a form"))
			}
		}
		r := x.owner.post(f.action, values)
		x.note(r)
		if r.Status >= 500 || r.Status == http.StatusForbidden {
			t.Errorf("%s answered %d", f.action, r.Status)
		}
	}
}

// fail brings words where they are refused: no log tells what was wrong with them.
func (x *traces) fail(t *testing.T) {
	t.Helper()
	word := x.word
	x.browser().post("/login", url.Values{"login": {word("a login that is none") + "@voorbeeld.example"}, "password": {word("a password that is none")}})
	for _, body := range []string{`{"name":"` + word("half a body"), `{"name":{"` + word("a wrong type") + `":1}}`, `{"` + word("a field nobody knows") + `":1}`,
		`{"external_id":"` + word("a refused number") + `","name":"` + word("a refused name") + `\u0000","email":"` + word("a refused address") + `"}`} {
		if r := x.script.send("POST", "/api/v1/clients", "application/json", []byte(body), "Idempotency-Key", word("a key")); r.Status != 422 {
			t.Errorf("%s answered %d", body, r.Status)
		}
	}
	x.script.send("POST", "/api/v1/clients/import", "text/csv", []byte("nummer;naam;e-mail\n;"+word("a refused line")+";"+word("an address in a refused line")+"\n"))
	for _, c := range []*caller{x.owner, x.script, x.browser()} {
		for _, path := range []string{"/nowhere/" + word("an address that is none"), "/clients/" + word("an id that is none"), "/clients?q=" + word("a question"),
			"/api/v1/clients?cursor=" + word("a cursor"), "/webhooks/processors/" + word("a token that is none"), "/setup/" + word("a link that is none")} {
			c.get(path)
			c.send("POST", path, "application/x-www-form-urlencoded", []byte("name="+word("a form that is none")), "User-Agent", word("a browser"),
				"Referer", "https://x.example/"+word("where one came from"), "X-Forwarded-For", word("who forwards"))
		}
	}
	x.browser().send("GET", "/api/v1/clients", "", nil, "Authorization", "Bearer "+word("a token"))
	x.browser().send("GET", "/", "", nil, "Cookie", "__Host-datalek="+word("a cookie"))
}

// look goes through all that can be read from outside, and the folders.
func (x *traces) look(t *testing.T, when string) {
	t.Helper()
	for _, address := range []string{"http://" + x.metrics + "/metrics", x.BaseURL + "/healthz", x.BaseURL + "/readyz", x.BaseURL + "/robots.txt"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := x.owner.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || len(raw) == 0 {
			t.Errorf("%s: %d bytes, %v", address, len(raw), err)
		}
		x.search(t, address+" "+when, raw)
	}
	printed := strings.ReplaceAll(x.out.String(), x.link, "") // the link is for the terminal
	if !strings.Contains(printed, `"route"`) {
		t.Error("the output has no log")
	}
	x.search(t, "the output "+when, []byte(printed))
	x.scan(t, "the data folder "+when, filesIn(t, x.data())...)
	x.scan(t, "the temporary files "+when, filesIn(t, x.temp)...)
	x.search(t, "an address "+when, []byte(strings.Join(x.addresses, "\n")))
}

func (x *traces) scan(t *testing.T, where string, files ...string) {
	t.Helper()
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // a file that the bus has just replaced
		}
		x.search(t, where+": "+filepath.Base(file), append(raw, file...))
	}
}

// search fails when a word stands in raw, in any of the forms in which programs
// write text.
func (x *traces) search(t *testing.T, where string, raw []byte) {
	t.Helper()
	lower := bytes.ToLower(raw)
	for word, what := range x.words {
		for form, written := range formsOf(word) {
			if bytes.Contains(raw, written) || form == "plain" && bytes.Contains(lower, bytes.ToLower(written)) {
				t.Errorf("%s holds %s %s (%s)", where, what, form, word)
			}
		}
	}
}

// formsOf are the forms in which a word may be written.
func formsOf(word string) map[string][]byte {
	forms := map[string][]byte{"plain": []byte(word), "as an address": []byte(url.QueryEscape(word)), "in hex": []byte(hex.EncodeToString([]byte(word)))}
	var wide []byte
	for _, unit := range utf16.Encode([]rune(word)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	forms["in UTF-16"] = wide
	for before := range 3 { // Base64 looks different after one or two bytes more
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), word...))
		begin := (before*8 + 5) / 6 // the letters before hold something of what stands there
		forms["in Base64 at "+strconv.Itoa(before)] = []byte(text[begin : (before+len(word))*8/6])
	}
	return forms
}

// lookAtMail fails when a head of a mail says more than from whom and to whom.
func (x *traces) lookAtMail(t *testing.T) {
	t.Helper()
	mails := x.mail.Messages("", 0)
	if len(mails) < 4 {
		t.Errorf("only %d mails were sent", len(mails))
	}
	for _, caught := range mails {
		m, err := mail.ReadMessage(bytes.NewReader(caught.Raw))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range m.Header {
			if !slices.Contains([]string{"From", "To", "Reply-To"}, name) {
				x.search(t, "the "+name+" of a mail", []byte(strings.Join(values, " ")))
			}
		}
	}
}

// The search finds a word in each form.
func TestTheSearchForTracesFinds(t *testing.T) {
	t.Parallel()
	const word = "qxbadegiku"
	for _, before := range []string{"", "a", "ab", "abc", "abcd"} {
		written := base64.StdEncoding.EncodeToString([]byte(before + word + "and more"))
		found := false
		for form, looked := range formsOf(word) {
			found = found || strings.HasPrefix(form, "in Base64") && strings.Contains(written, string(looked))
		}
		if !found {
			t.Errorf("%s is not found in %s", word, written)
		}
	}
}
