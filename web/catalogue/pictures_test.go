package catalogue_test

import (
	"fmt"
	"strconv"
	"testing"

	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// TestEveryPageInABrowser looks at each page, empty, filled and refused.
func TestEveryPageInABrowser(t *testing.T) {
	r := newRig(t)
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	for name, path := range map[string]string{"systems-empty": "/systems", "processors-empty": "/processors", "clients-empty": "/clients", "import": "/clients/import"} {
		b.Look(t, webtest.View{Name: name, Path: path})
	}
	for _, v := range r.furnish() {
		b.Look(t, v)
	}
}

// furnish keeps something of everything, and returns every page that shows it.
func (r *rig) furnish() []webtest.View {
	r.systems()
	r.Must(r.Office.EndSystem(r.t.Context(), "p1", "key-list"))
	archive, err := r.Store.System(r.t.Context(), "p1", "archive")
	r.Must(err)
	archive.Rules = []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationClient, registry.RelationTrainee}, Categories: []registry.Category{registry.SessionNotes},
		KeySystem: "key-list", Note: "Namen staan in de kluis."}, {Relations: []registry.Relation{registry.RelationComplainant}, Identifiability: registry.Anonymous}}
	_, _, err = r.Office.SaveSystem(r.t.Context(), archive)
	r.Must(err)
	long := person("V-001", "Wilhelmina Arbeidsongeschiktheidsverzekeringsmaatschappijvertegenwoordiger van der Voorbeeld-Proefpersoon")
	long.Person.PostalAddress, long.Person.Phone, long.Person.Coach = "Verzonnenweg 1\n9999 ZZ Nergenshuizen", "+31 6 0000 0001", "Anna"
	long.Guidance = append([]registry.Guidance{{From: registry.Date{Year: 2021, Month: 1, Day: 4}, Until: registry.Date{Year: 2022, Month: 6, Day: 30}}}, long.Guidance...)
	ruled := r.add("p1", long)
	ruled.Without = []string{"key-list"}
	ruled.Holdings = []registry.Holding{{System: "archive", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified}}
	_, err = r.Store.UpdateClient(r.t.Context(), "p1", ruled.ID, func(x *registry.Client) error {
		x.Holdings, x.Without = ruled.Holdings, ruled.Without
		return nil
	})
	r.Must(err)
	parent := person("V-002", "Ouder Voorbeeld")
	parent.Relation, parent.Guidance = registry.RelationParent, nil
	r.add("p1", parent)
	child := person("V-003", "Kind Voorbeeld")
	child.BirthYear, child.HoldingsByRule = 2018, false
	from, gone := r.Now().AddDate(-2, 0, 0), r.Now().AddDate(0, -1, 0)
	child.Holdings = []registry.Holding{
		{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &from, DestroyedAt: &gone},
		{System: "archive", Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised, KeySystem: "key-list", Until: &gone}}
	handed := r.add("p1", child, "V-002")
	for n := range 60 {
		r.add("p1", person("W-"+fmt.Sprintf("%03d", n), "Voorbeeldcliënt "+fmt.Sprintf("%03d", n)))
	}
	const empty = `document.querySelectorAll("main form input:not([type=hidden]):not([type=checkbox]):not([type=radio]), main form textarea").forEach(e => e.value = "<b>x</b>".repeat(60)); document.querySelector("main form").submit()`
	return []webtest.View{
		{Name: "systems", Path: "/systems"}, {Name: "system-new", Path: "/systems/new"}, {Name: "system", Path: "/systems/mailbox"}, {Name: "system-rules", Path: "/systems/archive"},
		{Name: "system-ended", Path: "/systems/key-list"}, {Name: "system-faulty", Path: "/systems/new", Act: empty, Status: 422},
		{Name: "processors", Path: "/processors"}, {Name: "processor", Path: "/processors/microsoft-365"},
		{Name: "processor-faulty", Path: "/processors/new", Act: empty, Status: 422},
		{Name: "clients", Path: "/clients"}, {Name: "found", Path: "/clients", Act: `document.querySelector("[name=q]").value = "voorb"; document.querySelector(".dl-search").submit()`, Status: 200},
		{Name: "none-found", Path: "/clients", Act: `document.querySelector("[name=q]").value = "niemand"; document.querySelector(".dl-search").submit()`, Status: 200},
		{Name: "client", Path: "/clients/" + ruled.ID}, {Name: "client-by-hand", Path: "/clients/" + handed.ID},
		{Name: "client-new", Path: "/clients/new"}, {Name: "client-edit", Path: "/clients/" + handed.ID + "/edit"},
		{Name: "client-faulty", Path: "/clients/new", Act: empty, Status: 422},
		{Name: "guidance", Path: "/clients/" + ruled.ID + "/guidance/1"}, {Name: "guidance-faulty", Path: "/clients/" + ruled.ID + "/guidance/new", Act: empty, Status: 422},
		{Name: "exception", Path: "/clients/" + ruled.ID + "/holdings/new?system=mailbox"},
		{Name: "holding-choose", Path: "/clients/" + handed.ID + "/holdings/new"}, {Name: "holding", Path: "/clients/" + handed.ID + "/holdings/2"},
		{Name: "by-rule", Path: "/clients/" + handed.ID + "/holdings/by-rule"},
		{Name: "import-faulty", Path: "/clients/import", Act: `document.querySelector("main form").submit()`, Status: 422},
		{Name: "import-preview", Path: "/clients/import", Act: sends("naam;nummer;schoenmaat;startdatum\nEen Voorbeeld;N-1;x;1-3-2025\nTwee;N-1;;\n;N-3;;31-2-2025\n"), Status: 200},
		{Name: "import-mapping", Path: "/clients/import", Act: sends("Voornaam;Tussenvoegsel;Achternaam;Mailadres;Mobiel;Straat;Postcode;Woonplaats;Geboortedatum;BSN;Verslag;Schoenmaat\n" +
			"Anneke;van der;Voorbeeld;thuis@voorbeeldpost.example;06-55500101;Dorpsstraat 1;1234 AB;Nergenshuizen;1-1-1971;111222333;verhaal;40\n" +
			"Kind;van der;Voorbeeld;thuis@voorbeeldpost.example;;Dorpsstraat 1;1234 AB;Nergenshuizen;3-4-2018;;;\nOuder;;Voorbeeld;v-002@voorbeeldpost.example;;;;;;;;\n" +
			"Anneke;;Voorbeeld;thuis@voorbeeldpost.example;;;;;;;;\n"), Status: 200},
		{Name: "import-unnamed", Path: "/clients/import", Act: sends("Wie;Bericht\nEva Proef;eva@voorbeeldpost.example\n"), Status: 422},
	}
}

// sends is the script that uploads a list to look at.
func sends(list string) string {
	return `const files = new DataTransfer(); files.items.add(new File([` + strconv.Quote(list) + `], "list.csv"));
		document.getElementById("file").files = files.files; document.querySelector("main form").submit()`
}
