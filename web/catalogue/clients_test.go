package catalogue_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/webtest"
)

func clientForm() url.Values {
	return url.Values{"name": {"Jan <i>Proef</i>"}, "external_id": {"N-7"}, "relation": {"client"}, "email": {"jan@voorbeeldpost.example"}, "phone": {"+31 6 1"},
		"postal_address": {"Verzonnenweg 1\r\n9999 ZZ Nergenshuizen"}, "channel": {"phone"}, "language": {"en"}, "birth_year": {"2012"},
		"guardians": {"N-1\r\n"}, "agreed": {"shared_mail", "guardians"}, "coach": {"Anna"},
		"guidance_from_day": {"1"}, "guidance_from_month": {"3"}, "guidance_from_year": {"2025"}}
}

func TestAClientIsAddedAndShown(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/clients")
	webtest.Wants(t, body, "Nog niemand in de lijst", `href="/clients/import"`)
	parent := r.add("p1", person("N-1", "Ouder Proef"))
	body = r.follow("/clients/new", clientForm())
	webtest.Wants(t, body, "Jan &lt;i&gt;Proef&lt;/i&gt;", "Ouder Proef (N-1)", "Per telefoon", "Engels", "2012", "9999 ZZ Nergenshuizen", "Sinds 1 maart 2025",
		"In begeleiding.", "Volgens de regels van uw systemen")
	title, _, _ := strings.Cut(body, "</title>")
	webtest.Lacks(t, title, "Proef")
	got := r.Numbered("p1", "N-7")
	want := registry.Client{ID: got.ID, PracticeID: "p1", Version: 1, Language: "en", Relation: registry.RelationClient, BirthYear: 2012, Guardians: []string{parent.ID},
		Channel: registry.ByPhone, GuardiansAgreed: true, SharedMailAgreed: true, HoldingsByRule: true, UpdatedAt: r.Now(),
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2025, Month: 3, Day: 1}}},
		Person: registry.Person{ExternalID: "N-7", Name: "Jan <i>Proef</i>", Email: "jan@voorbeeldpost.example", Phone: "+31 6 1",
			PostalAddress: "Verzonnenweg 1\n9999 ZZ Nergenshuizen", Coach: "Anna"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
}

func TestWhoGetsNoNumberIsGivenAFreeOne(t *testing.T) {
	r := newRig(t)
	r.add("p1", person("P-0002", "Heeft Het Al"))
	for _, want := range []string{"P-0003", "P-0004"} {
		r.follow("/clients/new", url.Values{"name": {"Zonder Nummer"}, "relation": {"client"}, "language": {"nl"}})
		r.Numbered("p1", want)
	}
}

func TestSavingAClientKeepsWhatThePageDoesNotShow(t *testing.T) {
	r := newRig(t)
	r.systems()
	x := person("N-7", "Jan Proef")
	x.Person.OpenPGPKey, x.HoldingsByRule = "-----BEGIN PGP PUBLIC KEY BLOCK-----", false
	from := r.Now().AddDate(-1, 0, 0)
	x.Holdings = []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, From: &from}}
	x.Guidance = append(x.Guidance, registry.Guidance{From: registry.Date{Year: 2024, Month: 1, Day: 1}, Until: registry.Date{Year: 2024, Month: 2, Day: 1}})
	r.add("p1", person("N-1", "Ouder Proef"))
	before := r.add("p1", x, "N-1")
	before = r.stored(before.ID)
	_, body := r.get("/clients/" + before.ID + "/edit")
	webtest.Wants(t, body, "Ouder Proef (N-1)")
	form := clientForm()
	form.Set("version", version(t, body))
	form.Set("external_id", "N-8")
	r.follow("/clients/"+before.ID+"/edit", form)
	got := r.stored(before.ID)
	if diff := cmp.Diff(before.Holdings, got.Holdings); diff != "" {
		t.Errorf("holdings (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Guidance, got.Guidance); diff != "" {
		t.Errorf("guidance (-before +after):\n%s", diff)
	}
	if got.Person.OpenPGPKey != x.Person.OpenPGPKey || got.HoldingsByRule || got.Person.ExternalID != "N-8" || got.Person.Name != "Jan <i>Proef</i>" {
		t.Errorf("client = %+v", got)
	}
}

