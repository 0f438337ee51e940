package main_test

import (
	"slices"
	"testing"

	datalek "datalek/cmd/datalek"
	"datalek/incidents/registry"
	"datalek/services/devstack"
)

// joins adds somebody of each role to the practice before it is served.
func (h *served) joins(t *testing.T, roles ...registry.Role) {
	t.Helper()
	for _, role := range roles {
		if err := datalek.AddMember(t.Context(), h.data(), h.PracticeID, string(role)+"@praktijk.example", memberPassword, role, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// member is somebody of the practice with a role, logged in.
func (h *served) member(t *testing.T, role registry.Role) *person {
	t.Helper()
	as := &demo{t: h.t, dir: h.dir, access: h.access}
	as.Login, as.Password = string(role)+"@praktijk.example", memberPassword
	p := &person{visitor: newPlainReader(t, h.BaseURL), t: t, disturb: func() {}}
	p.open("/login")
	p.fill("E-mailadres", as.Login)
	p.fill("Wachtwoord", as.Password)
	p.click("Log in")
	p.secondStep(as)
	p.sees("Uitloggen")
	return p
}

// approved is what the register says of who approved a message.
type approved struct {
	Kind  string
	Actor struct{ Kind, ID string }
	Facts map[string]string
}

// approvals are the entries about approvals, the first first.
func (h *served) approvals() []approved {
	h.t.Helper()
	var page struct{ Items []approved }
	h.must(200, "GET", "/register?limit=500", nil, &page)
	return slices.DeleteFunc(page.Items, func(e approved) bool { return e.Kind != "notice.signed" && e.Kind != "notice.approved" })
}

// Story: the owner lets two people approve. An administrator is asked, approves, and
// nothing goes; she cannot be the second as well. The owner approves the same, it
// goes, and the register names both.
func TestStoryOfTwoWhoApprove(t *testing.T) {
	t.Parallel()
	h := newServed(t, devstack.SMTPOptions{})
	h.addOwn(t, "Praktijk Lindehof", "Anna Eigenaar", "anna@praktijk.example", "--mailbox-system", "mailbox", "--other-sender", "bericht@elders.example")
	h.joins(t, registry.RoleAdministrator)
	h.serve()
	owner := h.visit(t)
	owner.open("/settings/roles")
	owner.click("Laat voortaan twee mensen goedkeuren")
	owner.sees("Twee mensen keuren een bericht aan mensen goed.")
	h.must(201, "POST", "/clients", object{"external_id": "c-1", "name": "Roos Geheim", "email": "roos@post.example", "guidance": []object{{"from": "2025-01-01"}}}, nil)
	incident, _ := h.fileRead("c-1")
	notice := noticeTo(t, h.demo, incident, "clients").ID

	bea := h.member(t, registry.RoleAdministrator)
	approve := func(p *person) {
		t.Helper()
		p.open("/notices/" + notice + "/approve")
		p.choose("Anna Eigenaar <bericht@elders.example>")
		p.click("Verstuur 1 e-mail")
	}
	approve(bea)
	bea.sees("Wacht op de tweede goedkeuring", "Lid administrator keurde dit goed", "Dit kan nog worden goedgekeurd door: Anna Eigenaar.")
	approve(bea)
	bea.sees("De tweede goedkeuring moet van iemand anders zijn.")
	var waits struct{ State string }
	if h.must(200, "GET", "/notices/"+notice, nil, &waits); waits.State != "draft" || len(h.smtp.Messages("roos@post.example", 0)) > 0 {
		t.Fatalf("after one approval the message is %q", waits.State)
	}

	approve(owner)
	await(t, "the message arrives", func() error {
		if n := len(h.smtp.Messages("roos@post.example", 0)); n != 1 {
			return errNot("%d mails", n)
		}
		return nil
	})
	await(t, "the register names both", func() error {
		list := h.approvals()
		if len(list) != 2 {
			return errNot("%d entries", len(list))
		}
		first, second := list[0], list[1]
		if first.Kind != "notice.signed" || second.Kind != "notice.approved" || first.Actor.Kind != "user" || second.Actor.Kind != "user" ||
			first.Actor.ID == second.Actor.ID || second.Facts["first_by"] != first.Actor.ID {
			return errNot("%+v", list)
		}
		return nil
	})
	owner.open("/register/log")
	owner.sees("Eerste goedkeuring van twee: ", "Eerst goedgekeurd door Lid administrator", "Anna Eigenaar")
}
