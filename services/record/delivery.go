package record

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Delivery is the stored form of incidents.Delivery.
type Delivery struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	IncidentID string    `json:"incident_id" bson:"incident_id"`
	NoticeID   string    `json:"notice_id" bson:"notice_id"` // "" for a warning
	Version    int64     `json:"version" bson:"version"`
	Person     string    `json:"person" bson:"person"`
	Reader     string    `json:"reader" bson:"reader"`
	Audience   string    `json:"audience" bson:"audience"`
	Language   string    `json:"language" bson:"language"`
	Channel    string    `json:"channel" bson:"channel"`
	Why        string    `json:"why" bson:"why"`
	State      string    `json:"state" bson:"state"`
	NextAt     time.Time `json:"next_at" bson:"next_at"`
	ToldAt     time.Time `json:"told_at" bson:"told_at"`
	Attempts   int       `json:"attempts" bson:"attempts"` // how many; what they were is sealed
	Noted      int       `json:"noted" bson:"noted"`
	// WaitsFor is from when on an e-mail row may be claimed: 1970 for one that is
	// queued, nil for a row that waits for nothing.
	WaitsFor *time.Time `json:"waits_for" bson:"waits_for"`
	Sealed   []byte     `json:"sealed" bson:"sealed"` // reach, own text, attempts, code
	// ReadAt and CodeIndex are absent in what was written before readers had codes.
	// CodeIndex is a keyed hash, nil for a row without a code.
	ReadAt    time.Time `json:"read_at" bson:"read_at"`
	CodeIndex *string   `json:"code_index" bson:"code_index"`
	// Call is incidents.Delivery.Call, null for none.
	Call *string `json:"call" bson:"call"`
}

type deliverySecret struct {
	To       reach     `json:"to"`
	Own      *text     `json:"own"`
	Attempts []attempt `json:"attempts"`
	// Returned is absent in what was written before returned mail was read.
	Returned []returned `json:"returned"`
	Code     string     `json:"code,omitempty"`
	// Tries is absent in what was written before attempts in vain were kept.
	Tries []try `json:"tries"`
	// For is absent for a reader of the words for everybody.
	For incidents.TextFor `json:"for,omitempty"`
}

type try struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Note   string    `json:"note"`
	ByUser string    `json:"by_user"`
}

type reach struct {
	Name          string `json:"name"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`
	PostalAddress string `json:"postal_address"`
	Word          string `json:"word"`
	By            string `json:"by"`
	ByUser        string `json:"by_user"`
	OpenPGPKey    string `json:"openpgp_key,omitempty"`
}

type attempt struct {
	At        time.Time            `json:"at"`
	Kind      incidents.AnswerKind `json:"kind"`
	Stage     string               `json:"stage"`
	Server    string               `json:"server"`
	Code      int                  `json:"code"`
	Text      string               `json:"text"`
	MessageID string               `json:"message_id"`
	// Both are absent in what was written before hashes were kept.
	ComposedAt time.Time `json:"composed_at,omitzero"`
	MailHash   string    `json:"mail_hash,omitempty"`
}

// FromDelivery returns the record of d.
func FromDelivery(ctx context.Context, s Sealer, d incidents.Delivery) (Delivery, error) {
	secret := deliverySecret{To: reach(d.To), Attempts: list(d.Attempts, fromAttempt), Returned: list(d.Returned, fromReturned), Code: d.Code,
		Tries: list(d.Tries, fromTry), For: d.For}
	if d.Own != nil {
		own := asText(*d.Own)
		secret.Own = &own
	}
	sealed, err := seal(ctx, s, d.PracticeID, Deliveries, d.ID, secret)
	if err != nil {
		return Delivery{}, err
	}
	code, err := CodeIndex(ctx, s, d.PracticeID, d.Code)
	return Delivery{
		Schema: Schema, ID: d.ID, PracticeID: d.PracticeID, IncidentID: d.IncidentID, NoticeID: d.NoticeID, Version: d.Version,
		Person: d.Person, Reader: d.Reader, Audience: string(d.Audience), Language: d.Language, Channel: string(d.Channel), Why: d.Why,
		State: string(d.State), NextAt: cut(d.NextAt), ToldAt: cut(d.ToldAt), Attempts: len(d.Attempts), Noted: d.Noted,
		WaitsFor: waitsFor(d), Sealed: sealed, ReadAt: cut(d.ReadAt), CodeIndex: code, Call: callOf(d),
	}, err
}

// CodeIndex returns the keyed hash under which a reader's code is found; nil for
// no code.
func CodeIndex(ctx context.Context, s Sealer, practice tenant.ID, code string) (*string, error) {
	if code == "" {
		return nil, nil
	}
	found, err := index(ctx, s, practice, "delivery.code", code)
	return &found, err
}

// waitsFor says from when on Delivery.Claim takes the row, nil for never.
func waitsFor(d incidents.Delivery) *time.Time {
	if d.Channel != registry.ByEmail {
		return nil
	}
	switch d.State {
	case incidents.Queued:
		return instant(time.Unix(0, 0), true)
	case incidents.Deferred, incidents.Sending:
		return cutOrNil(&d.NextAt)
	default:
		return nil
	}
}

// ToDelivery returns the delivery that the record keeps.
func (r Delivery) ToDelivery(ctx context.Context, s Sealer) (incidents.Delivery, error) {
	var secret deliverySecret
	if err := checkSchema(Deliveries, r.Schema); err != nil {
		return incidents.Delivery{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, Deliveries, r.ID, r.Sealed, &secret); err != nil {
		return incidents.Delivery{}, err
	}
	d := incidents.Delivery{
		ID: r.ID, PracticeID: r.PracticeID, IncidentID: r.IncidentID, NoticeID: r.NoticeID, Version: r.Version,
		Person: r.Person, Reader: r.Reader, Audience: incidents.Audience(r.Audience), Language: r.Language,
		Channel: registry.Channel(r.Channel), Why: r.Why, State: incidents.DeliveryState(r.State), NextAt: cut(r.NextAt),
		ToldAt: cut(r.ToldAt), Attempts: list(secret.Attempts, attempt.toAttempt), Noted: r.Noted, To: incidents.Reach(secret.To),
	}
	if secret.Own != nil {
		own := secret.Own.asText()
		d.Own = &own
	}
	d.Returned = list(secret.Returned, returned.toReturned)
	d.Code, d.ReadAt, d.For = secret.Code, cut(r.ReadAt), secret.For
	d.Tries = list(secret.Tries, try.toTry)
	return d, nil
}

func fromAttempt(v incidents.Attempt) attempt {
	r := attempt(v)
	r.At, r.ComposedAt = cut(v.At), cut(v.ComposedAt)
	return r
}

func (r attempt) toAttempt() incidents.Attempt { return incidents.Attempt(r) }

// callOf is where the reader stands on the call list, nil for who is not on it.
func callOf(d incidents.Delivery) *string {
	if d.Call() == incidents.CallNone {
		return nil
	}
	call := string(d.Call())
	return &call
}

func fromTry(v incidents.Try) try {
	r := try(v)
	r.At = cut(v.At)
	return r
}

func (r try) toTry() incidents.Try { return incidents.Try(r) }
