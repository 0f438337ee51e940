package record

import (
	"context"
	"maps"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
)

// RightsRequests is the collection of what people ask about their own data.
const RightsRequests = "rights"

// RightsRequest is the stored form of request.Request.
type RightsRequest struct {
	Schema     int               `json:"schema" bson:"schema"`
	ID         string            `json:"id" bson:"id"`
	PracticeID tenant.ID         `json:"practice_id" bson:"practice_id"`
	Version    int64             `json:"version" bson:"version"`
	Kind       string            `json:"kind" bson:"kind"`
	State      string            `json:"state" bson:"state"`
	ClientID   string            `json:"client_id" bson:"client_id"`
	Channel    string            `json:"channel" bson:"channel"`
	ReceivedAt time.Time         `json:"received_at" bson:"received_at"`
	CreatedAt  time.Time         `json:"created_at" bson:"created_at"`
	DueOn      string            `json:"due_on" bson:"due_on"`
	DueAt      time.Time         `json:"due_at" bson:"due_at"`
	Thresholds []RightsThreshold `json:"thresholds" bson:"thresholds"`
	Copy       string            `json:"copy" bson:"copy"`
	Identity   RightsMark        `json:"identity" bson:"identity"`
	Extension  RightsExtension   `json:"extension" bson:"extension"`
	Outcomes   []RightsOutcome   `json:"outcomes" bson:"outcomes"`
	Erasing    RightsErasing     `json:"erasing" bson:"erasing"`
	// NextAt is when a worker must look again, nil for never.
	NextAt *time.Time `json:"next_at" bson:"next_at"`
	Outbox Outbox     `json:"outbox" bson:"outbox"`
	Sealed []byte     `json:"sealed" bson:"sealed"` // who asks, and every text
}

// RightsThreshold is the stored form of request.Threshold.
type RightsThreshold struct {
	Mark    string    `json:"mark" bson:"mark"`
	At      time.Time `json:"at" bson:"at"`
	FiredAt time.Time `json:"fired_at" bson:"fired_at"`
}

// RightsMark is when somebody did something.
type RightsMark struct {
	At time.Time `json:"at" bson:"at"`
	By Actor     `json:"by" bson:"by"`
}

// RightsExtension is the stored form of request.Extension without its reason.
type RightsExtension struct {
	ToldAt time.Time `json:"told_at" bson:"told_at"`
	At     time.Time `json:"at" bson:"at"`
	By     Actor     `json:"by" bson:"by"`
	From   string    `json:"from" bson:"from"`
}

// RightsOutcome is the stored form of request.Outcome without its texts.
type RightsOutcome struct {
	Result     string    `json:"result" bson:"result"`
	At         time.Time `json:"at" bson:"at"`
	By         Actor     `json:"by" bson:"by"`
	ReopenedAt time.Time `json:"reopened_at" bson:"reopened_at"`
}

// RightsErasing is the stored form of request.Erasing without its marks.
type RightsErasing struct {
	StartedAt   time.Time      `json:"started_at" bson:"started_at"`
	By          Actor          `json:"by" bson:"by"`
	DoneAt      time.Time      `json:"done_at" bson:"done_at"`
	NextAt      time.Time      `json:"next_at" bson:"next_at"`
	Removed     map[string]int `json:"removed" bson:"removed"`
	BackupDays  int            `json:"backup_days" bson:"backup_days"`
	BackupsAt   time.Time      `json:"backups_at" bson:"backups_at"`
	BackupsTold time.Time      `json:"backups_told" bson:"backups_told"`
}

type rightsSecret struct {
	Name      string       `json:"name"`
	Email     string       `json:"email"`
	Reach     string       `json:"reach"`
	Words     string       `json:"words"`
	Identity  string       `json:"identity"`
	Extension string       `json:"extension"`
	Outcomes  []rightsText `json:"outcomes"`
	Marks     rightsMarks  `json:"marks"`
}

type rightsText struct {
	Ground string `json:"ground"`
	Reason string `json:"reason"`
}

type rightsMarks struct {
	IDs        []string `json:"ids"`
	Emails     []string `json:"emails"`
	ExternalID string   `json:"external_id"`
	Texts      []string `json:"texts"`
}

