package notices_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/web/webtest"
)

func TestADraftIsMadeForAnAudience(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/incidents/" + r.inc.ID + "/notices")
	wants(t, body, "Nog geen bericht", "Nu zijn dat 14 lezers.", "Nu zijn dat 0 lezers.", "Maak het concept")
	id := r.draft(incidents.ToClients)
	_, body = r.get("/incidents/" + r.inc.ID + "/notices")
	wants(t, body, "14 lezers", "10 per e-mail", "Concept", `href="/notices/`+id+`"`)
	for _, tt := range []struct {
		name, audience, want string
		status               int
	}{
		{"an audience without readers", "parents", "Er is geen ouder of voogd die dit moet weten.", 422},
		{"an unknown audience", "<script>", "Kies voor wie het bericht is.", 422},
		{"none", "", "Kies voor wie het bericht is.", 422},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.send("POST", "/incidents/"+r.inc.ID+"/notices", url.Values{"audience": {tt.audience}})
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			wants(t, body, tt.want, `href="#audience"`)
		})
	}
}

func TestADraftStandsBesideItsFacts(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	res, body := r.get("/notices/" + id)
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	wants(t, body, "Verder: 10 e-mails versturen", "10 e-mails (3 Engels, 7 Nederlands)", "3 mensen belt u zelf", "1 persoon krijgt een brief",
		"1 persoon heeft geen e-mailadres.", "2 mensen delen hun e-mailadres met een ander.", "1 persoon wil liever geen gewone e-mail.",
		"Bericht over uw gegevens", "Mailbox", "E-mailadres of telefoonnummer", "Wij hebben het wachtwoord veranderd.", "Van zaterdag 6 maart 2027 om 10.00 uur",
		`value="anna@example.org"`, "De proefmail telt voor niemand.")
	res, body = r.get("/notices/" + id + "/readers")
	if res.StatusCode != 200 {
		t.Fatalf("readers = %d", res.StatusCode)
	}
	wants(t, body, "Cliënt 01 van Voorbeeld", "c-01@post.example", "Er is geen e-mailadres bekend.", "Een ander leest de e-mail op dit adres ook.", "Verzonnenweg 12")
}

func TestAnEditedTextIsKept(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id)
	hash := hidden(t, body, "text_hash")
	form := func(subject, text, hash string) url.Values {
		return url.Values{"language": {"nl"}, "subject_nl": {subject}, "text_nl": {text}, "text_hash": {hash}}
	}
	for _, tt := range []struct {
		name, subject, text, hash, want, link string
		status                                int
	}{
		{"an empty subject", " ", "Woorden.", hash, "Vul een onderwerp in.", "#subject_nl", 422},
		{"a line break in the subject", "a\r\nBcc: x@y.example", "Woorden.", hash, "onzichtbare tekens", "#subject_nl", 422},
		{"a text that is far too long", "Bericht", strings.Repeat("a", 20_001), hash, "hooguit 20000 tekens", "#text_nl", 422},
		{"a text somebody else changed", "Bericht", "Mijn <b>eigen</b> woorden.", "oud", "De tekst is intussen veranderd.", "", 409},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.send("POST", "/notices/"+id+"/text", form(tt.subject, tt.text, tt.hash))
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			wants(t, body, tt.want, tt.link, `<details class="govuk-details" open>`)
			if tt.status == 409 {
				wants(t, body, "Mijn &lt;b&gt;eigen&lt;/b&gt; woorden.</textarea>")
			}
			if n, err := r.store.Notice(t.Context(), "p1", id); err != nil || n.TextHash != hash {
				t.Errorf("the faulty text was stored: %v", err)
			}
		})
	}
	res, _ := r.send("POST", "/notices/"+id+"/text", form("Een bericht", "Goedendag,\r\n\r\nEigen <script>woorden</script>.", hash))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save = %d", res.StatusCode)
	}
	n, err := r.store.Notice(t.Context(), "p1", id)
	must(t, err)
	if got := n.Texts[0]; got.Subject != "Een bericht" || got.Body != "Goedendag,\n\nEigen <script>woorden</script>." || n.Texts[1].Language != "en" {
		t.Errorf("stored %+v", n.Texts)
	}
	_, body = r.get("/notices/" + id)
	wants(t, body, "De tekst is bewaard.", "Eigen &lt;script&gt;woorden&lt;/script&gt;.")
}

