package notices_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestLettersOfANoticeArePrintedAndCountOnceTheyWerePosted(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	letters := "/notices/" + id + "/letters"
	_, body := r.get(letters)
	wants(t, body, "Cliënt 12 van Voorbeeld", "Verzonnenweg 12", "Bericht over uw gegevens", "Leg vast: 1 brief op de post", letters+".pdf")
	if strings.Contains(body, "Cliënt 11 van Voorbeeld") {
		t.Error("who is to be phoned gets a letter")
	}
	res, pdf := r.get(letters + ".pdf")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/pdf" || res.Header.Get("Content-Disposition") != `attachment; filename="brieven.pdf"` {
		t.Errorf("the letters come as %d %v", res.StatusCode, res.Header)
	}
	const want = "nl|Anna Voorbeeld/Voorbeeldlaan 12/1234 AB Voorbeeldstad|Cliënt 12 van Voorbeeld/Verzonnenweg 12/9999 ZZ Nergenshuizen|Voorbeeldstad|Bericht over uw gegevens\n"
	if pdf != want {
		t.Errorf("the letters are %q, want %q", pdf, want)
	}
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Channel == registry.ByLetter })
	if d.State != incidents.Queued {
		t.Errorf("printing made the letter %s", d.State)
	}
	form := url.Values{"deliveries": {d.ID}, "at_day": {"8"}, "at_month": {"3"}, "at_year": {"2027"}, "at_time": {"9:30"}}
	if res, _ := r.send("POST", letters+"/posted", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("posted = %d", res.StatusCode)
	}
	_, body = r.get("/notices/" + id + "/progress")
	wants(t, body, "Vastgelegd. 1 persoon weet het door uw brief.", "1 van 14 lezers weten het")
	_, body = r.get("/deliveries/" + d.ID)
	wants(t, body, "U stuurde een brief, op maandag 8 maart 2027 om 09.30 uur")
	if _, body = r.get(letters); !strings.Contains(body, "Er zijn geen brieven te sturen") {
		t.Error("the letter is printed again")
	}
}

func TestLettersAreMadeForAllWithAnAddressWhomNoMailReached(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	r.answer(id, 1, refused())
	_, pdf := r.get("/notices/" + id + "/letters.pdf?who=all")
	if n := strings.Count(pdf, "\n"); n != 5 { // without mail, by wish, two who share, one refused
		t.Errorf("%d letters, want 5: %q", n, pdf)
	}
	if !strings.Contains(pdf, "en|") {
		t.Error("the English client does not get English words")
	}
}

func TestPostedLettersAreRefusedUntilTheFormIsRight(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Channel == registry.ByLetter })
	at := func(day string, ids ...string) url.Values {
		return url.Values{"deliveries": ids, "at_day": {day}, "at_month": {"3"}, "at_year": {"2027"}, "at_time": {"9:30"}}
	}
	for name, form := range map[string]url.Values{"nobody ticked": at("8"), "no such day": at("32", d.ID), "in the future": at("9", d.ID)} {
		res, body := r.send("POST", "/notices/"+id+"/letters/posted", form)
		if res.StatusCode != 422 || !strings.Contains(body, "govuk-error-summary") {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	other := r.draft(incidents.ToPublic)
	if res, _ := r.send("POST", "/notices/"+other+"/letters/posted", at("8", d.ID)); res.StatusCode != 303 {
		t.Errorf("posted from a draft = %d, want to be led to the draft", res.StatusCode)
	}
	if got := r.delivery(id, func(x incidents.Delivery) bool { return x.ID == d.ID }); got.State != incidents.Queued {
		t.Errorf("faulty forms made the letter %s", got.State)
	}
	if res, _ := r.get("/notices/" + other + "/letters.pdf"); res.StatusCode != 404 {
		t.Errorf("letters of a draft = %d, want 404", res.StatusCode)
	}
	theirs := "/notices/" + id + "/letters.pdf"
	if res := r.comeIn("bert", "p2").Get(theirs); res.StatusCode != 404 {
		t.Errorf("letters of another practice = %d, want 404", res.StatusCode)
	}
}
