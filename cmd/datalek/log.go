package main

import (
	"log/slog"

	"datalek/services/redact"
)

// redacted is the one place where a logger is made: whatever is logged passes
// through it.
func redacted(to slog.Handler) *slog.Logger { return slog.New(redact.New(to)) }

// log is where a command's store and workers write.
func (t *terminal) log() *slog.Logger { return redacted(slog.NewTextHandler(t.err, nil)) }