func TestATextIsShownAsTheMailItBecomes(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	_, body := r.get("/notices/" + id + "/preview?lang=en")
	wants(t, body, "Anna Voorbeeld &lt;bericht@lindehof-post.example&gt;", `src="/notices/`+id+`/preview/html?lang=en" sandbox `, "Zonder opmaak", "Bekijk de tekst in het Nederlands")
	res, body := r.get("/notices/" + id + "/preview/html?lang=en")
	if got := res.Header.Get("Content-Security-Policy"); !strings.Contains(got, "sandbox") || !strings.Contains(got, "frame-ancestors 'self'") {
		t.Errorf("the frame's policy is %q", got)
	}
	wants(t, body, `<html lang="en"`, "Hello,")
	for _, lang := range []string{"de", "%3Cscript%3E"} {
		if res, _ := r.get("/notices/" + id + "/preview?lang=" + lang); res.StatusCode != 404 {
			t.Errorf("a language without text = %d, want 404", res.StatusCode)
		}
	}
}

func TestATrialMailGoesToOneselfAndCountsForNobody(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	res, body := r.send("POST", "/notices/"+id+"/trial", url.Values{"language": {"nl"}, "email": {"geen adres"}})
	if res.StatusCode != 422 {
		t.Errorf("a bad address = %d, want 422", res.StatusCode)
	}
	wants(t, body, "Vul één e-mailadres in", `value="geen adres"`)
	res, _ = r.send("POST", "/notices/"+id+"/trial", url.Values{"language": {"en"}, "email": {"anna@example.org"}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("trial = %d", res.StatusCode)
	}
	due, err := r.store.DueDeliveries(t.Context(), r.now(), 10)
	must(t, err)
	if len(due) != 1 {
		t.Fatalf("%d mails wait, want the trial", len(due))
	}
	if res, _ := r.get("/deliveries/" + due[0].ID); res.StatusCode != 404 {
		t.Errorf("the trial mail shows as a person: %d", res.StatusCode)
	}
	tellings, err := r.store.Tellings(t.Context(), "p1", r.inc.ID)
	must(t, err)
	if len(tellings) != 0 {
		t.Errorf("the trial counts: %v", tellings)
	}
}

func TestADraftCanBeThrownAway(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	res, _ := r.send("POST", "/notices/"+id+"/withdraw", url.Values{})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdraw = %d", res.StatusCode)
	}
	_, body := r.get("/notices/" + id)
	wants(t, body, "Weggegooid")
	if strings.Contains(body, "/approve") {
		t.Error("a draft that was thrown away can still be approved")
	}
	if res, _ := r.get("/notices/" + id + "/approve"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("its approval page = %d", res.StatusCode)
	}
	if res, _ := r.send("POST", "/notices/"+id+"/withdraw", url.Values{}); res.StatusCode != 409 {
		t.Errorf("again = %d, want 409", res.StatusCode)
	}
}

func TestAnotherPracticeSeesNothing(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(incidents.Delivery) bool { return true })
	r.visitor = r.comeIn("bert", "p2")
	for _, path := range []string{"/incidents/" + r.inc.ID + "/notices", "/incidents/" + r.inc.ID + "/telling", "/notices/" + id, "/notices/" + id + "/preview",
		"/notices/" + id + "/preview/html", "/notices/" + id + "/readers", "/notices/" + id + "/approve", "/notices/" + id + "/progress",
		"/notices/" + id + "/answers", "/notices/" + id + "/calls", "/notices/" + id + "/events", "/deliveries/" + d.ID, "/deliveries/" + d.ID + "/letter"} {
		if res, body := r.get(path); res.StatusCode != 404 || strings.Contains(body, "Voorbeeld") {
			t.Errorf("%s = %d, want 404", path, res.StatusCode)
		}
	}
	for _, path := range []string{"/incidents/" + r.inc.ID + "/notices", "/notices/" + id + "/text", "/notices/" + id + "/trial", "/notices/" + id + "/withdraw",
		"/notices/" + id + "/approve", "/deliveries/" + d.ID + "/told", "/deliveries/" + d.ID + "/unreachable"} {
		if res, _ := r.send("POST", path, url.Values{"audience": {"clients"}, "reason": {"x"}, "by": {"phone"}}); res.StatusCode != 404 {
			t.Errorf("POST %s = %d, want 404", path, res.StatusCode)
		}
	}
	r.visitor = webtest.NewVisitor(t, r.site)
	if res, _ := r.get("/notices/" + id); res.StatusCode != http.StatusSeeOther {
		t.Errorf("without login = %d, want the login page", res.StatusCode)
	}
}
