package casework_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
)

func system(id, processor string) registry.System {
	return registry.System{ID: id, PracticeID: "p1", Name: "Systeem " + id, ProcessorID: processor, Services: []string{"dienst"},
		Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified}
}

func TestASystemNeedsAProcessorThatIsListed(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.SaveSystem(t.Context(), system("mailbox", "microsoft-365"))
	faulty(t, err, "processor", "error.processor_unknown")
	if _, err := w.store.System(t.Context(), "p1", "mailbox"); !isNotFound(err) {
		t.Errorf("the system was stored: %v", err)
	}
	_, _, err = w.SaveProcessor(t.Context(), registry.Processor{ID: "microsoft-365", PracticeID: "p1", Name: "Microsoft"})
	w.must(err)
	_, created, err := w.SaveSystem(t.Context(), system("mailbox", "microsoft-365"))
	w.must(err)
	_, again, err := w.SaveSystem(t.Context(), system("mailbox", ""))
	w.must(err)
	if !created || again {
		t.Errorf("created = %t, then %t; want true, then false", created, again)
	}
}

func TestEveryFaultOfASystemComesAtOnce(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.SaveSystem(t.Context(), registry.System{PracticeID: "p1", ID: "Geen Slug", Name: "a\nb"})
	for field, key := range map[string]string{"id": "error.slug", "name": "error.control", "categories": "error.categories_missing", "identifiability": "error.identifiability"} {
		faulty(t, err, field, key)
	}
}

func TestAnEndedSystemStaysAndCanBeResumed(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.SaveSystem(t.Context(), system("mailbox", ""))
	w.must(err)
	id := w.openCase()
	before := w.stored(id)
	w.must(w.EndSystem(t.Context(), "p1", "mailbox"))
	got, err := w.store.System(t.Context(), "p1", "mailbox")
	w.must(err)
	if !got.EndedAt.Equal(w.Now()) || got.Name != "Systeem mailbox" || !slices.Equal(got.Services, []string{"dienst"}) {
		t.Errorf("system = %+v", got)
	}
	w.must(w.EndSystem(t.Context(), "p1", "mailbox")) // a second press
	if got := w.stored(id); !got.Assessment.Stale || got.Version != before.Version+1 {
		t.Errorf("assessment %+v of version %d, want a stale one, marked once", got.Assessment, got.Version)
	}
	w.must(w.ResumeSystem(t.Context(), "p1", "mailbox"))
	if got, err = w.store.System(t.Context(), "p1", "mailbox"); err != nil || !got.EndedAt.IsZero() {
		t.Errorf("system = %+v, %v", got, err)
	}
	if err := w.EndSystem(t.Context(), "p2", "mailbox"); !isNotFound(err) {
		t.Errorf("another practice's system = %v, want not found", err)
	}
}

func TestAProcessorEndsAfterItsSystems(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.SaveProcessor(t.Context(), registry.Processor{ID: "microsoft-365", PracticeID: "p1", Name: "Microsoft"})
	w.must(err)
	_, _, err = w.SaveSystem(t.Context(), system("mailbox", "microsoft-365"))
	w.must(err)
	err = w.EndProcessor(t.Context(), "p1", "microsoft-365")
	if faulty(t, err, "", "error.processor_in_use"); !errors.Is(err, fault.Conflict) {
		t.Errorf("error = %v, want a conflict", err)
	}
	w.must(w.EndSystem(t.Context(), "p1", "mailbox"))
	w.must(w.EndProcessor(t.Context(), "p1", "microsoft-365"))
	using, err := w.store.PracticesUsing(t.Context(), "microsoft-365", "", 10)
	w.must(err)
	if len(using) != 0 {
		t.Errorf("%v still use it", using)
	}
	w.must(w.ResumeProcessor(t.Context(), "p1", "microsoft-365"))
	if using, err = w.store.PracticesUsing(t.Context(), "microsoft-365", "", 10); err != nil || len(using) != 1 {
		t.Errorf("%v use it, %v; want p1", using, err)
	}
}

func TestAProcessorKeepsOneAddressOfItsOwnPerPractice(t *testing.T) {
	w := newWorld(t)
	p := registry.Processor{ID: "microsoft-365", PracticeID: "p1", Name: "Microsoft"}
	first, created, err := w.SaveProcessor(t.Context(), p)
	w.must(err)
	again, createdAgain, err := w.SaveProcessor(t.Context(), p)
	w.must(err)
	p.PracticeID = "p2"
	other, _, err := w.SaveProcessor(t.Context(), p)
	w.must(err)
	if !created || createdAgain || first.Token != again.Token || first.Token == other.Token || first.Secrets[0] == other.Secrets[0] {
		t.Errorf("first %t, again %t; tokens equal %t, other's equal %t", created, createdAgain, first.Token == again.Token, first.Token == other.Token)
	}
	if !strings.HasPrefix(first.Secrets[0].Value, "whsec_") || first.PracticeID != "p1" {
		t.Errorf("address = %+v", first)
	}
}

func TestClientsAreSavedTogetherOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	broken := person("N-3")
	broken.Person.Name, broken.Holdings, broken.HoldingsByRule = "", []registry.Holding{{System: "elders", KeySystem: "kluis"}}, false
	_, _, err := w.SaveClients(t.Context(), w.Practice("p1"), []casework.ClientInput{
		{Client: person("N-1"), Guardians: []string{"N-9"}}, {Client: person("N-1")}, {Client: broken}})
	for field, key := range map[string]string{"clients[0].guardians": "error.guardian_unknown", "clients[1].external_id": "error.external_id_twice",
		"clients[2].name": "error.missing", "clients[2].holdings[0].system": "error.system_unknown", "clients[2].holdings[0].key_system": "error.system_unknown",
		"clients[2].holdings[0].categories": "error.categories_missing"} {
		faulty(t, err, field, key)
	}
	if n := w.count(); n != 0 {
		t.Errorf("%d were stored", n)
	}
	child := casework.ClientInput{Client: person("N-1"), Guardians: []string{"N-2"}}
	_, created, err := w.SaveClients(t.Context(), w.Practice("p1"), []casework.ClientInput{child, {Client: person("N-2")}})
	w.must(err)
	if !slices.Equal(created, []bool{true, true}) || !slices.Equal(w.Numbered("p1", "N-1").Guardians, []string{w.Numbered("p1", "N-2").ID}) {
		t.Errorf("created %v, guardians %v", created, w.Numbered("p1", "N-1").Guardians)
	}
}

func TestAddingNeverReplacesWhoHasTheNumber(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddClient(t.Context(), w.Practice("p1"), casework.ClientInput{Client: person("N-1")})
	w.must(err)
	second := person("N-1")
	second.Person.Name, second.Person.Email = "Iemand Anders", "geen adres"
	_, err = w.AddClient(t.Context(), w.Practice("p1"), casework.ClientInput{Client: second})
	faulty(t, err, "external_id", "error.external_id_taken")
	faulty(t, err, "email", "error.email")
	if got := w.Numbered("p1", "N-1").Person.Name; got != "Persoon N-1" {
		t.Errorf("name = %q, want the first one's", got)
	}
	if _, err := w.AddClient(t.Context(), w.Practice("p2"), casework.ClientInput{Client: second}); err == nil || isNotFound(err) {
		t.Errorf("error = %v, want the address's fault alone", err)
	}
}

func TestAChangeKeepsWhatItDoesNotTouch(t *testing.T) {
	w := newWorld(t)
	before := full(w)
	after, err := w.ChangeClient(t.Context(), w.Practice("p1"), before.ID, before.Version, func(in *casework.ClientInput) error {
		if !slices.Equal(in.Guardians, []string{"N-2"}) {
			t.Errorf("guardians = %v, want N-2's number", in.Guardians)
		}
		in.Client.Person.Name, in.Client.Person.ExternalID = "Nieuwe Naam", "N-7"
		return nil
	})
	w.must(err)
	want := w.Numbered("p1", "N-7")
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("returned and stored differ (-stored +returned):\n%s", diff)
	}
	want.Person.Name, want.Person.ExternalID, want.Version, want.UpdatedAt = before.Person.Name, before.Person.ExternalID, before.Version, before.UpdatedAt
	for i := range before.Holdings {
		before.Holdings[i].From = want.Holdings[i].From // cut to milliseconds by the store
	}
	if diff := cmp.Diff(before, want); diff != "" {
		t.Errorf("more than name and number changed (-before +after):\n%s", diff)
	}
}

