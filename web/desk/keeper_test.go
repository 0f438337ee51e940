package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datalek/services/calendar"
	"datalek/web"
	"datalek/web/account"
	"datalek/web/desk"
	"datalek/web/page"
	"datalek/web/webtest"
)

// The desk, and every page beside it, turns red once the keeper of the clocks was
// silent for longer than /readyz allows, and only then.
func TestTheDeskTurnsRedWhenTheKeeperIsSilent(t *testing.T) {
	r := newRig(t)
	beat := r.Now()
	keeper := web.KeeperCheck(func(context.Context) (time.Time, error) { return beat, nil }, r.Now)
	area := desk.New(desk.Options{Store: r.Store, Office: r.Office, Book: r.Book, Calendar: calendar.New()})
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{KeeperLives: func(ctx context.Context) bool { return keeper.Run(ctx) == nil }}, area, accounts))
	r.enter()
	for _, step := range []struct {
		pass time.Duration
		red  bool
	}{{0, false}, {14 * time.Second, false}, {2 * time.Second, true}, {time.Hour, true}} {
		r.Pass(step.pass)
		for _, path := range []string{"/", r.at("")} {
			if _, body := r.get(path); strings.Contains(body, "De bewaker van de termijnen reageert niet.") != step.red {
				t.Errorf("%s, silent for %s: red %t, want %t", path, r.Now().Sub(beat), !step.red, step.red)
			}
		}
	}
	beat = r.Now()
	if _, body := r.get("/"); strings.Contains(body, "De bewaker van de termijnen reageert niet.") {
		t.Error("the desk stays red though the keeper is heard again")
	}
}
