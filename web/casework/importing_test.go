package casework_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/casework"
)

func TestADryRunSaysWhatAnImportDoesAndStoresNothing(t *testing.T) {
	w := newWorld(t)
	w.take("naam;nummer\nOuder;N-0001\n")
	var file strings.Builder
	file.WriteString("naam;nummer;ouders;geboortejaar\n")
	for n := 1; n <= 1200; n++ { // more than two chunks; children name a parent of the chunk before
		parent := ""
		if n > 600 {
			parent = fmt.Sprintf("N-%04d", n-550)
		}
		fmt.Fprintf(&file, "Persoon %d;N-%04d;%s;\n", n, n, parent)
	}
	file.WriteString("Zonder nummer;;;\nWees;N-9000;N-9999;\n")
	foreseen, err := w.Import(t.Context(), w.Practice("p1"), strings.NewReader(file.String()), casework.ImportHow{DryRun: true})
	w.must(err)
	if n := w.count(); n != 1 {
		t.Fatalf("a dry run left %d people, want the one before", n)
	}
	if foreseen.Created != 1200 || foreseen.Updated != 1 || len(foreseen.Faults) != 1 || !foreseen.DryRun {
		t.Errorf("dry run = %d created, %d updated, faults %+v", foreseen.Created, foreseen.Updated, foreseen.Faults)
	}
	done := w.take(file.String())
	foreseen.DryRun, foreseen.Preview, done.Preview = false, nil, nil // ids differ
	done.ID, done.State = "", ""
	if diff := cmp.Diff(foreseen, done); diff != "" {
		t.Errorf("the import did otherwise than its dry run said (-dry +real):\n%s", diff)
	}
	child, parent := w.Numbered("p1", "N-1200"), w.Numbered("p1", "N-0650")
	if !slices.Equal(child.Guardians, []string{parent.ID}) {
		t.Errorf("guardians = %v, want %s", child.Guardians, parent.ID)
	}
}

func TestWhoIsRefusedIsNobodysGuardian(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam;nummer;ouders;e-mail\nKleinkind;N-3;N-2;\nKind;N-2;N-1;\nOuder;N-1;;geen adres\nAnder;N-4;;\n")
	if result.Created != 1 || w.count() != 1 {
		t.Errorf("result = %+v and %d stored, want the other one alone", result, w.count())
	}
	var got []string
	for _, f := range result.Faults {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Key))
	}
	want := []string{"2 error.guardian_unknown", "3 error.guardian_unknown", "4 error.email"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// full is a person with everything that a file may have no column for.
func full(w *world) registry.Client {
	w.t.Helper()
	from := w.Now().Add(-time.Hour)
	_, _, err := w.SaveSystem(w.t.Context(), registry.System{ID: "mailbox", PracticeID: "p1", Name: "Postvak",
		Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified})
	w.must(err)
	_, err = w.AddClient(w.t.Context(), w.Practice("p1"), casework.ClientInput{Client: person("N-2")})
	w.must(err)
	x := person("N-1")
	x.Person.Phone, x.Person.PostalAddress, x.Person.OpenPGPKey, x.Person.Coach = "06 1", "Verzonnenweg 1", "-----BEGIN-----", "Anna"
	x.Language, x.Relation, x.Channel, x.BirthYear = "en", registry.RelationTrainee, registry.ByPhone, 2012
	x.GuardiansAgreed, x.SharedMailAgreed, x.HoldingsByRule = true, true, false
	x.Guidance = []registry.Guidance{{From: day("2024-01-01"), Until: day("2024-06-30")}, {From: day("2025-03-01")}}
	x.Holdings = []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, From: &from}}
	saved, err := w.AddClient(w.t.Context(), w.Practice("p1"), casework.ClientInput{Client: x, Guardians: []string{"N-2"}})
	w.must(err)
	return saved
}

