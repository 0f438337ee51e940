package desk_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/web/webtest"
)

// story fills the rig as a practice looks two days on: decisions taken, one
// case late, one fresh, a signal waiting, long words and long names.
func (r *rig) story() {
	r.t.Helper()
	_, err := r.office.Triage(r.t.Context(), r.Practice("p1"), incidents.FromPublic, incidents.ReportWords{Text: "Er is iets mis."}, incidents.Actor{Kind: register.ActorPublic})
	r.must(err)
	r.post(r.at("/risk"), url.Values{"answer": {"notify"}, "reason": {"Er stond veel in over de gezondheid van mensen."}})
	r.post(r.at("/measures"), url.Values{"measures_taken": {"Wachtwoord veranderd en alle sessies beëindigd.\nArbeidsongeschiktheidsverzekeringsmaatschappijvertegenwoordiger gebeld."}})
	r.Pass(50 * time.Hour)
	r.file("p1")
	r.enter()
}

// TestPagesInABrowser looks at every page of desk and account.
func TestPagesInABrowser(t *testing.T) {
	r := newRig(t)
	r.story()
	b := webtest.OpenBrowser(t, r.site)
	look := func(path string) {
		t.Helper()
		b.Look(t, webtest.View{Name: "desk" + strings.TrimPrefix(path, "/incidents/"+r.own.ID), Path: path})
	}
	look("/login")
	look("/setup/first")
	b.LogIn(t, r.visitor)
	for _, path := range []string{"/", "/incidents", "/register", "/register/log", "/settings", "/settings/account", "/nowhere"} {
		look(path)
	}
	for _, path := range append(pages(), "/affected?group=not_affected", "/delay/authority") {
		look(r.at(path))
	}
	r.as(incidents.AsProcessor)
	look(r.at("/controller"))
}
