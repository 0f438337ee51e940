package members_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/devices"
	"datalek/web/members"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is the pages over the real store, with Anna, who owns practice p1, logged in.
type rig struct {
	*webtest.World
	t    *testing.T
	site string
	anna *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	r.Open(r.NewPractice("p1"), "anna")
	r.Open(r.NewPractice("p2"), "bert")
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	area := members.New(members.Options{Store: r.Store, Office: r.Office, Hasher: account.NewHasher(1), NewID: r.NewID, Now: r.Now})
	r.site = r.Serve(page.Options{NewDevice: r.Office.NewDevice}, accounts, area, devices.New(devices.Options{Store: r.Store}))
	r.anna = r.enter("anna", "p1")
	return r
}

func (r *rig) enter(user string, practice tenant.ID) *webtest.Visitor {
	r.t.Helper()
	v := webtest.NewVisitor(r.t, r.site)
	v.LogIn(user, practice)
	return v
}

var linkShown = regexp.MustCompile(`/join/p1/[A-Za-z0-9_-]{32}`)

// invite invites somebody and returns the path of the link.
func (r *rig) invite(role registry.Role, email string) string {
	r.t.Helper()
	form := url.Values{"name": {"Cas Coach"}, "email": {email}, "role": {string(role)}}
	if res, body := r.anna.Post("/settings/members/invite", form).AndBody(); res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("invite = %d: %s", res.StatusCode, body)
	}
	_, body := r.anna.Get("/settings/members/invited").AndBody()
	link := linkShown.FindString(body)
	if link == "" {
		r.t.Fatalf("no link is shown: %s", body)
	}
	if _, again := r.anna.Get("/settings/members/invited").AndBody(); linkShown.MatchString(again) {
		r.t.Error("the link is shown twice")
	}
	return link
}

func (r *rig) want(a webtest.Answer, status int, words ...string) {
	r.t.Helper()
	if a.StatusCode != status {
		r.t.Errorf("= %d, want %d: %s", a.StatusCode, status, webtest.Words(a.Body))
	}
	for _, w := range words {
		if !strings.Contains(a.Body, w) {
			r.t.Errorf("the page does not say %q", w)
		}
	}
}

func (r *rig) role(user string, practice tenant.ID) registry.Role {
	r.t.Helper()
	u, err := r.Store.User(r.t.Context(), user)
	r.Must(err)
	role, _ := u.In(practice)
	return role
}

