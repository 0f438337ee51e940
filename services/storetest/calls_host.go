package storetest

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func accountCalls() []call {
	return []call{
		does("CreateUser", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.CreateUser(ctx, userOf("user-new", "new@example.org"))
		}),
		gives("User", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (registry.User, error) {
			return s.User(ctx, worldUser)
		}),
		gives("UserByLogin", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (registry.User, error) {
			return s.UserByLogin(ctx, "anna@example.org")
		}),
		gives("UpdateUser", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (registry.User, error) {
			return s.UpdateUser(ctx, worldUser, func(u *registry.User) error { u.Name = "Anders"; return nil })
		}),
		gives("CountUsers", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (int64, error) { return s.CountUsers(ctx) }),
		gives("UsersOf", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.User, error) {
			return s.UsersOf(ctx, p, "", 10)
		}),
		gives("Users", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]registry.User, error) {
			return s.Users(ctx, "", 10)
		}),
		gives("Tokens", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.Token, error) {
			return s.Tokens(ctx, p, "", 10)
		}),
		does("TouchToken", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.TouchToken(ctx, p, "token-1", at(5))
		}),
		does("DropToken", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.DropToken(ctx, p, "token-1", nil)
		}),
		does("CreateToken", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.CreateToken(ctx, registry.Token{ID: "token-new", PracticeID: p, Hash: "hash-new", CreatedAt: at(0)})
		}),
		gives("TokenByHash", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (registry.Token, error) {
			return s.TokenByHash(ctx, "hash-1")
		}),
		gives("Session", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]byte, error) {
			data, _, err := s.Session(ctx, "session-1", at(0))
			return data, err
		}),
		does("SaveSession", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.SaveSession(ctx, "session-1", []byte("other"), at(60))
		}),
		does("DropSession", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.DropSession(ctx, "session-1")
		}),
	}
}

func draftCalls() []call {
	return []call{
		gives("SaveDraft", alters, func(ctx context.Context, s Store, p tenant.ID, w world) (incidents.Draft, error) {
			next := w.draft
			next.PracticeID, next.Kind = p, "changed"
			return s.SaveDraft(ctx, next)
		}),
		gives("Draft", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (incidents.Draft, error) {
			return s.Draft(ctx, p, w.draft.ID)
		}),
		gives("Drafts", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]incidents.Draft, error) {
			return s.Drafts(ctx, p, worldUser, 10)
		}),
		does("DropDraft", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error { return s.DropDraft(ctx, p, w.draft.ID) }),
		gives("BeginRequest", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) (Request, error) {
			stored, _, err := s.BeginRequest(ctx, requestOf(p))
			return stored, err
		}),
		does("FinishRequest", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			done := w.request
			done.PracticeID, done.Status, done.Body = p, 201, []byte("{}")
			return s.FinishRequest(ctx, done)
		}),
		does("DropRequest", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.DropRequest(ctx, p, w.request.Key)
		}),
	}
}

func upkeepCalls() []call {
	return []call{
		gives("Setting", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]byte, error) {
			value, _, err := s.Setting(ctx, "setting-1")
			return value, err
		}),
		gives("SettingKeys", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]string, error) {
			return s.SettingKeys(ctx, "setting", 10)
		}),
		does("RemoveSetting", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.RemoveSetting(ctx, "setting-1", 1)
		}),
		does("PutSetting", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.PutSetting(ctx, "setting-1", []byte("other"), 1)
		}),
		does("Expire", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error { return s.Expire(ctx, at(0)) }),
		does("Ping", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error { return s.Ping(ctx) }),
		does("Check", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error { return s.Check(ctx, true) }),
	}
}
