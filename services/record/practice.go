package record

import (
	"context"
	"maps"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Practice is the stored form of registry.Practice.
type Practice struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         tenant.ID `json:"id" bson:"id"`
	Version    int64     `json:"version" bson:"version"`
	PublicCode string    `json:"public_code" bson:"public_code"`
	Authority  string    `json:"authority" bson:"authority"`
	Language   string    `json:"language" bson:"language"`
	TimeZone   string    `json:"time_zone" bson:"time_zone"`
	Policy     Policy    `json:"policy" bson:"policy"`
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	FourEyes   bool      `json:"four_eyes" bson:"four_eyes"`
	// Absent from what was stored before there were drills.
	Drill  Drill    `json:"drill" bson:"drill"`
	Drills []string `json:"drills" bson:"drills"`
	// Retained is absent from what was stored before destruction was confirmed.
	Retained Retained `json:"retained" bson:"retained"`
	// Invitations is absent from what was stored before people could be invited.
	Invitations []Invitation `json:"invitations" bson:"invitations"`
	// Outbox is absent from what was stored before a practice had events of its own.
	Outbox Outbox `json:"outbox" bson:"outbox"`
	Sealed []byte `json:"sealed" bson:"sealed"` // details
}

// Drill is the stored form of registry.Drill.
type Drill struct {
	Of        tenant.ID `json:"of" bson:"of"`
	Incident  string    `json:"incident" bson:"incident"`
	Playbook  string    `json:"playbook" bson:"playbook"`
	Pace      int       `json:"pace" bson:"pace"`
	StartedAt time.Time `json:"started_at" bson:"started_at"`
	EndedAt   time.Time `json:"ended_at" bson:"ended_at"`
}

func fromDrill(v registry.Drill) Drill {
	v.StartedAt, v.EndedAt = cut(v.StartedAt), cut(v.EndedAt)
	return Drill(v)
}

func (r Drill) toDrill() registry.Drill {
	r.StartedAt, r.EndedAt = cut(r.StartedAt), cut(r.EndedAt)
	return registry.Drill(r)
}

// Invitation is the stored form of registry.Invitation; whom it is for is sealed
// with the practice.
type Invitation struct {
	ID        string        `json:"id" bson:"id"`
	Hash      string        `json:"hash" bson:"hash"`
	Role      registry.Role `json:"role" bson:"role"`
	By        string        `json:"by" bson:"by"`
	CreatedAt time.Time     `json:"created_at" bson:"created_at"`
	ExpiresAt time.Time     `json:"expires_at" bson:"expires_at"`
}

// invited is the sealed part of an invitation.
type invited struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

func fromInvitation(v registry.Invitation) Invitation {
	return Invitation{ID: v.ID, Hash: v.Hash, Role: v.Role, By: v.By, CreatedAt: cut(v.CreatedAt), ExpiresAt: cut(v.ExpiresAt)}
}

func invitedBy(v registry.Invitation) invited { return invited{Name: v.Name, Email: v.Email} }

// invitationsOf returns the invitations with whom they are for, by number.
func (r Practice) invitationsOf(people []invited) []registry.Invitation {
	if r.Invitations == nil {
		return nil
	}
	out := make([]registry.Invitation, len(r.Invitations))
	for i, v := range r.Invitations {
		out[i] = registry.Invitation{ID: v.ID, Hash: v.Hash, Role: v.Role, By: v.By, CreatedAt: cut(v.CreatedAt), ExpiresAt: cut(v.ExpiresAt)}
		if i < len(people) {
			out[i].Name, out[i].Email = people[i].Name, people[i].Email
		}
	}
	return out
}

