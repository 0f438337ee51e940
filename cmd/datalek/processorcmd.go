package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/contract"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// processorCmd is for the host: what processors report to every practice on it.
type processorCmd struct {
	Address processorAddressCmd `cmd:"" help:"Work with the host's own addresses, which reach every practice that uses the processor."`
	Reports processorReportsCmd `cmd:"" help:"List what came at the host's own addresses, newest first, while no server holds the data folder."`
}

// processorAddressCmd works with addresses while no server holds the data folder.
type processorAddressCmd struct {
	Make   addressMakeCmd   `cmd:"" help:"Make an address and print it with its secret, once."`
	List   addressListCmd   `cmd:"" help:"List a processor's addresses, without secrets."`
	Rotate addressRotateCmd `cmd:"" help:"Give an address a new secret and print it, once; the old one counts for a week yet."`
	Revoke addressRevokeCmd `cmd:"" help:"Close an address for good; who reports there is told so."`
}

// onHost is a command over the host's own things, and the processor it is about.
type onHost struct {
	storeFlags
	Processor string `arg:"" help:"Id of the processor, such as microsoft-365."`
}

// work opens the store beside no server.
func (h onHost) work(ctx context.Context, t *terminal, do func(contract.Store, *casework.Office) error) error {
	if err := (registry.Processor{ID: h.Processor, Name: h.Processor}).Validate(); err != nil {
		return fmt.Errorf("%q is no processor's id: %w", h.Processor, err)
	}
	store, err := openStore(ctx, h.storeFlags, t.log())
	if err != nil {
		return err
	}
	office := casework.New(casework.Options{Store: store, Now: t.now, NewID: uuid.NewString})
	return errors.Join(do(store, office), store.Close())
}

// mend gives an address that is not there its words.
func (h onHost) mend(err error) error {
	if errors.Is(err, fault.NotFound) {
		return fmt.Errorf("the host has no such address; datalek processor address list %s shows all", h.Processor)
	}
	return err
}

// keptFiles are where an address and its secret are written instead of printed, as
// datalek report send reads them.
type keptFiles struct {
	ToFile     string `name:"to-file" help:"File for the address, instead of printing it; it must not be there yet." placeholder:"FILE"`
	SecretFile string `help:"File for the secret, instead of printing it; it must not be there yet." placeholder:"FILE"`
	BaseURL    string `name:"base-url" help:"Address under which the server is reached." env:"DATALEK_BASE_URL" placeholder:"URL" default:"http://127.0.0.1:8080"`
}

// hold makes the files, for their owner alone, before anything is made that only
// they would know.
func (k keptFiles) hold() (opened, error) {
	o := opened{}
	for _, name := range []string{k.ToFile, k.SecretFile} {
		if name == "" {
			continue
		}
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- the operator names the file
		if err != nil {
			o.drop()
			return nil, fmt.Errorf("make the file: %w", err)
		}
		o[name] = file
	}
	return o, nil
}

// opened are files that wait for what they keep.
type opened map[string]*os.File

// drop removes the files of what was not made.
func (o opened) drop() {
	for name, file := range o {
		_ = file.Close()    // nothing was written
		_ = os.Remove(name) // an empty file would only mislead
	}
}

// put writes a line into its file, or says it after a label.
func (o opened) put(t *terminal, label, name, text string) error {
	if text == "" {
		return nil
	}
	file, kept := o[name]
	if !kept {
		t.printf("%-8s %s\n", label, text)
		return nil
	}
	_, err := file.WriteString(text + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write the %s: %w; revoke this address and make another", strings.ToLower(label), err)
	}
	t.printf("%-8s in %s\n", label, name)
	return nil
}

// tell says where an address lies and what its newest secret is.
func (k keptFiles) tell(t *terminal, files opened, e registry.Endpoint) error {
	t.printf("%-8s %s\n", "Id", e.ID)
	secret := ""
	if live := e.Live(t.now()); len(live) > 0 {
		secret = live[0].Value
	}
	return errors.Join(files.put(t, "Address", k.ToFile, strings.TrimSuffix(k.BaseURL, "/")+"/webhooks/processors/"+e.Token),
		files.put(t, "Secret", k.SecretFile, secret))
}

