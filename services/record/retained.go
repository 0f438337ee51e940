package record

import (
	"time"

	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// Retained is the stored form of registry.Retained.
type Retained struct {
	Digest    string         `json:"digest" bson:"digest"`
	Cleared   []clearing     `json:"cleared" bson:"cleared"`
	Confirmed []confirmation `json:"confirmed" bson:"confirmed"`
}

type clearing struct {
	System string    `json:"system" bson:"system"`
	Month  string    `json:"month" bson:"month"`
	At     time.Time `json:"at" bson:"at"`
}

type confirmation struct {
	ID       string    `json:"id" bson:"id"`
	System   string    `json:"system" bson:"system"`
	Month    string    `json:"month" bson:"month"`
	Rolling  bool      `json:"rolling" bson:"rolling"`
	Pseudo   bool      `json:"pseudonymised" bson:"pseudonymised"`
	Only     string    `json:"only" bson:"only"`
	Except   []spared  `json:"except" bson:"except"`
	At       time.Time `json:"at" bson:"at"`
	By       Actor     `json:"by" bson:"by"`
	DoneAt   time.Time `json:"done_at" bson:"done_at"`
	People   int       `json:"people" bson:"people"`
	Here     bool      `json:"here" bson:"here"`
	UndoneAt time.Time `json:"undone_at" bson:"undone_at"`
}

type spared struct {
	Client string                `json:"client" bson:"client"`
	Why    registry.ExemptReason `json:"why" bson:"why"`
}

func fromClearing(c registry.Clearing) clearing {
	c.At = cut(c.At)
	return clearing(c)
}

func (r clearing) toClearing() registry.Clearing {
	r.At = cut(r.At)
	return registry.Clearing(r)
}

func asSpared(s registry.Spared) spared    { return spared(s) }
func (r spared) asSpared() registry.Spared { return registry.Spared(r) }

func fromConfirmation(c registry.Confirmation) confirmation {
	return confirmation{ID: c.ID, System: c.System, Month: c.Month, Rolling: c.Rolling, Pseudo: c.Pseudonymised, Only: c.Only, Except: list(c.Except, asSpared),
		At: cut(c.At), By: Actor(c.By), DoneAt: cut(c.DoneAt), People: c.People, Here: c.Here, UndoneAt: cut(c.UndoneAt)}
}

func (r confirmation) toConfirmation() registry.Confirmation {
	return registry.Confirmation{ID: r.ID, System: r.System, Month: r.Month, Rolling: r.Rolling, Pseudonymised: r.Pseudo, Only: r.Only, Except: list(r.Except, spared.asSpared),
		At: cut(r.At), By: register.Actor(r.By), DoneAt: cut(r.DoneAt), People: r.People, Here: r.Here, UndoneAt: cut(r.UndoneAt)}
}

func fromRetained(v registry.Retained) Retained {
	return Retained{Digest: v.Digest, Cleared: list(v.Cleared, fromClearing), Confirmed: list(v.Confirmed, fromConfirmation)}
}

func (r Retained) toRetained() registry.Retained {
	return registry.Retained{Digest: r.Digest, Cleared: list(r.Cleared, clearing.toClearing), Confirmed: list(r.Confirmed, confirmation.toConfirmation)}
}
