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

func systemForm() url.Values {
	return url.Values{"name": {"Cliëntdossier & meer"}, "processor": {""}, "services": {""}, "categories": {"name", "session_notes"},
		"identifiability": {"identified"}, "encrypted": {"no"}}
}

func TestASystemIsAddedChangedEndedAndResumed(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/systems")
	webtest.Wants(t, body, "Nog geen systemen", `href="/systems/new"`)
	r.systems()
	body = r.follow("/systems/new", systemForm())
	webtest.Wants(t, body, "Cliëntdossier &amp; meer staat in de lijst.", `href="/systems/clientdossier-meer"`, "Naam; Aantekeningen van gesprekken", "Bij de praktijk zelf", "Microsoft")
	got, err := r.Store.System(t.Context(), "p1", "clientdossier-meer")
	r.Must(err)
	no := false
	want := registry.System{ID: "clientdossier-meer", PracticeID: "p1", Version: 1, Name: "Cliëntdossier & meer", Categories: []registry.Category{registry.Name, registry.SessionNotes},
		Identifiability: registry.Identified, EncryptedAtRest: &no, UpdatedAt: r.Now()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("system (-want +got):\n%s", diff)
	}

	_, body = r.get("/systems/mailbox")
	webtest.Wants(t, body, `value="Postvak"`, "Exchange Online\nmail</textarea>", `<option value="microsoft-365" selected>`, `value="correspondence" checked`)
	form := url.Values{"version": {version(t, body)}, "name": {"Postvak van Anna"}, "processor": {"microsoft-365"}, "services": {"Exchange Online\r\n\r\n mail "},
		"categories": {"name"}, "identifiability": {"pseudonymised"}, "encrypted": {"unknown"}}
	r.follow("/systems/mailbox", form)
	if got, err = r.Store.System(t.Context(), "p1", "mailbox"); err != nil || got.Name != "Postvak van Anna" || got.EncryptedAtRest != nil || len(got.Services) != 2 || got.Services[1] != "mail" {
		t.Errorf("system = %+v, %v", got, err)
	}

	body = r.follow("/systems/mailbox/end", nil)
	webtest.Wants(t, body, "Niet meer in gebruik")
	_, body = r.get("/systems/mailbox")
	webtest.Wants(t, body, "niet meer sinds 8 maart 2027", `action="/systems/mailbox/resume"`)
	r.follow("/systems/mailbox/resume", nil)
	if got, err = r.Store.System(t.Context(), "p1", "mailbox"); err != nil || !got.EndedAt.IsZero() || got.Name != "Postvak van Anna" {
		t.Errorf("resumed system = %+v, %v", got, err)
	}
}

func TestNewSystemsNeverTakeAnOldOnesPlace(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct{ name, want string }{
		{"Postvak", "postvak"}, {"postvak!", "postvak-2"}, {"New", "new-2"}, {"日本", "system"}, {"---", "system-2"}, {strings.Repeat("ab", 60), strings.Repeat("ab", 25)},
	} {
		form := systemForm()
		form.Set("name", tt.name)
		r.follow("/systems/new", form)
		if got, err := r.Store.System(t.Context(), "p1", tt.want); err != nil || got.Name != tt.name {
			t.Errorf("system %s = %q, %v; want %q", tt.want, got.Name, err, tt.name)
		}
	}
}

