package storetest

import (
	"context"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

func accountNotes(ctx context.Context, t *testing.T, s Store) {
	u := userOf("user-9", "anna@example.org")
	u.Memberships = append(u.Memberships, registry.Membership{PracticeID: bert, Role: registry.RoleCoach})
	u.Notes = slices.Concat(noteOf(anna, "password"), noteOf(bert, "password"), noteOf(anna, "app"))
	ok(t, "create", s.CreateUser(ctx, u))
	list := pendingOf(ctx, t, s)
	same(t, "practices", []string{anna, bert}, mapped(list, func(p Pending) string { return string(p.PracticeID) }))
	same(t, "of the one", []string{"password", "app"}, whats(list[0]))
	ok(t, "mark the one's", s.MarkPublished(ctx, list[0]))
	list = pendingOf(ctx, t, s)
	same(t, "left", []string{bert}, mapped(list, func(p Pending) string { return string(p.PracticeID) }))
	same(t, "words of the other", "Naam van iemand", list[0].Events[0].Words["name"])
	ok(t, "mark the other's", s.MarkPublished(ctx, list[0]))
	none, err := s.PendingEvents(ctx, 10)
	empty(t, "left", none, err)
}

func clientNotes(ctx context.Context, t *testing.T, s Store) {
	put := func(notes ...register.Notes) {
		list := []registry.Client{clientOf(anna, "client-1", "c-1"), clientOf(anna, "client-2", "c-2"), clientOf(anna, "client-3", "c-3")}
		for i := range list {
			list[i].Notes = notes[i]
		}
		_, err := s.PutClients(ctx, anna, list)
		ok(t, "put", err)
		for _, c := range list {
			same(t, "notes that come back", 0, len(c.Notes))
		}
	}
	put(noteOf(anna, "one"), nil, noteOf(anna, "three"))
	put(nil, noteOf(anna, "two"), noteOf(anna, "three again"))
	list := pendingOf(ctx, t, s)
	same(t, "whose", []string{"client-1", "client-2", "client-3"}, mapped(list, func(p Pending) string { return p.ID }))
	same(t, "of the first", []string{"one"}, whats(list[0]))
	same(t, "of the third", []string{"three", "three again"}, whats(list[2]))
	found := answered[[]registry.Client](t, "read")(s.ClientsByIDs(ctx, anna, []string{"client-1", "client-2"}))
	same(t, "notes of those who are read", 0, len(found[0].Notes)+len(found[1].Notes))
}

func erasedNotes(ctx context.Context, t *testing.T, s Store) {
	drill := practiceOf(anna)
	drill.Drill = registry.Drill{Of: bert, Playbook: "phished-mailbox", StartedAt: at(0)}
	ok(t, "create", s.CreatePractice(ctx, drill))
	u := userOf("user-9", "anna@example.org")
	u.Memberships = append(u.Memberships, registry.Membership{PracticeID: bert, Role: registry.RoleCoach})
	u.Notes = slices.Concat(noteOf(anna, "gone"), noteOf(bert, "kept"))
	ok(t, "create", s.CreateUser(ctx, u))
	ok(t, "erase", s.DropDrill(ctx, bert, anna))
	list := pendingOf(ctx, t, s)
	same(t, "left", []string{bert}, mapped(list, func(p Pending) string { return string(p.PracticeID) }))
	same(t, "events left", []string{"kept"}, whats(list[0]))
}

// leftNotes: who left a practice is in none of its rows any more, and yet has an event
// that waits for its register.
func leftNotes(ctx context.Context, t *testing.T, s Store) {
	drill := practiceOf(anna)
	drill.Drill = registry.Drill{Of: bert, Playbook: "phished-mailbox", StartedAt: at(0)}
	ok(t, "create", s.CreatePractice(ctx, drill))
	u := userOf("user-9", "anna@example.org")
	u.Memberships = append(u.Memberships, registry.Membership{PracticeID: bert, Role: registry.RoleCoach})
	ok(t, "create", s.CreateUser(ctx, u))
	answered[registry.User](t, "leave")(s.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		u.Part(anna)
		u.Notes = slices.Concat(noteOf(anna, "removed"), noteOf(bert, "kept"))
		return nil
	}))
	ok(t, "erase", s.DropDrill(ctx, bert, anna))
	list := pendingOf(ctx, t, s)
	same(t, "left", []string{bert}, mapped(list, func(p Pending) string { return string(p.PracticeID) }))
	same(t, "events left", []string{"kept"}, whats(list[0]))
}

