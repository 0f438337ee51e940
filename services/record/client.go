package record

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Client is the stored form of registry.Client. The indexes are keyed hashes;
// EmailIndex is "" for a client without an address.
type Client struct {
	Schema           int        `json:"schema" bson:"schema"`
	ID               string     `json:"id" bson:"id"`
	PracticeID       tenant.ID  `json:"practice_id" bson:"practice_id"`
	Version          int64      `json:"version" bson:"version"`
	ExternalIndex    string     `json:"external_index" bson:"external_index"`
	EmailIndex       string     `json:"email_index" bson:"email_index"`
	Language         string     `json:"language" bson:"language"`
	Relation         string     `json:"relation" bson:"relation"`
	BirthYear        int        `json:"birth_year" bson:"birth_year"`
	Guardians        []string   `json:"guardians" bson:"guardians"`
	GuardiansAgreed  bool       `json:"guardians_agreed" bson:"guardians_agreed"`
	SharedMailAgreed bool       `json:"shared_mail_agreed" bson:"shared_mail_agreed"`
	Channel          string     `json:"channel" bson:"channel"`
	Guidance         []Guidance `json:"guidance" bson:"guidance"`
	Holdings         []Holding  `json:"holdings" bson:"holdings"`
	HoldingsByRule   bool       `json:"holdings_by_rule" bson:"holdings_by_rule"`
	FirstContact     string     `json:"first_contact" bson:"first_contact"`
	LastContact      string     `json:"last_contact" bson:"last_contact"`
	Without          []string   `json:"without" bson:"without"`
	Gone             []Gone     `json:"gone" bson:"gone"`
	// Exemptions and KeepAgreed are absent from what was stored before they were asked.
	Exemptions []Exemption `json:"exemptions" bson:"exemptions"`
	KeepAgreed string      `json:"keep_agreed" bson:"keep_agreed"`
	Capacity   string      `json:"capacity" bson:"capacity"`
	ImportID   string      `json:"import_id" bson:"import_id"`
	UpdatedAt  time.Time   `json:"updated_at" bson:"updated_at"`
	Sealed     []byte      `json:"sealed" bson:"sealed"` // person
	Noted      `bson:",inline"`
}

// Guidance is the stored form of registry.Guidance; days are "2027-03-08", ""
// for none.
type Guidance struct {
	From  string `json:"from" bson:"from"`
	Until string `json:"until" bson:"until"`
}

// Gone is the stored form of registry.Gone.
type Gone struct {
	System        string    `json:"system" bson:"system"`
	At            time.Time `json:"at" bson:"at"`
	Pseudonymised bool      `json:"pseudonymised" bson:"pseudonymised"`
	Kept          []string  `json:"kept" bson:"kept"`
}

// Exemption is the stored form of registry.Exemption.
type Exemption struct {
	System string                `json:"system" bson:"system"`
	Why    registry.ExemptReason `json:"why" bson:"why"`
	At     time.Time             `json:"at" bson:"at"`
}

// Holding is the stored form of registry.Holding.
type Holding struct {
	System          string     `json:"system" bson:"system"`
	Categories      []string   `json:"categories" bson:"categories"`
	Identifiability string     `json:"identifiability" bson:"identifiability"`
	KeySystem       string     `json:"key_system" bson:"key_system"`
	From            *time.Time `json:"from" bson:"from"`
	Until           *time.Time `json:"until" bson:"until"`
	DestroyedAt     *time.Time `json:"destroyed_at" bson:"destroyed_at"`
}

type personSecret struct {
	ExternalID    string `json:"external_id"`
	Name          string `json:"name"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`
	PostalAddress string `json:"postal_address"`
	OpenPGPKey    string `json:"openpgp_key"`
	Coach         string `json:"coach"`
}

// ExternalIndex returns the keyed hash under which a client's own number is found.
func ExternalIndex(ctx context.Context, s Sealer, practice tenant.ID, externalID string) (string, error) {
	return index(ctx, s, practice, "client.external_id", externalID)
}

// EmailIndex returns the keyed hash under which a client's address is found, in
// any case; "" for no address.
func EmailIndex(ctx context.Context, s Sealer, practice tenant.ID, email string) (string, error) {
	normal := registry.NormalEmail(email)
	if normal == "" {
		return "", nil
	}
	return index(ctx, s, practice, "client.email", normal)
}

func index(ctx context.Context, s Sealer, practice tenant.ID, field, normalised string) (string, error) {
	found, err := s.Index(ctx, practice, field, normalised)
	if err != nil {
		return "", fmt.Errorf("index %s: %w", field, err)
	}
	return found, nil
}

// FromClient returns the record of c.
func FromClient(ctx context.Context, s Sealer, c registry.Client) (Client, error) {
	external, err := ExternalIndex(ctx, s, c.PracticeID, c.Person.ExternalID)
	if err != nil {
		return Client{}, err
	}
	email, err := EmailIndex(ctx, s, c.PracticeID, c.Person.Email)
	if err != nil {
		return Client{}, err
	}
	r := fromMatchable(c)
	r.ExternalIndex, r.EmailIndex = external, email
	if r.Noted, err = noted(ctx, s, c.PracticeID, c.Notes); err != nil {
		return Client{}, err
	}
	r.Sealed, err = seal(ctx, s, c.PracticeID, Clients, c.ID, personSecret(c.Person))
	return r, err
}

