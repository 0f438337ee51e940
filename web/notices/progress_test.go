package notices_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestProgressCountsEveryReader(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	_, body := r.get("/notices/" + id + "/progress")
	wants(t, body, "0 van 14 lezers weten het", "E-mail nog niet verstuurd 10", "U belt of schrijft nog 4", "0 procent van de e-mails is verstuurd.",
		`data-events="/notices/`+id+`/events"`, "Haal de nieuwste stand op", `role="status"`)
	r.answer(id, 6, accepted())
	r.answer(id, 1, refused())
	r.answer(id, 1, deferred())
	_, body = r.get("/notices/" + id + "/progress")
	wants(t, body, "6 van 14 lezers weten het", "Aangenomen door de mailserver 6", "E-mail nog niet verstuurd 3", "E-mail geweigerd 1", "U belt of schrijft nog 4",
		"Totaal 14", "70 procent van de e-mails is verstuurd.", "550 5.1.1 No such user", "451 4.7.1 Greylisted", "Het programma probeert het opnieuw op",
		"Er is geen e-mailadres bekend.", `href="tel:&#43;316`, "Vertel het intussen zelf aan 5 mensen.")
	if strings.Contains(body, "<script>alert(1)") {
		t.Error("the server's words are markup")
	}
	if got := strings.Count(body, `<g transform=`); got != 14 {
		t.Errorf("%d marks, want 14", got)
	}
	r.answer(id, 2, accepted())
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.State == incidents.Deferred })
	_, err := r.office.Told(t.Context(), "p1", d.ID, word("phone", r.now()))
	must(t, err)
	_, err = r.store.UpdateNotice(t.Context(), "p1", id, func(n *incidents.Notice) error { n.Progressed(nil, 0, r.now()); return nil })
	must(t, err)
	_, body = r.get("/notices/" + id + "/progress")
	wants(t, body, "9 van 14 lezers weten het", "Door u zelf verteld 1", "Vertel het nog zelf aan 5 mensen.", "Verstuurd")
	if strings.Contains(body, "data-events") {
		t.Error("the page still listens when nothing moves any more")
	}
	_, body = r.get("/notices/" + id + "/answers")
	n, err := r.store.Notice(t.Context(), "p1", id)
	must(t, err)
	wants(t, body, "E-mail, Nederlands", "E-mail, Engels", "via mail.example:587 onder ", "Tekstversie: "+n.TextHash)
	wants(t, body, "De mailserver nam de e-mail aan. In de woorden van de server zelf: 250 2.0.0 OK queued", "De mailserver weigerde dit adres. In de woorden van de server zelf: 550 5.1.1", "U vertelde het aan de telefoon")
}

func TestPeopleBeyondOnePageAreThereOnTheNext(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	var more []incidents.Delivery
	n, err := r.store.Notice(t.Context(), "p1", id)
	must(t, err)
	for i := range 60 {
		key := string(rune('a'+i/26)) + string(rune('a'+i%26))
		more = append(more, incidents.NewDelivery(n, incidents.Recipiency{Person: "x-" + key, Reader: "x-" + key, Language: "nl", Channel: registry.ByPhone,
			Why: incidents.WhyNoEmail, Name: "Extra " + key, Phone: "+31 6 1"}))
	}
	must(t, r.store.PutDeliveries(t.Context(), "p1", more))
	_, first := r.get("/notices/" + id + "/progress")
	_, rest, found := strings.Cut(first, `rel="next"`)
	if !found || rest == "" {
		t.Fatal("there is no next page")
	}
	before, _, _ := strings.Cut(first, `" rel="next"`)
	next := before[strings.LastIndex(before, `href="`)+6:]
	_, second := r.get(strings.ReplaceAll(next, "&amp;", "&"))
	if got := strings.Count(first, "/deliveries/") + strings.Count(second, "/deliveries/"); got != 64 {
		t.Errorf("both pages name %d people, want 64", got)
	}
}

func TestTheStreamSaysWhatMovedAndEnds(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	r.answer(id, 1, accepted())
	req, err := http.NewRequestWithContext(t.Context(), "GET", r.site+"/notices/"+id+"/events", nil)
	must(t, err)
	res, err := r.visitor.Client().Do(req)
	must(t, err)
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") || res.StatusCode != 200 {
		t.Fatalf("the stream is %d %q", res.StatusCode, got)
	}
	lines := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if text, found := strings.CutPrefix(lines.Text(), prefix); found {
				return text
			}
		}
		t.Fatalf("the stream ended before %q", prefix)
		return ""
	}
	if got := next("data: "); got != `{"queued":13,"sent":1}` {
		t.Errorf("the first word is %s", got)
	}
	r.answer(id, 9, accepted())
	if got := next("event: "); got != "done" {
		t.Errorf("event %q, want done", got)
	}
	if got := next("data: "); got != `{"queued":4,"sent":10}` {
		t.Errorf("the last word is %s", got)
	}
	for lines.Scan() {
		if lines.Text() != "" {
			t.Errorf("after the end came %q", lines.Text())
		}
	}
}