// FromRightsRequest returns the record of v.
func FromRightsRequest(ctx context.Context, s Sealer, v *request.Request) (RightsRequest, error) {
	secret := rightsSecret{Name: v.Person.Name, Email: v.Person.Email, Reach: v.Person.Reach, Words: v.Person.Words, Identity: v.Identity.How,
		Extension: v.Extension.Reason, Marks: rightsMarks(v.Erasing.Marks),
		Outcomes: list(v.Outcomes, func(o request.Outcome) rightsText { return rightsText{Ground: o.Ground, Reason: o.Reason} })}
	sealed, err := seal(ctx, s, v.PracticeID, RightsRequests, v.ID, secret)
	if err != nil {
		return RightsRequest{}, err
	}
	outbox, err := FromOutbox(ctx, s, v.Outbox)
	e := v.Erasing
	return RightsRequest{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, Kind: string(v.Kind), State: string(v.State), ClientID: v.ClientID,
		Channel: v.Channel, ReceivedAt: cut(v.ReceivedAt), CreatedAt: cut(v.CreatedAt), DueOn: v.DueOn.String(), DueAt: cut(v.DueAt),
		Thresholds: list(v.Thresholds, fromRightsThreshold), Copy: string(v.Copy), Identity: RightsMark{At: cut(v.Identity.At), By: Actor(v.Identity.By)},
		Extension: RightsExtension{ToldAt: cut(v.Extension.ToldAt), At: cut(v.Extension.At), By: Actor(v.Extension.By), From: v.Extension.From.String()},
		Outcomes: list(v.Outcomes, func(o request.Outcome) RightsOutcome {
			return RightsOutcome{Result: string(o.Result), At: cut(o.At), By: Actor(o.By), ReopenedAt: cut(o.ReopenedAt)}
		}),
		Erasing: RightsErasing{StartedAt: cut(e.StartedAt), By: Actor(e.By), DoneAt: cut(e.DoneAt), NextAt: cut(e.NextAt), Removed: maps.Clone(e.Removed),
			BackupDays: e.BackupDays, BackupsAt: cut(e.BackupsAt), BackupsTold: cut(e.BackupsTold)},
		NextAt: instant(v.NextAt()), Outbox: outbox, Sealed: sealed,
	}, err
}

// ToRightsRequest returns the request that the record keeps.
func (r RightsRequest) ToRightsRequest(ctx context.Context, s Sealer) (*request.Request, error) {
	var secret rightsSecret
	if err := checkSchema(RightsRequests, r.Schema); err != nil {
		return nil, err
	}
	if err := unseal(ctx, s, r.PracticeID, RightsRequests, r.ID, r.Sealed, &secret); err != nil {
		return nil, err
	}
	due, err := toDate(r.DueOn)
	if err != nil {
		return nil, err
	}
	from, err := toDate(r.Extension.From)
	if err != nil {
		return nil, err
	}
	outbox, err := r.Outbox.ToOutbox(ctx, s)
	if err != nil {
		return nil, err
	}
	return &request.Request{
		ID: r.ID, PracticeID: r.PracticeID, Version: r.Version, Kind: request.Kind(r.Kind), State: request.State(r.State), ClientID: r.ClientID,
		Person:  request.Person{Name: secret.Name, Email: secret.Email, Reach: secret.Reach, Words: secret.Words},
		Channel: r.Channel, ReceivedAt: cut(r.ReceivedAt), CreatedAt: cut(r.CreatedAt), DueOn: due, DueAt: cut(r.DueAt),
		Thresholds: list(r.Thresholds, RightsThreshold.toThreshold), Copy: request.Copy(r.Copy),
		Identity:  request.Identity{How: secret.Identity, At: cut(r.Identity.At), By: register.Actor(r.Identity.By)},
		Extension: r.Extension.toExtension(secret.Extension, from), Outcomes: toOutcomes(r.Outcomes, secret.Outcomes),
		Erasing: r.Erasing.toErasing(secret.Marks), Outbox: outbox,
	}, nil
}

func fromRightsThreshold(v request.Threshold) RightsThreshold {
	return RightsThreshold{Mark: v.Mark, At: cut(v.At), FiredAt: cut(v.FiredAt)}
}

func (r RightsThreshold) toThreshold() request.Threshold {
	return request.Threshold{Mark: r.Mark, At: cut(r.At), FiredAt: cut(r.FiredAt)}
}

func (r RightsExtension) toExtension(reason string, from registry.Date) request.Extension {
	return request.Extension{Reason: reason, ToldAt: cut(r.ToldAt), At: cut(r.At), By: register.Actor(r.By), From: from}
}

func toOutcomes(rows []RightsOutcome, texts []rightsText) []request.Outcome {
	n := -1
	return list(rows, func(r RightsOutcome) request.Outcome {
		o := request.Outcome{Result: request.Result(r.Result), At: cut(r.At), By: register.Actor(r.By), ReopenedAt: cut(r.ReopenedAt)}
		if n++; n < len(texts) {
			o.Ground, o.Reason = texts[n].Ground, texts[n].Reason
		}
		return o
	})
}

func (r RightsErasing) toErasing(marks rightsMarks) request.Erasing {
	return request.Erasing{StartedAt: cut(r.StartedAt), By: register.Actor(r.By), DoneAt: cut(r.DoneAt), NextAt: cut(r.NextAt), Marks: request.Marks(marks),
		Removed: r.Removed, BackupDays: r.BackupDays, BackupsAt: cut(r.BackupsAt), BackupsTold: cut(r.BackupsTold)}
}

func (r *RightsRequest) parts() []part {
	return append(r.Outbox.parts(), one(r.PracticeID, RightsRequests, r.ID, &r.Sealed)...)
}
