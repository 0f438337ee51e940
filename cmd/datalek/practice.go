package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/services/contract"
	"datalek/web/account"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// practiceCmd works with practices.
type practiceCmd struct {
	Add practiceAddCmd `cmd:"" help:"Add a practice and its first account to this host."`
}

// practiceAddCmd adds a practice while no server holds the data folder.
type practiceAddCmd struct {
	storeFlags
	policyFlags
	Name      string `help:"Name, as clients know it." required:""`
	Contact   string `help:"Name of the contact person." required:""`
	Email     string `help:"Email address: of the contact person, for logging in, for warnings and to send from." required:""`
	Phone     string `help:"Telephone number of the contact person."`
	Authority string `help:"AP or GBA." default:"AP" enum:"AP,GBA"`
	Language  string `help:"nl or en." default:"nl" enum:"nl,en"`
	TimeZone  string `help:"Time zone." default:"Europe/Amsterdam"`
	Policy    string `help:"The promises to clients." default:"refleact-48"`
	// Notices must not leave through a breached mailbox, nor warnings only reach it.
	MailboxSystem string   `help:"Id of the system that the mailbox of --email is part of, such as mailbox."`
	OtherSender   string   `help:"A second address to send from, outside the practice's systems."`
	SecondEmail   string   `help:"A second address for warnings, outside the practice's systems."`
	Existing      bool     `name:"existing-account" help:"--email has an account already: that person answers for this practice too, and keeps the password."`
	TokenDays     int      `help:"How many days the API token works, at most 365." default:"90"`
	TokenScopes   []string `help:"What the API token may do, such as incidents:write; by default all but addresses:write, the secrets of suppliers' addresses."`
	StandInEmail  string   `help:"Address of the stand-in, warned when nobody reacts and when a deadline passes."`
}

// Run adds the practice and prints how to log in.
func (p *practiceAddCmd) Run(ctx context.Context, t *terminal) error {
	book, err := p.openBook()
	if err != nil {
		return err
	}
	policy, err := policyNamed(book, p.Policy)
	if err != nil {
		return err
	}
	practice := p.practice(policy, t.now())
	if err := errors.Join(practice.Validate(), p.token(practice.ID, t.now()).Check()); err != nil {
		return err
	}
	store, err := openStore(ctx, p.storeFlags, t.log())
	if err != nil {
		return err
	}
	password, token, err := p.save(ctx, store, practice, ownSystem(book, practice, t.now()), t.now())
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	note := password + "   (change it after the first log-in)"
	if p.Existing {
		note = "(that of the account)"
	}
	t.printf("Practice   %s\nLog in     %s\nPassword   %s\nAPI token  %s\n", practice.ID, practice.Details.WarnEmail, note, token)
	return nil
}

// ownSystem is datalek itself as a system of a practice that is being made.
func ownSystem(book *playbooks.Book, p registry.Practice, now time.Time) registry.System {
	own := book.OwnSystem(p.ID, p.Language)
	own.UpdatedAt = now
	return own
}

func (p *practiceAddCmd) practice(policy registry.Policy, now time.Time) registry.Practice {
	senders := []registry.Sender{{Email: p.Email, Name: p.Contact, System: p.MailboxSystem}}
	if p.OtherSender != "" {
		senders = append(senders, registry.Sender{Email: p.OtherSender, Name: p.Contact})
	}
	return registry.Practice{
		ID: tenant.ID(uuid.NewString()), PublicCode: strings.ToLower(casework.Secret(12)), Authority: registry.Authority(p.Authority),
		Language: p.Language, TimeZone: p.TimeZone, Policy: policy, CreatedAt: now,
		Details: registry.Details{Name: p.Name, Contact: registry.ContactPerson{Name: p.Contact, Email: p.Email, Phone: p.Phone},
			Senders: senders, WarnEmail: p.Email, SecondEmail: p.SecondEmail, StandInMail: p.StandInEmail},
	}
}

// token is the key to the API that comes with the practice.
func (p *practiceAddCmd) token(practice tenant.ID, now time.Time) registry.Token {
	t := registry.Token{ID: uuid.NewString(), PracticeID: practice, Name: "practice add", Scopes: registry.CommonScopes(),
		CreatedAt: now, ExpiresAt: now.Add(time.Duration(p.TokenDays) * 24 * time.Hour)}
	if len(p.TokenScopes) > 0 {
		t.Scopes = nil
		for _, s := range p.TokenScopes {
			t.Scopes = append(t.Scopes, registry.Scope(s))
		}
	}
	return t
}

// save makes the practice, what it begins with and who answers for it; each write
// carries its event. The account comes after the practice whose register tells of it.
func (p *practiceAddCmd) save(ctx context.Context, store contract.Store, practice registry.Practice, own registry.System, now time.Time) (password, token string, err error) {
	known, err := p.holder(ctx, store)
	if err != nil {
		return "", "", err
	}
	host := incidents.Act{By: incidents.System(), At: now}
	host.Begin(&practice)
	if err := store.CreatePractice(ctx, practice); err != nil {
		return "", "", fmt.Errorf("make the practice: %w", err)
	}
	own.Notes = host.System(nil, own)
	if _, err := store.PutSystem(ctx, own); err != nil {
		return "", "", fmt.Errorf("make the program's own system: %w", err)
	}
	if known != "" {
		err = joinExisting(ctx, store, known, practice.ID, host)
	} else {
		password, err = p.enrol(ctx, store, practice.ID, host)
	}
	if err != nil {
		return "", "", err
	}
	token = casework.NewToken()
	key := p.token(practice.ID, now)
	key.Hash = casework.HashToken(token)
	key.Notes = host.Token(incidents.TokenMade, key)
	if err := store.CreateToken(ctx, key); err != nil {
		return "", "", fmt.Errorf("make the token: %w", err)
	}
	return password, token, nil
}

// holder is the id of the account that answers for the practice besides what it does
// already, "" for a new one. A practice is made for neither a missing account nor an
// address that has one unasked.
func (p *practiceAddCmd) holder(ctx context.Context, store contract.Store) (string, error) {
	u, err := store.UserByLogin(ctx, registry.NormalEmail(p.Email))
	switch {
	case errors.Is(err, fault.NotFound) && !p.Existing:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look for the account: %w", err)
	case !p.Existing:
		return "", fmt.Errorf("make the account (is the address in use already? then give --existing-account): %w", fault.Duplicate)
	}
	return u.ID, nil
}

// joinExisting makes who has the account already answer for the practice.
func joinExisting(ctx context.Context, store contract.Store, user string, practice tenant.ID, host incidents.Act) error {
	_, err := store.UpdateUser(ctx, user, func(u *registry.User) error {
		u.Join(practice, registry.RoleOwner)
		host.Joined(u, practice)
		return nil
	})
	if err != nil {
		return fmt.Errorf("join the practice: %w", err)
	}
	return nil
}

// enrol makes the account that answers for the practice, and returns its password.
func (p *practiceAddCmd) enrol(ctx context.Context, store contract.Store, practice tenant.ID, host incidents.Act) (string, error) {
	password := casework.Secret(12)
	hash, err := account.NewHasher(1).Hash(ctx, password)
	if err != nil {
		return "", err
	}
	user := registry.User{ID: uuid.NewString(), Login: registry.NormalEmail(p.Email), Name: p.Contact, PasswordHash: hash, CreatedAt: host.At}
	user.Join(practice, registry.RoleOwner)
	host.Joined(&user, practice)
	if err := store.CreateUser(ctx, user); err != nil {
		return "", fmt.Errorf("make the account: %w", err)
	}
	return password, nil
}