func TestSomebodyIsToldByPhone(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Why == incidents.WhyNoEmail })
	_, body := r.get("/deliveries/" + d.ID)
	wants(t, body, "Cliënt 11 van Voorbeeld", "Bel +31 6 0000 0011", `href="tel:&#43;31600000011"`, "spreek ik met Cliënt 11 van Voorbeeld?", "Kan ik u nu even spreken",
		"kon een onbekende in onze mailbox", "Zeg alleen dat u later terugbelt", "Ik heb gebeld")
	if strings.Contains(wordsOf(body), "Met vriendelijke groet") {
		t.Error("the script says the signature aloud")
	}
	path := "/deliveries/" + d.ID + "/told"
	form := func(by, day, clock, note string) url.Values {
		return url.Values{"by": {by}, "at_day": {day}, "at_month": {"3"}, "at_year": {"2027"}, "at_time": {clock}, "note": {note}}
	}
	for _, tt := range []struct{ name, by, day, clock, note, want, link string }{
		{"no way", "", "8", "9:30", "", "Kies telefoon, brief, bericht of persoonlijk.", "#by"},
		{"an unknown way", "pigeon", "8", "9:30", "", "Kies telefoon, brief, bericht of persoonlijk.", "#by"},
		{"no time", "phone", "", "", "", "Deze dag of tijd bestaat niet.", "#at"},
		{"a day that does not exist", "phone", "32", "9:30", "", "Deze dag of tijd bestaat niet.", "#at"},
		{"the future", "phone", "9", "9:30", "", "Dit ligt in de toekomst.", "#at"},
		{"an hour the clock skipped", "phone", "28", "2:30", "", "Deze tijd bestond niet", "#at"},
		{"a note that is far too long", "phone", "8", "9:30", strings.Repeat("n", 2001), "hooguit 2000 tekens", "#note"},
		{"hidden characters", "phone", "8", "9:30", "a\u202eb", "onzichtbare tekens", "#note"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.send("POST", path, form(tt.by, tt.day, tt.clock, tt.note))
			if res.StatusCode != 422 {
				t.Errorf("status %d, want 422", res.StatusCode)
			}
			wants(t, body, tt.want, `href="`+tt.link+`"`, "<title>Fout:")
			if tt.day != "" {
				wants(t, body, `value="`+tt.day+`"`)
			}
		})
	}
	if got, err := r.store.Delivery(t.Context(), "p1", d.ID); err != nil || got.State != incidents.Queued {
		t.Fatalf("faulty forms left the delivery %s: %v", got.State, err)
	}
	res, _ := r.send("POST", path, form("phone", "8", "9:30", "Belt <b>morgen</b> terug."))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id+"/progress" {
		t.Fatalf("told = %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	_, body = r.get("/notices/" + id + "/progress")
	wants(t, body, "Vastgelegd. Deze persoon weet het.", "1 van 14 lezers weten het", "Door u zelf verteld 1")
	_, body = r.get("/deliveries/" + d.ID)
	wants(t, body, "U vertelde het aan de telefoon, op maandag 8 maart 2027 om 09.30 uur", "Belt <b>morgen</b> terug.")
	if strings.Contains(body, "<b>morgen") {
		t.Error("the note is markup")
	}
	if strings.Contains(body, `action="/deliveries/`) {
		t.Error("who knows it can be told once more")
	}
	if res, body = r.send("POST", path, form("phone", "8", "9:30", "")); res.StatusCode != 409 {
		t.Errorf("told twice = %d, want 409", res.StatusCode)
	}
	wants(t, body, "Deze persoon weet het al")
}

func TestSomebodyCannotBeReached(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })
	path := "/deliveries/" + d.ID + "/unreachable"
	for _, reason := range []string{"", "   ", strings.Repeat("r", 2001)} {
		res, body := r.send("POST", path, url.Values{"reason": {reason}})
		if res.StatusCode != 422 {
			t.Errorf("status %d, want 422", res.StatusCode)
		}
		wants(t, body, `href="#reason"`)
	}
	res, _ := r.send("POST", path, url.Values{"reason": {"Drie keer gebeld."}, "from": {"telling"}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/incidents/"+r.inc.ID+"/telling" {
		t.Fatalf("unreachable = %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	_, body := r.get("/incidents/" + r.inc.ID + "/telling")
	wants(t, body, "Aan 0 van 14 cliënten is het verteld", "Niet bereikt, wel geprobeerd 1", "Weet het nog niet 13")
	_, body = r.get("/deliveries/" + d.ID)
	wants(t, body, "Drie keer gebeld.", "Leg vast: deze persoon weet het")
}

func TestALetterIsPlainAndToldByLetter(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Channel == registry.ByLetter })
	_, body := r.get("/deliveries/" + d.ID)
	wants(t, body, "Verzonnenweg 12", `value="letter" checked`)
	res, letter := r.get("/deliveries/" + d.ID + "/letter")
	if got := res.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("the letter comes as %q", got)
	}
	if !strings.HasPrefix(letter, "Anna Voorbeeld\nVoorbeeldlaan 12\n1234 AB Voorbeeldstad\n\nCliënt 12 van Voorbeeld\nVerzonnenweg 12\n9999 ZZ Nergenshuizen\n\n8 maart 2027\n\nBericht over uw gegevens\n\n") ||
		strings.Contains(letter, "datalek") {
		t.Errorf("the letter reads %q", letter)
	}
}

