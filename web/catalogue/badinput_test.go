package catalogue_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/webtest"
)

const (
	missing = "Vul een naam in."
	hidden  = "Hier staan onzichtbare tekens in."
	tooLong = "Dit is te lang."
	noMail  = "Vul één e-mailadres in"
	noDay   = "Deze dag of tijd bestaat niet."
	inverse = "Het einde ligt voor het begin."
	noYear  = "Vul een geboortejaar in"
)

// world holds what a form that is refused must leave alone.
type world struct {
	systems    []registry.System
	processors []registry.Processor
	clients    []registry.Client
}

func (r *rig) world() world {
	r.t.Helper()
	systems, err := r.Store.Systems(r.t.Context(), "p1", "", 100)
	r.Must(err)
	processors, err := r.Store.Processors(r.t.Context(), "p1", "", 100)
	r.Must(err)
	return world{systems, processors, r.all()}
}

// TestBadInput sends each form with one thing wrong: the message stands at the
// field and in the summary, what was typed is still there, and nothing is stored.
func TestBadInput(t *testing.T) {
	r := newRig(t)
	r.systems()
	r.add("p1", person("N-1", "Jan Proef"))
	listed := person("N-2", "Piet Proef")
	listed.HoldingsByRule = false
	x := r.add("p1", listed)
	home := "/clients/" + x.ID
	system, processor := systemForm(), url.Values{"name": {"Dossier Online"}, "id": {""}, "contract_hours": {"48"}, "contract": {""}, "contact": {""}}
	ruled := systemForm()
	for field, typed := range map[string]string{"rules.n": "1", "rules.0.relations": "client", "rules.0.categories": "name", "rules.0.identifiability": "", "rules.0.key_system": "", "rules.0.note": ""} {
		ruled.Set(field, typed)
	}
	client := clientForm()
	client.Set("guardians", "N-2")
	edit := clientForm()
	edit.Set("guardians", "N-1")
	edit.Set("version", "1")
	span := url.Values{"version": {"1"}}
	day(span, "from", "1", "3", "2025")
	holding := url.Values{"version": {"1"}, "system": {"mailbox"}, "categories": {"name"}, "identifiability": {"identified"}}
	header := "Jan\r\nBcc: x@voorbeeldpost.example"
	long := strings.Repeat("<b>é</b>", 8000)

	for _, tt := range []struct {
		name, path string
		form       url.Values
		field      string // that is typed
		typed      string
		anchor     string // that shows the message; "" is field
		message    string
	}{
		{"system without a name", "/systems/new", system, "name", " ", "", missing},
		{"system with far too long a name", "/systems/new", system, "name", long, "", tooLong},
		{"system with a control character", "/systems/new", system, "name", "Post\x07vak", "", hidden},
		{"system with a header in its name", "/systems/new", system, "name", header, "", hidden},
		{"system with text that turns around", "/systems/new", system, "name", "Post\u202ekav", "", hidden},
		{"system of an unknown processor", "/systems/new", system, "processor", "elders", "", "Zet de verwerker eerst in de lijst."},
		{"system of a processor that cannot be", "/systems/new", system, "processor", "<b>", "", "Gebruik kleine letters"},
		{"system with too long a service", "/systems/new", system, "services", strings.Repeat("x", 121), "", tooLong},
		{"system with too many services", "/systems/new", system, "services", strings.Repeat("x\n", 51), "", "Noem hooguit 50 diensten."},
		{"system without kinds of data", "/systems/new", system, "categories", "", "", "Kies minstens één soort gegevens."},
		{"system with an unknown kind", "/systems/new", system, "categories", "<b>dreams</b>", "", "Kies soorten gegevens uit de lijst."},
		{"system with an unknown degree", "/systems/new", system, "identifiability", "half", "", "Kies of de gegevens herleidbaar zijn"},
		{"processor without a name", "/processors/new", processor, "name", "", "", missing},
		{"processor with HTML that is too long", "/processors/new", processor, "name", long, "", tooLong},
		{"processor with a header in its name", "/processors/new", processor, "name", header, "", hidden},
		{"processor that is listed", "/processors/new", processor, "id", "microsoft-365", "", "Dit kenmerk staat al in de lijst."},
		{"processor with an impossible id", "/processors/new", processor, "id", "Microsoft <365>", "", "Gebruik kleine letters"},
		{"processor with hours in words", "/processors/new", processor, "contract_hours", "vierentwintig", "", "Vul 1 tot 720 uur in"},
		{"processor with no hours at all", "/processors/new", processor, "contract_hours", "0", "", "Vul 1 tot 720 uur in"},
		{"processor with too many hours", "/processors/new", processor, "contract_hours", "99999999999999999999", "", "Vul 1 tot 720 uur in"},
		{"processor with too long a contract", "/processors/new", processor, "contract", strings.Repeat("x", 201), "", tooLong},
		{"processor with a header in its contact", "/processors/new", processor, "contact", header, "", hidden},
		{"processor with a header in its customer number", "/processors/new", processor, "customer_refs", "K-1\rBcc", "", hidden},
		{"processor with too long a customer number", "/processors/new", processor, "customer_refs", strings.Repeat("x", 121), "", tooLong},
		{"processor with too many customer numbers", "/processors/new", processor, "customer_refs", strings.Join(strings.Fields("a b c d e f g h i j k l m n o p q r s t u"), ","), "", "Noem er hooguit 20."},
		{"processor with too long a region", "/processors/new", processor, "regions", strings.Repeat("x", 61), "", tooLong},
		{"processor below itself", "/processors/new", processor, "sub_processors", "Dossier Online", "", "Een bedrijf kan zichzelf niet inschakelen."},
		{"client without a name", "/clients/new", client, "name", "", "", missing},
		{"client with far too long a name", "/clients/new", client, "name", long, "", tooLong},
		{"client with a header in his name", "/clients/new", client, "name", header, "", hidden},
		{"client with broken UTF-8", "/clients/new", client, "name", "Jan \xff", "", hidden},
		{"client with a number in use", "/clients/new", client, "external_id", "N-1", "", "Dit nummer is al van iemand anders."},
		{"client with far too long a number", "/clients/new", client, "external_id", long, "", tooLong},
		{"client with a header in his address", "/clients/new", client, "email", "a@voorbeeldpost.example\r\nBcc: x@voorbeeldpost.example", "", noMail},
		{"client with two addresses", "/clients/new", client, "email", "a@voorbeeldpost.example,b@voorbeeldpost.example", "", noMail},
		{"client with a name before the address", "/clients/new", client, "email", `"Jan" <a@voorbeeldpost.example>`, "", noMail},
		{"client with HTML for an address", "/clients/new", client, "email", "<img src=x>", "", noMail},
		{"client with too long a telephone number", "/clients/new", client, "phone", strings.Repeat("0", 41), "", tooLong},
		{"client with a control character in the postal address", "/clients/new", client, "postal_address", "Weg 1\x00", "", hidden},
		{"client with far too long a postal address", "/clients/new", client, "postal_address", long, "", tooLong},
		{"client of an unknown relation", "/clients/new", client, "relation", "vriend", "", "Kies wat deze persoon voor de praktijk is."},
		{"client with an unknown language", "/clients/new", client, "language", "tlh", "", "Kies Nederlands, Engels, Frans of Duits."},
		{"client by an unknown channel", "/clients/new", client, "channel", "duif", "", "Kies e-mail, telefoon, bericht, brief"},
		{"client born in words", "/clients/new", client, "birth_year", "jong", "", noYear},
		{"client born in the future", "/clients/new", client, "birth_year", "2028", "", noYear},
		{"client born too long ago", "/clients/new", client, "birth_year", "1850", "", noYear},
		{"client with an unknown guardian", "/clients/new", client, "guardians", "N-404", "", "Zet de ouder of voogd eerst in de lijst."},
		{"client who is his own guardian", "/clients/new", client, "guardians", "N-7", "", "Niemand is zijn eigen ouder"},
		{"client with too many guardians", "/clients/new", client, "guardians", strings.Repeat("N-1\n", 11), "", "Noem hooguit 10"},
		{"client since a day that does not exist", "/clients/new", client, "guidance_from_day", "31", "guidance_from", ""},
		{"client since a month that does not exist", "/clients/new", client, "guidance_from_month", "13", "guidance_from", noDay},
		{"client since a day in words", "/clients/new", client, "guidance_from_day", "eerste", "guidance_from", noDay},
		{"client since a year in two digits", "/clients/new", client, "guidance_from_year", "25", "guidance_from", "Vul het jaar in met vier cijfers"},
		{"client since the middle ages", "/clients/new", client, "guidance_from_year", "1200", "guidance_from", "Vul een jaar in tussen 1900 en 2100."},
		{"client until half a day", "/clients/new", client, "guidance_until_day", "3", "guidance_until", noDay},
		{"changed client without a name", home + "/edit", edit, "name", "", "", missing},
		{"changed client without a number", home + "/edit", edit, "external_id", "", "", "Vul een nummer in."},
		{"changed client with somebody's number", home + "/edit", edit, "external_id", "N-1", "", "Dit nummer is al van iemand anders."},
		{"changed client born in words", home + "/edit", edit, "birth_year", "<b>1</b>", "", noYear},
		{"changed client with a header in his name", home + "/edit", edit, "name", header, "", hidden},
		{"span without a start", home + "/guidance/new", url.Values{"version": {"1"}}, "until_day", "", "from", "Vul de eerste dag in"},
		{"span that ends before it starts", home + "/guidance/new", with(span, "until", "28", "2", "2025"), "unused", "", "until", inverse},
		{"span on a day that does not exist", home + "/guidance/new", with(span, "until", "31", "4", "2025"), "unused", "", "until", noDay},
		{"changed span on HTML", home + "/guidance/1", span, "from_day", "<b>1</b>", "from", noDay},
		{"holding without kinds of data", home + "/holdings/new", holding, "categories", "", "", "Kies minstens één soort gegevens."},
		{"holding without a degree", home + "/holdings/new", holding, "identifiability", "", "", "Kies of de gegevens herleidbaar zijn"},
		{"holding in an unknown system", home + "/holdings/new", holding, "system", "elders", "", "Kies systemen uit de lijst"},
		{"holding in another practice's system", home + "/holdings/new", holding, "system", "theirs", "", "Kies systemen uit de lijst"},
		{"holding with another practice's key", home + "/holdings/new", override(holding, "identifiability", "pseudonymised"), "key_system", "theirs", "", "Kies systemen uit de lijst"},
		{"holding that ends before it starts", home + "/holdings/new", with(with(holding, "from", "1", "3", "2026"), "until", "1", "2", "2026"), "unused", "", "until", inverse},
		{"holding destroyed before it was there", home + "/holdings/new", with(with(holding, "from", "1", "3", "2026"), "destroyed_at", "1", "2", "2026"), "unused", "", "destroyed_at", inverse},
		{"holding destroyed tomorrow", home + "/holdings/new", with(holding, "destroyed_at", "9", "3", "2027"), "unused", "", "destroyed_at", "Dit ligt in de toekomst."},
		{"holding since a day that does not exist", home + "/holdings/new", with(holding, "from", "30", "2", "2026"), "unused", "", "from", noDay},
		{"rule for an unknown relation", "/systems/new", ruled, "rules.0.relations", "vriend", "", "Regel 1: Kies wat deze persoon"},
		{"rule with an unknown kind", "/systems/new", ruled, "rules.0.categories", "<b>dreams</b>", "", "Regel 1: Kies soorten gegevens uit de lijst."},
		{"rule with an unknown degree", "/systems/new", ruled, "rules.0.identifiability", "half", "", "Regel 1: Kies of de gegevens herleidbaar zijn"},
		{"rule with another practice's key", "/systems/new", override(ruled, "rules.0.identifiability", "pseudonymised"), "rules.0.key_system", "theirs", "", "Regel 1: Kies systemen uit de lijst"},
		{"rule with too long a note", "/systems/new", ruled, "rules.0.note", strings.Repeat("x", 301), "", "Regel 1: " + tooLong},
		{"rule with a header in its note", "/systems/new", ruled, "rules.0.note", header, "", hidden},
		{"rule behind one for everyone", "/systems/new", override(ruled, "rules.n", "2"), "rules.0.relations", "", "rules.1.relations", "Regel 2: Een regel voor iedereen staat al hierboven."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form, anchor, message := override(tt.form, tt.field, tt.typed), tt.anchor, tt.message
			if anchor == "" {
				anchor = tt.field
			}
			if message == "" { // 31 April
				form.Set("guidance_from_month", "4")
				message = noDay
			}
			before := r.world()
			res, body := r.post(tt.path, form)
			if res.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("status = %d, want 422", res.StatusCode)
			}
			webtest.Wants(t, body, "<title>Fout:", `<a href="#`+anchor+`">`, `id="`+anchor+`-error"`, message)
			kept(t, body, form)
			webtest.Lacks(t, body, "<b>é</b>", "<img src=x>")
			if diff := cmp.Diff(before, r.world(), cmp.AllowUnexported(world{})); diff != "" {
				t.Errorf("something was stored (-before +after):\n%s", diff)
			}
		})
	}
}