func TestAChangeThatCannotStandStoresNothing(t *testing.T) {
	stop := errors.New("stop")
	for _, tt := range []struct {
		name       string
		version    int64
		change     func(*casework.ClientInput) error
		field, key string
	}{
		{"over an older version", 41, func(*casework.ClientInput) error { return nil }, "", "error.changed_meanwhile"},
		{"somebody else's number", 1, func(in *casework.ClientInput) error { in.Client.Person.ExternalID = "N-2"; return nil }, "external_id", "error.external_id_taken"},
		{"an unknown guardian", 1, func(in *casework.ClientInput) error { in.Guardians = []string{"N-404"}; return nil }, "guardians", "error.guardian_unknown"},
		{"his own guardian", 1, func(in *casework.ClientInput) error { in.Guardians = []string{"N-1"}; return nil }, "guardians", "error.guardian_self"},
		{"a system that is not listed", 1, func(in *casework.ClientInput) error { in.Client.Holdings[0].System = "elders"; return nil }, "holdings[0].system", "error.system_unknown"},
		{"an end before its start", 1, func(in *casework.ClientInput) error { in.Client.Guidance[1].Until = day("2025-02-28"); return nil }, "guidance[1].until", "error.end_before_start"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			before := full(w)
			_, err := w.ChangeClient(t.Context(), w.Practice("p1"), before.ID, tt.version, tt.change)
			faulty(t, err, tt.field, tt.key)
			if got := w.Numbered("p1", "N-1"); got.Version != before.Version {
				t.Errorf("version = %d, want %d", got.Version, before.Version)
			}
		})
	}
	w := newWorld(t)
	before := full(w)
	_, err := w.ChangeClient(t.Context(), w.Practice("p1"), before.ID, before.Version, func(*casework.ClientInput) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("error = %v, want the change's own", err)
	}
	_, err = w.ChangeClient(t.Context(), w.Practice("p2"), before.ID, before.Version, func(*casework.ClientInput) error { return nil })
	if !isNotFound(err) {
		t.Errorf("another practice's client = %v, want not found", err)
	}
}

func TestEverySaveHasOpenCasesAssessedAnew(t *testing.T) {
	w := newWorld(t)
	x := full(w)
	id := w.openCase()
	ignore := func(_ any, err error) error { return err }
	for name, save := range map[string]func() error{
		"a client is added": func() error {
			return ignore(w.AddClient(t.Context(), w.Practice("p1"), casework.ClientInput{Client: person("N-8")}))
		},
		"clients are saved": func() error {
			_, _, err := w.SaveClients(t.Context(), w.Practice("p1"), []casework.ClientInput{{Client: person("N-9")}})
			return err
		},
		"a client is changed": func() error {
			return ignore(w.ChangeClient(t.Context(), w.Practice("p1"), x.ID, x.Version, func(in *casework.ClientInput) error {
				in.Client.Guidance[1].Until = day("2027-03-07")
				return nil
			}))
		},
		"clients are imported": func() error {
			return ignore(w.Import(t.Context(), w.Practice("p1"), strings.NewReader("naam;nummer\nJan;N-10\n"), casework.ImportHow{}))
		},
		"a system is saved": func() error {
			_, _, err := w.SaveSystem(t.Context(), system("agenda", ""))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.assess([]string{id})
			if got := w.stored(id).Assessment; !got.Complete() {
				t.Fatalf("assessment %+v, want a complete one to begin with", got)
			}
			w.must(save())
			if got := w.stored(id).Assessment; !got.Stale || got.Complete() {
				t.Errorf("assessment %+v, want a stale one", got)
			}
		})
	}
}

func TestOfThoseWhoAddOneNumberAtOnceOneDoes(t *testing.T) {
	const adders = 8
	w := newWorld(t)
	errs := make([]error, adders)
	var all sync.WaitGroup
	for n := range adders {
		all.Go(func() {
			x := person("N-1")
			x.Person.Name = fmt.Sprintf("Persoon %d", n)
			_, errs[n] = w.AddClient(t.Context(), w.Practice("p1"), casework.ClientInput{Client: x})
		})
	}
	all.Wait()
	added := -1
	for n, err := range errs {
		switch {
		case err != nil:
			faulty(t, err, "external_id", "error.external_id_taken")
		case added >= 0:
			t.Errorf("%d and %d both added number N-1", added, n)
		default:
			added = n
		}
	}
	if want, got := fmt.Sprintf("Persoon %d", added), w.Numbered("p1", "N-1").Person.Name; got != want {
		t.Errorf("name = %q, want that of who added it, %q", got, want)
	}
}

func TestWhatSomebodyElseChangedMeanwhileIsNotReplaced(t *testing.T) {
	w := newWorld(t)
	p := registry.Processor{ID: "microsoft-365", PracticeID: "p1", Name: "Microsoft"}
	for range 2 { // the second time over whatever stands, as the API does
		_, _, err := w.SaveProcessor(t.Context(), p)
		w.must(err)
		_, _, err = w.SaveSystem(t.Context(), system("mailbox", ""))
		w.must(err)
	}
	old := system("mailbox", "")
	old.Version, p.Version = 1, 1
	_, _, err := w.SaveSystem(t.Context(), old)
	if faulty(t, err, "", "error.changed_meanwhile"); !errors.Is(err, fault.Conflict) {
		t.Errorf("system: error = %v, want a conflict", err)
	}
	_, _, err = w.SaveProcessor(t.Context(), p)
	if faulty(t, err, "", "error.changed_meanwhile"); !errors.Is(err, fault.Conflict) {
		t.Errorf("processor: error = %v, want a conflict", err)
	}
}
