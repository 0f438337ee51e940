package notices_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// calls is the case's list of whom a person must tell.
func (r *rig) calls(query string) string {
	r.t.Helper()
	res, body := r.get("/incidents/" + r.inc.ID + "/calls" + query)
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the call list = %d: %s", res.StatusCode, wordsOf(body))
	}
	return body
}

// record sends one of the forms of a row, as it stands on the list.
func (r *rig) record(d incidents.Delivery, act string, form url.Values) {
	r.t.Helper()
	form.Set("from", "calls")
	res, body := r.send("POST", "/deliveries/"+d.ID+"/"+act, form)
	if want := "/incidents/" + r.inc.ID + "/calls"; res.StatusCode != http.StatusSeeOther || res.Location() != want {
		r.t.Fatalf("%s = %d to %q, want %s: %s", act, res.StatusCode, res.Location(), want, wordsOf(body))
	}
}

// clientClock is the case's own promise as it is stored.
func (r *rig) clientClock() incidents.Clock {
	r.t.Helper()
	inc, err := r.store.Incident(r.t.Context(), "p1", r.inc.ID)
	must(r.t, err)
	return *inc.Clock(incidents.ClientClock)
}

func TestTheCaseListsWhomAPersonMustTellAndWhy(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	r.answer(id, 1, refused())
	r.answer(id, 9, accepted())
	body := r.calls("")
	wants(t, body, "U vertelt het zelf nog aan 5 mensen", "Nog te bellen (5)", "Klaar (0)", "Er is geen e-mailadres bekend.", "Deze persoon wil liever geen gewone e-mail.",
		"Een ander leest de e-mail op dit adres ook.", "De mailserver weigerde dit adres.", "In de woorden van de server zelf: 550 5.1.1", `href="tel:&#43;31600000011"`,
		"Beloofd vóór wo 10 mrt 2027", "Tekst 1: wat u zegt (", "Nederlands)", "met wie spreek ik?", "Verzonnenweg 12", `name="_form"`)
	if !strings.Contains(body, `<q lang="">550 5.1.1`) {
		t.Error("the server's words have no language of their own")
	}
	if n := strings.Count(body, "/told\""); n != 5 {
		t.Errorf("%d rows can be told, want 5", n)
	}
	names := []string{"Cliënt 11 van", "Cliënt 12 van", "Cliënt 13 van", "Cliënt 14 van"}
	at := func(name string) int { return strings.Index(body, name) }
	if !slices.IsSortedFunc(names, func(a, b string) int { return at(a) - at(b) }) {
		t.Error("the people do not stand in the order of their names")
	}
	r.Pass(72 * time.Hour)
	r.visitor = r.comeIn("anna", "p1")
	wants(t, r.calls(""), "Te laat: beloofd vóór wo 10 mrt 2027")
	if res := r.comeIn("bert", "p2").Get("/incidents/" + r.inc.ID + "/calls"); res.StatusCode != http.StatusNotFound {
		t.Errorf("another practice's list = %d, want 404", res.StatusCode)
	}
}

