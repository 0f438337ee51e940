package casework_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"datalek/incidents/registry"
	"datalek/web/casework"
)

func TestAFileReadsTheSameHoweverItWasSaved(t *testing.T) {
	const plain = "naam;nummer;e-mail;adres;startdatum\nJosé Proef;N-1;jose@voorbeeldpost.example;\"Verzonnenweg 1\n9999 ZZ Nergenshuizen\";1-3-2025\n"
	windows, err := charmap.Windows1252.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	late, err := charmap.Windows1252.NewEncoder().String("naam;nummer\n" + strings.Repeat("        ;x\n", 7000) + "José Proef;N-1\n")
	if err != nil {
		t.Fatal(err)
	}
	full := registry.Person{ExternalID: "N-1", Name: "José Proef", Email: "jose@voorbeeldpost.example", PostalAddress: "Verzonnenweg 1\n9999 ZZ Nergenshuizen"}
	for _, tt := range []struct {
		name, file string
		want       registry.Person
	}{
		{"semicolons", plain, full},
		{"commas", strings.ReplaceAll(plain, ";", ","), full},
		{"tabs", strings.ReplaceAll(plain, ";", "\t"), full},
		{"a byte order mark", "\ufeff" + plain, full},
		{"Windows-1252", windows, full},
		{"Windows line ends", strings.ReplaceAll(strings.ReplaceAll(plain, "\n9999", "\r9999"), "\n", "\r\n"), full},
		{"headers in capitals with blanks", strings.Replace(plain, "naam;nummer", " NAAM ; Nummer ", 1), full},
		{"every cell in quotes", "\"naam\";\"nummer\"\n\"Proef; José \"\"Pepe\"\"\";\"N-1\"\n", registry.Person{ExternalID: "N-1", Name: `Proef; José "Pepe"`}},
		{"no line end at the end", "name,id\nJosé Proef,N-1", registry.Person{ExternalID: "N-1", Name: "José Proef"}},
		{"an accent far behind the start of a Windows-1252 file", late, registry.Person{ExternalID: "N-1", Name: "José Proef"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			result := w.take(tt.file)
			if result.Created != 1 {
				t.Fatalf("result = %+v, want one created", result)
			}
			got := w.Numbered("p1", "N-1").Person
			got.PostalAddress = strings.ReplaceAll(got.PostalAddress, "\r", "\n")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFileThatCannotBeReadIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ name, file, key string }{
		{"nothing", "", "error.csv_empty"},
		{"a mark and nothing", "\ufeff", "error.csv_empty"},
		{"no column with names", "nummer;e-mail\nN-1;a@voorbeeldpost.example\n", "error.csv_name"},
		{"no headers", "Jan;N-1\nPiet;N-2\n", "error.csv_name"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "error.csv_name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Import(t.Context(), w.Practice("p1"), strings.NewReader(tt.file), casework.ImportHow{})
			faulty(t, err, "", tt.key)
		})
	}
	if n := w.count(); n != 0 {
		t.Errorf("%d people were stored", n)
	}
}

func TestABadLineIsNamedAndTheOthersGoIn(t *testing.T) {
	const header = "naam;nummer;e-mail;geboortejaar;startdatum;einddatum;taal;relatie;kanaal;ouders\n"
	for _, tt := range []struct{ name, line, field, key string }{
		{"a day that does not exist", "Jan;N-1;;;31-2-2025;;;;;", "guidance_from", "error.csv_date"},
		{"an American date", "Jan;N-1;;;03/25/2025;;;;;", "guidance_from", "error.csv_date"},
		{"a year in two digits", "Jan;N-1;;;1-3-25;;;;;", "guidance_from", "error.csv_date"},
		{"words for a date", "Jan;N-1;;;vorig jaar;;;;;", "guidance_from", "error.csv_date"},
		{"end before start", "Jan;N-1;;;1-3-2025;28-2-2025;;;;", "guidance[0].until", "error.end_before_start"},
		{"an end without a start", "Jan;N-1;;;;1-3-2025;;;;", "guidance[0].from", "error.date_missing"},
		{"no name", ";N-1;;;;;;;;", "name", "error.import_no_person"},
		{"a register number for a number", "Jan;85.07.30-033.28;;;;;;;;", "external_id", "error.national_number"},
		{"far too long a name", strings.Repeat("x", 201) + ";N-1;;;;;;;;", "name", "error.too_long"},
		{"a control character", "Ja\x00n;N-1;;;;;;;;", "name", "error.control"},
		{"a header in a name", "\"Jan\r\nBcc: x@voorbeeldpost.example\";N-1;;;;;;;;", "name", "error.control"},
		{"a header in an address", "Jan;N-1;\"a@voorbeeldpost.example\r\nBcc: x@voorbeeldpost.example\";;;;;;;", "email", "error.email"},
		{"two addresses", "Jan;N-1;\"a@voorbeeldpost.example, b@voorbeeldpost.example\";;;;;;;", "email", "error.email"},
		{"a year of birth in words", "Jan;N-1;;jong;;;;;;", "birth_year", "error.birth_year"},
		{"a language that is not spoken here", "Jan;N-1;;;;;xx;;;", "language", "error.client_language"},
		{"an unknown relation", "Jan;N-1;;;;;;vriend;;", "relation", "error.relation"},
		{"an unknown channel", "Jan;N-1;;;;;;;duif;", "channel", "error.channel"},
		{"an unknown guardian", "Jan;N-1;;;;;;;;N-404", "guardians", "error.guardian_unknown"},
		{"his own guardian", "Jan;N-1;;;;;;;;N-1", "guardians", "error.guardian_self"},
		{"a number for the second time", "Jan;N-0;;;;;;;;", "external_id", "error.external_id_twice"},
		{"a quote that never closes", "\"Jan;N-1;;;;;;;;" + strings.Repeat("x", 300), "", "error.csv_row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			result := w.take(header + "Goed;N-0;;;;;;;;\n" + tt.line + "\n")
			if result.Created != 1 || w.count() != 1 {
				t.Errorf("result = %+v and %d stored, want the good line alone", result, w.count())
			}
			found := slices.ContainsFunc(result.Faults, func(f casework.RowFault) bool { return f.Line == 3 && f.Field == tt.field && f.Key == tt.key })
			if !found {
				t.Errorf("faults = %+v, want %s at %s of line 3", result.Faults, tt.key, tt.field)
			}
		})
	}
}

