package catalogue_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/webtest"
)

func processorOf(practice tenant.ID, id string) registry.Processor {
	return registry.Processor{ID: id, PracticeID: practice, Name: "Van een ander"}
}

const list = "Naam;Nummer;E-mail;Schoenmaat;Startdatum\n" +
	"José Proef;N-1;jose@voorbeeldpost.example;44;1-3-2025\n" +
	"Piet Proef;N-2;geen adres;;\n" +
	"Kees Proef;N-3;;;31-2-2025\n" +
	"<b>Anna</b>;N-4;;;\n"

func TestAFileIsLookedAtFirstAndThenImported(t *testing.T) {
	r := newRig(t)
	_, page := r.get("/clients/import")
	webtest.Wants(t, page, `enctype="multipart/form-data"`, "Het bestand zelf wordt niet bewaard.", "cliëntnummer", "begeleiding vanaf", "end date")
	res, body := r.upload([]byte(list), "preview")
	if res.StatusCode != http.StatusOK || len(r.all()) != 0 {
		t.Fatalf("preview = %d with %d stored, want 200 and none", res.StatusCode, len(r.all()))
	}
	webtest.Wants(t, body, "Er is nog niets bewaard", "2 nieuwe mensen komen erbij", "0 mensen die er al staan worden bijgewerkt", "2 regels zijn overgeslagen",
		"Druk dan onderaan op “Importeer dit bestand”", `name="kept"`, "“Schoenmaat”", "Regel 3", "Vul één e-mailadres in", "Regel 4", "Schrijf de datum als 2025-03-01 of 1-3-2025.")
	webtest.Lacks(t, body, "Piet", "Kees", "geen adres") // faults repeat nothing of the line
	webtest.Wants(t, body, "Zo komen de eerste 2 in de lijst", "José Proef", "Bewaren als")
	res, body = r.upload([]byte(list), "import")
	if res.StatusCode != http.StatusOK || len(r.all()) != 2 {
		t.Fatalf("import = %d with %d stored, want 200 and 2", res.StatusCode, len(r.all()))
	}
	webtest.Wants(t, body, "Het bestand is geïmporteerd", "2 nieuwe mensen kwamen erbij", `href="/clients"`)
	_, body = r.upload([]byte(list), "import")
	webtest.Wants(t, body, "2 mensen die er al stonden zijn bijgewerkt")
	for _, secret := range []string{"Proef", "voorbeeldpost"} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}

func TestAFileThatIsNoListIsRefusedAtItsField(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		name   string
		file   string
		status int
		want   string
	}{
		{"no file", "", 422, "Kies een bestand."},
		{"a broken spreadsheet", "PK\x03\x04\x14\x00", 422, "Dit Excel-bestand is niet te lezen."},
		{"an old spreadsheet", "\xd0\xcf\x11\xe0", 422, "Dit is een oud Excel-bestand"},
		{"over 16 MB", "naam;nummer\n" + strings.Repeat("x", 17<<20), 413, "Dit bestand is te groot."},
	} {
		for _, button := range []string{"preview", "import"} {
			t.Run(tt.name+" to "+button, func(t *testing.T) {
				res, body := r.upload([]byte(tt.file), button)
				if res.StatusCode != tt.status {
					t.Fatalf("status = %d, want %d", res.StatusCode, tt.status)
				}
				webtest.Wants(t, body, `href="#file"`, `id="file-error"`, tt.want)
			})
		}
	}
	if res, body := r.post("/clients/import", url.Values{"do": {"import"}}); res.StatusCode != 422 || !strings.Contains(body, "Kies een bestand.") {
		t.Errorf("a form without files = %d, want 422", res.StatusCode)
	}
	broken := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\nnaam;nummer\nJan;N-1\n"
	if res := r.visitor.Send(http.MethodPost, "/clients/import", "multipart/form-data; boundary=b", bytes.NewBufferString(broken)); res.StatusCode != 422 {
		t.Errorf("a form that broke off = %d, want 422", res.StatusCode)
	}
	if n := len(r.all()); n != 0 {
		t.Errorf("%d people were stored", n)
	}
}

func TestNothingIsStoredWithoutTheButtonThatSaysSo(t *testing.T) {
	r := newRig(t)
	for _, button := range []string{"", "preview", "IMPORT", "import "} {
		r.upload([]byte(list), button)
	}
	if n := len(r.all()); n != 0 {
		t.Errorf("%d people were stored", n)
	}
}

var keptFile = regexp.MustCompile(`name="kept" value="([^"]+)"`)

func TestColumnsAndDoublesAreChosenOnThePageWithoutTheFileChosenTwice(t *testing.T) {
	r := newRig(t)
	const strange = "Wie;Bericht;BSN;Notities\nJan Proef;jan@voorbeeldpost.example;111222333;verhaal\nProef, Jan;jan@voorbeeldpost.example;;\n"
	res, body := r.upload([]byte(strange), "preview")
	if res.StatusCode != 422 {
		t.Fatalf("a file without a known name = %d, want 422", res.StatusCode)
	}
	webtest.Wants(t, body, "Zeg in welke kolom de naam staat", `href="#columns"`, `id="columns-error"`, `name="map-1"`, "Wordt nooit bewaard: dit lijkt een burgerservicenummer", "Wordt nooit bewaard: dit lijken notities")
	webtest.Lacks(t, body, `name="map-3"`, `name="map-4"`, "111222333", "verhaal")
	kept := keptFile.FindStringSubmatch(body)
	if kept == nil {
		t.Fatal("the page does not keep the file")
	}
	form := map[string]string{"kept": kept[1], "map-1": "name", "map-2": "email", "do": "preview"}
	res, body = r.uploadForm(form)
	if res.StatusCode != 200 || len(r.all()) != 0 {
		t.Fatalf("preview = %d with %d stored", res.StatusCode, len(r.all()))
	}
	webtest.Wants(t, body, "1 regel lijkt op iemand die er al is", "Zelfde naam en e-mailadres.", `name="double-3"`, "Iemand anders: erbij zetten")
	form["do"], form["double-3"] = "import", "apart"
	if res, _ = r.uploadForm(form); res.StatusCode != 200 || len(r.all()) != 2 {
		t.Fatalf("import = %d with %d stored, want two", res.StatusCode, len(r.all()))
	}
	form["map-2"] = "name"
	res, body = r.uploadForm(form)
	if res.StatusCode != 422 {
		t.Fatalf("two columns for the name = %d, want 422", res.StatusCode)
	}
	webtest.Wants(t, body, "Twee kolommen hebben dezelfde keuze", `name="kept"`)
	form["map-3"] = "coach"
	if res, _ = r.uploadForm(form); res.StatusCode != 422 {
		t.Errorf("a refused column taken by hand = %d, want 422", res.StatusCode)
	}
}