func TestAProcessorIsAddedChangedEndedAndResumed(t *testing.T) {
	r := newRig(t)
	_, body := r.get("/processors")
	webtest.Wants(t, body, "Nog geen verwerkers")
	body = r.follow("/processors/new", url.Values{"name": {"Microsoft Ierland"}, "id": {"microsoft-365"}, "contract_hours": {"24"}})
	webtest.Wants(t, body, `href="/processors/microsoft-365/addresses"`)
	webtest.Lacks(t, body, "whsec_")
	form := url.Values{"version": {version(t, body)}, "name": {"Microsoft"}, "contract_hours": {""}}
	body = r.follow("/processors/microsoft-365", form)
	webtest.Wants(t, body, "Meldt een datalek zo snel mogelijk")
	body = r.follow("/processors/new", url.Values{"name": {"Dossier Online"}})
	webtest.Wants(t, body, "Dossier Online", "dossier-online")

	system := systemForm()
	system.Set("processor", "microsoft-365")
	r.follow("/systems/new", system)
	body = r.follow("/processors/microsoft-365/end", nil)
	webtest.Wants(t, body, "nog een systeem in gebruik")
	r.follow("/systems/clientdossier-meer/end", nil)
	body = r.follow("/processors/microsoft-365/end", nil)
	webtest.Wants(t, body, "Werkt niet meer voor u")
	_, body = r.get("/systems/new")
	webtest.Lacks(t, body, `<option value="microsoft-365"`)
	r.follow("/processors/microsoft-365/resume", nil)
	if p, err := r.Store.Processor(t.Context(), "p1", "microsoft-365"); err != nil || !p.EndedAt.IsZero() || p.Name != "Microsoft" {
		t.Errorf("processor = %+v, %v", p, err)
	}
}

func TestWhatThePracticeIsToAProcessorIsNotedAndShownAgain(t *testing.T) {
	r := newRig(t)
	r.follow("/processors/new", url.Values{"name": {"Microsoft"}, "id": {"microsoft-365"}})
	form := url.Values{"name": {"Hosting BV"}, "customer_refs": {" K-1001, k-1001;\nhosting.example"}, "regions": {"West Europe"}, "sub_processors": {"microsoft, Één Wolk"}, "host": {"yes"}}
	body := r.follow("/processors/new", form)
	p, err := r.Store.Processor(t.Context(), "p1", "hosting-bv")
	r.Must(err)
	want := registry.Processor{CustomerRefs: []string{"K-1001", "hosting.example"}, Regions: []string{"West Europe"}, SubProcessors: []string{"microsoft-365", "een-wolk"}, Host: true}
	got := registry.Processor{CustomerRefs: p.CustomerRefs, Regions: p.Regions, SubProcessors: p.SubProcessors, Host: p.Host}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
	webtest.Wants(t, body, `value="K-1001, hosting.example"`, `value="Microsoft, een-wolk"`, `value="yes" checked`)

	form.Set("version", version(t, body))
	form.Set("customer_refs", "")
	form.Del("host")
	r.follow("/processors/hosting-bv", form)
	if p, err = r.Store.Processor(t.Context(), "p1", "hosting-bv"); err != nil || p.Host || len(p.CustomerRefs) > 0 || len(p.SubProcessors) != 2 {
		t.Errorf("after the change: %+v, %v", p, err)
	}
	_, body = r.get("/processors/microsoft-365")
	answer, body := r.post("/processors/microsoft-365", url.Values{"version": {version(t, body)}, "name": {"Microsoft"}, "sub_processors": {"Hosting BV"}})
	if answer.StatusCode != 422 {
		t.Errorf("a circle is answered %d", answer.StatusCode)
	}
	webtest.Wants(t, body, "Dit gaat in een kring", `href="#sub_processors"`)
}

func TestASecondHandOverAnOlderPageIsAsked(t *testing.T) {
	r := newRig(t)
	r.systems()
	x := r.add("p1", person("N-1", "Jan Proef"))
	client := url.Values{"name": {"Te Laat"}, "external_id": {"N-1"}, "relation": {"client"}, "language": {"nl"}}
	system := systemForm()
	for path, form := range map[string]url.Values{
		"/systems/mailbox": system, "/processors/microsoft-365": {"name": {"Te Laat"}}, "/clients/" + x.ID + "/edit": client,
		"/clients/" + x.ID + "/guidance/1": {"from_day": {"1"}, "from_month": {"1"}, "from_year": {"2026"}},
	} {
		form.Set("version", "77")
		res, body := r.post(path, form)
		if res.StatusCode != http.StatusConflict {
			t.Errorf("%s = %d, want 409", path, res.StatusCode)
		}
		webtest.Wants(t, body, "Dit is intussen veranderd.")
	}
	if got := r.stored(x.ID); got.Version != x.Version {
		t.Errorf("client is at version %d, want %d", got.Version, x.Version)
	}
	body := r.follow("/clients/"+x.ID+"/guidance/1/end", url.Values{"version": {"77"}})
	webtest.Wants(t, body, "Dit is intussen veranderd.")
}
