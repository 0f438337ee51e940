package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/services/checkup"
	"datalek/services/imapmail"
	"datalek/services/suppliermail"
)

// supplierFlags say where mail that suppliers wrote is found.
type supplierFlags struct {
	SupplierFolder   string `help:"Folder of the mailbox of --imap in which what suppliers wrote lies, such as Leveranciers; it is only read, and each mail waits for a person. Empty reads none." env:"DATALEK_SUPPLIER_FOLDER" placeholder:"FOLDER"`
	SupplierPractice string `help:"Id of the practice whose folder that is; not needed when there is one practice." env:"DATALEK_SUPPLIER_PRACTICE" placeholder:"ID"`
}

// validate refuses a folder without a mailbox, and the one that returned mail is in.
func (f supplierFlags) validate(r returnFlags) error {
	folder := strings.Trim(f.SupplierFolder, "/")
	switch {
	case f.SupplierFolder != "" && r.IMAP == "":
		return errors.New("--supplier-folder goes with --imap, which names the mailbox")
	case f.SupplierFolder != "" && folder == "":
		return errors.New("--supplier-folder names a folder, such as Leveranciers")
	case f.SupplierFolder == "" && f.SupplierPractice != "":
		return errors.New("--supplier-practice goes with --supplier-folder")
	case strings.EqualFold(folder, "INBOX"):
		return errors.New("--supplier-folder must be a folder of its own: in INBOX lies all mail")
	}
	return nil
}

// mailReader reads suppliers' mail, and asks for the keys of its signatures where
// the other questions of mail are asked.
func (c config) mailReader() *suppliermail.Reader {
	return suppliermail.New(suppliermail.Options{DNS: checkup.Resolver(c.DNSServer)})
}

// openSupplierMail prepares the worker that reads the folder of suppliers' mail.
func (a *app) openSupplierMail(ctx context.Context) error {
	if a.cfg.SupplierFolder == "" {
		if a.cfg.Mode == "web" {
			return nil // it does not know what the workers read
		}
		return notifier.ForgetSupplierBox(ctx, a.store)
	}
	account, err := a.cfg.mailbox(a.store, a.now)
	if err != nil {
		return err
	}
	account.Folder = a.cfg.supplierFolder()
	box := imapmail.New(account, imapmail.Options{Settings: a.store, Most: incidents.MaxMail + 1, Now: a.now}) // one more, so that it shows that there was more
	a.suppliers = notifier.NewSupplierMail(notifier.SupplierMailOptions{Store: a.store, Box: box, Keep: a.keepSupplierMail, Folder: account.Folder, Whose: a.supplierPractice, Now: a.now, Log: a.log})
	return nil
}

// supplierFolder is the folder as the mail server calls it.
func (f supplierFlags) supplierFolder() string { return strings.Trim(f.SupplierFolder, "/") }

// supplierPractice is the practice whose folder it is, "" when there is none yet.
func (a *app) supplierPractice(ctx context.Context) string {
	id, err := onePractice(ctx, a.store, tenant.ID(a.cfg.SupplierPractice))
	if err != nil {
		return ""
	}
	return string(id)
}

// keepSupplierMail puts one mail of the folder before the practice. Nobody has
// looked at it: the program acts by itself.
func (a *app) keepSupplierMail(ctx context.Context, raw []byte, place string) (fresh bool, err error) {
	id, err := onePractice(ctx, a.store, tenant.ID(a.cfg.SupplierPractice))
	if err != nil {
		return false, fmt.Errorf("whose folder is it: %w", err)
	}
	p, err := a.store.Practice(ctx, id)
	if err != nil {
		return false, fmt.Errorf("practice %s: %w", id, err)
	}
	_, fresh, err = a.office.KeepMailAt(ctx, p, raw, place, incidents.System())
	return fresh, err
}
