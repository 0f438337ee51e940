package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/playbooks"
	"datalek/services/contract"
	"datalek/services/printing"
	"datalek/services/smtpmail"
	"datalek/web/bundle"
	"datalek/web/casework"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/reading"
)

// caseCmd works with cases.
type caseCmd struct {
	Export caseExportCmd `cmd:"" help:"Write the file of a case for an authority: one signed ZIP, which 'datalek verify' checks on any machine."`
}

// caseExportCmd writes a case's file while no server holds the data folder.
type caseExportCmd struct {
	storeFlags
	Case     string    `arg:"" help:"Id of the case, as it stands in the address of its page."`
	File     string    `arg:"" help:"File to write; it must not be there yet."`
	Practice tenant.ID `help:"Whose case; not needed on a host with one practice." placeholder:"ID"`
	BaseURL  string    `name:"base-url" help:"Where people reach the server, as it was when the mails went out." env:"DATALEK_BASE_URL" placeholder:"URL"`
}

// Run writes the file.
func (r *caseExportCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, r.storeFlags, slog.New(slog.NewTextHandler(t.err, nil)))
	if err != nil {
		return err
	}
	return errors.Join(r.write(ctx, t, store), store.Close())
}

func (r *caseExportCmd) write(ctx context.Context, t *terminal, store contract.Store) error {
	id, err := onePractice(ctx, store, r.Practice)
	if err != nil {
		return err
	}
	practice, err := store.Practice(ctx, id)
	if err != nil {
		return err
	}
	maker, err := r.maker(ctx, t, store)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(r.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("write the case's file: %w", err)
	}
	reference, write, err := maker.Prepare(ctx, practice, r.Case, incidents.Actor{Kind: register.ActorSystem, ID: "command"}, "")
	if err == nil {
		err = write(file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(r.File)) // half a file would only mislead
	}
	t.printf("practice %s: case %s written to %s\n", practice.ID, reference, r.File)
	return nil
}

func (r *caseExportCmd) maker(ctx context.Context, t *terminal, store contract.Store) (*bundle.Maker, error) {
	key, err := ensureHeadKey(ctx, store)
	if err != nil {
		return nil, err
	}
	signer, err := register.NewHeadSigner(key.Secret)
	if err != nil {
		return nil, err
	}
	book, err := playbooks.Load("")
	if err != nil {
		return nil, fmt.Errorf("load playbooks: %w", err)
	}
	at := func(p registry.Practice) string {
		if r.BaseURL == "" || !fromElsewhere(r.BaseURL) {
			return ""
		}
		return r.BaseURL + reading.Path(p)
	}
	return newCaseFiles(store, book, signer, key.Verifier, at, t.now)
}

// newCaseFiles returns what makes the files of cases.
func newCaseFiles(store contract.Store, book *playbooks.Book, signer *register.HeadSigner, key string, readingAt func(registry.Practice) string, now func() time.Time) (*bundle.Maker, error) {
	words, err := page.LoadWords(locales.Files)
	if err != nil {
		return nil, err
	}
	mail := func(p registry.Practice, n *incidents.Notice, d incidents.Delivery) ([]byte, bool, error) {
		same, shown := notifier.MailAgain(p, n, d, readingAt(p))
		_, hash, err := smtpmail.Copy(same)
		if err != nil {
			return nil, false, err
		}
		raw, _, err := smtpmail.Copy(shown)
		return raw, hash == d.Handed().MailHash, err
	}
	office := casework.New(casework.Options{Store: store, Book: book, Now: now}) // it only judges; it changes nothing
	return bundle.New(bundle.Options{Store: store, Words: words, Book: book, Signer: signer, Key: key, Print: printing.Dossier, Mail: mail, Now: now,
		Suppliers: office.Suppliers}), nil
}
