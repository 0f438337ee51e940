package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents/register"
)

// writesNothing are the changing routes that write nothing into the register, and why.
func writesNothing() map[string]string {
	const search, draft, who, shown, try, again = "looks something up", "a draft, which nobody but its writer has", "says who one is; a new device and a code for once are entries", "says what one wants to see", "tries something out", "the work writes what it does"
	return map[string]string{
		"POST /clients": search, "POST /incidents/:id/affected/search": search, "POST /register/check": search, "POST /api/v1/risk": search,
		"POST /incidents/drafts/:draft/drop": draft, "POST /triage/:id/incident": draft, "POST /settings/policy/edit": draft,
		"POST /login/code": who, "POST /login/passkey": who, "POST /login/passkey/begin": who, "POST /logout": who, "POST /settings/account/confirm": who,
		"POST /settings/account/confirm/passkey": who, "POST /settings/account/security/passkeys/begin": who, "POST /p/:code/lees": who, "POST /p/:code/lees/done": who,
		"POST /practices": shown, "POST /drills/:id/enter": shown, "POST /drills/leave": shown,
		"POST /notices/:id/trial": try, "POST /mail/try": try, "POST /doctor/envelope": try, "POST /processors/:id/message-centre/try": try, "POST /api/v1/processors/:id/feed/look": try,
		"POST /stuck/:id/again": again, "POST /stuck/host/:id/again": again, "POST /csp": "browsers send it", "OPTIONS /webhooks/processors/:token": "a greeting", "POST /setup/:token": "makes the practice, and so its register",
	}
}

// seenElsewhere are the changing routes whose entries another test looks at.
func seenElsewhere() map[string]string {
	return map[string]string{
		"POST /incidents/:id/affected/:client/decision": "TestStoryOfSomebodyWhoIsComplainedAbout", "POST /api/v1/incidents/:id/affected/:person/decision": "TestStoryOfSomebodyWhoIsComplainedAbout",
		"POST /incidents/:id/authority/check": "TestNothingPersonalLeavesUnasked", "POST /api/v1/incidents/:id/authority-traces": "TestNothingPersonalLeavesUnasked",
		"POST /settings/account/security/passkeys": "TestStoryOfTheSecondStep", "POST /settings/account/security/passkeys/remove": "TestStoryOfTheSecondStep",
		"POST /settings/account/security/app/remove": "TestStoryOfTheSecondStep", "POST /reset/:user/:secret": "TestStoryOfWhoMayComeIn",
		"POST /webhooks/mail": "TestALateBounceReopensTheMetClockUnderItsOldDueTime", "POST /webhooks/mail/:token": "TestALateBounceReopensTheMetClockUnderItsOldDueTime",
		"POST /ack/:token": "TestALinkWorksOnceAndStopsTheDutysAlarms", "POST /api/v1/notices/:id/letters/posted": "TestStoryOfThoseWhoHaveNoEmail",
		"POST /retention/:month/:system/entries": "TestOldEntriesAreConfirmedOnceAMonthWithoutNames",
	}
}

// Everything that can be done on the pages, by the API and by who reports is done
// once, and each of it stands in the register, or above with the reason why not. The
// routes are the program's own, so that a new one fails until it is one of the two.
func TestEveryChangeWritesIntoTheRegister(t *testing.T) {
	t.Parallel()
	g := &grounds{demo: startDemo(t)}
	morning(t, g.demo)
	w := watchHost(t, g.demo)
	g.world, g.former = (&gallery{t: t, d: g.demo}).world(), clientPage(t, g.demo, "V-047")
	h := &hands{grounds: g, owner: loggedIn(t, g.BaseURL, g.Login, g.Password), api: withToken(t, g.BaseURL, g.APIToken)}
	h.all()
	all := changing(t)
	awaitWithin(t, time.Minute, "every change stands in the register", func() error { return missing(all, w.tallied(g.log())) })
	done := w.tallied(g.log())
	for _, route := range all {
		if reason, n := writesNothing()[route], done[route]; reason != "" && n.written > 0 {
			t.Errorf("%s is said to write nothing (%s), and writes %q", route, reason, slices.Sorted(maps.Keys(n.kinds)))
		}
	}
	g.namesNobody()
}