func override(form url.Values, field, typed string) url.Values {
	copied := url.Values{}
	for name, values := range form {
		copied[name] = values
	}
	copied[field] = []string{typed}
	return copied
}

// with returns a form with a day filled in.
func with(form url.Values, name, d, m, y string) url.Values {
	copied := override(form, name+"_day", d)
	day(copied, name, d, m, y)
	return copied
}

// kept fails for each typed text that the page does not show again.
func kept(t *testing.T, body string, form url.Values) {
	t.Helper()
	shown := filled(body)
	for name, values := range form {
		if _, asked := shown[name]; !asked || name == "version" {
			continue // not chosen, as an unknown choice; or not on this page
		}
		typed := strings.ReplaceAll(values[0], "\x00", "\ufffd") // as every browser shows it
		if got := shown[name][0]; got != typed && strings.TrimSpace(typed) != "" && !isChoice(name) {
			t.Errorf("field %s shows %.80q, want what was typed: %.80q", name, got, typed)
		}
	}
}

// isChoice reports whether a field offers a fixed list: what is not on it
// cannot be shown.
func isChoice(name string) bool {
	if strings.HasPrefix(name, "rules.") {
		return !strings.HasSuffix(name, ".note")
	}
	return strings.Contains(" processor categories identifiability encrypted relation language channel agreed system key_system ", " "+name+" ")
}