func (r *rig) kinds(practice tenant.ID) []incidents.EventKind {
	r.t.Helper()
	var kinds []incidents.EventKind
	for _, e := range r.Waiting(practice) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func joinForm() url.Values {
	return url.Values{"account_name": {"Cas Coach"}, "password": {"een lange zin"}}
}

func TestAnInvitedPersonMakesAnAccountOnce(t *testing.T) {
	r := newRig(t)
	link := r.invite(registry.RoleCoach, "Cas@voorbeeld.example")
	r.want(r.anna.Get("/settings/members"), 200, "Cas Coach", "cas@voorbeeld.example", "begeleider")
	for _, i := range r.Practice("p1").Invitations {
		if strings.Contains(link, i.Hash) || i.Hash != casework.HashToken(link[len("/join/p1/"):]) {
			t.Error("the link is not kept as a hash")
		}
	}
	cas := webtest.NewVisitor(t, r.site)
	r.want(cas.Get(link), 200, "begeleider", "cas@voorbeeld.example")
	short := joinForm()
	short.Set("password", "kort")
	r.want(cas.Post(link, short), 422, "Gebruik minstens 10 tekens.")
	if a := cas.Post(link, joinForm()); a.Location() != "/" {
		t.Fatalf("join = %d to %q: %s", a.StatusCode, a.Location(), webtest.Words(a.Body))
	}
	u, err := r.Store.UserByLogin(t.Context(), "cas@voorbeeld.example")
	r.Must(err)
	if role, _ := u.In("p1"); role != registry.RoleCoach || u.PasswordHash == "" || u.Factors.GraceUntil.IsZero() {
		t.Errorf("made %+v", u)
	}
	r.want(cas.Get("/settings/devices"), 200)
	r.want(cas.Get("/settings/members"), 403)
	r.want(webtest.NewVisitor(t, r.site).Get(link), 404, "gebruikt, ingetrokken of te oud")
	r.want(webtest.NewVisitor(t, r.site).Post(link, joinForm()), 404)
	want := []incidents.EventKind{incidents.MemberInvited, incidents.InvitationUsed, incidents.MemberJoined}
	if got := r.kinds("p1"); !slices.Equal(got, want) {
		t.Errorf("the register gets %v", got)
	}
}

func TestAnInvitationEndsByItselfOrIsWithdrawn(t *testing.T) {
	r := newRig(t)
	old, taken := r.invite(registry.RoleAuditor, "a@voorbeeld.example"), r.invite(registry.RoleStandIn, "b@voorbeeld.example")
	visitor := webtest.NewVisitor(t, r.site)
	for _, wrong := range []string{"/join/p2" + old[len("/join/p1"):], "/join/none/x", old + "x"} {
		r.want(visitor.Get(wrong), 404)
	}
	for _, i := range r.Practice("p1").Invitations {
		if i.Role == registry.RoleStandIn {
			r.want(r.anna.Post("/settings/members/invitations/"+i.ID+"/withdraw", nil), 303)
			r.want(r.anna.Post("/settings/members/invitations/"+i.ID+"/withdraw", nil), 404)
		}
	}
	r.want(visitor.Get(taken), 404)
	r.want(visitor.Get(old), 200)
	r.Pass(7*24*time.Hour - time.Second)
	r.want(visitor.Get(old), 200)
	r.Pass(time.Second)
	r.want(visitor.Get(old), 404)
}

func TestAFaultyInvitationIsRefused(t *testing.T) {
	r := newRig(t)
	for name, form := range map[string]url.Values{
		"no name":      {"email": {"a@b.example"}, "role": {"coach"}},
		"no address":   {"name": {"Cas"}, "role": {"coach"}},
		"no role":      {"name": {"Cas"}, "email": {"a@b.example"}},
		"to own it":    {"name": {"Cas"}, "email": {"a@b.example"}, "role": {"owner"}},
		"a line break": {"name": {"Cas"}, "email": {"a@b.example\r\nBcc: c@d.example"}, "role": {"coach"}},
	} {
		t.Run(name, func(t *testing.T) {
			if a := r.anna.Post("/settings/members/invite", form); a.StatusCode != 422 {
				t.Errorf("= %d, want 422", a.StatusCode)
			}
		})
	}
	if n := len(r.Practice("p1").Invitations); n != 0 {
		t.Errorf("%d invitations were made", n)
	}
}

func TestWhoHasAnAccountAcceptsWithItAndSwitchesByHand(t *testing.T) {
	r := newRig(t)
	link := r.invite(registry.RoleAdministrator, "bert@voorbeeld.example")
	bert := r.enter("bert", "p2")
	r.want(bert.Post("/practices", url.Values{"practice": {"p1"}}), 404)
	r.want(bert.Get(link), 200, "Neem de uitnodiging aan")
	if a := bert.Post(link, nil); a.Location() != "/practices" {
		t.Fatalf("accept = %d to %q: %s", a.StatusCode, a.Location(), webtest.Words(a.Body))
	}
	if r.role("bert", "p1") != registry.RoleAdministrator || r.role("bert", "p2") != registry.RoleOwner {
		t.Error("bert has not both roles")
	}
	r.want(bert.Get("/settings/members/bert"), 200, "verantwoordelijke") // still in p2
	if a := bert.Get("/settings/members/anna"); a.StatusCode != 404 {
		t.Errorf("the session works for p1 unasked: %d", a.StatusCode)
	}
	r.want(bert.Post("/practices", url.Values{"practice": {"p1"}}), 303)
	r.want(bert.Get("/settings/members/anna"), 200, "Alleen een verantwoordelijke")
	mine := r.invite(registry.RoleAuditor, "x@voorbeeld.example")
	r.want(r.anna.Post(mine, nil), 422, "U werkt al voor deze praktijk.")
	if r.role("anna", "p1") != registry.RoleOwner {
		t.Error("an owner took a smaller role by a link")
	}
}

func TestTheLastOwnerStaysAndAnAdministratorTouchesNoOwner(t *testing.T) {
	r := newRig(t)
	bert := r.enter("bert", "p2")
	bert.Post(r.invite(registry.RoleAdministrator, "bert@voorbeeld.example"), nil)
	bert.Post("/practices", url.Values{"practice": {"p1"}})
	r.want(r.anna.Post("/settings/members/anna/role", url.Values{"role": {"coach"}}), 409, "heeft een verantwoordelijke nodig")
	r.want(r.anna.Post("/settings/members/anna/remove", nil), 409)
	r.want(bert.Post("/settings/members/anna/role", url.Values{"role": {"coach"}}), 403)
	r.want(bert.Post("/settings/members/anna/remove", nil), 403)
	r.want(bert.Post("/settings/members/bert/role", url.Values{"role": {"owner"}}), 422)
	if r.role("anna", "p1") != registry.RoleOwner || r.role("bert", "p1") != registry.RoleAdministrator {
		t.Fatal("a refused change was made")
	}
	r.want(r.anna.Post("/settings/members/bert/role", url.Values{"role": {"owner"}}), 303)
	r.want(r.anna.Post("/settings/members/anna/role", url.Values{"role": {"coach"}}), 303)
	if r.role("anna", "p1") != registry.RoleCoach || r.role("bert", "p1") != registry.RoleOwner {
		t.Error("an owner could not hand over")
	}
}

func TestARemovedMemberIsOutAtOnceHereAndStaysElsewhere(t *testing.T) {
	r := newRig(t)
	bert, elsewhere := r.enter("bert", "p2"), r.enter("bert", "p2")
	bert.Post(r.invite(registry.RoleAdministrator, "bert@voorbeeld.example"), nil)
	bert.Post("/practices", url.Values{"practice": {"p1"}})
	r.want(bert.Get("/settings/members"), 200)
	r.want(r.anna.Post("/settings/members/bert/remove", nil), 303)
	if a := bert.Get("/settings/members"); a.StatusCode != 303 || !strings.HasPrefix(a.Location(), "/login") {
		t.Errorf("who was removed still sees %d", a.StatusCode)
	}
	r.want(elsewhere.Get("/settings/members"), 200)
	r.want(r.anna.Post("/settings/members/bert/remove", nil), 404)
	if got := r.kinds("p1"); got[len(got)-1] != incidents.MemberRemoved {
		t.Errorf("the register ends with %v", got)
	}
}

func TestWhatHappensToAnAccountWaitsInItsOwnRow(t *testing.T) {
	r := newRig(t)
	bert := r.enter("bert", "p2")
	bert.Post(r.invite(registry.RoleAdministrator, "bert@voorbeeld.example"), nil)
	r.want(r.anna.Post("/settings/members/bert/role", url.Values{"role": {"coach"}}), 303)
	r.want(r.anna.Post("/settings/members/bert/remove", nil), 303)
	rows, err := r.Store.PendingEvents(t.Context(), 100)
	r.Must(err)
	got := map[string][]incidents.EventKind{}
	for _, p := range rows {
		for _, e := range p.Events {
			got[p.Collection+" "+p.ID+" for "+string(p.PracticeID)] = append(got[p.Collection+" "+p.ID+" for "+string(p.PracticeID)], e.Kind)
		}
	}
	want := map[string][]incidents.EventKind{
		"practices p1 for p1": {incidents.MemberInvited, incidents.InvitationUsed},
		"users bert for p1":   {incidents.MemberJoined, incidents.MemberRoleChanged, incidents.MemberRemoved},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what waits where (-want +got)\n%s", diff)
	}
}

func TestAResetEndsFactorsDevicesAndSessionsAndIsTold(t *testing.T) {
	r := newRig(t)
	set := func(expires time.Time) {
		_, err := r.Store.UpdateUser(t.Context(), "anna", func(u *registry.User) error {
			u.Login = "anna@lindehof.example"
			u.Reset = registry.Reset{Hash: casework.HashToken("secret"), ExpiresAt: expires}
			u.Factors.AppSecret = "JBSWY3DPEHPK3PXP"
			return nil
		})
		r.Must(err)
	}
	visitor := webtest.NewVisitor(t, r.site)
	set(r.Now())
	r.want(visitor.Get("/reset/anna/secret"), 404, "gebruikt of te oud")
	set(r.Now().Add(registry.ResetLife))
	for _, wrong := range []string{"/reset/anna/secre", "/reset/bert/secret", "/reset/none/secret", "/reset/bert/"} {
		r.want(visitor.Get(wrong), 404)
	}
	r.want(visitor.Get("/reset/anna/secret"), 200, "anna@lindehof.example")
	r.want(visitor.Post("/reset/anna/secret", url.Values{"password": {"kort"}}), 422)
	if a := visitor.Post("/reset/anna/secret", url.Values{"password": {"een nieuwe lange zin"}}); a.Location() != "/login" {
		t.Fatalf("reset = %d to %q: %s", a.StatusCode, a.Location(), webtest.Words(a.Body))
	}
	u, err := r.Store.User(t.Context(), "anna")
	r.Must(err)
	if u.Factors.Some() || len(u.Devices) != 0 || len(u.Sessions) != 0 || u.Reset.Hash != "" || u.Factors.GraceUntil.IsZero() {
		t.Errorf("after the reset: %+v", u)
	}
	r.want(r.anna.Get("/settings/members"), 303)
	r.want(visitor.Get("/reset/anna/secret"), 404)
	if a := visitor.Post("/login", url.Values{"login": {"anna@lindehof.example"}, "password": {"een nieuwe lange zin"}}); a.StatusCode != 303 {
		t.Errorf("the new password = %d", a.StatusCode)
	}
	if got := r.kinds("p1"); got[0] != incidents.ResetDone {
		t.Errorf("the register gets %v", got)
	}
	if due, err := r.Store.DueDeliveries(t.Context(), r.Now().Add(time.Hour), 10); err != nil || len(due) == 0 {
		t.Errorf("nobody is told of the reset: %v", err)
	}
}