// lastNotes: the last practice of an account is erased while the register of one that
// it left before waits for the event of that.
func lastNotes(ctx context.Context, t *testing.T, s Store) {
	drill := practiceOf(anna)
	drill.Drill = registry.Drill{Of: bert, Playbook: "phished-mailbox", StartedAt: at(0)}
	ok(t, "create", s.CreatePractice(ctx, drill))
	u := userOf("user-9", "anna@example.org")
	u.Notes = slices.Concat(noteOf(anna, "gone"), noteOf(bert, "removed"))
	ok(t, "create", s.CreateUser(ctx, u))
	ok(t, "erase", s.DropDrill(ctx, bert, anna))
	left := answered[registry.User](t, "read")(s.User(ctx, u.ID))
	same(t, "what is kept of the account", registry.User{ID: u.ID, Version: left.Version, Login: u.ID, CreatedAt: u.CreatedAt}, left)
	list := pendingOf(ctx, t, s)
	same(t, "left", []string{bert}, mapped(list, func(p Pending) string { return string(p.PracticeID) }))
	same(t, "events left", []string{"removed"}, whats(list[0]))
	ok(t, "mark", s.MarkPublished(ctx, list[0]))
	_, err := s.User(ctx, u.ID)
	refused(t, "the account, once its last event is published", err, fault.NotFound)
}

func droppedToken(ctx context.Context, t *testing.T, s Store) {
	token := registry.Token{ID: "row-1", PracticeID: anna, Hash: "hash-1", Name: "Programma", CreatedAt: at(0), Notes: noteOf(anna, "made")}
	ok(t, "create", s.CreateToken(ctx, token))
	refused(t, "another practice's", s.DropToken(ctx, bert, "row-1", noteOf(bert, "never")), fault.NotFound)
	ok(t, "drop", s.DropToken(ctx, anna, "row-1", noteOf(anna, "revoked")))
	refused(t, "dropping it again", s.DropToken(ctx, anna, "row-1", noteOf(anna, "never")), fault.NotFound)
	refused(t, "a use of it", s.TouchToken(ctx, anna, "row-1", at(3)), fault.NotFound)
	_, err := s.TokenByHash(ctx, "hash-1")
	refused(t, "a login with it", err, fault.NotFound)
	same(t, "tokens", 0, len(answered[[]registry.Token](t, "list")(s.Tokens(ctx, anna, "", 10))))
	list := pendingOf(ctx, t, s)
	same(t, "events", []string{"made", "revoked"}, whats(list[0]))
	same(t, "words", "Naam van iemand", list[0].Events[1].Words["name"])
	ok(t, "mark", s.MarkPublished(ctx, list[0]))
	none, err := s.PendingEvents(ctx, 10)
	empty(t, "left", none, err)
	token.Notes = nil
	ok(t, "the same row again, since it is gone", s.CreateToken(ctx, token))
	ok(t, "drop without an event", s.DropToken(ctx, anna, "row-1", nil))
	ok(t, "and again", s.CreateToken(ctx, token))
}

// memberNotes are what the domain notes about who may come in.
func memberNotes(ctx context.Context, t *testing.T, s Store) {
	change := func(kind incidents.EventKind) incidents.MemberChange {
		return incidents.MemberChange{Kind: kind, Subject: "user-9", Name: "Naam van iemand", By: user(), Facts: map[string]string{"what": string(kind)}}
	}
	u := userOf("user-9", "anna@example.org")
	change(incidents.MemberJoined).NoteInAll(&u, at(1))
	ok(t, "join", s.CreateUser(ctx, u))
	for kind, act := range map[incidents.EventKind]func(*registry.User){
		incidents.DeviceAppeared: func(u *registry.User) { u.Recognise("hash", at(2)) },
		incidents.SessionsEnded:  func(u *registry.User) { u.Sessions = nil },
		incidents.ResetOffered:   func(u *registry.User) { u.Reset = registry.Reset{Hash: "h", ExpiresAt: at(9)} },
		incidents.ResetDone:      func(u *registry.User) { u.Reset = registry.Reset{} },
		incidents.MemberRemoved:  func(u *registry.User) { u.Part(anna) },
	} {
		answered[registry.User](t, string(kind))(s.UpdateUser(ctx, u.ID, func(u *registry.User) error {
			act(u)
			change(kind).NoteIn(u, anna, at(3))
			return nil
		}))
		_, err := s.UpdateUser(ctx, u.ID, func(u *registry.User) error {
			change(kind).NoteIn(u, anna, at(3))
			return fault.Conflict
		})
		refused(t, "a change that is refused", err, fault.Conflict)
	}
	list := pendingOf(ctx, t, s)
	same(t, "whose", []string{anna}, mapped(list, func(p Pending) string { return string(p.PracticeID) }))
	got := whats(list[0])
	slices.Sort(got[1:])
	same(t, "events", []string{"member.joined", "account.new_device", "account.reset_done", "account.reset_offered", "account.sessions_ended", "member.removed"}, got)
}
