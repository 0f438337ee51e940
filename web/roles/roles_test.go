package roles_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/roles"
	"datalek/web/webtest"
)

type rig struct {
	*webtest.World
	t    *testing.T
	site string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	r.Open(r.NewPractice("p1"), "anna")
	_, err := r.Store.CreateClient(t.Context(), registry.Client{ID: "c1", PracticeID: "p1", Language: "nl", Relation: registry.RelationClient,
		Person: registry.Person{ExternalID: "c1", Name: "Proef Persoon", Coach: "Coach Cora"}})
	r.Must(err)
	r.site = r.Serve(page.Options{}, roles.New(roles.Options{Store: r.Store, Now: r.Now}))
	return r
}

func (r *rig) joins(id string, role registry.Role) {
	r.t.Helper()
	r.Must(r.Store.CreateUser(r.t.Context(), registry.User{ID: id, Login: id + "@example.org", Name: "Lid " + id, CreatedAt: r.Now(),
		Memberships: []registry.Membership{{PracticeID: "p1", Role: role}}}))
}

func (r *rig) as(user string) *webtest.Visitor {
	v := webtest.NewVisitor(r.t, r.site)
	v.LogIn(user, "p1")
	return v
}

func TestTheOwnerLetsTwoPeopleApproveOnceThereAreTwo(t *testing.T) {
	r := newRig(t)
	anna, yes := r.as("anna"), url.Values{"four_eyes": {"yes"}}
	if res, body := anna.Post("/settings/roles/approval", yes).AndBody(); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Nodig eerst een tweede persoon uit") {
		t.Errorf("alone = %d", res.StatusCode)
	}
	r.joins("bea", registry.RoleAdministrator)
	if res := r.as("bea").Post("/settings/roles/approval", yes); res.StatusCode != http.StatusForbidden || r.Practice("p1").FourEyes {
		t.Errorf("an administrator chooses it: %d", res.StatusCode)
	}
	anna.Post("/settings/roles/approval", yes)
	p := r.Practice("p1")
	if !p.FourEyes || p.Outbox.Pending[len(p.Outbox.Pending)-1].Kind != incidents.FourEyesOn {
		t.Errorf("two people approve: %t, noted as %+v", p.FourEyes, p.Outbox.Pending)
	}
	anna.Post("/settings/roles/approval", url.Values{"four_eyes": {"no"}})
	if r.Practice("p1").FourEyes {
		t.Error("it cannot be taken back")
	}
}

func TestAnAccountIsTiedToACoachOfTheListAlone(t *testing.T) {
	r := newRig(t)
	r.joins("cora", registry.RoleCoach)
	r.joins("otto", registry.RoleAuditor)
	anna := r.as("anna")
	if _, body := anna.Get("/settings/roles").AndBody(); !strings.Contains(body, "Coach Cora") || !strings.Contains(body, "cora@example.org") {
		t.Error("the page offers no coach")
	}
	anna.Post("/settings/roles/coaches", url.Values{"coach_cora": {"Coach Cora"}, "coach_otto": {"Coach Cora"}, "coach_anna": {"x"}})
	if tied := r.Practice("p1").Details.Coaches; len(tied) != 1 || tied["cora"] != "Coach Cora" {
		t.Errorf("tied %v", tied)
	}
	anna.Post("/settings/roles/coaches", url.Values{"coach_cora": {"Iemand anders"}})
	if tied := r.Practice("p1").Details.Coaches; len(tied) != 0 {
		t.Errorf("a name that the list does not have is tied: %v", tied)
	}
	if res := r.as("cora").Get("/settings/roles"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a coach sees who may do what: %d", res.StatusCode)
	}
}

func TestThePageShowsTheWholeTable(t *testing.T) {
	r := newRig(t)
	_, body := r.as("anna").Get("/settings/roles").AndBody()
	if got := strings.Count(body, `<th scope="row"`); got != len(registry.Actions()) {
		t.Errorf("%d rows of %d actions", got, len(registry.Actions()))
	}
	if !strings.Contains(body, `<td class="govuk-table__cell">verantwoordelijke, waarnemer</td>`) {
		t.Error("the page does not say that an owner or a stand-in decides")
	}
	if strings.Contains(body, "roles.action.") {
		t.Error("an action has no words")
	}
}
