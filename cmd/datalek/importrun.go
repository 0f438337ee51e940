package main

import (
	"context"
	"log/slog"
	"time"

	"datalek/web/casework"
)

// importTurn is how often a worker looks for imports that nobody works on.
const importTurn = time.Second

// runImports goes on with imports until ctx ends: those that a page or a machine did
// not wait for, and those whose program was cut off.
func runImports(ctx context.Context, office *casework.Office, log *slog.Logger) {
	turn := time.NewTicker(importTurn)
	defer turn.Stop()
	for {
		if err := office.GoOnWithImports(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "go on with imports", "error", err)
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return
		}
	}
}
