package catalogue_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"

	"datalek/web/webtest"
)

var formID = regexp.MustCompile(`name="_form" value="([A-Z2-7]{26})"`)

// pressedTwice presses the button of a page's form twice, one press after the
// other or both at once, and returns where both led.
func (r *rig) pressedTwice(path string, form url.Values, together bool) string {
	r.t.Helper()
	_, body := r.get(path)
	found := formID.FindStringSubmatch(body)
	if found == nil {
		r.t.Fatalf("the form of %s has no id", path)
	}
	form = maps.Clone(form)
	form.Set("_form", found[1])
	answers := make([]webtest.Answer, 2)
	press := func(n int) { answers[n], _ = r.post(path, form) }
	var both sync.WaitGroup
	for n := range answers {
		if together {
			both.Go(func() { press(n) })
		} else {
			press(n)
		}
	}
	both.Wait()
	for n, a := range answers {
		if a.StatusCode != http.StatusSeeOther || a.Location() != answers[0].Location() {
			r.t.Fatalf("press %d on %s = %d to %q", n+1, path, a.StatusCode, a.Location())
		}
	}
	return answers[0].Location()
}

func TestAFormPressedTwiceMakesOne(t *testing.T) {
	for name, together := range map[string]bool{"once more": false, "at the same time": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.systems()
			before, err := r.Store.Systems(t.Context(), "p1", "", 100)
			r.Must(err)
			r.pressedTwice("/systems/new", systemForm(), together)
			after, err := r.Store.Systems(t.Context(), "p1", "", 100)
			r.Must(err)
			if len(after) != len(before)+1 {
				t.Errorf("%d systems came, want 1", len(after)-len(before))
			}
			r.pressedTwice("/processors/new", url.Values{"name": {"Dossier Online"}, "id": {""}}, together)
			if all, err := r.Store.Processors(t.Context(), "p1", "", 100); err != nil || len(all) != 2 {
				t.Errorf("%d processors, %v; want the known one and the new one", len(all), err)
			}
			home := r.pressedTwice("/clients/new", url.Values{"name": {"Zonder Nummer"}, "relation": {"client"}, "language": {"nl"}}, together)
			if all := r.all(); len(all) != 1 {
				t.Fatalf("%d clients, want 1", len(all))
			}
			span := url.Values{"version": {"1"}, "from_day": {"1"}, "from_month": {"3"}, "from_year": {"2025"}}
			r.pressedTwice(home+"/guidance/new", span, together)
			if x := r.all()[0]; len(x.Guidance) != 1 || x.Version != 2 {
				t.Errorf("%d spans in version %d, want 1 in 2", len(x.Guidance), x.Version)
			}
		})
	}
}

func TestAFileImportedTwiceMakesNobodyTwice(t *testing.T) {
	r := newRig(t)
	const people = "Naam;E-mail\nJosé Proef;jose@voorbeeldpost.example\nPiet Proef;piet@voorbeeldpost.example\n"
	answers := make([]webtest.Answer, 2)
	var both sync.WaitGroup
	for n := range answers {
		both.Go(func() { answers[n], _ = r.upload([]byte(people), "import") })
	}
	both.Wait()
	for _, a := range answers {
		if a.StatusCode != http.StatusOK {
			t.Errorf("import = %d", a.StatusCode)
		}
	}
	if all := r.all(); len(all) != 2 {
		t.Errorf("%d clients, want 2", len(all))
	}
}
