package main_test

import "testing"

// A route that declares nothing is closed to all but the owner and the
// administrator; still it must say what it is, so that the table can be read.
func TestEveryRouteDeclaresItsAction(t *testing.T) {
	for _, r := range routes(t) {
		public := open()[r.Path] != "" || isWebhook(r.Path)
		if public == (r.Action != "") {
			t.Errorf("%s %s declares %q; open to anybody: %t", r.Method, r.Path, r.Action, public)
		}
	}
}
