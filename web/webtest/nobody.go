package webtest

import (
	"context"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Nobody is what pages read of a store in which there is nothing: it knows no
// user and keeps no session.
type Nobody struct{}

// Session finds none.
func (Nobody) Session(context.Context, string, time.Time) ([]byte, bool, error) {
	return nil, false, nil
}

// SaveSession forgets it.
func (Nobody) SaveSession(context.Context, string, []byte, time.Time) error { return nil }

// DropSession has nothing to drop.
func (Nobody) DropSession(context.Context, string) error { return nil }

// User finds nobody.
func (Nobody) User(context.Context, string) (registry.User, error) {
	return registry.User{}, fault.NotFound
}

// Practice finds none.
func (Nobody) Practice(context.Context, tenant.ID) (registry.Practice, error) {
	return registry.Practice{}, fault.NotFound
}
