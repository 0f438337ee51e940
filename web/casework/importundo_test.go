package casework_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/web/casework"
)

// asWas is everybody of a practice by number, without what every write changes.
func (w *world) asWas(practice tenant.ID) map[string]registry.Client {
	w.t.Helper()
	clients, err := w.store.Clients(w.t.Context(), practice, "", 10_000)
	w.must(err)
	all := map[string]registry.Client{}
	for _, c := range clients {
		c.Version, c.UpdatedAt = 0, time.Time{}
		all[c.Person.ExternalID] = c
	}
	return all
}

func (w *world) undo(practice tenant.ID, id string, rest bool) roster.Import {
	w.t.Helper()
	job, err := w.UndoImport(w.t.Context(), w.Practice(practice), id, "anna", rest)
	w.must(err)
	return job
}

func TestAnUndoneImportLeavesTheListAsItWas(t *testing.T) {
	w := newWorld(t)
	file, how := mixed()
	p := w.known("p3")
	before := w.asWas("p3")
	result, err := w.Import(t.Context(), p, strings.NewReader(file), how)
	w.must(err)
	job, err := w.store.Import(t.Context(), "p3", result.ID)
	w.must(err)
	outlook, err := w.UndoOutlook(t.Context(), "p3", job)
	w.must(err)
	if diff := cmp.Diff(casework.UndoOutlook{Remove: 521, PutBack: 1}, outlook); diff != "" {
		t.Errorf("outlook (-want +got):\n%s", diff)
	}
	job = w.undo("p3", result.ID, false)
	if diff := cmp.Diff(before, w.asWas("p3")); diff != "" {
		t.Errorf("people (-before +after the undo):\n%s", diff)
	}
	if job.State != roster.ImportUndone || job.Undo.Removed != 521 || job.Undo.PutBack != 1 || job.Undo.Kept != 0 || job.Undo.By != "anna" {
		t.Errorf("undone import = %s, %+v", job.State, job.Undo)
	}
	if _, err := w.store.Part(t.Context(), "p3", result.ID, 0); !errors.Is(err, fault.NotFound) {
		t.Errorf("what undoing needed is still kept: %v", err)
	}
	if _, err := w.UndoImport(t.Context(), p, result.ID, "anna", false); !errors.Is(err, fault.Conflict) {
		t.Errorf("undone twice = %v, want conflict", err)
	}
}

func TestAnUndoThatIsKilledAtAnyWriteIsFinishedByAWorker(t *testing.T) {
	w := newWorld(t)
	file, how := mixed()
	for n := 1; ; n++ {
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("undo-%d-%t", n, after)
			p := w.known(tenant.ID(name))
			before := w.asWas(tenant.ID(name))
			result, err := w.Import(t.Context(), p, strings.NewReader(file), how)
			w.must(err)
			_, err = w.dying(n, after).UndoImport(t.Context(), p, result.ID, "anna", false)
			if err == nil {
				if n < 7 {
					t.Fatalf("only %d writes were tried", n)
				}
				return
			}
			w.goOn()
			job, err := w.store.Import(t.Context(), tenant.ID(name), result.ID)
			w.must(err)
			if n == 1 && !after { // nothing was begun
				job = w.undo(tenant.ID(name), result.ID, false)
			}
			if diff := cmp.Diff(before, w.asWas(tenant.ID(name))); diff != "" || job.State != roster.ImportUndone || job.Undo.Removed != 521 || job.Undo.PutBack != 1 {
				t.Fatalf("%s: %s, %+v; people (-before +after):\n%s", name, job.State, job.Undo, diff)
			}
		}
	}
}

func TestWhoChangedSinceOrIsSomebodysParentStaysAtAnUndo(t *testing.T) {
	w := newWorld(t)
	w.take("naam;nummer\nKind;K-1\n")
	result := w.take("naam;nummer\nOuder;O-1\nAnder;O-2\nDerde;O-3\n")
	if _, _, err := w.SaveClients(t.Context(), w.Practice("p1"), []casework.ClientInput{{Client: person("K-1"), Guardians: []string{"O-1"}}}); err != nil {
		t.Fatal(err)
	}
	third := w.Numbered("p1", "O-3")
	_, err := w.ChangeClient(t.Context(), w.Practice("p1"), third.ID, third.Version, func(in *casework.ClientInput) error {
		in.Client.Person.Phone = "06 1"
		return nil
	})
	w.must(err)
	job := w.undo("p1", result.ID, false)
	if job.Undo.Removed != 1 || job.Undo.Kept != 2 || w.count() != 3 {
		t.Errorf("undo = %+v, left %+v; want the parent and the changed one to stay", job.Undo, w.asWas("p1"))
	}
}

func TestOpenCasesKeepTheirPeopleAtAnUndo(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam;nummer;e-mail\nJan Proef;N-1;jan@voorbeeldpost.example\nEva Proef;N-2;\n")
	inc, err := w.File(t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromForm, AwareAt: w.Now().Add(-time.Hour), Basis: "Ik zag het zelf.",
		Facts: incidents.Facts{Playbook: "mis-sent-email", DiscoveredAt: w.Now().Add(-time.Hour), BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, HandPicked: true},
		Story: incidents.Story{Summary: "Verkeerd verzonden.", Subjects: incidents.Subjects{ExternalIDs: []string{"N-1"}}}}, anna())
	w.must(err)
	_, err = w.UndoImport(t.Context(), w.Practice("p1"), result.ID, "anna", false)
	if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), inc.Reference) || w.count() != 2 {
		t.Fatalf("undo = %v with %d left, want a conflict that names %s", err, w.count(), inc.Reference)
	}
	w.Assess(inc)
	job := w.undo("p1", result.ID, true)
	if diff := cmp.Diff([]string{inc.Reference}, job.Undo.Cases); diff != "" || job.Undo.Removed != 1 || job.Undo.Kept != 1 {
		t.Errorf("undo of the rest = %+v, cases %s", job.Undo, diff)
	}
	w.Numbered("p1", "N-1")
	if w.count() != 1 {
		t.Errorf("%d are left, want the one of the case", w.count())
	}
}

func TestAnImportCanBeUndoneForThirtyDays(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam\nJan Proef\n")
	w.Pass(roster.KeepImports)
	if _, err := w.UndoImport(t.Context(), w.Practice("p1"), result.ID, "anna", false); !errors.Is(err, fault.Conflict) {
		t.Errorf("after thirty days = %v, want conflict", err)
	}
	if _, err := w.UndoImport(t.Context(), w.Practice("p2"), result.ID, "bert", false); !errors.Is(err, fault.NotFound) {
		t.Errorf("another practice's = %v, want not found", err)
	}
}