func TestAnUntouchedFormChangesNothing(t *testing.T) {
	r := newRig(t)
	parent := person("N-1, senior", "Ouder Proef")
	parent.Person.Email = ""
	r.add("p1", parent)
	x := person("N-7", "Jan Proef")
	x.Channel, x.BirthYear, x.SharedMailAgreed = registry.ByLetter, 2015, true
	x = r.stored(r.add("p1", x, "N-1, senior").ID)
	_, body := r.get("/clients/" + x.ID + "/edit")
	r.follow("/clients/"+x.ID+"/edit", filled(body))
	got := r.stored(x.ID)
	x.Version++
	if diff := cmp.Diff(x, got); diff != "" {
		t.Errorf("client (-before +after):\n%s", diff)
	}
}

func TestPeopleAreFoundWithoutAnythingInTheAddress(t *testing.T) {
	r := newRig(t)
	r.add("p1", person("N-1", "José Wageningen"))
	r.add("p1", person("N-2", "Piet Proef"))
	r.add("p2", person("N-3", "José Vreemd"))
	for _, tt := range []struct{ name, asked, finds, misses string }{
		{"by a part of the name, without accents", "jose w", "José Wageningen", "Piet Proef"},
		{"by the whole number", "N-2", "Piet Proef", "José Wageningen"},
		{"by the whole address, in any case", "N-1@VoorbeeldPost.example", "José Wageningen", "Piet Proef"},
		{"by a part of an address finds nobody", "voorbeeldpost", "Niemand gevonden", "Piet Proef"},
		{"not in another practice", "José", "José Wageningen", "José Vreemd"},
		{"nor by number there", "N-3", "Niemand gevonden", "José Vreemd"},
		{"with HTML", "<script>alert(1)</script>", "&lt;script&gt;alert(1)", "<script>alert(1)"},
		{"with a control character", "Piet\x00", "Niemand gevonden", "Piet Proef</a>"},
		{"far too long", strings.Repeat("x", 10_000), "Niemand gevonden", "Piet Proef"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.post("/clients", url.Values{"q": {tt.asked}})
			if res.StatusCode != http.StatusOK {
				t.Fatalf("status %d", res.StatusCode)
			}
			webtest.Wants(t, body, tt.finds)
			webtest.Lacks(t, body, tt.misses)
		})
	}
	if res, _ := r.post("/clients", url.Values{"q": {" "}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("an empty search = %d, want 303 to everybody", res.StatusCode)
	}
	for _, secret := range []string{"José", "Jos", "voorbeeldpost", "Wageningen"} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}

func TestASearchGoesFurtherWhereItStopped(t *testing.T) {
	r := newRig(t)
	var many []casework.ClientInput
	for n := range 5100 {
		name := "Voorbeeld"
		if n%45 == 0 {
			name = "Gezocht"
		}
		many = append(many, casework.ClientInput{Client: person(fmt.Sprintf("N-%04d", n), fmt.Sprintf("%s %04d", name, n))})
	}
	_, _, err := r.Office.SaveClients(t.Context(), r.Practice("p1"), many)
	r.Must(err)
	form := url.Values{"q": {"gezocht"}}
	seen, presses := 0, 0
	for further := true; further; presses++ {
		_, body := r.post("/clients", form)
		seen += strings.Count(body, `">Gezocht `)
		var rest string
		if _, rest, further = strings.Cut(body, `name="further" value="`); further {
			key, _, _ := strings.Cut(rest, `"`)
			form.Set("further", key)
		}
		if presses > 10 {
			t.Fatal("the search never ends")
		}
	}
	if seen != 114 || presses != 3 {
		t.Errorf("%d found in %d presses, want 114 in 3", seen, presses)
	}
}

func TestTheListIsPagedByKey(t *testing.T) {
	r := newRig(t)
	for n := range 60 {
		r.add("p1", person(fmt.Sprintf("N-%02d", n), fmt.Sprintf("Persoon %02d", n)))
	}
	_, first := r.get("/clients")
	webtest.Wants(t, first, "60 mensen", "Persoon 00", "Persoon 49", `rel="next"`)
	webtest.Lacks(t, first, "Persoon 50")
	_, rest, _ := strings.Cut(first, `dl-pager__side--next"><a class="govuk-link" href="`)
	next, _, _ := strings.Cut(rest, `"`)
	_, second := r.get(strings.ReplaceAll(next, "&amp;", "&"))
	webtest.Wants(t, second, "Persoon 50", "Persoon 59", `rel="prev"`)
	webtest.Lacks(t, second, "Persoon 49", `rel="next"`)
}
