package record

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// promisedUpdate is the stored form of incidents.Update, within the sealed part
// of its case: people wrote what they promised and why they moved it.
type promisedUpdate struct {
	ID         string                   `json:"id"`
	Audience   incidents.UpdateAudience `json:"audience"`
	PromisedAt time.Time                `json:"promised_at"`
	Note       string                   `json:"note"`
	MadeAt     time.Time                `json:"made_at"`
	By         Actor                    `json:"by"`
	Moves      []updateMove             `json:"moves"`
	KeptAt     time.Time                `json:"kept_at"`
	KeptBy     string                   `json:"kept_by"`
	Reason     string                   `json:"reason"`
	EndedAt    time.Time                `json:"ended_at"`
}

type updateMove struct {
	Before time.Time `json:"before"`
	After  time.Time `json:"after"`
	Reason string    `json:"reason"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
}

func fromUpdate(v incidents.Update) promisedUpdate {
	return promisedUpdate{
		ID: v.ID, Audience: v.Audience, PromisedAt: cut(v.PromisedAt), Note: v.Note, MadeAt: cut(v.MadeAt), By: Actor(v.By),
		Moves: list(v.Moves, fromUpdateMove), KeptAt: cut(v.KeptAt), KeptBy: v.KeptBy, Reason: v.Reason, EndedAt: cut(v.EndedAt),
	}
}

func (r promisedUpdate) toUpdate() incidents.Update {
	return incidents.Update{
		ID: r.ID, Audience: r.Audience, PromisedAt: r.PromisedAt, Note: r.Note, MadeAt: r.MadeAt, By: incidents.Actor(r.By),
		Moves: list(r.Moves, updateMove.toUpdateMove), KeptAt: r.KeptAt, KeptBy: r.KeptBy, Reason: r.Reason, EndedAt: r.EndedAt,
	}
}

func fromUpdateMove(v incidents.UpdateMove) updateMove {
	return updateMove{Before: cut(v.Before), After: cut(v.After), Reason: v.Reason, By: Actor(v.By), At: cut(v.At)}
}

func (r updateMove) toUpdateMove() incidents.UpdateMove {
	return incidents.UpdateMove{Before: r.Before, After: r.After, Reason: r.Reason, By: incidents.Actor(r.By), At: r.At}
}

// news is the stored form of incidents.News.
type news struct {
	At     time.Time `json:"at"`
	Fields []string  `json:"fields"`
	Added  []string  `json:"added"`
}

func fromNews(v incidents.News) news {
	return news{At: cut(v.At), Fields: v.Fields, Added: list(v.Added, asString)}
}

func (r news) toNews() incidents.News {
	return incidents.News{At: r.At, Fields: r.Fields, Added: list(r.Added, as[registry.Category])}
}
