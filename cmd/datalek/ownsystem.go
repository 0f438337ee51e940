package main

import (
	"context"
	"fmt"
	"log/slog"

	"datalek/services/contract"
	"datalek/web/casework"
)

// ownSystemsDone is the setting that says that every practice of the host had
// datalek itself put among its systems; later ones get it when they are made.
const ownSystemsDone = "upkeep/own-systems"

// ownSystems puts datalek itself among the systems of practices that were made before
// it was one, once for a host.
func ownSystems(ctx context.Context, store contract.Store, office *casework.Office, log *slog.Logger) {
	if err := keepOwnSystems(ctx, store, office); err != nil && ctx.Err() == nil {
		log.Error("put datalek among the systems of older practices; the next start tries again", "error", err)
	}
}

func keepOwnSystems(ctx context.Context, store contract.Store, office *casework.Office) error {
	_, version, err := store.Setting(ctx, ownSystemsDone)
	if err != nil || version > 0 {
		return err
	}
	for after := ""; ; {
		practices, err := store.Practices(ctx, after, 200)
		if err != nil {
			return fmt.Errorf("list practices: %w", err)
		}
		for _, p := range practices {
			if err := office.KeepOwnSystem(ctx, p); err != nil {
				return fmt.Errorf("keep the own system: %w", err)
			}
		}
		if len(practices) == 0 {
			break
		}
		after = string(practices[len(practices)-1].ID)
	}
	return store.PutSetting(ctx, ownSystemsDone, []byte("done"), 0)
}
