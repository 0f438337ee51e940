package reading_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/reading"
	"datalek/web/webtest"
)

const (
	code    = "K7QM4XTR9B"
	address = "zoe@example.org"
	door    = "/p/code-p1/lees"
)

// rig is two practices, one of which told a client by a notice in English and
// again in a second one; the other told the same address with another code.
type rig struct {
	*webtest.World
	t     *testing.T
	site  string
	first *incidents.Notice
}

func newRig(t *testing.T, answer time.Duration) *rig {
	t.Helper()
	w := webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC))
	r := &rig{World: w, t: t}
	r.site = w.Serve(page.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}},
		reading.New(reading.Options{Store: w.Store, Office: w.Office, Now: w.Now, AnswerTime: answer}))
	for _, id := range []string{"p1", "p2"} {
		w.Open(w.NewPractice(id), "user-"+id)
		_, err := w.Store.PutClients(t.Context(), tenant.ID(id), []registry.Client{{ID: "zoe", PracticeID: tenant.ID(id), Language: "en", Relation: registry.RelationClient, UpdatedAt: w.Now(),
			Person: registry.Person{ExternalID: "c-1", Name: "Zoë <b>Proef</b>", Email: address}}})
		w.Must(err)
	}
	r.first = r.tell("p1", "n-1", code, "First: somebody read along.\n\nCall us.")
	r.tell("p2", "n-9", "9999999999", "Another practice's words.")
	return r
}

// tell lets a notice go to the client of a practice, and sends it.
func (r *rig) tell(practice tenant.ID, id, code, body string) *incidents.Notice {
	ctx := r.t.Context()
	inc := &incidents.Incident{ID: "i-1", PracticeID: practice, Reference: "DL-2027-001", State: incidents.StateOpen, CreatedAt: r.Now()}
	if _, err := r.Store.Incident(ctx, practice, inc.ID); err != nil {
		r.Must(r.Store.CreateIncident(ctx, inc))
	}
	n := &incidents.Notice{ID: id, PracticeID: practice, IncidentID: inc.ID, Audience: incidents.ToClients, State: incidents.NoticeIsSent,
		ApprovedAt: r.Now(), Texts: []incidents.Text{{Language: "nl", Subject: "Bericht", Body: "Nederlands."}, {Language: "en", Subject: "A message", Body: body}}}
	r.Must(r.Store.CreateNotice(ctx, n))
	d := incidents.NewDelivery(n, incidents.Recipiency{Person: "zoe", Reader: "zoe", Language: "en", Channel: registry.ByEmail, Name: "Zoë", Email: address})
	d.Code, d.State, d.ToldAt = code, incidents.Sent, r.Now()
	r.Must(r.Store.PutDeliveries(ctx, practice, []incidents.Delivery{d}))
	return n
}

func (r *rig) delivery(notice string) incidents.Delivery {
	r.t.Helper()
	d, err := r.Store.Delivery(r.t.Context(), "p1", incidents.DeliveryID(notice, "zoe", "zoe"))
	r.Must(err)
	return d
}

// visitor is a new browser at a network address.
func (r *rig) visitor(from string) *webtest.Visitor {
	v := webtest.NewVisitor(r.t, r.site)
	v.Client().Transport = via(from)
	return v
}

// via is a proxy in front of the site.
type via string

func (f via) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Forwarded-For", string(f))
	return http.DefaultTransport.RoundTrip(req)
}

func typed(code, email string) url.Values {
	return url.Values{"reading_code": {code}, "email": {email}}
}

