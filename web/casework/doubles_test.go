package casework_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/web/casework"
)

// takeSo imports a file into p1 in the given way.
func (w *world) takeSo(file string, how casework.ImportHow) casework.ImportResult {
	w.t.Helper()
	result, err := w.Import(w.t.Context(), w.Practice("p1"), strings.NewReader(file), how)
	w.must(err)
	return result
}

// everyone returns the names in p1, in the order of their numbers' making.
func (w *world) everyone() map[string]registry.Client {
	w.t.Helper()
	clients, err := w.store.Clients(w.t.Context(), "p1", "", 1000)
	w.must(err)
	all := map[string]registry.Client{}
	for _, c := range clients {
		all[c.Person.Name] = c
	}
	return all
}

const family = "Voornaam;Tussenvoegsel;Achternaam;E-mail;Mobiel;Geboortedatum\n" +
	"Anna;van der;Berg;thuis@voorbeeldpost.example;06-55500101;1-1-1980\n" +
	"Piet;;Smit;thuis@voorbeeldpost.example;06-55500102;\n" +
	"Kind;;Smit;thuis@voorbeeldpost.example;06-55500101;3-4-2015\n" +
	"Baby;;Smit;thuis@voorbeeldpost.example;06-55500101;3-4-2020\n"

func TestASecondImportUpdatesAndKeepsAFamilyApart(t *testing.T) {
	w := newWorld(t)
	result := w.take(family)
	if result.Created != 4 || result.Shared != 3 || len(result.Doubles)+len(result.Faults) > 0 {
		t.Fatalf("first = %+v, want four people, three of them at a shared address", result)
	}
	first := w.everyone()
	if first["Kind Smit"].BirthYear != 2015 || first["Anna van der Berg"].BirthYear != 0 {
		t.Errorf("birth years = %d and %d, want a minor's alone", first["Kind Smit"].BirthYear, first["Anna van der Berg"].BirthYear)
	}
	again := w.take(strings.Replace(family, "Anna;van der;Berg", `Anna;;"BERG, van der"`, 1))
	if again.Updated != 4 || again.Created != 0 || len(again.Doubles) > 0 {
		t.Fatalf("second = %+v, want four updated", again)
	}
	if got, want := w.everyone()["Anna van der BERG"].ID, first["Anna van der Berg"].ID; got != want {
		t.Errorf("Anna is %s, want %s as before", got, want)
	}
}

func TestLikelyDoublesWaitForADecision(t *testing.T) {
	const file = "naam;e-mail;mobiel\nJan de Test;jan@voorbeeldpost.example;0470 550102\nTest, Jan de;;+32 470 55 01 02\nJan de Test;JAN@voorbeeldpost.example;\nHand, Eva;eva@voorbeeldpost.example;\n"
	held := []casework.LikelyDouble{{Line: 3, Why: roster.SameNamePhone, WithLine: 2}, {Line: 4, Why: roster.SameNameMail, WithLine: 2}, {Line: 5, Why: roster.SameNameMail, With: "N-7"}}
	for _, tt := range []struct {
		name             string
		how              casework.ImportHow
		created, updated int
	}{
		{"left out until somebody decides", casework.ImportHow{}, 1, 0}, {"all are others", casework.ImportHow{Doubles: casework.ApartDouble}, 4, 0}, {"all are the same", casework.ImportHow{Doubles: casework.SameDouble}, 1, 3},
		{"one by one", casework.ImportHow{Doubles: casework.SkipDouble, Decided: map[int]casework.DoubleDecision{4: casework.ApartDouble, 5: casework.SameDouble}}, 2, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.take("naam;nummer;e-mail;adres\nEva Hand;N-7;eva@voorbeeldpost.example;Weg 1\n")
			dry := tt.how
			dry.DryRun = true
			foreseen := w.takeSo(file, dry)
			result := w.takeSo(file, tt.how)
			if result.Created != tt.created || result.Updated != tt.updated || w.count() != int64(1+tt.created) {
				t.Errorf("%d created, %d updated, %d stored; want %d and %d", result.Created, result.Updated, w.count(), tt.created, tt.updated)
			}
			want := make([]casework.LikelyDouble, len(held))
			for i, d := range held {
				d.Decision = tt.how.Doubles
				if one, some := tt.how.Decided[d.Line]; some {
					d.Decision = one
				}
				want[i] = d
			}
			if diff := cmp.Diff(want, result.Doubles, cmpopts.IgnoreFields(casework.LikelyDouble{}, "Name", "WithName")); diff != "" {
				t.Errorf("doubles (-want +got):\n%s", diff)
			}
			foreseen.DryRun, foreseen.Preview, result.Preview = false, nil, nil // ids differ
			result.ID, result.State = "", ""
			if diff := cmp.Diff(foreseen, result); diff != "" {
				t.Errorf("the import did otherwise than its dry run said (-dry +real):\n%s", diff)
			}
			if tt.how.Doubles != casework.ApartDouble {
				return
			}
			if again := w.takeSo(file, casework.ImportHow{}); again.Updated != 4 || len(again.Doubles) != 0 {
				t.Errorf("once decided, a second import = %+v, want four updated without a question", again)
			}
		})
	}
}