// fromMatchable returns the record without the person and what finds him.
func fromMatchable(c registry.Client) Client {
	return Client{
		Schema: Schema, ID: c.ID, PracticeID: c.PracticeID, Version: c.Version,
		Language: c.Language, Relation: string(c.Relation), BirthYear: c.BirthYear, Guardians: copyOf(c.Guardians),
		GuardiansAgreed: c.GuardiansAgreed, SharedMailAgreed: c.SharedMailAgreed, Channel: string(c.Channel),
		Guidance: list(c.Guidance, fromGuidance), Holdings: list(c.Holdings, fromHolding), HoldingsByRule: c.HoldingsByRule,
		FirstContact: c.FirstContact.String(), LastContact: c.LastContact.String(), Without: copyOf(c.Without), Gone: list(c.Gone, fromGone),
		Exemptions: list(c.Exemptions, fromExemption), KeepAgreed: c.KeepAgreed.String(),
		Capacity: string(c.Capacity), ImportID: c.ImportID, UpdatedAt: cut(c.UpdatedAt),
	}
}

// wholeClient is a client as he lies within something that is sealed as a whole.
type wholeClient struct {
	Fields Client       `json:"fields"`
	Person personSecret `json:"person"`
}

func fromWhole(c registry.Client) wholeClient {
	return wholeClient{Fields: fromMatchable(c), Person: personSecret(c.Person)}
}

func (r wholeClient) toClient() (registry.Client, error) {
	c, err := r.Fields.ToMatchable()
	c.Person = registry.Person(r.Person)
	return c, err
}

// ToClient returns the client that the record keeps.
func (r Client) ToClient(ctx context.Context, s Sealer) (registry.Client, error) {
	c, err := r.ToMatchable()
	if err != nil {
		return registry.Client{}, err
	}
	var person personSecret
	if err := unseal(ctx, s, r.PracticeID, Clients, r.ID, r.Sealed, &person); err != nil {
		return registry.Client{}, err
	}
	c.Person = registry.Person(person)
	return c, nil
}

// ToMatchable returns the client without the Person: all that matching needs,
// and no key is needed for it.
func (r Client) ToMatchable() (registry.Client, error) {
	if err := checkSchema(Clients, r.Schema); err != nil {
		return registry.Client{}, err
	}
	guidance, err := listOrErr(r.Guidance, Guidance.toGuidance)
	if err != nil {
		return registry.Client{}, err
	}
	agreed, err := toDate(r.KeepAgreed)
	if err != nil {
		return registry.Client{}, err
	}
	contact, err := Guidance{From: r.FirstContact, Until: r.LastContact}.toGuidance()
	return registry.Client{
		ID: r.ID, PracticeID: r.PracticeID, Version: r.Version, Language: r.Language, Relation: registry.Relation(r.Relation),
		BirthYear: r.BirthYear, Guardians: r.Guardians, GuardiansAgreed: r.GuardiansAgreed, SharedMailAgreed: r.SharedMailAgreed,
		Channel: registry.Channel(r.Channel), Guidance: guidance, Holdings: list(r.Holdings, Holding.toHolding),
		HoldingsByRule: r.HoldingsByRule, FirstContact: contact.From, LastContact: contact.Until, Without: copyOf(r.Without),
		Gone: list(r.Gone, Gone.toGone), Exemptions: list(r.Exemptions, Exemption.toExemption), KeepAgreed: agreed, Capacity: registry.Capacity(r.Capacity), ImportID: r.ImportID, UpdatedAt: cut(r.UpdatedAt),
	}, err
}

func fromGuidance(g registry.Guidance) Guidance {
	return Guidance{From: g.From.String(), Until: g.Until.String()}
}

func (r Guidance) toGuidance() (registry.Guidance, error) {
	from, err := toDate(r.From)
	if err != nil {
		return registry.Guidance{}, err
	}
	until, err := toDate(r.Until)
	return registry.Guidance{From: from, Until: until}, err
}

func toDate(day string) (registry.Date, error) {
	var d registry.Date
	if err := d.UnmarshalText([]byte(day)); err != nil {
		return d, fmt.Errorf("read stored day: %w", err)
	}
	return d, nil
}

func fromGone(g registry.Gone) Gone {
	return Gone{System: g.System, At: cut(g.At), Pseudonymised: g.Pseudonymised, Kept: list(g.Kept, asString)}
}

func (r Gone) toGone() registry.Gone {
	return registry.Gone{System: r.System, At: cut(r.At), Pseudonymised: r.Pseudonymised, Kept: list(r.Kept, as[registry.Category])}
}

func fromExemption(e registry.Exemption) Exemption {
	e.At = cut(e.At)
	return Exemption(e)
}

func (r Exemption) toExemption() registry.Exemption {
	r.At = cut(r.At)
	return registry.Exemption(r)
}

func fromHolding(h registry.Holding) Holding {
	return Holding{
		System: h.System, Categories: list(h.Categories, asString), Identifiability: string(h.Identifiability),
		KeySystem: h.KeySystem, From: cutOrNil(h.From), Until: cutOrNil(h.Until), DestroyedAt: cutOrNil(h.DestroyedAt),
	}
}

func (r Holding) toHolding() registry.Holding {
	return registry.Holding{
		System: r.System, Categories: list(r.Categories, as[registry.Category]), Identifiability: registry.Identifiability(r.Identifiability),
		KeySystem: r.KeySystem, From: cutOrNil(r.From), Until: cutOrNil(r.Until), DestroyedAt: cutOrNil(r.DestroyedAt),
	}
}
