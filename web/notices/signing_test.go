package notices_test

import (
	"net/http"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// joins makes a member of the practice and a browser of that person.
func (r *rig) joins(id, name string, role registry.Role) *webtest.Visitor {
	r.t.Helper()
	r.Must(r.Store.CreateUser(r.t.Context(), registry.User{ID: id, Login: id + "@example.org", Name: name, CreatedAt: r.Now(),
		Memberships: []registry.Membership{{PracticeID: r.inc.PracticeID, Role: role}}}))
	v := webtest.NewVisitor(r.t, r.site)
	v.LogIn(id, r.inc.PracticeID)
	return v
}

func (r *rig) asksForTwo() {
	r.t.Helper()
	_, err := r.Store.UpdatePractice(r.t.Context(), r.inc.PracticeID, func(p *registry.Practice) error { p.FourEyes = true; return nil })
	r.Must(err)
}

func (r *rig) noticeIs(id string, state incidents.NoticeState) *incidents.Notice {
	r.t.Helper()
	n, err := r.Store.Notice(r.t.Context(), r.inc.PracticeID, id)
	r.Must(err)
	if n.State != state {
		r.t.Errorf("the notice is %s, want %s", n.State, state)
	}
	return n
}

func TestTwoPeopleApproveTheSameTextAndReaders(t *testing.T) {
	r := newRig(t)
	r.asksForTwo()
	bea, id := r.joins("bea", "Bea Beheer", registry.RoleAdministrator), r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Del("reason") // two people need none
	form.Set("sender", "bericht@lindehof-post.example")
	if res, body := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id {
		t.Fatalf("first approval = %d: %s", res.StatusCode, wordsOf(body))
	}
	r.noticeIs(id, incidents.NoticeIsDraft)
	if _, body := r.get("/notices/" + id); !strings.Contains(body, "Wacht op de tweede goedkeuring") || !strings.Contains(body, "Bea Beheer") {
		t.Errorf("the page does not say who must still approve: %s", wordsOf(body))
	}
	if res, body := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusConflict || !strings.Contains(body, "van iemand anders zijn") {
		t.Errorf("the same person again = %d", res.StatusCode)
	}
	if res := bea.Post("/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/notices/"+id+"/progress" {
		t.Fatalf("second approval = %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	n := r.noticeIs(id, incidents.NoticeIsApproved)
	events := n.Outbox.Pending
	last := events[len(events)-1]
	if n.ApprovedBy.ID != "bea" || last.Kind != incidents.NoticeApproved || last.Facts["first_by"] != n.First.By.ID || n.First.By.ID == "bea" {
		t.Errorf("the record names %q and %q: %+v", n.ApprovedBy.ID, n.First.By.ID, last)
	}
}

func TestAChangedTextNeedsBothApprovalsAgain(t *testing.T) {
	r := newRig(t)
	r.asksForTwo()
	bea, id := r.joins("bea", "Bea Beheer", registry.RoleAdministrator), r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", "bericht@lindehof-post.example")
	r.send("POST", "/notices/"+id+"/approve", form)
	_, err := r.Store.UpdateNotice(t.Context(), r.inc.PracticeID, id, func(n *incidents.Notice) error {
		texts := n.Texts
		texts[0].Body += "\n\nEn nog iets."
		return n.Edit(texts, r.Now(), incidents.Actor{Kind: "user", ID: "anna"})
	})
	r.Must(err)
	again := r.approval(id)
	again.Set("sender", "bericht@lindehof-post.example")
	if res := bea.Post("/notices/"+id+"/approve", again); res.Header.Get("Location") != "/notices/"+id {
		t.Errorf("an approval of a changed text = %d to %q, want the first of two", res.StatusCode, res.Header.Get("Location"))
	}
	r.noticeIs(id, incidents.NoticeIsDraft)
}

func TestAnAdministratorAloneAndTwoWithoutTheOwnerLetNothingGo(t *testing.T) {
	r := newRig(t)
	bea, id := r.joins("bea", "Bea Beheer", registry.RoleAdministrator), r.draft(incidents.ToClients)
	form := r.approval(id)
	form.Set("sender", "bericht@lindehof-post.example")
	if res := bea.Post("/notices/"+id+"/approve", form); res.StatusCode != http.StatusForbidden {
		t.Errorf("an administrator alone = %d", res.StatusCode)
	}
	r.asksForTwo()
	ben := r.joins("ben", "Ben Beheer", registry.RoleAdministrator)
	bea.Post("/notices/"+id+"/approve", form)
	if res := ben.Post("/notices/"+id+"/approve", form); res.StatusCode != http.StatusForbidden {
		t.Errorf("two administrators = %d", res.StatusCode)
	}
	r.noticeIs(id, incidents.NoticeIsDraft)
}

func TestWhoApprovesAloneSaysWhy(t *testing.T) {
	r := newRig(t)
	id := r.draft(incidents.ToClients)
	if _, body := r.get("/notices/" + id + "/approve"); !strings.Contains(body, `>Ik heb de tekst en de lijst gelezen.`) {
		t.Error("the page offers no line to confirm")
	}
	form := r.approval(id)
	form.Set("sender", "bericht@lindehof-post.example")
	form.Set("reason", " ")
	if res, _ := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no reason = %d", res.StatusCode)
	}
	form.Set("reason", "Gelezen en goed.")
	if res, body := r.send("POST", "/notices/"+id+"/approve", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("with a reason = %d: %s", res.StatusCode, wordsOf(body))
	}
	n := r.noticeIs(id, incidents.NoticeIsApproved)
	if n.Reason != "Gelezen en goed." || n.Outbox.Pending[len(n.Outbox.Pending)-1].Words["reason"] != n.Reason {
		t.Errorf("the register keeps %+v", n.Outbox.Pending)
	}
}