func TestAllFaultsComeAtOnceInTheOrderOfThePage(t *testing.T) {
	r := newRig(t)
	form := clientForm()
	for name, typed := range map[string]string{"name": "", "email": "x", "birth_year": "x", "guidance_from_month": "14", "phone": strings.Repeat("1", 41)} {
		form.Set(name, typed)
	}
	_, body := r.post("/clients/new", form)
	list, at := summary(body), -1
	for _, field := range []string{"name", "guidance_from", "email", "phone", "birth_year", "guardians"} {
		next := strings.Index(list, `href="#`+field+`"`)
		if next <= at {
			t.Errorf("%s does not stand in its place in the summary: %s", field, list)
		}
		at = next
	}
	if n := len(r.all()); n != 0 {
		t.Errorf("%d people were stored", n)
	}
}

func TestHTMLInEveryFieldIsShownAsText(t *testing.T) {
	r := newRig(t)
	const evil = `"><script>alert(1)</script>`
	system := systemForm()
	system.Set("name", "Post"+evil)
	r.follow("/systems/new", system)
	processor := r.follow("/processors/new", url.Values{"name": {"Firma" + evil}})
	client := clientForm()
	for _, field := range []string{"name", "external_id", "phone", "postal_address", "coach"} {
		client.Set(field, "1"+evil)
	}
	client.Set("guardians", "")
	home := r.follow("/clients/new", client)
	x := r.Numbered("p1", "1"+evil)
	for _, path := range []string{"/systems", "/processors", "/clients", "/clients/" + x.ID + "/edit", "/clients/" + x.ID + "/guidance/new", "/clients/" + x.ID + "/holdings/new", "/systems/post-script-alert-1-script"} {
		res, body := r.get(path)
		if res.StatusCode != 200 {
			t.Errorf("%s = %d", path, res.StatusCode)
		}
		webtest.Lacks(t, body, "<script>alert")
	}
	webtest.Lacks(t, processor+home, "<script>alert")
	webtest.Wants(t, home, "&lt;script&gt;alert(1)")
}
