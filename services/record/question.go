package record

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Question is the stored form of incidents.ReaderQuestion.
type Question struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	IncidentID string    `json:"incident_id" bson:"incident_id"`
	Version    int64     `json:"version" bson:"version"`
	NoticeID   string    `json:"notice_id" bson:"notice_id"`
	DeliveryID string    `json:"delivery_id" bson:"delivery_id"`
	Person     string    `json:"person" bson:"person"`
	Reader     string    `json:"reader" bson:"reader"`
	AskedAt    time.Time `json:"asked_at" bson:"asked_at"`
	Open       bool      `json:"open" bson:"open"`
	AnsweredAt time.Time `json:"answered_at" bson:"answered_at"`
	By         string    `json:"by" bson:"by"`
	AnsweredBy Actor     `json:"answered_by" bson:"answered_by"`
	Sealed     []byte    `json:"sealed" bson:"sealed"` // what is asked, and the note of who answered
}

type questionSecret struct {
	Text string `json:"text"`
	Note string `json:"note"`
}

// FromQuestion returns the record of q.
func FromQuestion(ctx context.Context, s Sealer, q incidents.ReaderQuestion) (Question, error) {
	sealed, err := seal(ctx, s, q.PracticeID, Questions, q.ID, questionSecret{Text: q.Text, Note: q.Note})
	return Question{
		Schema: Schema, ID: q.ID, PracticeID: q.PracticeID, IncidentID: q.IncidentID, Version: q.Version, NoticeID: q.NoticeID,
		DeliveryID: q.DeliveryID, Person: q.Person, Reader: q.Reader, AskedAt: cut(q.AskedAt), Open: q.Open(), AnsweredAt: cut(q.AnsweredAt),
		By: q.By, AnsweredBy: Actor(q.AnsweredBy), Sealed: sealed,
	}, err
}

// ToQuestion returns the question that the record keeps.
func (r Question) ToQuestion(ctx context.Context, s Sealer) (incidents.ReaderQuestion, error) {
	var secret questionSecret
	if err := checkSchema(Questions, r.Schema); err != nil {
		return incidents.ReaderQuestion{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, Questions, r.ID, r.Sealed, &secret); err != nil {
		return incidents.ReaderQuestion{}, err
	}
	return incidents.ReaderQuestion{
		ID: r.ID, PracticeID: r.PracticeID, IncidentID: r.IncidentID, Version: r.Version, NoticeID: r.NoticeID, DeliveryID: r.DeliveryID,
		Person: r.Person, Reader: r.Reader, AskedAt: cut(r.AskedAt), Text: secret.Text, AnsweredAt: cut(r.AnsweredAt), By: r.By,
		Note: secret.Note, AnsweredBy: register.Actor(r.AnsweredBy),
	}, nil
}
