package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// sample is one line of the hostile samples.
type sample struct {
	Text    string `json:"s"`
	Address string
	CSV     string
}

// samples reads the hostile samples of testdata, and fails when one file brings
// fewer than it holds.
func samples(t *testing.T) (texts, addresses, lists []string) {
	t.Helper()
	for file, least := range map[string]int{"crlf-http": 37, "csv-formula": 12, "csv-parsing": 12, "email-addresses": 164, "naughty-strings": 551, "template-injection": 111} {
		raw, err := os.ReadFile(filepath.Join("testdata", "nasty", file+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(raw)) {
			var s sample
			if err := json.Unmarshal([]byte(line), &s); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			n++
			switch file {
			case "email-addresses":
				addresses = append(addresses, s.Address)
			case "csv-parsing":
				lists = append(lists, s.CSV)
			default:
				texts = append(texts, s.Text)
			}
		}
		if n < least {
			t.Errorf("%s has %d lines, want %d", file, n, least)
		}
	}
	return texts, addresses, lists
}

// Every hostile sample goes through every door: none is a failure of ours, none
// comes into the log, and every page that shows it afterwards is whole.
func TestHostileSamplesThroughEveryDoor(t *testing.T) {
	t.Parallel()
	texts, addresses, lists := samples(t)
	d := startDemo(t, "--empty")
	owner, script := loggedIn(t, d.BaseURL, d.Login, d.Password), withToken(t, d.BaseURL, d.APIToken)
	d.bringByAPI(t, script, texts, addresses)
	d.bringLists(t, owner, script, texts, addresses, lists)
	d.bringReports(t, script, append(slices.Clone(texts), addresses...))
	d.bringPasted(t, owner, append(slices.Clone(texts), addresses...))
	d.bringSuppliers(t, owner, script, append(slices.Clone(texts), addresses...))
	d.bringMails(t, owner, append(slices.Clone(texts), addresses...))
	pages := d.wholePages(t, owner)
	d.logTellsNothing(t, append(slices.Clone(texts), addresses...))
	for _, width := range []int64{deskWidth, phoneWidth} {
		b := openBrowser(t, d.BaseURL, width)
		p := &person{visitor: b, t: t, disturb: func() {}}
		p.logIn(d)
		for _, path := range pages {
			b.open(path) // fails when a script ran or was refused
			if wide := eval[int64](b, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s is %d pixels wide in a window of %d: %s", path, wide, width, eval[string](b, widest))
			}
			if strange := eval[string](b, `[...document.querySelectorAll("body img, body iframe, body object, body embed, body video, body audio, body link, body base, body meta, body style, body script:not([src^='/assets/'])")].map(e => e.outerHTML.slice(0, 80)).join(" ")`); strange != "" {
				t.Errorf("%s holds %s", path, strange)
			}
		}
	}
}

// widest are the texts that stand out of the window.
const widest = `(() => { const all = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); for (let n; n = walk.nextNode();) { const r = document.createRange(); r.selectNodeContents(n); for (const box of r.getClientRects()) if (box.right > innerWidth + 1 || box.left < -1) { all.push(n.parentElement.tagName + " " + JSON.stringify(n.data.slice(0, 60)) + " from " + Math.round(box.left) + " to " + Math.round(box.right)); break } } return all.sort((a, b) => b.length - a.length).slice(0, 6).join(" | ") })()`

// tame fails on an answer that is a failure of ours.
func tame(t *testing.T, what string, r reply, may ...int) {
	t.Helper()
	if r.Status >= 500 || len(may) > 0 && !slices.Contains(may, r.Status) {
		t.Errorf("%.120q answered %d: %.300s", what, r.Status, r.Body)
	}
	if isPage(r) {
		checkMarkup(t, fmt.Sprintf("%.80q", what), r.Body)
	}
}

// patiently posts, and waits by the program's clock where it was too often.
func (d *demo) patiently(c *caller, path, kind string, body []byte) reply {
	d.t.Helper()
	r := c.send("POST", path, kind, body)
	for r.Status == http.StatusTooManyRequests {
		d.pass(time.Minute)
		r = c.send("POST", path, kind, body)
	}
	return r
}

// bringByAPI makes a client of each.
func (d *demo) bringByAPI(t *testing.T, script *caller, texts, addresses []string) {
	t.Helper()
	made := 0
	for i, text := range texts {
		body := object{"external_id": fmt.Sprint("N-", i), "name": text}
		if i%3 == 0 {
			body = object{"external_id": text, "name": text, "email": text, "phone": text, "postal_address": text, "coach": text}
		}
		r := d.patiently(script, "/api/v1/clients", "application/json", encoded(t, body))
		if tame(t, text, r, 200, 201, 422); r.Status == 201 {
			made++
		}
	}
	for i, address := range addresses {
		tame(t, address, d.patiently(script, "/api/v1/clients", "application/json", encoded(t, object{"external_id": fmt.Sprint("A-", i), "name": "Iemand", "email": address})), 200, 201, 422)
	}
	if made < 300 {
		t.Errorf("only %d hostile names were kept; nothing would be shown", made)
	}
}

// bringLists imports lists of them: by the page, and by the API.
func (d *demo) bringLists(t *testing.T, owner, script *caller, texts, addresses, lists []string) {
	t.Helper()
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	var names, mails strings.Builder
	names.WriteString("Nummer,Naam,Adres,Telefoon\n")
	for i, text := range texts {
		fmt.Fprintf(&names, "I-%d,%s,%s,%s\n", i, quoted(text), quoted(text), quoted(text))
	}
	mails.WriteString("Nummer;Naam;E-mail\n")
	for i, address := range addresses {
		fmt.Fprintf(&mails, "M-%d;Iemand Anders;%s\n", i, quoted(address))
	}
	raw := strings.Join(texts, "\n") // headers of this are hostile, and quotes never close
	for _, list := range append(slices.Clone(lists), names.String(), mails.String(), raw, "BEGIN:VCARD\nFN:"+raw+"\nEND:VCARD", "PK\x03\x04"+raw) {
		tame(t, "a list", d.patiently(script, "/api/v1/clients/import", "text/csv", []byte(list)), 200, 202, 422)
		for _, do := range []string{"preview", "import"} {
			kind, body := upload(t, list, do)
			tame(t, "an upload", d.patiently(owner, "/clients/import", kind, body), 200, 303, 422)
		}
	}
	for _, text := range texts[:60] { // as the names of parts and files
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, err := w.CreateFormFile(text, text)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("Naam\n" + text)) // into memory
		_ = w.Close()
		tame(t, text, d.patiently(owner, "/clients/import", w.FormDataContentType(), b.Bytes()), 422)
	}
}

