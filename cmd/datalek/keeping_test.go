package main_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// takesAway are words in the address of a route that removes something.
var takesAway = regexp.MustCompile(`drop|erase|destroy|delete|remove|purge|forget|undo`)

// No door leads to a case, its register or its proofs being removed: what is wrong is
// mended by a new entry.
func TestNoRouteRemovesWhatMustBeKeptWithACase(t *testing.T) {
	routes, err := askRouter()
	if err != nil {
		t.Fatal(err)
	}
	harmless := []string{
		"/incidents/drafts/:draft/drop",                   // a form that nobody sent
		"/incidents/:id/announcements/:announcement/undo", // says that it does not count any more, and why
		"/incidents/:id/announcement/undo",                // the same
	}
	seen := 0
	for _, r := range routes {
		path := strings.TrimPrefix(r.Path, "/api/v1")
		about := slices.ContainsFunc([]string{"/incidents", "/register", "/notices", "/deliveries", "/reports", "/triage", "/questions"}, func(p string) bool { return strings.HasPrefix(path, p) })
		if !about {
			continue
		}
		if seen++; r.Method == http.MethodDelete || takesAway.MatchString(path) && !slices.Contains(harmless, path) {
			t.Errorf("%s %s removes what must be kept with a case", r.Method, r.Path)
		}
	}
	if seen < 60 {
		t.Errorf("%d routes were looked at", seen)
	}
}