func TestTheCallListHoldsThoseToPhoneWithTheWords(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	r.answer(id, 1, refused())
	_, body := r.get("/notices/" + id + "/calls")
	wants(t, body, "Cliënt 11 van Voorbeeld", "Cliënt 13 van Voorbeeld", "Kan ik u nu even spreken", "met wie spreek ik?", `class="dl-printline"`)
	if at11, at14 := strings.Index(body, "Cliënt 11 van Voorbeeld"), strings.Index(body, "Cliënt 14 van Voorbeeld"); at11 > at14 {
		t.Error("the list is not in the order of names")
	}
	wants(t, body, "Nederlands", "Er is geen e-mailadres bekend.")
	if strings.Contains(body, "Cliënt 12 van Voorbeeld") {
		t.Error("who wants a letter is on the call list")
	}
	if got := strings.Count(body, `href="tel:`); got != 4 {
		t.Errorf("%d numbers, want 4", got)
	}
}

func TestTellingCountsOverAllNotices(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/incidents/" + r.inc.ID + "/telling")
	wants(t, body, "Aan 0 van 14 cliënten is het verteld", "Nog geen bericht goedgekeurd", "Cliënt 01 van Voorbeeld")
	id := r.approved()
	r.answer(id, 10, accepted())
	_, body = r.get("/incidents/" + r.inc.ID + "/telling")
	wants(t, body, "Aan 10 van 14 cliënten is het verteld", "Cliënt 11 van Voorbeeld", "Bellen", "?from=telling")
	if strings.Contains(body, "Cliënt 01 van Voorbeeld") {
		t.Error("somebody who knows is listed")
	}
	_, err := r.store.UpdateDelivery(t.Context(), "p1", r.delivery(id, func(d incidents.Delivery) bool { return d.State == incidents.Sent }).ID,
		func(d *incidents.Delivery) error { d.State = incidents.Bounced; return nil })
	must(t, err)
	_, body = r.get("/incidents/" + r.inc.ID + "/telling")
	wants(t, body, "Aan 9 van 14 cliënten is het verteld", "Teruggekomen")
}

func TestWhatStillWaitsIsNamedWhereOneLooksAfterSending(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	_, body := r.get("/notices/" + id + "/progress")
	if strings.Contains(body, "Deze berichten wachten op u") {
		t.Error("nothing waits, yet the page says so")
	}
	other := r.draft(incidents.ToPublic)
	_, body = r.get("/notices/" + id + "/progress")
	wants(t, body, "Deze berichten wachten op u", `href="/notices/`+other+`"`)
}

func TestThePagesSpeakEnglish(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	if res, _ := r.get("/notices/" + id + "/progress?taal=en"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the language link = %d", res.StatusCode)
	}
	for path, want := range map[string]string{
		"/notices/" + id + "/progress":           "0 of 14 readers know",
		"/notices/" + id:                         "What this rests on",
		"/incidents/" + r.inc.ID + "/notices":    "Who is the message for?",
		"/incidents/" + r.inc.ID + "/telling":    "Who does not know yet?",
		"/notices/" + id + "/answers":            "No answer yet",
		"/notices/" + id + "/calls":              "Call list",
		"/notices/" + id + "/preview?lang=nl":    "Nobody sees names or addresses of others.",
		"/incidents/" + r.inc.ID + "/notices?x=": "10 by email",
	} {
		if _, body := r.get(path); !strings.Contains(wordsOf(body), want) {
			t.Errorf("%s lacks %q: %s", path, want, wordsOf(body))
		}
	}
}

func TestALinkIsKnownFromItsDay(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	r.Pass(26 * time.Hour)
	r.visitor = r.comeIn("anna", "p1")
	_, body := r.get("/incidents/" + r.inc.ID + "/notices")
	wants(t, body, "goedgekeurd op ma 8 mrt 2027, 10.00", `href="/notices/`+id+`/progress"`)
}
