package catalogue_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/incidents/registry"
	"datalek/web/webtest"
)

func processorOf(practice, id string) registry.Processor {
	return registry.Processor{ID: id, PracticeID: practice, Name: "Van een ander"}
}

const list = "Naam;Nummer;E-mail;Geboortedatum;Startdatum\n" +
	"José Proef;N-1;jose@voorbeeldpost.example;1-1-1990;1-3-2025\n" +
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
		"Kies het bestand opnieuw", "“Geboortedatum”", "Regel 3", "Vul één e-mailadres in", "Regel 4", "Schrijf de datum als 2025-03-01 of 1-3-2025.")
	webtest.Lacks(t, body, "Piet", "Kees", "geen adres") // faults repeat nothing of the line
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
		{"a spreadsheet", "PK\x03\x04\x14\x00", 422, "Dit is een Excel-bestand."},
		{"UTF-16", "\xff\xfen\x00a\x00", 422, "Bewaar het bestand als CSV UTF-8"},
		{"no names", "nummer;mail\n1;a@voorbeeldpost.example\n", 422, "een kolom nodig die “naam” heet"},
		{"no numbers", "naam;adres\nJan;Weg 1\n", 422, "een kolom nodig met nummers of met e-mailadressen"},
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
