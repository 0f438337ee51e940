package record

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Notice is the stored form of incidents.Notice.
type Notice struct {
	Schema          int       `json:"schema" bson:"schema"`
	ID              string    `json:"id" bson:"id"`
	PracticeID      tenant.ID `json:"practice_id" bson:"practice_id"`
	IncidentID      string    `json:"incident_id" bson:"incident_id"`
	Version         int64     `json:"version" bson:"version"`
	Audience        string    `json:"audience" bson:"audience"`
	State           string    `json:"state" bson:"state"`
	AffectedVersion int64     `json:"affected_version" bson:"affected_version"`
	Again           bool      `json:"again,omitempty" bson:"again,omitempty"`
	Update          bool      `json:"update,omitempty" bson:"update,omitempty"`
	TextHash        string    `json:"text_hash" bson:"text_hash"`
	RecipientsHash  string    `json:"recipients_hash" bson:"recipients_hash"`
	Recipients      int       `json:"recipients" bson:"recipients"`
	ByEmail         int       `json:"by_email" bson:"by_email"`
	CreatedAt       time.Time `json:"created_at" bson:"created_at"`
	ApprovedAt      time.Time `json:"approved_at" bson:"approved_at"`
	ApprovedBy      Actor     `json:"approved_by" bson:"approved_by"`
	SentAt          time.Time `json:"sent_at" bson:"sent_at"`
	Outbox          Outbox    `json:"outbox" bson:"outbox"`
	Sealed          []byte    `json:"sealed" bson:"sealed"` // texts, sender, reason
	Edited          bool      `json:"edited,omitempty" bson:"edited,omitempty"`
	First           signature `json:"first" bson:"first"`
}

// signature is the stored form of incidents.Signature, but for the sender.
type signature struct {
	By             Actor      `json:"by" bson:"by"`
	Role           string     `json:"role" bson:"role"`
	At             time.Time  `json:"at" bson:"at"`
	TextHash       string     `json:"text_hash" bson:"text_hash"`
	RecipientsHash string     `json:"recipients_hash" bson:"recipients_hash"`
	UpdateAt       *time.Time `json:"update_at" bson:"update_at"`
}

type noticeSecret struct {
	Texts  []text `json:"texts"`
	Sender sender `json:"sender"`
	Signed string `json:"signed"` // the sender that the first approver chose
	Reason string `json:"reason"`
}

type text struct {
	Language string            `json:"language"`
	Subject  string            `json:"subject"`
	Body     string            `json:"body"`
	For      incidents.TextFor `json:"for,omitempty"`
}

func asText(t incidents.Text) text    { return text(t) }
func (t text) asText() incidents.Text { return incidents.Text(t) }

// FromNotice returns the record of v.
func FromNotice(ctx context.Context, s Sealer, v *incidents.Notice) (Notice, error) {
	sealed, err := seal(ctx, s, v.PracticeID, Notices, v.ID, noticeSecret{Texts: list(v.Texts, asText), Sender: asSender(v.Sender), Signed: v.First.Sender, Reason: v.Reason})
	if err != nil {
		return Notice{}, err
	}
	outbox, err := FromOutbox(ctx, s, v.Outbox)
	return Notice{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, IncidentID: v.IncidentID, Version: v.Version, Audience: string(v.Audience),
		State: string(v.State), AffectedVersion: v.AffectedVersion, Again: v.Again, Update: v.Update, TextHash: v.TextHash, RecipientsHash: v.RecipientsHash,
		Recipients: v.Recipients, ByEmail: v.ByEmail, CreatedAt: cut(v.CreatedAt), ApprovedAt: cut(v.ApprovedAt),
		ApprovedBy: Actor(v.ApprovedBy), SentAt: cut(v.SentAt), Outbox: outbox, Sealed: sealed,
		Edited: v.Edited, First: fromSignature(v.First),
	}, err
}

// ToNotice returns the notice that the record keeps.
func (r Notice) ToNotice(ctx context.Context, s Sealer) (*incidents.Notice, error) {
	var secret noticeSecret
	if err := checkSchema(Notices, r.Schema); err != nil {
		return nil, err
	}
	if err := unseal(ctx, s, r.PracticeID, Notices, r.ID, r.Sealed, &secret); err != nil {
		return nil, err
	}
	outbox, err := r.Outbox.ToOutbox(ctx, s)
	if err != nil {
		return nil, err
	}
	return &incidents.Notice{
		ID: r.ID, PracticeID: r.PracticeID, IncidentID: r.IncidentID, Version: r.Version, Audience: incidents.Audience(r.Audience),
		State: incidents.NoticeState(r.State), Texts: list(secret.Texts, text.asText), AffectedVersion: r.AffectedVersion, Again: r.Again, Update: r.Update,
		TextHash: r.TextHash, RecipientsHash: r.RecipientsHash, Recipients: r.Recipients, ByEmail: r.ByEmail,
		Sender: secret.Sender.asSender(), CreatedAt: cut(r.CreatedAt), ApprovedAt: cut(r.ApprovedAt),
		ApprovedBy: incidents.Actor(r.ApprovedBy), SentAt: cut(r.SentAt), Outbox: outbox,
		Edited: r.Edited, First: r.First.toSignature(secret.Signed), Reason: secret.Reason,
	}, nil
}

func fromSignature(v incidents.Signature) signature {
	return signature{By: Actor(v.By), Role: string(v.Role), At: cut(v.At), TextHash: v.TextHash, RecipientsHash: v.RecipientsHash, UpdateAt: cutOrNil(v.UpdateAt)}
}

func (r signature) toSignature(sender string) incidents.Signature {
	return incidents.Signature{By: incidents.Actor(r.By), Role: registry.Role(r.Role), At: cut(r.At), TextHash: r.TextHash, RecipientsHash: r.RecipientsHash,
		Sender: sender, UpdateAt: cutOrNil(r.UpdateAt)}
}