// addressMakeCmd makes an address.
type addressMakeCmd struct {
	onHost
	keptFiles
	Door string `help:"signed: the processor signs each message. address: who knows the address can report, for services that cannot sign." default:"signed" enum:"signed,address"`
}

// Run makes it and says who hears what comes there.
func (m *addressMakeCmd) Run(ctx context.Context, t *terminal) error {
	door := registry.DoorSigned
	if m.Door != "signed" {
		door = registry.Door(m.Door)
		if m.SecretFile != "" {
			return errors.New("--secret-file: an address without signatures is itself the secret; use --to-file")
		}
	}
	return m.work(ctx, t, func(store contract.Store, office *casework.Office) error {
		files, err := m.hold()
		if err != nil {
			return err
		}
		e, err := office.MakeAddress(ctx, "", m.Processor, door, incidents.System())
		if err != nil {
			files.drop()
			return err
		}
		if err := m.tell(t, files, e); err != nil {
			return err
		}
		users, err := store.PracticesUsing(ctx, m.Processor, "", 1)
		if err == nil && len(users) == 0 {
			t.printf("No practice here uses %s yet; what comes reaches nobody until one lists it.\n", m.Processor)
		}
		return err
	})
}

// addressListCmd lists addresses.
type addressListCmd struct{ onHost }

// Run prints a line for each address. Its last letters tell it from the others.
func (l *addressListCmd) Run(ctx context.Context, t *terminal) error {
	return l.work(ctx, t, func(_ contract.Store, office *casework.Office) error {
		list, err := office.Addresses(ctx, "", l.Processor)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		_, err = fmt.Fprintln(table, "ID\tDOOR\tENDS WITH\tMADE\tLAST MESSAGE\tSTATE")
		for _, e := range list {
			door := string(e.Door)
			if e.Door == registry.DoorSigned {
				door = "signed"
			}
			_, failed := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, door, e.Token[max(0, len(e.Token)-4):], moment(e.CreatedAt), moment(e.LastAt), stateOf(e, t.now()))
			err = errors.Join(err, failed)
		}
		return errors.Join(err, table.Flush())
	})
}

// moment is an instant as scripts read it, - for none.
func moment(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

func stateOf(e registry.Endpoint, now time.Time) string {
	live := e.Live(now)
	switch {
	case e.Revoked():
		return "revoked " + moment(e.RevokedAt)
	case len(live) > 1:
		return "open, old secret until " + moment(live[1].Until)
	default:
		return "open"
	}
}

// addressRotateCmd changes a secret.
type addressRotateCmd struct {
	onHost
	keptFiles
	ID      string `arg:"" help:"Id of the address, as the list shows it."`
	DropOld bool   `help:"End the old secret at once, because somebody else knows it."`
}

// Run makes the secret, and ends the old one when asked.
func (r *addressRotateCmd) Run(ctx context.Context, t *terminal) error {
	return r.work(ctx, t, func(_ contract.Store, office *casework.Office) error {
		files, err := r.hold()
		if err != nil {
			return err
		}
		e, err := office.RotateAddress(ctx, "", r.Processor, r.ID, incidents.System())
		if err != nil {
			files.drop()
			return r.mend(err)
		}
		if err := r.tell(t, files, e); err != nil {
			return err
		}
		if r.DropOld {
			_, err = office.DropOldSecret(ctx, "", r.Processor, r.ID, incidents.System())
			return err
		}
		t.printf("The old secret counts until %s.\n", moment(e.Secrets[1].Until))
		return nil
	})
}

// addressRevokeCmd closes an address.
type addressRevokeCmd struct {
	onHost
	ID string `arg:"" help:"Id of the address, as the list shows it."`
}

// Run closes it.
func (r *addressRevokeCmd) Run(ctx context.Context, t *terminal) error {
	return r.work(ctx, t, func(_ contract.Store, office *casework.Office) error {
		e, err := office.RevokeAddress(ctx, "", r.Processor, r.ID, incidents.System())
		if err != nil {
			return r.mend(err)
		}
		t.printf("Revoked the address that ends in %s; who reports there is answered 410.\n", e.Token[max(0, len(e.Token)-4):])
		return nil
	})
}
