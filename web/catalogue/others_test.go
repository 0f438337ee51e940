package catalogue_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datalek/web/webtest"

	"github.com/google/go-cmp/cmp"
)

// places are all addresses below something with an id.
func places(system, processor, client string) (gets, posts []string) {
	home := "/clients/" + client
	gets = []string{"/systems/" + system, "/processors/" + processor, home, home + "/edit", home + "/guidance/new", home + "/guidance/1",
		home + "/holdings/new", home + "/holdings/1", home + "/holdings/by-rule"}
	posts = []string{"/systems/" + system, "/systems/" + system + "/end", "/systems/" + system + "/resume", "/processors/" + processor,
		"/processors/" + processor + "/end", "/processors/" + processor + "/resume", home + "/edit", home + "/guidance/new", home + "/guidance/1",
		home + "/guidance/1/end", home + "/guidance/1/reopen", home + "/guidance/1/remove", home + "/holdings/by-hand", home + "/holdings/by-rule",
		home + "/holdings/new", home + "/holdings/1", home + "/holdings/1/remove"}
	return gets, posts
}

func TestAnotherPracticesThingsAreNotThere(t *testing.T) {
	r := newRig(t)
	r.systems()
	theirs := r.add("p2", person("N-1", "Van Een Ander"))
	_, _, err := r.Office.SaveProcessor(t.Context(), processorOf("p2", "their-firm"))
	r.Must(err)
	before, err := r.Store.Client(t.Context(), "p2", theirs.ID)
	r.Must(err)
	for _, ids := range [][3]string{{"theirs", "their-firm", theirs.ID}, {"nothing", "nobody", "noone"}, {"..", "%00", "<b>"}} {
		gets, posts := places(url.PathEscape(ids[0]), url.PathEscape(ids[1]), url.PathEscape(ids[2]))
		for _, path := range gets {
			res, body := r.get(path)
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("get %s = %d, want 404", path, res.StatusCode)
			}
			webtest.Lacks(t, body, "Van Een Ander", "Van een ander", "whsec_")
		}
		for _, path := range posts {
			if res, _ := r.post(path, url.Values{"version": {"1"}, "name": {"Gekaapt"}}); res.StatusCode != http.StatusNotFound {
				t.Errorf("post %s = %d, want 404", path, res.StatusCode)
			}
		}
	}
	after, err := r.Store.Client(t.Context(), "p2", theirs.ID)
	r.Must(err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("their client (-before +after):\n%s", diff)
	}
	form := clientForm()
	form.Set("guardians", "N-1") // theirs
	if res, body := r.post("/clients/new", form); res.StatusCode != 422 || !strings.Contains(body, `href="#guardians"`) {
		t.Errorf("another practice's guardian = %d, want 422 at the field", res.StatusCode)
	}
}

func TestNobodyComesInWithoutLoggingIn(t *testing.T) {
	r := newRig(t)
	r.systems()
	x := r.add("p1", person("N-1", "Jan Proef"))
	r.visitor = webtest.NewVisitor(t, r.site)
	gets, posts := places("mailbox", "microsoft-365", x.ID)
	for _, path := range append(gets, "/systems", "/systems/new", "/processors", "/processors/new", "/clients", "/clients/new", "/clients/import") {
		if res, body := r.get(path); res.StatusCode != http.StatusSeeOther || strings.Contains(body, "Proef") {
			t.Errorf("get %s = %d, want 303 to the login", path, res.StatusCode)
		}
	}
	for _, path := range append(posts, "/systems/new", "/processors/new", "/clients", "/clients/new", "/clients/import") {
		if res, body := r.post(path, clientForm()); res.StatusCode == http.StatusOK || strings.Contains(body, "Proef") {
			t.Errorf("post %s = %d", path, res.StatusCode)
		}
	}
	if got := r.all(); len(got) != 1 || got[0].Version != 1 {
		t.Errorf("clients = %+v", got)
	}
}

func TestAFormFromElsewhereIsRefused(t *testing.T) {
	r := newRig(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.site+"/clients/new", strings.NewReader(clientForm().Encode()))
	r.Must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := r.visitor.Client().Do(req)
	r.Must(err)
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden || len(r.all()) != 0 {
		t.Errorf("status = %d and %d stored, want 403 and none", res.StatusCode, len(r.all()))
	}
}
