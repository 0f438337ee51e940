package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/services/devstack"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web/account"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// crowdFolder names a folder in which hosts with many practices are kept between
// runs, since the largest takes minutes to make; unset makes each anew.
const crowdFolder = "DATALEK_TEST_CROWD"

const (
	crowdSupplier = "microsoft-365"
	crowdPassword = "een lang wachtwoord van de proef"
	// crowdGone is of how many clients in ten the mailbox holds nothing any more.
	crowdGone = 1
)

// crowd is a host with many practices that use one supplier, and serve on it in a
// process of its own.
type crowd struct {
	tb        testing.TB
	practices int
	clients   int // of each practice
	data      string
	crowdDoor
	mail   *devstack.SMTPServer
	server *program
	peak   float64 // MiB that any of the processes had
}

// crowdDoor is where the supplier reports.
type crowdDoor struct {
	Token  string `json:"token"`
	Secret string `json:"secret"`
}

func crowdPractice(n int) string { return fmt.Sprintf("practice-%05d", n) }

// crowdLogin is of the owner of one practice.
func crowdLogin(n int) string { return fmt.Sprintf("eigenaar%05d@lindehof.example", n) }

// affectedOf is how many clients of a practice a report about the mailbox concerns.
func (c *crowd) affectedOf() int { return c.clients * (10 - crowdGone) / 10 }

// newCrowd makes the host, or copies the one that was kept, and starts it.
func newCrowd(tb testing.TB, practices, clients int) *crowd {
	tb.Helper()
	c := &crowd{tb: tb, practices: practices, clients: clients, data: filepath.Join(tb.TempDir(), "data")}
	c.fetch()
	var err error
	if c.mail, err = devstack.StartSMTP(devstack.SMTPOptions{Keep: 1}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.mail.Close() })
	c.server = newProgram(tb, "host", c.data, os.Environ(), "--smtp", "smtp://"+c.mail.Addr()+"?tls=none")
	c.server.serve()
	c.server.awaitReady()
	return c
}

// fetch puts a made host into the folder of this run.
func (c *crowd) fetch() {
	c.tb.Helper()
	kept := os.Getenv(crowdFolder)
	if kept == "" {
		c.make(c.data)
		return
	}
	kept = filepath.Join(kept, fmt.Sprintf("%dx%d", c.practices, c.clients))
	if _, err := os.Stat(kept); errors.Is(err, os.ErrNotExist) {
		c.make(kept + ".new")
		if err := os.Rename(kept+".new", kept); err != nil {
			c.tb.Fatal(err)
		}
	}
	if err := os.CopyFS(c.data, os.DirFS(kept)); err != nil {
		c.tb.Fatal(err)
	}
	if err := os.Chmod(c.data, 0o700); err != nil { // #nosec G302 -- a folder
		c.tb.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(kept, "door.json"))
	if err := errors.Join(err, json.Unmarshal(raw, &c.crowdDoor), exec.Command("sync").Run()); err != nil {
		c.tb.Fatal(err)
	}
	if err := os.Remove(filepath.Join(c.data, "door.json")); err != nil {
		c.tb.Fatal(err)
	}
}

// make fills a folder with practices.
func (c *crowd) make(dir string) {
	c.tb.Helper()
	ctx := context.Background()
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(dir, "datalek.key"), keys)
	}})
	if err != nil {
		c.tb.Fatal(err)
	}
	book, err := playbooks.Load("")
	if err != nil {
		c.tb.Fatal(err)
	}
	office := casework.New(casework.Options{Store: store, Book: book, Now: realNow, NewID: uuid.NewString})
	c.fill(ctx, store, office, book)
	e, err := office.Endpoint(ctx, "", crowdSupplier)
	if err := errors.Join(err, store.Close()); err != nil {
		c.tb.Fatal(err)
	}
	c.crowdDoor = crowdDoor{Token: e.Token, Secret: e.Secrets[0].Value}
	raw, err := json.Marshal(c.crowdDoor)
	if err == nil && os.Getenv(crowdFolder) != "" {
		err = os.WriteFile(filepath.Join(dir, "door.json"), raw, 0o600)
	}
	if err != nil {
		c.tb.Fatal(err)
	}
}

func (c *crowd) fill(ctx context.Context, store *sqlitestore.Store, office *casework.Office, book *playbooks.Book) {
	c.tb.Helper()
	policy, _ := book.Policy("refleact-48")
	hash, err := account.NewHasher(1).Hash(ctx, crowdPassword)
	if err != nil {
		c.tb.Fatal(err)
	}
	var all sync.WaitGroup
	work := make(chan int)
	for range 8 {
		all.Go(func() {
			for n := range work {
				if err := c.addPractice(ctx, store, office, policy, hash, n); err != nil {
					c.tb.Error(err)
				}
			}
		})
	}
	for n := range c.practices {
		work <- n
	}
	close(work)
	all.Wait()
	if c.tb.Failed() {
		c.tb.FailNow()
	}
}

