package casework_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/services/sqlitestore"
	"datalek/web/casework"
	"datalek/web/webtest"
)

var errKilled = errors.New("killed")

// mortal is a store whose program dies at the nth write: before it, or right after.
type mortal struct {
	*sqlitestore.Store
	left  int
	after bool
}

func (m *mortal) write(run func() error) error {
	if m.left--; m.left > 0 {
		return run()
	}
	if m.left == 0 && m.after {
		_ = run()
	}
	return errKilled
}

func (m *mortal) CreateImport(ctx context.Context, v roster.Import) error {
	return m.write(func() error { return m.Store.CreateImport(ctx, v) })
}

func (m *mortal) UpdateImport(ctx context.Context, practice tenant.ID, id string, change func(*roster.Import) error) (v roster.Import, err error) {
	err = m.write(func() (err error) { v, err = m.Store.UpdateImport(ctx, practice, id, change); return err })
	return v, err
}

func (m *mortal) SavePart(ctx context.Context, p roster.Part) (v roster.Part, err error) {
	err = m.write(func() (err error) { v, err = m.Store.SavePart(ctx, p); return err })
	return v, err
}

func (m *mortal) PutClients(ctx context.Context, practice tenant.ID, clients []registry.Client) (v []bool, err error) {
	err = m.write(func() (err error) { v, err = m.Store.PutClients(ctx, practice, clients); return err })
	return v, err
}

func (m *mortal) RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error {
	return m.write(func() error { return m.Store.RemoveClients(ctx, practice, ids) })
}

func (m *mortal) DropParts(ctx context.Context, practice tenant.ID, importID string) error {
	return m.write(func() error { return m.Store.DropParts(ctx, practice, importID) })
}

// dying returns an office whose program dies at the nth write.
func (w *world) dying(n int, after bool) *casework.Office {
	return casework.New(casework.Options{Store: &mortal{Store: w.store, left: n, after: after}, Book: w.Book, Now: w.Now, NewID: w.NewID, OpenList: webtest.OpenList})
}

// goOn lets the worker come back once nobody holds an import any more.
func (w *world) goOn() {
	w.t.Helper()
	w.Pass(time.Minute)
	w.must(w.GoOnWithImports(w.t.Context()))
}

// mixed is a list of two parts with everything that an import must remember: people
// who are known, parents, likely doubles decided in every way, people of one name
// and other years of birth, and bad lines.
func mixed() (file string, how casework.ImportHow) {
	var b strings.Builder
	b.WriteString("naam;nummer;e-mail;geboortedatum;ouders\nKees Groot;;kees@voorbeeldpost.example;1-1-1960;\n")
	for n := range 520 {
		parent := ""
		if n == 510 {
			parent = "N-3"
		}
		fmt.Fprintf(&b, "Persoon %s;N-%d;p%d@voorbeeldpost.example;;%s\n", word(n), n, n, parent)
	}
	b.WriteString("K Groot;;kees@voorbeeldpost.example;;\nKees Groot;;;1-1-1990;\n" + // 523 and 524
		"Bekend Iemand;;bekend@voorbeeldpost.example;;\nK. Groot;;kees@voorbeeldpost.example;;\nGeen Adres;N-900;geen adres;;\nK Groot;;kees@voorbeeldpost.example;;\n") // to 528
	return b.String(), casework.ImportHow{Decided: map[int]casework.DoubleDecision{523: casework.SameDouble, 525: casework.SameDouble, 528: casework.SkipDouble}}
}

// word spells a number in letters, so that no two names are nearly the same.
func word(n int) string {
	return strings.Repeat(string(rune('A'+n%26)), 3) + strings.Repeat(string(rune('a'+n/26)), 4)
}

// known lists two people in a new practice, of whom the list tells again.
func (w *world) known(practice tenant.ID) registry.Practice {
	w.t.Helper()
	w.must(w.store.CreatePractice(w.t.Context(), w.NewPractice(string(practice))))
	p := w.Practice(practice)
	_, err := w.Import(w.t.Context(), p, strings.NewReader("naam;nummer;e-mail\nOude Naam;N-3;oud@voorbeeldpost.example\nBekend Iemand;N-1000;bekend@voorbeeldpost.example\n"), casework.ImportHow{})
	w.must(err)
	return p
}

// stand is all that an import left in a practice: its people, numbers and faults.
func (w *world) stand(practice tenant.ID) map[string]any {
	w.t.Helper()
	clients, err := w.store.Clients(w.t.Context(), practice, "", 10_000)
	w.must(err)
	names := map[string]string{}
	for _, c := range clients {
		names[c.ID] = c.Person.Name + " " + c.Person.Email
	}
	var people []string
	for _, c := range clients {
		var parents []string
		for _, id := range c.Guardians {
			parents = append(parents, names[id])
		}
		people = append(people, fmt.Sprintf("%s|%s|%d|%v|imported %t", c.Person.Name, c.Person.Email, c.BirthYear, parents, c.ImportID != ""))
	}
	slices.Sort(people)
	jobs, err := w.store.Imports(w.t.Context(), practice, "", 10)
	w.must(err)
	all := map[string]any{"people": people}
	if len(jobs) == 2 {
		var doubles []casework.LikelyDouble
		doubles, _, err = w.WaitingDoubles(w.t.Context(), jobs[0], 100)
		w.must(err)
		all["state"], all["count"], all["faults"], all["doubles"], all["columns"] = jobs[0].State, jobs[0].Count, jobs[0].Faults, doubles, jobs[0].Columns
	}
	return all
}