// practiceSecret is the sealed part of a practice.
type practiceSecret struct {
	Name        string        `json:"name"`
	Street      string        `json:"street"`
	Place       string        `json:"place"`
	Contact     contactPerson `json:"contact"`
	Senders     []sender      `json:"senders"`
	WarnEmail   string        `json:"warn_email"`
	SecondEmail string        `json:"second_email"`
	StandInName string        `json:"stand_in_name"`
	StandInMail string        `json:"stand_in_mail"`
	// Sector and TradeNumber are absent from what was stored before they were asked.
	Sector      string `json:"sector"`
	TradeNumber string `json:"trade_number"`
	// Invited is whom the invitations are for, in their order.
	Invited []invited         `json:"invited"`
	Coaches map[string]string `json:"coaches"`
}

type contactPerson struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
	Hours string `json:"hours"`
}

type sender struct {
	Email  string `json:"email"`
	Name   string `json:"name"`
	System string `json:"system"`
}

func asSender(s registry.Sender) sender    { return sender(s) }
func (s sender) asSender() registry.Sender { return registry.Sender(s) }

// FromPractice returns the record of p.
func FromPractice(ctx context.Context, s Sealer, p registry.Practice) (Practice, error) {
	d := p.Details
	secret := practiceSecret{
		Name: d.Name, Street: d.Street, Place: d.Place, Contact: contactPerson(d.Contact), Senders: list(d.Senders, asSender),
		WarnEmail: d.WarnEmail, SecondEmail: d.SecondEmail, StandInName: d.StandInName, StandInMail: d.StandInMail,
		Sector: d.Sector, TradeNumber: d.TradeNumber, Coaches: maps.Clone(d.Coaches), Invited: list(p.Invitations, invitedBy),
	}
	sealed, err := seal(ctx, s, p.ID, Practices, string(p.ID), secret)
	if err != nil {
		return Practice{}, err
	}
	outbox, err := FromOutbox(ctx, s, p.Outbox)
	return Practice{
		Schema: Schema, ID: p.ID, Version: p.Version, PublicCode: p.PublicCode, Authority: string(p.Authority),
		Language: p.Language, TimeZone: p.TimeZone, Policy: fromPolicy(p.Policy), FourEyes: p.FourEyes, CreatedAt: cut(p.CreatedAt),
		Drill: fromDrill(p.Drill), Drills: copyOf(p.Drills), Retained: fromRetained(p.Retained), Outbox: outbox, Sealed: sealed,
		Invitations: list(p.Invitations, fromInvitation),
	}, err
}

// ToPractice returns the practice that the record keeps.
func (r Practice) ToPractice(ctx context.Context, s Sealer) (registry.Practice, error) {
	var d practiceSecret
	if err := checkSchema(Practices, r.Schema); err != nil {
		return registry.Practice{}, err
	}
	if err := unseal(ctx, s, r.ID, Practices, string(r.ID), r.Sealed, &d); err != nil {
		return registry.Practice{}, err
	}
	outbox, err := r.Outbox.ToOutbox(ctx, s)
	if err != nil {
		return registry.Practice{}, err
	}
	return registry.Practice{
		ID: r.ID, Version: r.Version, PublicCode: r.PublicCode, Authority: registry.Authority(r.Authority),
		Language: r.Language, TimeZone: r.TimeZone, Policy: r.Policy.toPolicy(), FourEyes: r.FourEyes, CreatedAt: cut(r.CreatedAt),
		Drill: r.Drill.toDrill(), Drills: r.Drills, Retained: r.Retained.toRetained(), Outbox: outbox,
		Invitations: r.invitationsOf(d.Invited),
		Details: registry.Details{
			Name: d.Name, Street: d.Street, Place: d.Place, Contact: registry.ContactPerson(d.Contact), Senders: list(d.Senders, sender.asSender),
			WarnEmail: d.WarnEmail, SecondEmail: d.SecondEmail, StandInName: d.StandInName, StandInMail: d.StandInMail,
			Sector: d.Sector, TradeNumber: d.TradeNumber, Coaches: maps.Clone(d.Coaches),
		},
	}, nil
}