// missing names the changing routes that were not tried, or that wrote nothing.
func missing(all []string, done map[string]tally) error {
	var faults []string
	for _, route := range all {
		switch n := done[route]; {
		case writesNothing()[route] != "" || seenElsewhere()[route] != "":
		case n.accepted == 0:
			faults = append(faults, route+" was done by nobody: let this test do it, or say who looks at its entries")
		case n.written == 0:
			faults = append(faults, fmt.Sprintf("%s was done %d times and wrote nothing: let it, or say why not", route, n.accepted))
		}
	}
	if len(faults) > 0 {
		return errNot("%s", strings.Join(faults, "\n"))
	}
	return nil
}

// changing are the routes that change something.
func changing(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, r := range routes(t) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			all = append(all, r.Method+" "+r.Path)
		}
	}
	for _, listed := range []map[string]string{writesNothing(), seenElsewhere()} {
		for route := range listed {
			if !slices.Contains(all, route) {
				t.Errorf("%s is no route", route)
			}
		}
	}
	return all
}

// tally is what came of the requests to one route.
type tally struct {
	accepted, written int
	kinds             map[string]bool
}

// tallied finds, for each request that was accepted, what somebody's act wrote while
// it ran.
func (w *watch) tallied(log []entry) map[string]tally {
	all := map[string]tally{}
	for _, a := range w.acts {
		if !a.accepted() {
			continue
		}
		route := a.method + " " + routeFor(a.method, a.path)
		one := all[route]
		if one.accepted++; one.kinds == nil {
			one.kinds = map[string]bool{}
		}
		wrote := false
		for _, e := range log {
			if byPeople(e, a.path) && !e.At.Before(a.from) && !e.At.After(a.until) {
				one.kinds[e.Kind], wrote = true, true
			}
		}
		if wrote {
			one.written++
		}
		all[route] = one
	}
	return all
}

// byPeople reports whether somebody asked for an entry at an address: what the program
// does by itself, by policy or with a supplier's report that came before does not count.
func byPeople(e entry, path string) bool {
	switch register.ActorKind(e.Actor.Kind) {
	case register.ActorSystem, register.ActorPolicy:
		return false
	case register.ActorProcessor:
		return strings.HasPrefix(path, "/webhooks/") || strings.HasPrefix(path, "/reported/") || strings.HasSuffix(path, "/test")
	}
	return true
}

// namesNobody looks for names and addresses of the practice's people in its register.
func (g *grounds) namesNobody() {
	g.t.Helper()
	var list struct {
		Items []struct {
			Name   string
			Email  *string
			Phone  *string
			Postal *string `json:"postal_address"`
		}
	}
	g.must(200, "GET", "/clients?limit=500", nil, &list)
	var names []string
	for _, c := range list.Items {
		names = append(names, c.Name)
		for _, way := range []*string{c.Email, c.Phone, c.Postal} {
			if way != nil && *way != "" {
				names = append(names, *way)
			}
		}
	}
	if len(names) < 150 {
		g.t.Fatalf("only %d names and addresses", len(names))
	}
	found := map[string]bool{}
	for _, e := range g.log() {
		for _, part := range []map[string]string{e.Facts, e.Words} {
			for key, value := range part {
				if at := slices.IndexFunc(names, func(n string) bool { return strings.Contains(value, n) }); at >= 0 && !found[e.Kind+key] {
					found[e.Kind+key] = true
					g.t.Errorf("entry %d, %s, holds %q in %q", e.Seq, e.Kind, names[at], key)
				}
			}
		}
	}
}