// addPractice stores one practice that holds its clients' mail and appointments
// with the supplier.
func (c *crowd) addPractice(ctx context.Context, store *sqlitestore.Store, office *casework.Office, policy registry.Policy, hash string, n int) error {
	now, id := realNow(), crowdPractice(n)
	owner := crowdLogin(n)
	p := registry.Practice{ID: tenant.ID(id), PublicCode: id, Authority: registry.AP, Language: []string{"nl", "en"}[n%2], TimeZone: "Europe/Amsterdam", Policy: policy, CreatedAt: now,
		Details: registry.Details{Name: "Praktijk " + id, Contact: registry.ContactPerson{Name: "Anna Voorbeeld", Phone: "+31 6 12345678", Email: owner},
			Senders: []registry.Sender{{Email: owner, Name: "Anna Voorbeeld", System: "mailbox"}, {Email: "bericht-" + owner, Name: "Anna Voorbeeld"}}, WarnEmail: owner, SecondEmail: "thuis-" + owner}}
	if err := store.CreatePractice(ctx, p); err != nil {
		return err
	}
	system := func(id, service string, categories ...registry.Category) registry.System {
		return registry.System{ID: id, PracticeID: p.ID, Name: id, ProcessorID: crowdSupplier, Services: []string{service}, Categories: categories, Identifiability: registry.Identified, UpdatedAt: now}
	}
	_, err := store.PutProcessor(ctx, registry.Processor{ID: crowdSupplier, PracticeID: tenant.ID(id), Name: "Microsoft"})
	for _, s := range []registry.System{system("mailbox", "mail", registry.Name, registry.Contact), system("agenda", "calendar", registry.Name, registry.Appointments)} {
		_, systemErr := store.PutSystem(ctx, s)
		err = errors.Join(err, systemErr)
	}
	_, clientsErr := store.PutClients(ctx, tenant.ID(id), c.people(tenant.ID(id), now))
	return errors.Join(err, clientsErr, office.KeepOwnSystem(ctx, p), store.CreateUser(ctx, registry.User{ID: uuid.NewString(), Login: owner, Name: "Anna Voorbeeld", PasswordHash: hash, CreatedAt: now,
		Memberships: []registry.Membership{{PracticeID: tenant.ID(id), Role: registry.RoleOwner}}}))
}

// people are a practice's clients; what the mailbox held of some was destroyed.
func (c *crowd) people(practice tenant.ID, now time.Time) []registry.Client {
	began, gone := now.AddDate(-1, 0, 0), now.AddDate(0, -6, 0)
	list := make([]registry.Client, c.clients)
	for i := range list {
		mail := registry.Holding{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &began}
		if i%10 < crowdGone {
			mail.DestroyedAt = &gone
		}
		list[i] = registry.Client{ID: uuid.NewString(), PracticeID: practice, Language: []string{"nl", "en"}[i%2], Relation: registry.RelationClient, UpdatedAt: now,
			Person:   registry.Person{ExternalID: fmt.Sprintf("B-%05d", i), Name: fmt.Sprintf("Meetpersoon %05d", i), Email: fmt.Sprintf("m%05d@%s.example", i, practice)},
			Guidance: []registry.Guidance{{From: registry.DateOf(began, time.UTC)}},
			Holdings: []registry.Holding{mail, {System: "agenda", Categories: []registry.Category{registry.Appointments}, Identifiability: registry.Identified, From: &began}}}
	}
	return list
}

// report posts the supplier's signed report about the mailbox and returns how long
// it took until it was answered.
func (c *crowd) report(reference string) time.Duration {
	c.tb.Helper()
	began := time.Now()
	status, answer := c.send(reference, realNow(), crowdMessage(reference))
	if status != 202 {
		c.tb.Fatalf("a report is answered %d %s", status, answer)
	}
	return time.Since(began)
}

func crowdMessage(reference string) string {
	now := realNow()
	at := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339) }
	return breach(reference, "initial", "Someone read mail without permission.",
		fmt.Sprintf(`,"services":["mail"],"occurredFrom":%q,"occurredUntil":%q`, at(48*time.Hour), at(time.Hour)))
}

func (c *crowd) send(id string, at time.Time, body string) (int, string) {
	c.tb.Helper()
	d := &demo{t: c.tb}
	return d.reportAt(c.server.url()+"/webhooks/processors/"+c.Token, c.Secret, id, body, at)
}

// notePeak keeps the most memory that the running process ever had.
func (c *crowd) notePeak() {
	c.tb.Helper()
	c.peak = max(c.peak, peakMiB(c.tb, c.server.cmd.Process.Pid))
}

// restart kills the process with kill -9 and starts it again.
func (c *crowd) restart() {
	c.tb.Helper()
	c.notePeak()
	c.server.kill()
	c.server.serve()
}

// processorTime is how long both processors worked for the server.
func (c *crowd) processorTime() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.server.cmd.Process.Pid))
	if err != nil {
		return 0 // another system
	}
	var user, system int64
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if _, err := fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system); err != nil {
		c.tb.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts hundredths
}