func TestAFileChangesOnlyWhatItHasColumnsFor(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       func(*registry.Client)
	}{
		{"name alone", "naam;nummer\nNieuwe Naam;N-1\n", func(x *registry.Client) { x.Person.Name = "Nieuwe Naam" }},
		{"an empty cell empties", "naam;nummer;telefoon;e-mail\nPersoon N-1;N-1;;\n", func(x *registry.Client) { x.Person.Phone, x.Person.Email = "", "" }},
		{"an empty language stays", "naam;nummer;taal;relatie\nPersoon N-1;N-1;;\n", func(*registry.Client) {}},
		{"no guardians any more", "naam;nummer;ouders\nPersoon N-1;N-1;\n", func(x *registry.Client) { x.Guardians = nil }},
		{"empty days change no guidance", "naam;nummer;start;einde\nPersoon N-1;N-1;;\n", func(*registry.Client) {}},
		{"an end for the span that began that day", "naam;nummer;start;einde\nPersoon N-1;N-1;1-3-2025;1-2-2027\n", func(x *registry.Client) {
			x.Guidance[1].Until = day("2027-02-01")
		}},
		{"another start is another span", "naam;nummer;start;einde\nPersoon N-1;N-1;1-3-2026;\n", func(x *registry.Client) {
			x.Guidance = append(x.Guidance, registry.Guidance{From: day("2026-03-01")})
		}},
		{"a start without a column for ends keeps the end", "naam;nummer;start\nPersoon N-1;N-1;1-1-2024\n", func(*registry.Client) {}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			full(w)
			want := w.Numbered("p1", "N-1")
			tt.want(&want)
			result := w.take(tt.file)
			if result.Updated != 1 || len(result.Faults) > 0 {
				t.Fatalf("result = %+v, want one updated", result)
			}
			got := w.Numbered("p1", "N-1")
			want.Version, want.UpdatedAt = got.Version, got.UpdatedAt
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("client (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheOnlySpanOfGuidanceIsCorrected(t *testing.T) {
	w := newWorld(t)
	w.take("naam;nummer;start\nJan;N-1;1-3-2025\n")
	w.take("naam;nummer;start;einde\nJan;N-1;1-2-2025;1-2-2026\n")
	want := []registry.Guidance{{From: day("2025-02-01"), Until: day("2026-02-01")}}
	if diff := cmp.Diff(want, w.Numbered("p1", "N-1").Guidance); diff != "" {
		t.Errorf("guidance (-want +got):\n%s", diff)
	}
}

func TestAnImportStaysInsideItsPractice(t *testing.T) {
	w := newWorld(t)
	w.take("naam;nummer\nJan;N-1\n")
	result, err := w.Import(t.Context(), w.Practice("p2"), strings.NewReader("naam;nummer;ouders\nPiet;N-1;\nKind;N-2;N-1\n"), casework.ImportHow{})
	w.must(err)
	if result.Created != 2 || w.Numbered("p1", "N-1").Person.Name != "Jan" {
		t.Errorf("result = %+v, and p1 has %q", result, w.Numbered("p1", "N-1").Person.Name)
	}
}

func TestAnImportHasOpenCasesAssessedAnewAndADryRunDoesNot(t *testing.T) {
	w := newWorld(t)
	id := w.openCase()
	_, err := w.Import(t.Context(), w.Practice("p1"), strings.NewReader("naam;nummer\nJan;N-1\n"), casework.ImportHow{DryRun: true})
	w.must(err)
	if got := w.stored(id).Assessment; got.Stale {
		t.Errorf("after a dry run the assessment is %+v, want none that is stale", got)
	}
	w.take("naam;nummer\nJan;N-1\n")
	if got := w.stored(id).Assessment; !got.Stale {
		t.Errorf("after an import the assessment is %+v, want a stale one", got)
	}
}

func TestALongListOfFaultsIsCutShort(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam;nummer\nGoed;N-1\n" + strings.Repeat(";x\n", 1500))
	if len(result.Faults) != 1000 || !result.More || result.Created != 1 {
		t.Errorf("%d faults, more %t, %d created", len(result.Faults), result.More, result.Created)
	}
}

// manyRows is a file of n people as an ordinary practice keeps them.
func manyRows(n int) string {
	var file strings.Builder
	file.WriteString("naam;nummer;e-mail;telefoon;adres;taal;startdatum;einddatum;geboortejaar\n")
	for i := range n {
		fmt.Fprintf(&file, "Voorbeeldcliënt %d;N-%06d;client%06d@voorbeeldpost.example;+31 6 0000 %04d;\"Verzonnenweg %d\n9999 ZZ Nergenshuizen\";nl;1-3-2025;;1980\n", i, i, i, i%10000, i)
	}
	return file.String()
}

func TestTenThousandRowsAreImportedWhileOneWaits(t *testing.T) {
	w := newWorld(t)
	file := manyRows(10_000)
	began := time.Now()
	result := w.take(file)
	if took := time.Since(began); took > patience*15*time.Second { // a page may take 100 s
		t.Errorf("10,000 rows took %s", took)
	}
	if result.Created != 10_000 || len(result.Faults) != 0 {
		t.Errorf("created %d, faults %v", result.Created, result.Faults)
	}
	if again := w.take(file); again.Updated != 10_000 || w.count() != 10_000 {
		t.Errorf("the same file again: %d updated, %d stored", again.Updated, w.count())
	}
}

func BenchmarkImportOfTenThousandRows(b *testing.B) {
	w, file := newWorld(b), manyRows(10_000)
	for b.Loop() {
		if w.take(file); w.count() != 10_000 {
			b.Fatal("not all were stored")
		}
	}
}

// BenchmarkImportOfHundredThousandNew imports a list without numbers, so that each
// line is looked up among all before it. It reports the heap that stays in use.
func BenchmarkImportOfHundredThousandNew(b *testing.B) {
	var file strings.Builder
	file.WriteString("voornaam;achternaam;e-mail;mobiel;straat;postcode;plaats\n")
	for n := range 100_000 {
		fmt.Fprintf(&file, "Persoon%d;van der Proef%d;p%d@voorbeeldpost.example;06-%08d;Weg %d;9999 ZZ;Nergenshuizen\n", n, n, n, n, n)
	}
	for b.Loop() {
		w := newWorld(b)
		if result := w.take(file.String()); result.Created != 100_000 {
			b.Fatalf("%d created, %d doubles", result.Created, len(result.Doubles))
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MB-heap-at-most")
}
