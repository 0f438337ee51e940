package record

import (
	"time"

	"datalek/incidents/access"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Looks is the collection of who looked at whose data.
const Looks = "looks"

// Look is the stored form of access.Look. It names people by their ids alone.
type Look struct {
	Schema     int         `json:"schema" bson:"schema"`
	PracticeID tenant.ID   `json:"practice_id" bson:"practice_id"`
	ID         string      `json:"id" bson:"id"`
	At         time.Time   `json:"at" bson:"at"`
	By         Actor       `json:"by" bson:"by"`
	What       access.What `json:"what" bson:"what"`
	Client     string      `json:"client" bson:"client"`
	Place      string      `json:"place" bson:"place"`
}

// FromLook returns the record of l.
func FromLook(l access.Look) Look {
	return Look{Schema: Schema, PracticeID: l.PracticeID, ID: l.ID, At: cut(l.At), By: Actor(l.By), What: l.What, Client: l.Client, Place: l.Place}
}

// ToLook returns the look that the record keeps.
func (r Look) ToLook() (access.Look, error) {
	return access.Look{ID: r.ID, PracticeID: r.PracticeID, At: cut(r.At), By: register.Actor(r.By), What: r.What, Client: r.Client, Place: r.Place},
		checkSchema(Looks, r.Schema)
}