func TestAFileMayUseThePlainWords(t *testing.T) {
	w := newWorld(t)
	w.take("name;nummer;taal;relatie;kanaal;begeleiding van;begeleiding t/m;coach;mobiel\n" +
		"Jan;N-1;Engels;Stagiair;Brief;01/03/2025;2026-02-01;Anna;06 1\n")
	x := w.Numbered("p1", "N-1")
	want := registry.Client{Language: "en", Relation: registry.RelationTrainee, Channel: registry.ByLetter,
		Guidance: []registry.Guidance{{From: day("2025-03-01"), Until: day("2026-02-01")}}}
	got := registry.Client{Language: x.Language, Relation: x.Relation, Channel: x.Channel, Guidance: x.Guidance}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
	if x.Person.Coach != "Anna" || x.Person.Phone != "06 1" || !x.HoldingsByRule {
		t.Errorf("client = %+v", x)
	}
}

func TestFormulasStayText(t *testing.T) {
	w := newWorld(t)
	for i, text := range []string{`=HYPERLINK("http://voorbeeld.example")`, "+31 6 0000 0001", "@SUM(A1)", "-2+3"} {
		number := string(rune('a' + i))
		w.take("naam;nummer;telefoon\n\"" + strings.ReplaceAll(text, `"`, `""`) + "\";" + number + ";" + "\n")
		if got := w.Numbered("p1", number).Person.Name; got != text {
			t.Errorf("name = %q, want %q as it stood", got, text)
		}
	}
}

func TestLinesOfOnlySeparatorsAreNoLines(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam;nummer\nJan;N-1\n;\n\n   ;  \n" + strings.Repeat(";\n", 100_000))
	if result.Created != 1 || len(result.Faults) != 0 {
		t.Errorf("result = %+v, want one created and no faults", result)
	}
}

func TestColumnsThatAreNotKnownAreNamedAndDropped(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam;nummer;schoenmaat;naam;leeg;" + strings.Repeat("x", 90) + "\nJan;N-1;44;Piet;;geheim\n")
	want := []string{"schoenmaat", "naam", strings.Repeat("x", 60) + "…"}
	if diff := cmp.Diff(want, result.Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if got := w.Numbered("p1", "N-1").Person.Name; got != "Jan" {
		t.Errorf("name = %q, want the first column's", got)
	}
}
