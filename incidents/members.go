package incidents

import (
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// The events of who may come in: people and programs. They belong to no case.
const (
	// TokenMade and TokenRevoked are about a program's key to the API.
	TokenMade    EventKind = "token.made"
	TokenRevoked EventKind = "token.revoked"
	// MemberInvited: a link was made with which somebody becomes a member.
	MemberInvited       EventKind = "member.invited"
	InvitationWithdrawn EventKind = "member.invitation_withdrawn"
	// InvitationUsed: the link was followed to its end, by the user whom a fact names;
	// MemberJoined follows. InvitationReopened: that did not come to pass, and the link
	// works again.
	InvitationUsed     EventKind = "member.invitation_used"
	InvitationReopened EventKind = "member.invitation_reopened"
	MemberJoined       EventKind = "member.joined"
	MemberRoleChanged  EventKind = "member.role_changed"
	MemberRemoved      EventKind = "member.removed"
	// FourEyesOn and FourEyesOff: from now on two people approve a message, or one.
	FourEyesOn  EventKind = "practice.four_eyes_on"
	FourEyesOff EventKind = "practice.four_eyes_off"
	// CoachesTied: accounts were tied to the coaches whom the list of people names.
	CoachesTied EventKind = "practice.coaches_tied"
	// FeedSet and FeedDropped are about the reading of a supplier's message centre; the
	// subject is the processor.
	FeedSet     EventKind = "feed.set"
	FeedDropped EventKind = "feed.dropped"
	// DeviceAppeared: a member logged in on a device that was not used before.
	DeviceAppeared EventKind = "account.new_device"
	// SessionsEnded: a member logged other devices out.
	SessionsEnded EventKind = "account.sessions_ended"
	// ResetOffered: the host made a link for a new password. ResetDone: it was used.
	ResetOffered EventKind = "account.reset_offered"
	ResetDone    EventKind = "account.reset_done"
)

// MemberChange is something that happened to who may come in, for the register
// of the practice.
type MemberChange struct {
	Kind    EventKind
	Subject string            // id of the user, the token or the invitation
	Facts   map[string]string // plain: roles, scopes, days
	Name    string            // of the person, the program or the device
	By      Actor
}

// Event is the change as the register of a practice tells it; its ID is the outbox's
// to give.
func (m MemberChange) Event(practice tenant.ID, now time.Time) Event {
	e := Event{PracticeID: practice, Subject: m.Subject, Kind: m.Kind, At: now, Actor: m.By, Facts: m.Facts}
	if m.Name != "" {
		e.Words = map[string]string{"member": m.Name}
	}
	return e
}

// Note puts the change into the outbox of the practice, with the write of the
// practice that is the change.
func (m MemberChange) Note(p *registry.Practice, now time.Time) {
	p.Outbox.Put(string(p.ID), m.Event(p.ID, now))
}

// NoteIn notes the change for the register of one practice with the write of the
// account that is the change; the practice may be one that the user leaves by it.
func (m MemberChange) NoteIn(u *registry.User, practice tenant.ID, now time.Time) {
	u.Notes.Add(m.Event(practice, now))
}

// NoteInAll notes the change for the register of each practice that the user works for.
func (m MemberChange) NoteInAll(u *registry.User, now time.Time) {
	for _, of := range u.Memberships {
		m.NoteIn(u, of.PracticeID, now)
	}
}
