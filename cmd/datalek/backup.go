package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"datalek/services/backupfile"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// backupCmd copies the default store into one encrypted file.
type backupCmd struct {
	storeFlags
	File           string   `arg:"" help:"New file for the copy."`
	Recipient      []string `help:"Age recipient (age1…) who can open it too, without the key file." placeholder:"AGE1"`
	PassphraseFile string   `help:"File with a passphrase that opens it, in the place of the key." placeholder:"FILE"`
}

var errMongoBackup = errors.New("this copies the default store; for MongoDB see \"Backups of MongoDB\" in the README")

// Run may work beside a running server.
func (b *backupCmd) Run(ctx context.Context, t *terminal) (err error) {
	if !b.sqlite() {
		return errMongoBackup
	}
	if _, err := os.Stat(b.File); err == nil {
		return fmt.Errorf("back up: %s exists already; name a new file", b.File)
	}
	lock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	// The copy that is still to be encrypted lies where the data lies, and nowhere else.
	bare, err := os.MkdirTemp(b.Data, ".backup-*")
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(bare)) }()
	copied := filepath.Join(bare, "copy.db")
	if err := sqlitestore.Backup(ctx, b.Data, copied); err != nil {
		return err
	}
	if err := b.encrypt(ctx, t, copied, lock); err != nil {
		return errors.Join(fmt.Errorf("back up: %w", err), os.RemoveAll(b.File))
	}
	t.printf("Backed up to %s, encrypted. %s, or nobody can read it.\n", b.File, b.advice())
	return nil
}

func (b *backupCmd) advice() string {
	if b.PassphraseFile != "" {
		return "Keep its passphrase, and the key file of the data, elsewhere"
	}
	return "Keep the key file elsewhere"
}

// lock is for the wrapping key, which must be the data's, unless there is a passphrase.
func (b *backupCmd) lock(ctx context.Context) (backupfile.Lock, error) {
	if b.PassphraseFile != "" {
		phrase, err := secret(b.PassphraseFile)
		return backupfile.Lock{Passphrase: phrase, Recipients: b.Recipient}, err
	}
	if b.KeyFrom == keyFromEnv || b.KeyFrom == keyFromPrompt {
		text, err := b.keyText()
		if err != nil {
			return backupfile.Lock{}, err
		}
		return lockOfText(text, b.Recipient), b.fits(ctx, vault.Text(text))
	}
	key, err := vault.FileKey(b.keyFile())
	if err != nil {
		return backupfile.Lock{}, err
	}
	return backupfile.Lock{Key: key, Recipients: b.Recipient}, b.fits(ctx, vault.ExistingFile(b.keyFile()))
}

func lockOfText(text string, recipients []string) backupfile.Lock {
	if key, err := vault.TextKey(text); err == nil {
		return backupfile.Lock{Key: key, Recipients: recipients}
	}
	return backupfile.Lock{Passphrase: text, Recipients: recipients}
}

// fits refuses a key that is not the data's: the backup would open, and the data in it not.
func (c storeFlags) fits(ctx context.Context, from vault.Source) error {
	ring, err := sqlitestore.OpenKeys(ctx, c.Data)
	if err != nil {
		return err
	}
	_, err = vault.OpenFrom(ctx, from, ring)
	return errors.Join(err, ring.Close())
}

func (b *backupCmd) encrypt(ctx context.Context, t *terminal, copied string, lock backupfile.Lock) error {
	counts, err := sqlitestore.Count(ctx, copied)
	if err != nil {
		return err
	}
	in, err := os.Open(copied)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // read only
	out, err := os.OpenFile(b.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = backupfile.Write(out, lock, backupfile.Head{MadeAt: t.now(), Program: version, Tables: counts}, in)
	return errors.Join(err, out.Sync(), out.Close())
}
