package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/services/contract"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// keysCmd works with the keys that seal what names a person.
type keysCmd struct {
	Rotate  keysRotateCmd  `cmd:"" help:"Give each practice, or one, a new key; what was written before is sealed anew while the work goes on."`
	Rewrap  keysRewrapCmd  `cmd:"" help:"Put another wrapping key in the place of the present one, while no server runs."`
	Destroy keysDestroyCmd `cmd:"" help:"Destroy a practice's keys and all it holds, while no server runs."`
	Status  keysStatusCmd  `cmd:"" help:"Say whose keys are being changed."`
}

// inUse reports whether a server has the data folder, which a command then must
// leave to it.
func (c storeFlags) inUse() bool {
	return c.sqlite() && errors.Is(sqlitestore.RefuseInUse(c.Data), fault.Unavailable)
}

// keysRotateCmd gives practices new keys.
type keysRotateCmd struct {
	storeFlags
	Practice tenant.ID `help:"Id of the practice; all of them and the host's own without it." placeholder:"ID"`
}

// Run works beside a server as well: that one goes on with what was begun.
func (r *keysRotateCmd) Run(ctx context.Context, t *terminal) error {
	if r.inUse() {
		return r.beside(ctx, t)
	}
	store, keys, err := openLocked(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(r.alone(ctx, t, store, keys), store.Close())
}

// beside begins the change in the folder that a server has.
func (r *keysRotateCmd) beside(ctx context.Context, t *terminal) error {
	ring, err := sqlitestore.OpenKeys(ctx, r.Data)
	if err != nil {
		return err
	}
	n, err := r.begin(ctx, t, ring)
	if err := errors.Join(err, ring.Close()); err != nil {
		return err
	}
	t.printf("%d new keys. The running server seals the rest anew, which takes some minutes; `datalek keys status` says how far it is.\n", n)
	return nil
}

func (r *keysRotateCmd) begin(ctx context.Context, t *terminal, ring *sqlitestore.Keyring) (int, error) {
	source, err := r.source()
	if err != nil {
		return 0, err
	}
	keys, err := vault.OpenFrom(ctx, source, ring)
	if err != nil {
		return 0, err
	}
	return r.rotate(ctx, t, keys)
}

// rotate adds a key to each set; one that is being changed goes on with that.
func (r *keysRotateCmd) rotate(ctx context.Context, t *terminal, keys *vault.Vault) (n int, err error) {
	practices := []string{string(r.Practice)}
	if r.Practice == "" {
		if practices, err = keys.Practices(ctx); err != nil {
			return 0, err
		}
		practices = append(practices, "")
	}
	for _, p := range practices {
		err := keys.Rotate(ctx, tenant.ID(p), t.now())
		switch {
		case errors.Is(err, vault.ErrTurning):
			continue
		case errors.Is(err, fault.NotFound):
			return n, errors.New("there is no practice with this id")
		case err != nil:
			return n, err
		}
		n++
	}
	return n, nil
}

// alone does it all: on the default store nobody else can write.
func (r *keysRotateCmd) alone(ctx context.Context, t *terminal, store lockedStore, keys *vault.Vault) error {
	n, err := r.rotate(ctx, t, keys)
	if err != nil {
		return err
	}
	t.printf("%d new keys.\n", n)
	k := turner{keys: keys, store: store, now: t.now, log: t.log()}
	if !r.sqlite() {
		k.settle = settleShared
	}
	left, err := k.pass(ctx)
	for err == nil && left > 0 && r.sqlite() {
		left, err = k.pass(ctx)
	}
	if err != nil {
		return err
	}
	if left > 0 {
		t.printf("All is sealed anew. A running worker drops the old keys in about %s; `datalek keys status` says when.\n", settleShared)
		return nil
	}
	t.printf("All is sealed anew, and the old keys are gone.\n")
	return nil
}

// keysStatusCmd says whose keys are being changed.
type keysStatusCmd struct{ storeFlags }

// Run works beside a server as well.
func (s *keysStatusCmd) Run(ctx context.Context, t *terminal) error {
	if s.inUse() {
		ring, err := sqlitestore.OpenKeys(ctx, s.Data)
		if err != nil {
			return err
		}
		turning, err := vault.Turning(ctx, ring)
		return errors.Join(err, s.tell(t, turning), ring.Close())
	}
	store, _, err := openLocked(ctx, s.storeFlags, t.log())
	if err != nil {
		return err
	}
	turning, err := vault.Turning(ctx, store)
	return errors.Join(err, s.tell(t, turning), store.Close())
}

func (s *keysStatusCmd) tell(t *terminal, turning []vault.Turn) error {
	if len(turning) == 0 {
		t.printf("No key is being changed.\n")
	}
	for _, turn := range turning {
		who := "practice " + turn.Practice
		if turn.Practice == "" {
			who = "the host itself"
		}
		t.printf("%s: changing since %s; both keys are in use\n", who, turn.Since.Format(time.RFC3339))
	}
	return nil
}

// keysRewrapCmd changes the wrapping key.
type keysRewrapCmd struct {
	storeFlags
	NewKeyFile    string `help:"File with the new wrapping key; made when missing." placeholder:"FILE" xor:"new" required:""`
	NewPassphrase bool   `help:"Ask for a passphrase that takes the place of the key." xor:"new" required:""`
}

// Run wraps every set of keys anew. It may be run again after it was cut off.
func (r *keysRewrapCmd) Run(ctx context.Context, t *terminal) error {
	store, keys, err := openLocked(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(r.rewrap(ctx, t, store, keys), store.Close())
}

func (r *keysRewrapCmd) rewrap(ctx context.Context, t *terminal, store lockedStore, keys *vault.Vault) error {
	if err := refuseBesideWorker(ctx, t, store, r.storeFlags); err != nil {
		return err
	}
	to := vault.Asked(func(bool) (string, error) { return askKey(true) })
	if r.NewKeyFile != "" {
		if err := vault.NewKeyFile(r.NewKeyFile); err != nil {
			return fmt.Errorf("make %s: %w", r.NewKeyFile, err)
		}
		to = vault.ExistingFile(r.NewKeyFile)
	}
	n, err := keys.Rewrap(ctx, to)
	if err != nil {
		return err
	}
	how := "--key-file " + r.NewKeyFile
	if r.NewPassphrase {
		how = "--key-from prompt"
	}
	t.printf("%d sets of keys are wrapped anew. Start the server with %s, and keep a copy of the key elsewhere.\n"+
		"Backups made before need the old key. Destroy it when nobody is to read those any more.\n", n, how)
	return nil
}

// workerSilence is how long no worker may have been heard of before a command
// that needs to be alone takes a shared store for itself.
const workerSilence = 15 * time.Second

// refuseBesideWorker refuses what must not be done beside other processes; the
// default store has refused it already.
func refuseBesideWorker(ctx context.Context, t *terminal, store lockedStore, f storeFlags) error {
	if f.sqlite() {
		return nil
	}
	raw, _, err := store.Setting(ctx, notifier.HeartbeatKey)
	if err != nil || len(raw) == 0 {
		return err
	}
	last, err := time.Parse(time.RFC3339, string(raw))
	if err == nil && t.now().Sub(last) < workerSilence {
		err = errors.New("a worker is running on this store; stop every web and worker first")
	}
	return err
}

// keysDestroyCmd destroys a practice.
type keysDestroyCmd struct {
	storeFlags
	Practice tenant.ID `help:"Id of the practice." required:"" placeholder:"ID"`
	Force    bool      `help:"Also before closed cases were kept for five years, such as when a practice leaves the host (GDPR Art. 28(3)(g)); needs --reason. Never while a case is open."`
	Reason   string    `help:"Why, with --force. It is kept, sealed."`
}

// Run asks for the practice's name first. After a cut it finishes what was begun.
func (d *keysDestroyCmd) Run(ctx context.Context, t *terminal) error {
	if d.Force && d.Reason == "" {
		return errors.New("--force needs a --reason")
	}
	store, keys, err := openLocked(ctx, d.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(d.destroy(ctx, t, store, keys), store.Close())
}

func (d *keysDestroyCmd) destroy(ctx context.Context, t *terminal, store lockedStore, keys *vault.Vault) error {
	if err := refuseBesideWorker(ctx, t, store, d.storeFlags); err != nil {
		return err
	}
	gone, err := keys.Destroyed(ctx, d.Practice)
	if err != nil {
		return err
	}
	var drills []string
	if !gone {
		if drills, err = d.sure(ctx, t, store); err != nil {
			return err
		}
	}
	if err := d.removeCopies(); err != nil {
		return err
	}
	for _, id := range append(drills, string(d.Practice)) { // made-up ones first: they stand in the practice
		if err := keys.Destroy(ctx, tenant.ID(id), d.Reason, t.now()); err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		if err := store.ErasePractice(ctx, tenant.ID(id), t.now()); err != nil {
			return err
		}
	}
	t.printf("The keys of practice %s are destroyed and its data is removed. A backup made before still holds it for\n"+
		"whoever has the wrapping key of that day: destroy those backups, or change the wrapping key (keys rewrap) and destroy the old one.\n", d.Practice)
	return nil
}

// removeCopies removes what a backup that was killed left in the data folder.
func (d *keysDestroyCmd) removeCopies() error {
	if !d.sqlite() {
		return nil
	}
	left, err := filepath.Glob(filepath.Join(d.Data, ".backup-*"))
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// sure returns the practice's drills once nothing speaks against it.
func (d *keysDestroyCmd) sure(ctx context.Context, t *terminal, store contract.Store) ([]string, error) {
	p, err := store.Practice(ctx, d.Practice)
	if errors.Is(err, fault.NotFound) {
		return nil, errors.New("there is no practice with this id")
	}
	if err != nil {
		return nil, err
	}
	until, err := incidents.MayDestroy(ctx, store, d.Practice, t.now())
	switch {
	case errors.Is(err, incidents.ErrCaseOpen):
		return nil, errors.New("a case of this practice is open; close it first")
	case errors.Is(err, incidents.ErrCaseKept) && !d.Force:
		return nil, fmt.Errorf("a closed case of this practice must be kept until %s; give the practice the files of its cases, or say --force with a --reason", until.Format(time.DateOnly))
	case err != nil && !errors.Is(err, incidents.ErrCaseKept):
		return nil, err
	}
	t.printf("This destroys the register, the clients and all else of this practice for good.\nType its name to go on: ")
	line, err := bufio.NewReader(t.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the name: %w", err)
	}
	if strings.TrimSpace(line) != p.Details.Name {
		return nil, errors.New("this is not its name; nothing was changed")
	}
	return p.Drills, nil
}
