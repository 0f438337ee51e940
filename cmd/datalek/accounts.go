package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/services/contract"
	"datalek/web/casework"
)

// accountCmd works with accounts.
type accountCmd struct {
	List  accountListCmd  `cmd:"" help:"List the accounts of this host, with their practices."`
	Reset accountResetCmd `cmd:"" help:"Make a link with which somebody chooses a new password; second steps and logins end."`
}

// accountListCmd lists accounts while no server holds the data folder.
type accountListCmd struct {
	storeFlags
}

// accountPage is how many accounts are read at a time.
const accountPage = 200

// Run prints a line for each account.
func (a *accountListCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, a.storeFlags, t.log())
	if err != nil {
		return err
	}
	return errors.Join(a.print(ctx, store, t), store.Close())
}

func (a *accountListCmd) print(ctx context.Context, store contract.Store, t *terminal) error {
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "LOG IN\tNAME\tSECOND STEP\tPRACTICES"); err != nil {
		return err
	}
	for after := ""; ; {
		users, err := store.Users(ctx, after, accountPage)
		if err != nil {
			return err
		}
		for _, u := range users {
			second := "no"
			if u.Factors.Some() {
				second = "yes"
			}
			var places []string
			for _, m := range u.Memberships {
				places = append(places, string(m.PracticeID)+" ("+string(m.Role)+")")
			}
			if _, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", u.Login, u.Name, second, strings.Join(places, ", ")); err != nil {
				return err
			}
			after = u.ID
		}
		if len(users) < accountPage {
			return table.Flush()
		}
	}
}

// accountResetCmd makes a link while no server holds the data folder.
type accountResetCmd struct {
	storeFlags
	BaseURL string `name:"base-url" help:"Address under which the server is reached." env:"DATALEK_BASE_URL" placeholder:"URL" default:"http://127.0.0.1:8080"`
	Login   string `arg:"" help:"Email address with which the person logs in."`
}

// Run prints the link. Whoever runs it must know that the person who asks is
// the one who owns the account: nothing else checks it.
func (r *accountResetCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	link, until, err := r.offer(ctx, store, t)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	t.printf("Give this link to the person in a way you trust, not by email alone. It works once, until %s:\n%s\n", until, link)
	return nil
}

func (r *accountResetCmd) offer(ctx context.Context, store contract.Store, t *terminal) (link, until string, err error) {
	u, err := store.UserByLogin(ctx, registry.NormalEmail(r.Login))
	if errors.Is(err, fault.NotFound) {
		return "", "", errors.New("there is no account with this address; datalek account list shows all")
	}
	if err != nil {
		return "", "", err
	}
	secret, now := casework.Secret(24), t.now()
	ends := now.Add(registry.ResetLife)
	_, err = store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		u.Reset = registry.Reset{Hash: casework.HashToken(secret), ExpiresAt: ends}
		incidents.MemberChange{Kind: incidents.ResetOffered, Subject: u.ID, Name: u.Name, By: incidents.System(), Facts: map[string]string{"by": "host"}}.NoteInAll(u, now)
		return nil
	})
	if err != nil {
		return "", "", fmt.Errorf("keep the link: %w", err)
	}
	return strings.TrimSuffix(r.BaseURL, "/") + "/reset/" + u.ID + "/" + secret, playbooks.Instant(ends, now.Location(), "en"), nil
}
