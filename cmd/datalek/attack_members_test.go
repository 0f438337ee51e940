package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
)

// AddMember makes an account with a role straight in the store of a program that is
// stopped, and ties it to the coach whom the list of people names so.
func AddMember(ctx context.Context, data string, practice tenant.ID, login, password string, role registry.Role, coach string) error {
	store, err := openStore(ctx, storeFlags{Data: data, Store: "sqlite", KeyFrom: "file"}, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	defer func() { _ = store.Close() }()
	hash, err := account.NewHasher(1).Hash(ctx, password)
	if err != nil {
		return err
	}
	id := "member-" + string(role) + "-" + string(practice)
	err = store.CreateUser(ctx, registry.User{ID: id, Login: login, Name: "Lid " + string(role), PasswordHash: hash, CreatedAt: time.Now().UTC(),
		Memberships: []registry.Membership{{PracticeID: practice, Role: role}}})
	if err != nil || coach == "" {
		return err
	}
	_, err = store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		p.Details.Coaches = map[string]string{id: coach}
		return nil
	})
	return err
}
