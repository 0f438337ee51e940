package main

import (
	"context"
	"encoding/json"
	"time"

	"datalek/notifier"
	"datalek/services/checkup"
	"datalek/services/imapmail"
)

// supplierSilent is after how long a folder that is not read is spoken of; see
// how often its reader notes that all is well.
const supplierSilent = 45 * time.Minute

// supplierCheck looks at the folder of suppliers' mail, if one is named, and at
// what its reader noted last.
func (k checker) supplierCheck(store settings) (checkup.Check, bool) {
	const name = "supplier_folder"
	if k.cfg.SupplierFolder == "" || k.cfg.IMAP == "" {
		return checkup.Check{}, false
	}
	account, err := k.cfg.mailbox(store, k.now)
	if err != nil {
		return checkup.Check{Name: name, Run: said(checkup.Finding{State: checkup.Unwell, Code: name + "_setup", Detail: err.Error()})}, true
	}
	account.RootCAs, account.Folder = k.roots, k.cfg.supplierFolder()
	box := imapmail.New(account, imapmail.Options{Settings: store, Now: k.now})
	return checkup.Check{Name: name, Run: func(ctx context.Context) checkup.Finding {
		blanks := []any{"folder", account.Folder}
		if err := box.Check(ctx); err != nil {
			return checkup.Finding{State: checkup.Unwell, Code: name + "_" + imapmail.Place(err), Blanks: blanks, Detail: err.Error()}
		}
		f := k.supplierNoted(ctx, store, account.Folder)
		f.Code, f.Blanks = name+"_"+f.Code, append(blanks, f.Blanks...)
		return f
	}}, true
}

// supplierNoted is what the reader of a folder that can be read noted last.
func (k checker) supplierNoted(ctx context.Context, store settings, folder string) checkup.Finding {
	var s notifier.BoxState
	if store != nil {
		raw, version, err := store.Setting(ctx, notifier.SupplierBoxSetting)
		if err == nil && version > 0 {
			err = json.Unmarshal(raw, &s)
		}
		if err != nil {
			return checkup.Finding{State: checkup.Unwell, Code: "setup", Detail: err.Error()}
		}
	}
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }
	switch {
	case s.Folder == folder && s.Place == "keep" && !s.Failing.IsZero():
		return checkup.Finding{State: checkup.Unwell, Code: "keep", Blanks: []any{"at", at(s.Failing)}}
	case s.Folder != folder || s.ReadAt.IsZero():
		return checkup.Finding{State: checkup.Note, Code: "first"}
	case !s.Failing.IsZero() || k.now().Sub(s.ReadAt) > supplierSilent:
		return checkup.Finding{State: checkup.Note, Code: "late", Blanks: []any{"at", at(s.ReadAt), "n", s.Took}}
	}
	return checkup.Finding{State: checkup.Well, Code: "well", Blanks: []any{"at", at(s.ReadAt), "n", s.Took}}
}