func TestCodeAndAddressShowTheNoticeAgain(t *testing.T) {
	r := newRig(t, time.Millisecond)
	v := r.visitor("192.0.2.1")
	if a, body := v.Get(door).AndBody(); a.StatusCode != 200 || strings.Contains(body, "somebody read along") {
		t.Fatalf("the door answered %d with the notice behind it", a.StatusCode)
	}
	a := v.Post(door, typed(" k7qm4-xtr9b ", "ZOE@example.org"))
	if a.StatusCode != 303 || a.Location() != door {
		t.Fatalf("the right code answered %d to %q", a.StatusCode, a.Location())
	}
	set := a.Header.Get("Set-Cookie")
	for _, want := range []string{"datalek-lees=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("the cookie %q lacks %s", set, want)
		}
	}
	a, body := v.Get(door).AndBody()
	if a.StatusCode != 200 || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the notice answered %d with cache control %q", a.StatusCode, a.Header.Get("Cache-Control"))
	}
	for _, want := range []string{"First: somebody read along.\n\nCall us.", "A message", `lang="en"`, "Ik heb dit gelezen", "Praktijk Lindehof", "6 12345678"} {
		if !strings.Contains(body, want) {
			t.Errorf("the notice's page lacks %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, code) || strings.Contains(body, address) {
		t.Error("the notice's page repeats the code or the address")
	}
}

func TestAReaderConfirmsAndAsksAndBothAreKept(t *testing.T) {
	r := newRig(t, time.Millisecond)
	v := r.visitor("192.0.2.1")
	v.Post(door, typed(code, address))
	d := r.delivery("n-1")
	for range 2 { // pressed twice it is one
		if a := v.Post(door+"/read", url.Values{"notice": {d.ID}}); a.StatusCode != 303 {
			t.Fatalf("confirming answered %d", a.StatusCode)
		}
	}
	if got := r.delivery("n-1"); !got.ReadAt.Equal(r.Now()) || got.State != incidents.Sent {
		t.Errorf("read at %s, state %s; want %s and still sent", got.ReadAt, got.State, r.Now())
	}
	_, body := v.Get(door).AndBody()
	form := regexp.MustCompile(`name="_form" value="([^"]+)"`).FindStringSubmatch(body)
	if form == nil || strings.Contains(body, "Ik heb dit gelezen") {
		t.Fatalf("the page has no form, or still asks whether he read it:\n%s", body)
	}
	asked := url.Values{"_form": {form[1]}, "question": {"Wat staat er over mij in? <script>alert(1)</script>"}}
	for range 2 {
		if a := v.Post(door+"/question", asked); a.StatusCode != 303 {
			t.Fatalf("asking answered %d: %s", a.StatusCode, a.Body)
		}
	}
	questions, err := r.Store.Questions(t.Context(), "p1", true, "", 10)
	r.Must(err)
	if len(questions) != 1 || questions[0].Text != asked.Get("question") || questions[0].DeliveryID != d.ID {
		t.Fatalf("questions %+v, want the one", questions)
	}
	n, err := r.Store.Notice(t.Context(), "p1", "n-1")
	r.Must(err)
	var kinds []string
	for _, e := range n.Outbox.Pending {
		kinds = append(kinds, string(e.Kind)+" by "+string(e.Actor.Kind))
	}
	if got := strings.Join(kinds, ", "); got != "delivery.read by reader, question.asked by reader" {
		t.Errorf("the log has %s", got)
	}
	if _, body = v.Get(door).AndBody(); strings.Contains(body, "<script>alert") || !strings.Contains(body, "De praktijk heeft uw vraag") {
		t.Errorf("the question is not shown, or not as text:\n%s", body)
	}
	owner := r.visitor("192.0.2.9")
	owner.LogIn("user-p1", "p1")
	for _, path := range []string{"/questions", "/incidents/i-1/questions"} {
		if a, body := owner.Get(path).AndBody(); a.StatusCode != 200 || !strings.Contains(body, "Vraag van Zoë &lt;b&gt;Proef") {
			t.Errorf("%s answered %d and shows not who asks:\n%s", path, a.StatusCode, body)
		}
	}
	place := "/questions/" + questions[0].ID
	if _, body := owner.Get(place).AndBody(); !strings.Contains(body, "Vraagt hij om zijn gegevens? Antwoord dan uiterlijk op ") {
		t.Errorf("nothing says by when a request for data is answered:\n%s", body)
	}
	if a := owner.Post(place+"/answered", url.Values{"by": {"pigeon"}}); a.StatusCode != 422 {
		t.Errorf("answered by pigeon = %d", a.StatusCode)
	}
	if a := owner.Post(place+"/answered", url.Values{"by": {"phone"}, "note": {"Uitgelegd."}}); a.StatusCode != 303 {
		t.Errorf("answered = %d", a.StatusCode)
	}
	if a, body := owner.Get(place).AndBody(); a.StatusCode != 200 || !strings.Contains(body, "Per telefoon beantwoord") || !strings.Contains(body, "Uitgelegd.") {
		t.Errorf("the answered question answered %d:\n%s", a.StatusCode, body)
	}
	other := r.visitor("192.0.2.8")
	other.LogIn("user-p2", "p2")
	if a := other.Get(place); a.StatusCode != 404 {
		t.Errorf("another practice's question answered %d", a.StatusCode)
	}
	if _, body = v.Get(door).AndBody(); !strings.Contains(body, "Beantwoord op") || strings.Contains(body, "Uitgelegd.") {
		t.Errorf("the reader does not see that he was answered, or reads the practice's own note:\n%s", body)
	}
}

func TestEveryNoticeOfTheCaseIsShownInOrder(t *testing.T) {
	r := newRig(t, time.Millisecond)
	r.Pass(time.Hour)
	r.tell("p1", "n-2", "2222222222", "Second: it was more than we knew.")
	v := r.visitor("192.0.2.1")
	v.Post(door, typed(code, address))
	_, body := v.Get(door).AndBody()
	first, second := strings.Index(body, "First:"), strings.Index(body, "Second:")
	if first < 0 || second < first || strings.Contains(body, "Another practice") {
		t.Errorf("first at %d, second at %d; want both in order and no other:\n%s", first, second, body)
	}
}

// unlike is what may differ between two answers: nonces and what was typed.
var unlike = regexp.MustCompile(`nonce="[^"]*"|value="[^"]*"`)

func TestAllThatIsWrongGetsOneAnswer(t *testing.T) {
	erase := func(r *rig) {
		_, err := r.Store.UpdateNotice(r.t.Context(), "p1", "n-1", func(n *incidents.Notice) error { return nil })
		r.Must(err)
		d := incidents.NewDelivery(r.first, incidents.Recipiency{Person: "gone", Reader: "gone", Language: "en", Channel: registry.ByEmail, Email: "gone@example.org"})
		d.Code, d.State = "3333333333", incidents.Sent
		r.Must(r.Store.PutDeliveries(r.t.Context(), "p1", []incidents.Delivery{d}))
	}
	var want string
	for n, tt := range []struct {
		name, code, email string
		before            func(*rig)
	}{
		{"a code that does not exist", "AAAAA-AAAAA", "nobody@example.org", nil},
		{"the right code with another address", code, "nobody@example.org", nil},
		{"the right address with another code", "AAAAA-AAAAA", address, nil},
		{"something that is no code", "hello", address, nil},
		{"a code of another practice", "9999999999", address, nil},
		{"a client who was erased", "3333333333", "gone@example.org", erase},
		{"a notice whose time is over", code, address, func(r *rig) { r.Pass(180 * 24 * time.Hour) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, 40*time.Millisecond)
			if tt.before != nil {
				tt.before(r)
			}
			v := r.visitor(fmt.Sprintf("192.0.2.%d", n+1))
			began := time.Now()
			a := v.Post(door, typed(tt.code, tt.email))
			if took := time.Since(began); took < 40*time.Millisecond {
				t.Errorf("answered in %s, before the time that every answer takes", took)
			}
			got := fmt.Sprint(a.StatusCode, a.Header.Get("Location"), a.Header.Get("Set-Cookie"), unlike.ReplaceAllString(a.Body, ""))
			if want == "" {
				want = got
			}
			if got != want || a.StatusCode != 422 || v.Cookies().Value("datalek-lees") != "" {
				t.Errorf("answer\n%s\ndiffers from\n%s", got, want)
			}
		})
	}
}

