package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"datalek/incidents/access"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

func lookTests() []test {
	return []test{
		{"looks come newest first, in pages, and each once", looksListed},
		{"looks at one person are found", looksAtOne},
		{"old looks are forgotten, of every practice", looksForgotten},
	}
}

func lookOf(practice tenant.ID, client string, hour int) access.Look {
	return access.New(practice, register.Actor{Kind: register.ActorUser, ID: "user-1"}, access.Client, client, "", at(hour*60))
}

func idOfLook(l access.Look) string { return l.ID }

func looksListed(ctx context.Context, t *testing.T, s Store) {
	var want []access.Look
	for hour := range 7 {
		l := lookOf(anna, "client-1", hour)
		ok(t, "keep", s.AddLook(ctx, l))
		again := l
		again.At = again.At.Add(time.Minute)
		ok(t, "keep again", s.AddLook(ctx, again))
		want = append([]access.Look{l}, want...)
	}
	ok(t, "another's", s.AddLook(ctx, lookOf(bert, "client-1", 3)))
	var got []access.Look
	for after := ""; ; {
		page := answered[[]access.Look](t, "looks")(s.Looks(ctx, anna, after, 3))
		got = append(got, page...)
		if len(page) < 3 {
			break
		}
		after = page[2].ID
	}
	same(t, "looks", want, got)
}

func looksAtOne(ctx context.Context, t *testing.T, s Store) {
	for hour := range 6 {
		ok(t, "keep", s.AddLook(ctx, lookOf(anna, fmt.Sprintf("client-%d", hour%2), hour)))
	}
	first := answered[[]access.Look](t, "looks at one")(s.LooksAt(ctx, anna, "client-1", "", 2))
	same(t, "newest", []string{lookOf(anna, "client-1", 5).ID, lookOf(anna, "client-1", 3).ID}, mapped(first, idOfLook))
	rest := answered[[]access.Look](t, "the rest")(s.LooksAt(ctx, anna, "client-1", first[1].ID, 2))
	same(t, "oldest", []string{lookOf(anna, "client-1", 1).ID}, mapped(rest, idOfLook))
}

func looksForgotten(ctx context.Context, t *testing.T, s Store) {
	for hour := range 4 {
		ok(t, "keep", s.AddLook(ctx, lookOf(anna, "client-1", hour)))
		ok(t, "keep", s.AddLook(ctx, lookOf(bert, "client-1", hour)))
	}
	ok(t, "expire", s.Expire(ctx, at(2*60).Add(access.Keep)))
	for _, practice := range []string{anna, bert} {
		left := answered[[]access.Look](t, "left")(s.Looks(ctx, tenant.ID(practice), "", 10))
		same(t, "left", []string{lookOf(tenant.ID(practice), "client-1", 3).ID, lookOf(tenant.ID(practice), "client-1", 2).ID}, mapped(left, idOfLook))
	}
}

func lookCalls() []call {
	return []call{
		gives("Looks", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]access.Look, error) {
			return s.Looks(ctx, p, "", 10)
		}),
		gives("LooksAt", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]access.Look, error) {
			return s.LooksAt(ctx, p, "client-1", "", 10)
		}),
		does("AddLook", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.AddLook(ctx, lookOf(p, "client-1", 8))
		}),
	}
}
