package mailbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"datalek/web"
	"datalek/web/mailbox"
	"datalek/web/page"
	"datalek/web/webtest"
)

// caught is mail in the order in which it came.
type caught []mailbox.Caught

func (l caught) Mails(before string, limit int) []mailbox.Caught {
	var out []mailbox.Caught
	for _, m := range slices.Backward(l) {
		if (before == "" || m.ID < before) && len(out) < limit {
			out = append(out, m)
		}
	}
	return out
}

func (l caught) Mail(id string) (mailbox.Caught, bool) {
	i := slices.IndexFunc(l, func(m mailbox.Caught) bool { return m.ID == id })
	if i < 0 {
		return mailbox.Caught{}, false
	}
	return l[i], true
}

func (l *caught) add(raw string) {
	id := fmt.Sprintf("%010d", len(*l)+1)
	*l = append(*l, mailbox.Caught{ID: id, At: now().Add(time.Duration(len(*l)) * time.Second), From: "anna@lindehof.example",
		To: []string{"client@post.example"}, Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))})
}

func now() time.Time { return time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC) }

const notice = `From: =?utf-8?q?Anna_Jans=C3=A9n?= <anna@lindehof.example>
To: client@post.example
Subject: =?utf-8?q?Bericht_over_uw_gegevens_=E2=80=93_k?=
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Goedendag,=0D=0A=0D=0AIemand kon in onze mailbox.
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+SWVtYW5kIGtvbiBpbiBvbnplIG1haWxib3guPC9wPg==
--b--
`

const hostile = `From: "<script>alert(1)</script>" <x@evil.example>
To: </dd><script>alert(2)</script>
Subject: <script>alert(3)</script><img src=x onerror=alert(4)>
Content-Type: text/html

<script>alert(5)</script><img src="https://evil.example/pixel"><form action="https://evil.example">
`

func serve(t *testing.T, mails *caught) func(path string) (*http.Response, string) {
	t.Helper()
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}, Areas: []web.Area{mailbox.New(mailbox.Options{Mails: mails})}})
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) (*http.Response, string) {
		t.Helper()
		rec := httptest.NewRecorder()
		server.Handler().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		res := rec.Result()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(raw)
	}
}

func TestTheListIsNewestFirstAndPaged(t *testing.T) {
	var mails caught
	get := serve(t, &mails)
	if _, body := get("/mailbox"); !strings.Contains(body, "Nog geen mail") {
		t.Errorf("the empty mailbox does not say that it is empty")
	}
	for i := range 60 {
		mails.add(fmt.Sprintf("Subject: mail nummer %d.\n\nx\n", i+1))
	}
	res, body := get("/mailbox")
	if res.StatusCode != 200 || !strings.Contains(body, "ging nergens heen") {
		t.Fatalf("%d, or it does not say that the mail went nowhere", res.StatusCode)
	}
	if newest, older := strings.Index(body, "nummer 60."), strings.Index(body, "nummer 59."); newest < 0 || older < newest {
		t.Errorf("mail 60 stands at %d and mail 59 at %d", newest, older)
	}
	if strings.Contains(body, "nummer 10.") || !strings.Contains(body, "after=0000000011") {
		t.Errorf("the first page holds more than fifty, or has no way to the next")
	}
	if _, second := get("/mailbox?after=0000000011"); !strings.Contains(second, "nummer 10.") || strings.Contains(second, "nummer 11.") {
		t.Errorf("the second page is not what follows mail 11")
	}
}

func TestAMailShowsItsWordsItsHTMLInASandboxAndItsSource(t *testing.T) {
	var mails caught
	mails.add(notice)
	get := serve(t, &mails)
	res, body := get("/mailbox/0000000001")
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	for _, want := range []string{"<h1", "Bericht over uw gegevens – k", "Anna Jansén &lt;anna@lindehof.example&gt;", "Iemand kon in onze mailbox.",
		`src="/mailbox/0000000001/html" sandbox `, "multipart/alternative"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	res, body = get("/mailbox/0000000001/html")
	if body != "<p>Iemand kon in onze mailbox.</p>" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the frame is %q under %q", body, res.Header.Get("Content-Security-Policy"))
	}
	for _, path := range []string{"/mailbox/0000000009", "/mailbox/0000000009/html", "/mailbox/0000000009.eml", "/mailbox/0000000009.json"} {
		if res, _ := get(path); res.StatusCode != 404 {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
	}
}

func TestHostileMailDoesNothing(t *testing.T) {
	var mails caught
	mails.add(hostile)
	get := serve(t, &mails)
	for _, path := range []string{"/mailbox", "/mailbox/0000000001"} {
		_, body := get(path)
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s lets the sender's markup through", path)
		}
		if !strings.Contains(body, "&lt;script&gt;alert(3)") {
			t.Errorf("%s does not show the subject", path)
		}
	}
	res, _ := get("/mailbox/0000000001/html")
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "img-src data:", "form-action 'none'", "sandbox"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the frame's policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") {
		t.Errorf("the frame's policy %q opens the sandbox", policy)
	}
	res, body := get("/mailbox/0000000001.json")
	if got := res.Header.Get("Content-Type"); got != "application/json" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a mail as JSON comes as %q: %s", got, body)
	}
}