func TestWhoWasKeptByHandIsNeverMergedUnasked(t *testing.T) {
	w := newWorld(t)
	w.take("naam;nummer;telefoon\nEva Hand;N-7;06-55500103\n")
	before := w.Numbered("p1", "N-7")
	w.take("naam;telefoon;e-mail\nEva Hand;0655500103;nieuw@voorbeeldpost.example\n")
	if diff := cmp.Diff(before, w.Numbered("p1", "N-7")); diff != "" {
		t.Errorf("an import changed somebody who only looks alike (-before +after):\n%s", diff)
	}
}

func TestColumnsAreTakenForWhatSomebodyChose(t *testing.T) {
	w := newWorld(t)
	const file = "Wie;Naam;BSN;Notities;Extra\nEva Proef;Klant A;111222333;lang verhaal;x\n"
	result := w.takeSo(file, casework.ImportHow{Mapping: map[string]roster.Field{"wie": roster.Name, "5": roster.Coach}})
	x, some := w.everyone()["Eva Proef"]
	if !some || x.Person.Coach != "x" {
		t.Fatalf("everyone = %v", w.everyone())
	}
	if diff := cmp.Diff([]string{"Naam", "BSN", "Notities"}, result.Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	want := []casework.RefusedColumn{{Name: "BSN", Reason: roster.CitizenNumber, Message: "a citizen service number (BSN) may not be kept here"},
		{Name: "Notities", Reason: roster.Notes, Message: "notes about somebody are never kept here"}}
	if diff := cmp.Diff(want, result.Refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name, key string
		mapping   map[string]roster.Field
	}{
		{"a refused column", "error.mapping_refused", map[string]roster.Field{"Notities": roster.Coach}}, {"a column that is not there", "error.mapping_column", map[string]roster.Field{"Kleur": roster.Coach}},
		{"no name left", "error.csv_name", map[string]roster.Field{"Naam": ""}}, {"no field", "error.mapping", map[string]roster.Field{"Extra": "bsn"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Import(t.Context(), w.Practice("p1"), strings.NewReader(file), casework.ImportHow{Mapping: tt.mapping})
			if found := fault.Fields(err); len(found) == 0 || found[0].Key != tt.key {
				t.Errorf("error = %v, want %s", err, tt.key)
			}
		})
	}
}

func TestAListThatBrokeOffBringsNobodyAndTheNextAll(t *testing.T) {
	w := newWorld(t)
	var file strings.Builder
	file.WriteString("naam;e-mail\n")
	for n := range 4200 {
		fmt.Fprintf(&file, "Persoon %d;p%d@voorbeeldpost.example\n", n, n)
	}
	broken := io.MultiReader(strings.NewReader(file.String()), iotest.ErrReader(errors.New("the connection is lost")))
	if _, err := w.Import(t.Context(), w.Practice("p1"), broken, casework.ImportHow{}); err == nil || w.count() != 0 {
		t.Fatalf("cut off: %v with %d stored, want nobody", err, w.count())
	}
	jobs, err := w.store.Imports(t.Context(), "p1", "", 10)
	w.must(err)
	if len(jobs) != 1 || jobs[0].State != roster.ImportCutOff {
		t.Fatalf("imports = %+v, want one that was cut off", jobs)
	}
	if _, err := w.store.Part(t.Context(), "p1", jobs[0].ID, 0); !errors.Is(err, fault.NotFound) {
		t.Errorf("its lines are still kept: %v", err)
	}
	if result := w.take(file.String()); result.Created != 4200 || len(result.Doubles) > 0 {
		t.Errorf("again: %d created, %d doubles; want 4200 and none", result.Created, len(result.Doubles))
	}
}
