package storetest

import (
	"context"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

func treeCalls() []call {
	return []call{
		gives("Branches", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (map[int64][]register.Hash, error) {
			return s.Branches(ctx, p, []int64{1})
		}),
		gives("GrowTree", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (map[int64][]register.Hash, error) {
			if err := s.GrowTree(ctx, p); err != nil {
				return nil, err
			}
			return s.Branches(ctx, p, []int64{1})
		}),
		gives("EntryRows", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]register.Row, error) {
			return s.EntryRows(ctx, p, 0, 10)
		}),
		gives("TreeHeads", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]register.SignedHead, error) {
			return s.TreeHeads(ctx, p, 0, 10)
		}),
		gives("LastTreeHead", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (register.SignedHead, error) {
			return s.LastTreeHead(ctx, p)
		}),
		does("MarkHeadSent", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.MarkHeadSent(ctx, p, 1, at(400))
		}),
		does("AddTreeHead", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.AddTreeHead(ctx, headNumbered(p, 2))
		}),
	}
}