func TestAnImportThatIsKilledAtAnyWriteEndsTheSame(t *testing.T) {
	w := newWorld(t)
	file, how := mixed()
	_, err := w.Import(t.Context(), w.known("whole"), strings.NewReader(file), how)
	w.must(err)
	want := w.stand("whole")
	if count := want["count"].(roster.ImportCount); count != (roster.ImportCount{Read: 527, Added: 521, Changed: 3, Refused: 1, Waiting: 1, Skipped: 1}) {
		t.Fatalf("the list itself = %+v", count)
	}
	for n := 1; ; n++ {
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("killed-%d-%t", n, after)
			p := w.known(tenant.ID(name))
			if _, err = w.dying(n, after).Import(t.Context(), p, strings.NewReader(file), how); err == nil {
				if n < 12 {
					t.Fatalf("only %d writes were tried", n)
				}
				return
			}
			w.goOn()
			jobs, err := w.store.Imports(t.Context(), tenant.ID(name), "", 10)
			w.must(err)
			if len(jobs) == 1 || jobs[0].State == roster.ImportCutOff { // the list never came in whole
				if got := len(w.stand(tenant.ID(name))["people"].([]string)); got != 2 {
					t.Fatalf("%s: a list that was cut off brought %d people", name, got-2)
				}
				continue
			}
			if diff := cmp.Diff(want, w.stand(tenant.ID(name))); diff != "" {
				t.Fatalf("%s ends otherwise (-whole +killed):\n%s", name, diff)
			}
		}
	}
}

func TestADoubleIsDecidedAboutAfterTheImport(t *testing.T) {
	w := newWorld(t)
	w.take("naam;nummer;e-mail\nEva Hand;N-7;eva@voorbeeldpost.example\n")
	result := w.take("naam;e-mail;telefoon\nE Hand;eva@voorbeeldpost.example;06-55500101\nHand, Eva;EVA@voorbeeldpost.example;\nEva  Hand;eva@voorbeeldpost.example;06-55500103\nJan Proef;;\n")
	if result.State != roster.ImportWaiting || result.Created != 1 || len(result.Doubles) != 3 {
		t.Fatalf("result = %+v, want three that wait", result)
	}
	job, err := w.DecideDoubles(t.Context(), w.Practice("p1"), result.ID, map[int]casework.DoubleDecision{2: casework.SameDouble, 3: casework.ApartDouble}, casework.AskDouble)
	w.must(err)
	if want := (roster.ImportCount{Read: 4, Added: 2, Changed: 1, Waiting: 1}); job.Count != want || job.State != roster.ImportWaiting {
		t.Errorf("after two decisions %s, %+v; want %+v", job.State, job.Count, want)
	}
	if eva := w.Numbered("p1", "N-7"); eva.Person.Phone != "06-55500101" || w.count() != 3 {
		t.Errorf("Eva = %+v among %d", eva.Person, w.count())
	}
	job, err = w.DecideDoubles(t.Context(), w.Practice("p1"), result.ID, nil, casework.SkipDouble)
	w.must(err)
	if want := (roster.ImportCount{Read: 4, Added: 2, Changed: 1, Skipped: 1}); job.Count != want || job.State != roster.ImportDone {
		t.Errorf("in the end %s, %+v; want %+v", job.State, job.Count, want)
	}
	part, err := w.store.Part(t.Context(), "p1", result.ID, 0)
	w.must(err)
	if len(part.Lines)+len(part.Waiting) > 0 || part.Plan != nil && len(part.Plan.People) > 0 {
		t.Errorf("lines are kept after the end: %+v", part)
	}
	if _, err := w.DecideDoubles(t.Context(), w.Practice("p1"), result.ID, nil, casework.SameDouble); err == nil {
		t.Error("nobody waits, and a decision was taken")
	}
}

func TestAYearOfBirthOfAnAdultIsForgottenWhenTheImportEnds(t *testing.T) {
	w := newWorld(t)
	result := w.take("naam;geboortedatum\nJan Proef;1-1-1960\nEva Proef;1-1-2015\n")
	part, err := w.store.Part(t.Context(), "p1", result.ID, 0)
	w.must(err)
	if len(part.Made) != 2 || part.Made[0].Born != 0 || part.Made[1].Born != 0 {
		t.Errorf("made = %+v, want no years", part.Made)
	}
}

func TestAnImportTakesNoLongerThanTheCallerWaitsAndAWorkerGoesOn(t *testing.T) {
	w := newWorld(t)
	file, how := mixed()
	how.Patience = time.Nanosecond
	p := w.known("p3")
	result, err := w.Import(t.Context(), p, strings.NewReader(file), how)
	w.must(err)
	if result.State != roster.ImportRunning || result.ID == "" {
		t.Fatalf("result = %+v, want one that goes on", result)
	}
	w.must(w.GoOnWithImports(t.Context()))
	job, err := w.store.Import(t.Context(), "p3", result.ID)
	w.must(err)
	if job.State != roster.ImportWaiting || job.Count.Added != 521 {
		t.Errorf("a worker left it %s with %+v", job.State, job.Count)
	}
}