func TestAGuesserIsSlowedAndNobodyIsShutOut(t *testing.T) {
	r := newRig(t, time.Millisecond)
	guesser := r.visitor("198.51.100.7")
	looked := 0
	for range 30 {
		if a := guesser.Post(door, typed("AAAAA-AAAAA", address)); a.StatusCode == 422 {
			looked++
		} else if a.StatusCode != 429 || a.Header.Get("Retry-After") == "" {
			t.Fatalf("a try too many answered %d, retry after %q", a.StatusCode, a.Header.Get("Retry-After"))
		}
	}
	if looked != 10 {
		t.Errorf("%d guesses from one address were looked at, want 10", looked)
	}
	if a := guesser.Post(door, typed(code, address)); a.StatusCode != 429 {
		t.Errorf("the guesser's right guess after too many tries answered %d, want 429: he would learn of it", a.StatusCode)
	}
	for n := range 40 { // from many addresses, until the client's own address has had its share
		crowd := r.visitor(fmt.Sprintf("203.0.113.%d", n))
		for range 7 {
			crowd.Post(door, typed("AAAAA-AAAAA", address))
		}
	}
	late := r.visitor("203.0.113.200")
	slowed := false
	for range 8 {
		slowed = slowed || late.Post(door, typed("AAAAA-AAAAA", address)).StatusCode == 429
	}
	if !slowed {
		t.Error("many addresses may try one client without end")
	}
	if a := r.visitor("192.0.2.77").Post(door, typed(code, address)); a.StatusCode != 303 {
		t.Errorf("the client himself answered %d during the attack, want in", a.StatusCode)
	}
	r.Pass(time.Hour)
	if a := guesser.Post(door, typed(code, address)); a.StatusCode != 303 {
		t.Errorf("after an hour the address is still shut out: %d", a.StatusCode)
	}
}