func TestTheListIsWorkedOffByPhoneAndTheClockFollows(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	r.answer(id, 10, accepted())
	by := func(why string) incidents.Delivery {
		return r.delivery(id, func(d incidents.Delivery) bool { return d.Why == why && d.Call() == incidents.CallOpen })
	}
	mute, paper := by(incidents.WhyNoEmail), by(incidents.WhyWish)
	now := url.Values{"by": {"phone"}, "at_local": {""}, "note": {"Geen gehoor."}}
	r.record(mute, "tried", now)
	r.Pass(time.Hour)
	r.record(mute, "tried", url.Values{"by": {"phone"}, "at_local": {"2027-03-08T10:30"}})
	wants(t, r.calls(""), "Nog te bellen (4)", "2 keer geprobeerd, niet bereikt", "Aan de telefoon, ma 8 mrt 2027, 10.00 uur: Geen gehoor.", "Aan de telefoon, ma 8 mrt 2027, 10.30 uur")
	if c := r.clientClock(); c.Told+c.Settled > 10 {
		t.Errorf("an attempt counts: %d told, %d settled", c.Told, c.Settled)
	}
	r.record(mute, "told", url.Values{"by": {"phone"}, "at_local": {""}})
	r.record(paper, "told", url.Values{"by": {"letter"}, "at_local": {"2027-03-08T10:40"}, "note": {"Op de post."}})
	one := by(incidents.WhyShared)
	r.record(one, "told", url.Values{"by": {"in_person"}, "at_local": {""}})
	if c := r.clientClock(); !c.MetAt.IsZero() || c.Told != 13 {
		t.Errorf("with one left the clock has told %d, met at %s", c.Told, c.MetAt)
	}
	r.record(by(incidents.WhyShared), "unreachable", url.Values{"reason": {"Drie keer gebeld, verhuisd."}})
	if c := r.clientClock(); c.MetAt.IsZero() || c.Told != 13 || c.Settled != 1 {
		t.Errorf("at the end the clock has told %d, settled %d, met at %s; want 13, 1 and met", c.Told, c.Settled, c.MetAt)
	}
	wants(t, r.calls(""), "U hoeft niemand te bellen", "Klaar (4)")
	wants(t, r.calls("?show=done"), "U vertelde het aan de telefoon", "U stuurde een brief", "U vertelde het persoonlijk", "vast dat dit niet lukte", "Drie keer gebeld, verhuisd.", "2 keer geprobeerd")
	if got := r.delivery(id, func(d incidents.Delivery) bool { return d.ID == paper.ID }); got.To.ByUser != "anna" || got.To.By != "letter" {
		t.Errorf("recorded by %q as %q", got.To.ByUser, got.To.By)
	}
}