// upload is the form of the page with a file in it.
func upload(t *testing.T, file, do string) (kind string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "lijst.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(file)) // into memory
	_ = w.WriteField("do", do)
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// bringReports sends them as processors and mail servers do.
func (d *demo) bringReports(t *testing.T, script *caller, all []string) {
	t.Helper()
	for i, some := range slices.Collect(slices.Chunk(all, 40)) {
		words := strings.Join(some, " ")
		for kind, body := range map[string]string{
			"unknown": string(encoded(t, object{"type": words, "data": object{"incident_id": fmt.Sprint("L-", i), "summary": words, "services": some}})),
			"no JSON": words,
		} {
			if status, answer := d.report(d.WebhookURL, d.WebhookSecret, fmt.Sprint("nasty-", kind[:2], i), body); status != http.StatusAccepted {
				t.Errorf("a report (%s) answered %d %.300s", kind, status, answer)
			}
		}
	}
	for _, text := range all {
		mail := "From: " + text + "\r\nTo: x@voorbeeld.example\r\nSubject: " + text + "\r\nContent-Type: text/plain; charset=" + text + "\r\n\r\n" + text + "\r\n"
		tame(t, text, d.patiently(script, "/webhooks/mail", "message/rfc822", []byte(mail)), 202)
	}
}

var publicPage = regexp.MustCompile(`/p/[A-Za-z0-9_-]+`)

// bringPasted pastes them into the practice's own inbox and the public page.
func (d *demo) bringPasted(t *testing.T, owner *caller, all []string) {
	t.Helper()
	public := publicPage.FindString(owner.get("/settings").Body)
	kept := 0
	for at, some := range slices.Collect(slices.Chunk(all, 25)) {
		for _, path := range []string{"/triage/new", public} {
			if path == public && at > 3 {
				continue // it is for strangers, who may send a few only
			}
			shown := owner.get(path)
			for _, f := range formsOn(t, path, shown.Body) {
				if len(f.typed) == 0 || leadsAway(routeOf(f.action)) {
					continue
				}
				values := f.with(nil, "")
				for i, name := range f.typed {
					if at > 0 && strings.HasPrefix(name, "received_at") {
						continue // once is enough: it is refused
					}
					values.Set(name, some[i%len(some)])
				}
				values.Set("text", "Subject: "+strings.Join(some, "\n"))
				values.Del("website") // a trap for machines
				r := owner.post(f.action, values)
				if tame(t, "a paste", r, 200, 303, 422, 429); r.Status == 303 {
					kept++
				}
			}
		}
	}
	if kept < 10 {
		t.Errorf("only %d pastes were kept; nothing would be shown", kept)
	}
}

// wholePages opens the pages that show what came in, one after the other, fails
// when one is broken, and returns those that a browser should look at.
func (d *demo) wholePages(t *testing.T, owner *caller) []string {
	t.Helper()
	queue := []string{"/", "/clients", "/triage", "/incidents", "/register", "/register/log", "/clients/imports", "/systems", "/processors", "/returns", "/annual", "/retention", "/mailbox", "/triage?show=aside", "/processors/azure/reports"}
	seen, often := map[string]bool{}, map[string]int{}
	var chosen []string
	for at := 0; at < len(queue) && at < 600; at++ {
		path := queue[at]
		kind := ids.ReplaceAllString(path, "/:id")
		if seen[path] || often[kind] >= 25 || strings.Contains(path, "taal=") || strings.Contains(path, "/export") || strings.Contains(path, "logout") {
			continue
		}
		seen[path], often[kind] = true, often[kind]+1
		r := owner.get(path)
		tame(t, path, r)
		if !isPage(r) || r.Status != http.StatusOK {
			continue
		}
		queue = append(queue, linksOf(t, path, r.Body)...)
		if limit := 2; often[kind] <= limit && (strings.HasPrefix(path, "/clients") || strings.HasPrefix(path, "/triage") || strings.HasPrefix(path, "/incidents") || strings.HasPrefix(path, "/register")) {
			chosen = append(chosen, path)
		}
	}
	if len(seen) < 100 || len(chosen) < 15 {
		t.Errorf("%d pages were opened, %d chosen", len(seen), len(chosen))
	}
	return chosen[:min(len(chosen), 30)]
}

// logTellsNothing fails when a sample stands in what the program prints.
func (d *demo) logTellsNothing(t *testing.T, all []string) {
	t.Helper()
	log := d.out.String()
	if strings.Contains(log, "request failed") || strings.Contains(log, "panic") {
		t.Errorf("the log tells of failures:\n%.3000s", log)
	}
	for _, text := range all {
		if len(text) >= 12 && strings.IndexFunc(text, unicode.IsSpace) < 0 && strings.Contains(log, text) {
			t.Errorf("the log holds %q", text)
		}
	}
}