func TestScriptsReadTheMailbox(t *testing.T) {
	var mails caught
	mails.add(notice)
	mails.add("Subject: tweede\n\nwoorden\n")
	get := serve(t, &mails)
	var list struct {
		Items []struct {
			ID, From, Subject string
			At                time.Time
			To                []string
		}
		Next *string
	}
	_, body := get("/mailbox.json?limit=1")
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || list.Items[0].Subject != "tweede" || list.Next == nil || *list.Next != "0000000002" {
		t.Errorf("the first page is %s", body)
	}
	_, body = get("/mailbox.json?before=0000000002")
	list.Next = nil
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || list.Next != nil || list.Items[0].ID != "0000000001" || !list.Items[0].At.Equal(now()) || list.Items[0].To[0] != "client@post.example" {
		t.Errorf("the rest is %s", body)
	}
	var one struct {
		ID, Subject, Text, HTML string
		Headers                 map[string][]string
	}
	_, body = get("/mailbox/0000000001.json")
	if err := json.Unmarshal([]byte(body), &one); err != nil {
		t.Fatal(err)
	}
	if one.Text != "Goedendag,\n\nIemand kon in onze mailbox." || one.HTML != "<p>Iemand kon in onze mailbox.</p>" {
		t.Errorf("parts are %q and %q", one.Text, one.HTML)
	}
	if diff := cmp.Diff([]string{"Bericht over uw gegevens – k"}, one.Headers["Subject"]); diff != "" {
		t.Errorf("the subject among the headers (-want +got):\n%s", diff)
	}
	res, body := get("/mailbox/0000000002.eml")
	if body != "Subject: tweede\r\n\r\nwoorden\r\n" || res.Header.Get("Content-Type") != "message/rfc822" {
		t.Errorf("the source is %q as %q", body, res.Header.Get("Content-Type"))
	}
	if res, _ := get("/mailbox.json?limit=0"); res.StatusCode != 422 {
		t.Errorf("a limit of 0 = %d, want 422", res.StatusCode)
	}
}

func TestMailThatIsBrokenIsShownAsFarAsItCanBe(t *testing.T) {
	deep := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: multipart/mixed; boundary=b\n\n", 40)
	for _, tt := range []struct{ name, raw, want string }{
		{"no header at all", "niets dan woorden", "niets dan woorden"},
		{"bytes that are no text", "Subject: \xff\xfe\n\n\xff woorden \x00\n", "woorden"},
		{"an encoding that breaks off", "Content-Transfer-Encoding: base64\n\nSGFsbG8g!!!!", "Hallo"},
		{"an old charset", "Content-Type: text/plain; charset=windows-1252\n\ncaf\xe9", "café"},
		{"a charset nobody knows", "Content-Type: text/plain; charset=nobody\n\nwoorden", "woorden"},
		{"parts inside parts inside parts", deep, "ging nergens heen"},
		{"a boundary that is not there", "Content-Type: multipart/mixed\n\nwoorden", "ging nergens heen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mails caught
			mails.add(tt.raw)
			get := serve(t, &mails)
			if res, body := get("/mailbox/0000000001"); res.StatusCode != 200 || !strings.Contains(body, tt.want) {
				t.Errorf("%d, and %q is there: %t", res.StatusCode, tt.want, strings.Contains(body, tt.want))
			}
			if res, body := get("/mailbox/0000000001.json"); res.StatusCode != 200 || !json.Valid([]byte(body)) {
				t.Errorf("as JSON: %d %s", res.StatusCode, body)
			}
		})
	}
}

func TestTheMailboxSpeaksEnglish(t *testing.T) {
	var mails caught
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now}, Areas: []web.Area{mailbox.New(mailbox.Options{Mails: &mails})}})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("GET", "/mailbox", nil)
	req.Header.Set("Accept-Language", "en")
	res := httptest.NewRecorder()
	server.Handler().ServeHTTP(res, req)
	if !strings.Contains(res.Body.String(), "went nowhere") {
		t.Errorf("the page is not English: %s", res.Body)
	}
}
