package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"datalek/services/backupfile"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// restoreCmd puts a backup into an empty folder.
type restoreCmd struct {
	storeFlags
	File           string `arg:"" help:"File that backup made."`
	PassphraseFile string `help:"File with the passphrase that opens it." placeholder:"FILE"`
	IdentityFile   string `help:"File with an age identity that opens it." placeholder:"FILE"`
}

var errSameFolder = errors.New("name the backup's file and another folder")

// Run refuses a folder that is in use, and says that it is done only when the file
// was whole, each table has its rows, everything can be opened with the key, and
// the register's chain of every practice is whole.
func (r *restoreCmd) Run(ctx context.Context, t *terminal) error {
	if !r.sqlite() {
		return errMongoBackup
	}
	if r.File == r.Data {
		return errSameFolder
	}
	file, err := os.Open(r.File)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() { _ = file.Close() }() // read only
	head, db, err := r.open(file)
	if err != nil {
		return err
	}
	if err := sqlitestore.RestoreFrom(ctx, db, r.Data, head.Tables); err != nil {
		return err
	}
	return r.verify(ctx, t, head)
}

// open decrypts the backup. One from before backups were encrypted is read as it is.
func (r *restoreCmd) open(file io.Reader) (backupfile.Head, io.Reader, error) {
	file, encrypted := backupfile.Encrypted(file)
	if !encrypted {
		return backupfile.Head{}, file, nil
	}
	unlock, err := r.unlock()
	if err != nil {
		return backupfile.Head{}, nil, err
	}
	return backupfile.Open(file, unlock)
}

func (r *restoreCmd) unlock() (u backupfile.Unlock, err error) {
	if u.Passphrase, err = secret(r.PassphraseFile); err != nil {
		return u, err
	}
	if u.Identities, err = secret(r.IdentityFile); err != nil {
		return u, err
	}
	if r.KeyFrom == keyFromEnv || r.KeyFrom == keyFromPrompt {
		text, err := r.keyText()
		lock := lockOfText(text, nil)
		u.Key = lock.Key
		if u.Passphrase == "" {
			u.Passphrase = lock.Passphrase
		}
		return u, err
	}
	if _, missing := os.Stat(r.keyFile()); missing == nil {
		u.Key, err = vault.FileKey(r.keyFile())
	}
	return u, err
}

// verify opens what was restored. Without the key of the data nobody can look into
// it, and that is said. What is not whole is taken away again.
func (r *restoreCmd) verify(ctx context.Context, t *terminal, head backupfile.Head) error {
	if _, missing := os.Stat(r.keyFile()); missing != nil && r.KeyFrom != keyFromEnv && r.KeyFrom != keyFromPrompt {
		t.printf("Restored into %s; the file is whole. The register is NOT verified: the key file of the data is not here. Put it back\n"+
			"(datalek.key in that folder, or name it with --key-file), run `datalek verify`, then start the server.\n", r.Data)
		return nil
	}
	if err := r.look(ctx, t); err != nil {
		gone, _ := filepath.Glob(filepath.Join(r.Data, "datalek.db*")) // the pattern is sound
		for _, path := range append(gone, filepath.Join(r.Data, "store.lock")) {
			err = errors.Join(err, os.RemoveAll(path))
		}
		return fmt.Errorf("restore: nothing was restored: %w", err)
	}
	made := ""
	if !head.MadeAt.IsZero() {
		made = " of " + head.MadeAt.Format("2006-01-02 15:04 UTC")
	}
	t.printf("Restored the backup%s into %s: the file is whole, the rows are as many as they were, and the register of every practice is verified.\n", made, r.Data)
	return nil
}

func (r *restoreCmd) look(ctx context.Context, t *terminal) error {
	store, keys, err := openLocked(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	if _, err = keys.Practices(ctx); err == nil {
		err = (&verifyCmd{}).all(ctx, &terminal{out: io.Discard, err: t.err, now: t.now}, store)
	}
	return errors.Join(err, store.Close())
}