func TestAFaultOnTheListIsMendedOnTheReadersPage(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Why == incidents.WhyNoEmail })
	for _, tt := range []struct {
		name, act, want string
		form            url.Values
	}{
		{"an attempt in the future", "tried", "Vul in wanneer u het probeerde.", url.Values{"by": {"phone"}, "at_local": {"2027-03-09T10:00"}}},
		{"an attempt by no way", "tried", "Kies telefoon, brief, bericht of persoonlijk.", url.Values{"by": {""}, "at_local": {""}}},
		{"an attempt at an hour that the clock skipped", "tried", "Deze tijd bestond niet", url.Values{"by": {"phone"}, "at_local": {"2027-03-28T02:30"}}},
		{"an attempt at no time", "tried", "bestaat niet", url.Values{"by": {"phone"}, "at_local": {"gisteren"}}},
		{"told in the future", "told", "Dit ligt in de toekomst.", url.Values{"by": {"phone"}, "at_local": {"2027-03-09T10:00"}}},
		{"unreachable without a word", "unreachable", "Leg dit kort uit.", url.Values{"reason": {""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.form.Set("from", "calls")
			res, body := r.send("POST", "/deliveries/"+d.ID+"/"+tt.act, tt.form)
			if res.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("status %d: %s", res.StatusCode, wordsOf(body))
			}
			wants(t, body, tt.want, `name="from" value="calls"`)
		})
	}
	if got := r.delivery(id, func(x incidents.Delivery) bool { return x.ID == d.ID }); len(got.Tries) != 0 || got.State.Told() {
		t.Errorf("something was recorded: %+v", got)
	}
	if res := r.comeIn("bert", "p2").Post("/deliveries/"+d.ID+"/tried", url.Values{"by": {"phone"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("another practice's attempt = %d, want 404", res.StatusCode)
	}
}

func TestALongListIsPagedAndEverybodyIsThereOnce(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	n, err := r.store.Notice(t.Context(), "p1", id)
	must(t, err)
	var more []incidents.Delivery
	for i := range 500 {
		key := string([]rune{rune('a' + i%26), rune('a' + i/26%26), rune('a' + i/676)})
		more = append(more, incidents.NewDelivery(n, incidents.Recipiency{Person: "x-" + key, Reader: "x-" + key, Language: "en", Channel: registry.ByPhone,
			Why: incidents.WhyNoEmail, Name: "Extra " + key, Phone: "+31 6 1"}))
	}
	must(t, r.store.PutDeliveries(t.Context(), "p1", more))
	seen, path := map[string]int{}, ""
	for pages := 0; ; pages++ {
		body := r.calls(path)
		for _, part := range strings.Split(body, `action="/deliveries/`)[1:] {
			if d, _, _ := strings.Cut(part, "/"); strings.HasPrefix(part, d+"/told") {
				seen[d]++
				if pages == 1 && seen[d] == 1 && len(seen) == 21 { // told in the middle of turning pages, the first of this one
					r.send("POST", "/deliveries/"+d+"/told", url.Values{"by": {"phone"}, "at_local": {""}, "from": {"calls"}})
				}
			}
		}
		before, _, found := strings.Cut(body, `" rel="next"`)
		if !found {
			break
		}
		next := before[strings.LastIndex(before, `href="`)+6:]
		path = strings.ReplaceAll(next[strings.Index(next, "?"):], "&amp;", "&")
	}
	if len(seen) != 504 {
		t.Errorf("%d people were seen on the pages, want 504", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was seen %d times", id, n)
		}
	}
	res, body := r.get("/incidents/" + r.inc.ID + "/calls/print")
	if res.StatusCode != http.StatusOK || strings.Count(body, "dl-tick\"") != 500 || strings.Contains(body, "<form method=\"post\" action=\"/deliveries") {
		t.Errorf("the paper list = %d with %d boxes, want 500 and no forms", res.StatusCode, strings.Count(body, "dl-tick\""))
	}
	wants(t, body, "Tekst 1:", "Tekst 2:", "Engels)", "Nederlands)", "Wanneer, hoe, notitie", `rel="next"`)
	if strings.Count(body, "dl-mail__body") != 2 {
		t.Error("the words do not stand once for each language")
	}
}

func TestTheListSaysThatAnotherMessageReachedSomebody(t *testing.T) {
	r := newRig(t)
	first := r.approved()
	r.answer(first, 10, accepted())
	back := r.delivery(first, func(d incidents.Delivery) bool { return d.State == incidents.Sent })
	must(t, update(r, back.ID, func(d *incidents.Delivery) { d.State = incidents.Bounced }))
	second, err := r.store.Notice(t.Context(), "p1", first)
	must(t, err)
	again := *second
	again.ID = "again"
	must(t, r.store.CreateNotice(t.Context(), &again))
	other := incidents.NewDelivery(&again, incidents.Recipiency{Person: back.Person, Reader: back.Reader, Language: "nl", Channel: registry.ByPhone, Name: "Een ander"})
	must(t, r.store.PutDeliveries(t.Context(), "p1", []incidents.Delivery{other}))
	webtest.Lacks(t, r.calls(""), "heeft deze persoon wel bereikt")
	r.record(other, "told", url.Values{"by": {"phone"}, "at_local": {""}})
	wants(t, r.calls(""), "Een ander bericht over dit datalek heeft deze persoon wel bereikt.", "Teruggekomen")
}

func update(r *rig, id string, change func(*incidents.Delivery)) error {
	_, err := r.store.UpdateDelivery(r.t.Context(), "p1", id, func(d *incidents.Delivery) error { change(d); return nil })
	return err
}

func TestAMailThatCouldNotBeEncryptedSaysSo(t *testing.T) {
	r := newRig(t)
	id := r.approved()
	d := r.delivery(id, func(d incidents.Delivery) bool { return d.Channel == registry.ByEmail })
	must(t, update(r, d.ID, func(d *incidents.Delivery) {
		d.State, d.To.OpenPGPKey = incidents.Refused, "key"
		d.Attempts = []incidents.Attempt{{At: r.now(), Kind: incidents.RefusedPerson, Stage: "compose", Text: "the key expired"}}
	}))
	body := r.calls("")
	wants(t, body, "De e-mail kon niet worden versleuteld met de sleutel van deze persoon.")
	webtest.Lacks(t, body, "De mailserver weigerde dit adres")
}
