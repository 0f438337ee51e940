package main

import (
	"context"
	"errors"

	"datalek/services/sqlitestore"
)

// backupCmd copies the default store into one file.
type backupCmd struct {
	Data string `help:"Folder of the data." default:"data" env:"DATALEK_DATA" placeholder:"FOLDER"`
	File string `arg:"" help:"New file for the copy."`
}

// Run may work beside a running server.
func (b *backupCmd) Run(ctx context.Context, t *terminal) error {
	if err := sqlitestore.Backup(ctx, b.Data, b.File); err != nil {
		return err
	}
	t.printf("Backed up to %s. Names and texts in it are encrypted; keep the key file elsewhere, or it cannot be read.\n", b.File)
	return nil
}

// restoreCmd puts a backup into an empty folder.
type restoreCmd struct {
	Data string `help:"Empty or new folder." default:"data" env:"DATALEK_DATA" placeholder:"FOLDER"`
	File string `arg:"" help:"File that backup made."`
}

var errSameFolder = errors.New("name the backup's file and another folder")

// Run refuses a folder that is in use.
func (r *restoreCmd) Run(ctx context.Context, t *terminal) error {
	if r.File == r.Data {
		return errSameFolder
	}
	if err := sqlitestore.Restore(ctx, r.File, r.Data); err != nil {
		return err
	}
	t.printf("Restored into %s. Put the key file back (datalek.key in that folder, or name it with --key-file), then start the server.\n", r.Data)
	return nil
}