func TestASessionIsShortAndOpensNothingElse(t *testing.T) {
	r := newRig(t, time.Millisecond)
	v := r.visitor("192.0.2.1")
	v.Post(door, typed(code, address))
	token := v.Cookies().Value("datalek-lees")
	if a, body := v.Get("/p/code-p2/lees").AndBody(); a.StatusCode != 200 || strings.Contains(body, "words") || strings.Contains(body, "First:") {
		t.Errorf("at another practice the session shows something: %d", a.StatusCode)
	}
	for _, path := range []string{"/questions", "/incidents/i-1/questions"} {
		if a := v.Get(path); a.StatusCode != 303 || !strings.HasPrefix(a.Location(), "/login") {
			t.Errorf("a reader at %s gets %d %s", path, a.StatusCode, a.Location())
		}
	}
	if a := v.Post(door+"/read", url.Values{"notice": {incidents.DeliveryID("n-9", "zoe", "zoe")}}); a.StatusCode != 404 {
		t.Errorf("confirming another practice's delivery answered %d", a.StatusCode)
	}
	for range 3 {
		r.Pass(20 * time.Minute)
		if _, body := v.Get(door).AndBody(); !strings.Contains(body, "First:") {
			t.Fatal("the session ends while he looks")
		}
	}
	r.Pass(31 * time.Minute)
	if _, body := v.Get(door).AndBody(); strings.Contains(body, "First:") {
		t.Error("the session outlives half an hour of silence")
	}
	if a := v.Post(door+"/read", url.Values{"notice": {r.delivery("n-1").ID}}); a.StatusCode != 403 || !r.delivery("n-1").ReadAt.IsZero() {
		t.Errorf("confirming without a session answered %d", a.StatusCode)
	}
	v.Post(door, typed(code, address))
	again := v.Cookies().Value("datalek-lees")
	if again == "" || again == token {
		t.Errorf("a new session has the token %q of the old", again)
	}
	if a := v.Post(door+"/done", nil); a.StatusCode != 303 {
		t.Errorf("closing answered %d", a.StatusCode)
	}
	v.Cookies().Set("datalek-lees", again)
	if _, body := v.Get(door).AndBody(); strings.Contains(body, "First:") {
		t.Error("the token still opens the notice after it was closed")
	}
}

func TestQuestionsAreBounded(t *testing.T) {
	r := newRig(t, time.Millisecond)
	v := r.visitor("192.0.2.1")
	v.Post(door, typed(code, address))
	ask := func(text string) int {
		return v.Post(door+"/question", url.Values{"_form": {page.NewFormID()}, "question": {text}}).StatusCode
	}
	for _, text := range []string{"", "   ", strings.Repeat("x", incidents.MaxQuestion+1)} {
		if got := ask(text); got != 422 {
			t.Errorf("a question of %d characters answered %d", len(text), got)
		}
	}
	for n := range incidents.MaxOpenQuestions {
		if got := ask(fmt.Sprintf("Vraag %d", n)); got != 303 {
			t.Fatalf("question %d answered %d", n, got)
		}
	}
	if got := ask("Nog een"); got != 422 {
		t.Errorf("one question too many answered %d", got)
	}
	open, err := r.Store.CountOpenQuestions(t.Context(), "p1", "i-1")
	r.Must(err)
	if open != incidents.MaxOpenQuestions {
		t.Errorf("%d questions kept, want %d", open, incidents.MaxOpenQuestions)
	}
}

func TestHostileInputIsRefusedInWords(t *testing.T) {
	r := newRig(t, time.Millisecond)
	inside := r.visitor("192.0.2.1")
	inside.Post(door, typed(code, address))
	d := r.delivery("n-1")
	for n, text := range []string{"", "\x00", "\xff\xfe", "'; DROP TABLE deliveries; --", "<script>alert(1)</script>", "{{.}}", "%00%0a", "\r\nSet-Cookie: a=b",
		strings.Repeat("A", 100_000), strings.Repeat("\U0001F600", 50), "a@b\r\nBcc: c@d.example", "\u202Egnol"} {
		v := r.visitor(fmt.Sprintf("192.0.2.%d", n+10))
		for _, form := range []url.Values{typed(text, address), typed(code, text), typed(text, text), {"reading_code": {code, text}}, {}} {
			if a := v.Post(door, form); a.StatusCode != 422 && a.StatusCode != 429 || strings.Contains(a.Body, "<script>alert") {
				t.Errorf("the door answered %d to %.40q", a.StatusCode, form)
			}
		}
		if a := inside.Post(door+"/read", url.Values{"notice": {text}}); a.StatusCode != 404 {
			t.Errorf("confirming %.40q answered %d", text, a.StatusCode)
		}
		if a := inside.Post(door+"/question", url.Values{"_form": {text}, "question": {text}}); a.StatusCode != 422 {
			t.Errorf("asking %.40q answered %d", text, a.StatusCode)
		}
		for _, path := range []string{"/p/" + url.PathEscape(text) + "/lees", "/p/code-p1/lees/" + url.PathEscape(text)} {
			if a := v.Get(path); a.StatusCode != 404 && text != "" {
				t.Errorf("%.40q answered %d", path, a.StatusCode)
			}
		}
	}
	if got := r.delivery("n-1"); got.Version != d.Version {
		t.Errorf("hostile input changed the delivery: version %d, was %d", got.Version, d.Version)
	}
}
