package storetest

import (
	"context"
	"fmt"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func accountTests() []test {
	return []test{
		{"a user comes back, by id and by login in any case", userComesBack},
		{"a known login is a duplicate, in any case", loginTwice},
		{"a changed login is the one that is found", loginChanged},
		{"a user cannot take another's login", loginTaken},
		{"users are counted", usersCounted},
		{"a token is found by its hash", tokenByHash},
		{"a practice's tokens are listed, their use noted, and dropped", tokensListed},
		{"a practice's members are listed, also after they came and went", membersListed},
		{"a user's sessions, devices and link come back", userSessions},
		{"a session lives until its expiry", sessionLives},
		{"a session is replaced and dropped", sessionReplaced},
		{"a draft is kept step by step, a stale step refused", draftKept},
		{"a user's drafts come newest first", draftsListed},
		{"a dropped draft is gone", draftDropped},
	}
}

func userComesBack(ctx context.Context, t *testing.T, s Store) {
	want := userOf("user-1", "anna@example.org")
	ok(t, "create", s.CreateUser(ctx, want))
	want.Version = 1
	same(t, "by id", want, answered[registry.User](t, "read")(s.User(ctx, "user-1")))
	same(t, "by login", want, answered[registry.User](t, "by login")(s.UserByLogin(ctx, "Anna@Example.ORG")))
	_, err := s.User(ctx, "user-unknown")
	refused(t, "an unknown id", err, fault.NotFound)
	_, err = s.UserByLogin(ctx, "bert@example.org")
	refused(t, "an unknown login", err, fault.NotFound)
	bare := registry.User{ID: "user-2", Login: "bare@example.org"}
	ok(t, "create", s.CreateUser(ctx, bare))
	bare.Version = 1
	same(t, "with nothing filled in", bare, answered[registry.User](t, "read")(s.User(ctx, "user-2")))
}

func loginTwice(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create", s.CreateUser(ctx, userOf("user-1", "anna@example.org")))
	refused(t, "the same login", s.CreateUser(ctx, userOf("user-2", "ANNA@example.org")), fault.Duplicate)
	_, err := s.User(ctx, "user-2")
	refused(t, "the refused user", err, fault.NotFound)
}

func loginChanged(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create", s.CreateUser(ctx, userOf("user-1", "anna@example.org")))
	_, err := s.UpdateUser(ctx, "user-1", func(u *registry.User) error { u.Login = "nieuw@example.org"; return nil })
	ok(t, "update", err)
	_, err = s.UserByLogin(ctx, "anna@example.org")
	refused(t, "the old login", err, fault.NotFound)
	same(t, "the new login", "user-1", answered[registry.User](t, "by login")(s.UserByLogin(ctx, "nieuw@example.org")).ID)
}

func loginTaken(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create", s.CreateUser(ctx, userOf("user-1", "anna@example.org")))
	ok(t, "create", s.CreateUser(ctx, userOf("user-2", "bert@example.org")))
	_, err := s.UpdateUser(ctx, "user-2", func(u *registry.User) error { u.Login = "Anna@example.org"; return nil })
	refused(t, "update", err, fault.Duplicate)
	same(t, "whose login it is", "user-1", answered[registry.User](t, "by login")(s.UserByLogin(ctx, "anna@example.org")).ID)
	_, err = s.UpdateUser(ctx, "user-1", func(u *registry.User) error { u.Login = "ANNA@example.org"; return nil })
	ok(t, "writing one's own login in another case", err)
}

func usersCounted(ctx context.Context, t *testing.T, s Store) {
	for n := range 3 {
		same(t, "users", int64(n), answered[int64](t, "count")(s.CountUsers(ctx)))
		ok(t, "create", s.CreateUser(ctx, userOf(fmt.Sprintf("user-%d", n), fmt.Sprintf("user-%d@example.org", n))))
	}
}

func tokenByHash(ctx context.Context, t *testing.T, s Store) {
	want := registry.Token{ID: "token-1", PracticeID: anna, Hash: "hash-1", Name: "boekhouding", CreatedAt: at(0)}
	ok(t, "create", s.CreateToken(ctx, want))
	ok(t, "create", s.CreateToken(ctx, registry.Token{ID: "token-2", PracticeID: bert, Hash: "hash-2", CreatedAt: at(0)}))
	same(t, "token", want, answered[registry.Token](t, "by hash")(s.TokenByHash(ctx, "hash-1")))
	_, err := s.TokenByHash(ctx, "hash-3")
	refused(t, "an unknown token", err, fault.NotFound)
}

func tokensListed(ctx context.Context, t *testing.T, s Store) {
	first := registry.Token{ID: "token-1", PracticeID: anna, Hash: "hash-1", Name: "boekhouding", CreatedAt: at(0), CreatedBy: "user-1",
		Scopes: []registry.Scope{registry.ScopeClients.Read()}, ExpiresAt: at(90)}
	second := registry.Token{ID: "token-2", PracticeID: anna, Hash: "hash-2", Name: "alles", CreatedAt: at(1)}
	ok(t, "create", s.CreateToken(ctx, second))
	ok(t, "create", s.CreateToken(ctx, first))
	ok(t, "create", s.CreateToken(ctx, registry.Token{ID: "token-3", PracticeID: bert, Hash: "hash-3", CreatedAt: at(0)}))
	tokens := func(after string, limit int) []registry.Token {
		return answered[[]registry.Token](t, "list")(s.Tokens(ctx, anna, after, limit))
	}
	same(t, "tokens", []registry.Token{first, second}, tokens("", 10))
	same(t, "the first", []registry.Token{first}, tokens("", 1))
	same(t, "after it", []registry.Token{second}, tokens("token-1", 10))
	ok(t, "touch", s.TouchToken(ctx, anna, "token-1", at(5)))
	first.LastUsedAt = at(5)
	same(t, "touched", first, answered[registry.Token](t, "by hash")(s.TokenByHash(ctx, "hash-1")))
	refused(t, "touching another's", s.TouchToken(ctx, anna, "token-3", at(5)), fault.NotFound)
	refused(t, "dropping another's", s.DropToken(ctx, anna, "token-3", nil), fault.NotFound)
	ok(t, "drop", s.DropToken(ctx, anna, "token-1", nil))
	_, err := s.TokenByHash(ctx, "hash-1")
	refused(t, "a dropped token", err, fault.NotFound)
	refused(t, "touching a dropped token", s.TouchToken(ctx, anna, "token-1", at(6)), fault.NotFound)
	same(t, "tokens left", []registry.Token{second}, tokens("", 10))
}

func membersListed(ctx context.Context, t *testing.T, s Store) {
	member := func(id string, practices ...string) {
		u := registry.User{ID: id, Login: id + "@example.org"}
		for _, p := range practices {
			u.Join(tenant.ID(p), registry.RoleCoach)
		}
		ok(t, "create", s.CreateUser(ctx, u))
	}
	ids := func(practice tenant.ID, after string, limit int) []string {
		list := answered[[]registry.User](t, "members")(s.UsersOf(ctx, practice, after, limit))
		return mapped(list, func(u registry.User) string { return u.ID })
	}
	member("user-2", anna, bert)
	member("user-1", anna)
	member("user-3", bert)
	member("user-4")
	same(t, "of one", []string{"user-1", "user-2"}, ids(anna, "", 10))
	same(t, "of the other", []string{"user-2", "user-3"}, ids(bert, "", 10))
	same(t, "the first", []string{"user-1"}, ids(anna, "", 1))
	same(t, "after it", []string{"user-2"}, ids(anna, "user-1", 10))
	_, err := s.UpdateUser(ctx, "user-2", func(u *registry.User) error { u.Part(anna); return nil })
	ok(t, "part", err)
	_, err = s.UpdateUser(ctx, "user-3", func(u *registry.User) error { u.Join(anna, registry.RoleAuditor); return nil })
	ok(t, "join", err)
	same(t, "after they came and went", []string{"user-1", "user-3"}, ids(anna, "", 10))
	same(t, "of the other", []string{"user-2", "user-3"}, ids(bert, "", 10))
	list := answered[[]registry.User](t, "users")(s.Users(ctx, "user-1", 2))
	same(t, "everybody", []string{"user-2", "user-3"}, mapped(list, func(u registry.User) string { return u.ID }))
}

func userSessions(ctx context.Context, t *testing.T, s Store) {
	want := userOf("user-1", "anna@example.org")
	want.Sessions = []registry.Session{{ID: "session-1", PracticeID: anna, Device: "Firefox, Windows", FirstSeen: at(0), LastSeen: at(1), EndsAt: at(60)}}
	want.Devices = []registry.Device{{Hash: "hash-of-device", SeenAt: at(0)}}
	want.Reset = registry.Reset{Hash: "hash-of-link", ExpiresAt: at(30)}
	ok(t, "create", s.CreateUser(ctx, want))
	want.Version = 1
	same(t, "user", want, answered[registry.User](t, "read")(s.User(ctx, "user-1")))
	got, err := s.UpdateUser(ctx, "user-1", func(u *registry.User) error {
		u.Leave(func(registry.Session) bool { return true })
		return nil
	})
	ok(t, "leave", err)
	same(t, "sessions left", 0, len(got.Sessions))
	same(t, "sessions stored", 0, len(answered[registry.User](t, "read")(s.User(ctx, "user-1")).Sessions))
}

func sessionLives(ctx context.Context, t *testing.T, s Store) {
	ok(t, "save", s.SaveSession(ctx, "session-1", []byte("\x00data"), at(60)))
	session(ctx, t, s, "session-1", 59, "\x00data", true)
	session(ctx, t, s, "session-1", 61, "", false)
	session(ctx, t, s, "session-unknown", 0, "", false)
}

func session(ctx context.Context, t testing.TB, s Store, hash string, minute int, want string, wantFound bool) {
	t.Helper()
	data, found, err := s.Session(ctx, hash, at(minute))
	ok(t, "session", err)
	same(t, fmt.Sprintf("%s at minute %d, found", hash, minute), wantFound, found)
	if found {
		same(t, "data", want, string(data))
	}
}

func sessionReplaced(ctx context.Context, t *testing.T, s Store) {
	ok(t, "save", s.SaveSession(ctx, "session-1", []byte("one"), at(10)))
	ok(t, "save", s.SaveSession(ctx, "session-2", []byte("other"), at(60)))
	ok(t, "save again", s.SaveSession(ctx, "session-1", []byte("two"), at(60)))
	session(ctx, t, s, "session-1", 50, "two", true)
	ok(t, "drop", s.DropSession(ctx, "session-1"))
	session(ctx, t, s, "session-1", 50, "", false)
	session(ctx, t, s, "session-2", 50, "other", true)
	ok(t, "drop again", s.DropSession(ctx, "session-1"))
}

func saveDraft(ctx context.Context, t testing.TB, s Store, d incidents.Draft) incidents.Draft {
	t.Helper()
	return answered[incidents.Draft](t, "save draft")(s.SaveDraft(ctx, d))
}

func draftKept(ctx context.Context, t *testing.T, s Store) {
	first := saveDraft(ctx, t, s, draftOf(anna, "draft-1", at(0)))
	want := draftOf(anna, "draft-1", at(0))
	want.Version = 1
	same(t, "first step", want, first)
	same(t, "stored", want, answered[incidents.Draft](t, "read")(s.Draft(ctx, anna, "draft-1")))
	next := first
	next.Answers, next.UpdatedAt = map[string][]string{"summary": {"Meer", "regels"}, "systems": {}}, at(1)
	second := saveDraft(ctx, t, s, next)
	want = next
	want.Version = 2
	same(t, "second step", want, second)
	_, err := s.SaveDraft(ctx, first)
	refused(t, "a stale step", err, fault.Conflict)
	_, err = s.SaveDraft(ctx, draftOf(anna, "draft-1", at(2)))
	refused(t, "beginning it again", err, fault.Conflict)
	same(t, "stored", want, answered[incidents.Draft](t, "read")(s.Draft(ctx, anna, "draft-1")))
	_, err = s.Draft(ctx, anna, "draft-unknown")
	refused(t, "an unknown draft", err, fault.NotFound)
}

func draftsListed(ctx context.Context, t *testing.T, s Store) {
	for n, order := range []int{1, 3, 0, 2} {
		saveDraft(ctx, t, s, draftOf(anna, fmt.Sprintf("draft-%d-%d", n, order), at(order)))
	}
	theirs, hers := draftOf(bert, "draft-b", at(9)), draftOf(anna, "draft-c", at(9))
	hers.UserID = "user-2"
	saveDraft(ctx, t, s, theirs)
	saveDraft(ctx, t, s, hers)
	id := func(d incidents.Draft) string { return d.ID }
	list := answered[[]incidents.Draft](t, "drafts")(s.Drafts(ctx, anna, "user-1", 10))
	same(t, "drafts", []string{"draft-1-3", "draft-3-2", "draft-0-1", "draft-2-0"}, mapped(list, id))
	list = answered[[]incidents.Draft](t, "drafts")(s.Drafts(ctx, anna, "user-1", 2))
	same(t, "at most two", []string{"draft-1-3", "draft-3-2"}, mapped(list, id))
}

func draftDropped(ctx context.Context, t *testing.T, s Store) {
	saveDraft(ctx, t, s, draftOf(anna, "draft-1", at(0)))
	saveDraft(ctx, t, s, draftOf(anna, "draft-2", at(0)))
	ok(t, "drop", s.DropDraft(ctx, anna, "draft-1"))
	_, err := s.Draft(ctx, anna, "draft-1")
	refused(t, "a dropped draft", err, fault.NotFound)
	list := answered[[]incidents.Draft](t, "drafts")(s.Drafts(ctx, anna, "user-1", 10))
	same(t, "drafts left", 1, len(list))
}
