package main_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents/registry"
	"datalek/services/devstack"
)

// Story: nobody reacts, so the stand-in is warned and from then on acts on the case:
// before, it was closed to her. An auditor reads the register and the case in the
// sample; who the client is stands nowhere.
func TestStoryOfAStandInAndAnAuditor(t *testing.T) {
	t.Parallel()
	h := newServed(t, devstack.SMTPOptions{})
	h.addOwn(t, "Praktijk Lindehof", "Anna Eigenaar", "anna@praktijk.example", "--stand-in-email", "bram@waarnemer.example")
	h.joins(t, registry.RoleStandIn, registry.RoleAuditor)
	h.serve()
	h.must(201, "POST", "/clients", object{"external_id": "c-1", "name": "Roos Geheim", "email": "roos@post.example", "phone": "+31 6 12345678", "guidance": []object{{"from": "2025-01-01"}}}, nil)
	incident, reference := h.fileRead("c-1")
	noticeTo(t, h.demo, incident, "clients")
	standIn := h.member(t, registry.RoleStandIn)
	standIn.sees("Er is niets aan u overgedragen")
	reads := standIn.visitor.(*plainReader)
	if reads.open(incident); reads.status != http.StatusForbidden {
		t.Fatalf("the case answers the stand-in %d before it was handed on", reads.status)
	}
	h.moveClock(36*time.Hour + time.Minute)
	warned := func(who string) {
		t.Helper()
		await(t, who+" is warned", func() error {
			if len((&alarmHost{served: h}).letters(who)) == 0 {
				return errNot("no mail with a link yet")
			}
			return nil
		})
	}
	warned("anna@praktijk.example")
	h.moveClock(38*time.Hour + 2*time.Minute)
	warned("bram@waarnemer.example")
	standIn = h.member(t, registry.RoleStandIn) // the session of the day before is over
	standIn.open(incident)
	standIn.sees(reference)
	standIn.visitor.(*plainReader).ask(http.MethodPost, h.BaseURL+incident+"/risk", url.Values{"answer": {"not_notifiable"}, "reason": {"Roos Geheim belde op 06-12345678: niemand zag iets."}})
	await(t, "the register names the stand-in", func() error {
		var page struct{ Items []approved }
		h.must(200, "GET", "/register?limit=500", nil, &page)
		if !slices.ContainsFunc(page.Items, func(e approved) bool {
			return e.Kind == "decision.taken" && e.Actor.Kind == "user" && e.Actor.ID == "member-standin-"+string(h.PracticeID)
		}) {
			return errNot("no decision of hers in %d entries", len(page.Items))
		}
		return nil
	})

	auditor := h.member(t, registry.RoleAuditor)
	sampled := "/sample/" + strings.TrimPrefix(incident, "/incidents/")
	for path, shows := range map[string]string{"/sample": reference, sampled: "[naam] belde op [telefoonnummer]: niemand zag iets.", "/register": reference, "/register/log": "Lid standin"} {
		auditor.open(path)
		auditor.sees(shows)
		for _, personal := range []string{"Geheim", "roos@", "12345678"} {
			if strings.Contains(auditor.visitor.(*plainReader).body, personal) {
				t.Errorf("%s shows an auditor %q", path, personal)
			}
		}
	}
}
