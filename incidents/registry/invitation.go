package registry

import (
	"crypto/subtle"
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// InvitationLife is how long an invitation's link works.
const InvitationLife = 7 * 24 * time.Hour

// mostInvitations bounds how many stand open in one practice.
const mostInvitations = 50

// Invitation is a link with which somebody becomes a member of a practice.
type Invitation struct {
	ID        string
	Hash      string // hex SHA-256 of the link's secret
	Role      Role
	Name      string // of the invited person; stored sealed
	Email     string // to which the link goes, lower case; stored sealed
	By        string // id of the user who invited
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Open reports whether the link works at now.
func (i Invitation) Open(now time.Time) bool { return now.Before(i.ExpiresAt) }

// InvitedRoles returns the roles that one can be invited to. An owner is made of
// a member, never by a link alone.
func InvitedRoles() []Role { return []Role{RoleAdministrator, RoleCoach, RoleStandIn, RoleAuditor} }

// Check returns every fault of an invitation that is about to be made.
func (i Invitation) Check() error {
	var faults fault.List
	CheckLine(&faults, "name", i.Name, 1, 120)
	CheckEmail(&faults, "email", i.Email)
	if !slices.Contains(InvitedRoles(), i.Role) {
		faults.Add("role", "error.invited_role", "choose what this person may do")
	}
	return faults.Err()
}

// Invite adds an invitation. Those that are over go.
func (p *Practice) Invite(i Invitation, now time.Time) error {
	kept := slices.DeleteFunc(slices.Clone(p.Invitations), func(old Invitation) bool { return !old.Open(now) })
	if len(kept) >= mostInvitations {
		return fault.New(fault.Conflict, "error.invitations_many", "too many invitations are open; withdraw some first")
	}
	p.Invitations = append(kept, i)
	return nil
}

// Withdraw takes an invitation back.
func (p *Practice) Withdraw(id string) (Invitation, bool) {
	at := slices.IndexFunc(p.Invitations, func(i Invitation) bool { return i.ID == id })
	if at < 0 {
		return Invitation{}, false
	}
	found := p.Invitations[at]
	p.Invitations = slices.Delete(slices.Clone(p.Invitations), at, at+1)
	return found, true
}

// Invited returns the open invitation whose link has this hash.
func (p Practice) Invited(hash string, now time.Time) (Invitation, bool) {
	for _, i := range p.Invitations {
		if i.Open(now) && subtle.ConstantTimeCompare([]byte(i.Hash), []byte(hash)) == 1 {
			return i, true
		}
	}
	return Invitation{}, false
}

// Join makes the user a member, or gives the role to one who is.
func (u *User) Join(practice tenant.ID, role Role) {
	u.Memberships = slices.Clone(u.Memberships)
	for i := range u.Memberships {
		if u.Memberships[i].PracticeID == practice {
			u.Memberships[i].Role = role
			return
		}
	}
	u.Memberships = append(u.Memberships, Membership{PracticeID: practice, Role: role})
}

// Part ends the user's membership, and his sessions in the practice.
func (u *User) Part(practice tenant.ID) {
	u.Memberships = slices.DeleteFunc(slices.Clone(u.Memberships), func(m Membership) bool { return m.PracticeID == practice })
	u.Leave(func(s Session) bool { return s.PracticeID == practice })
}
