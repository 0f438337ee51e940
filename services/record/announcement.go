package record

import (
	"time"

	"datalek/incidents"
)

// announcement is the stored form of incidents.Announcement, within the sealed
// part of its case: people wrote where it stands and why it was needed.
type announcement struct {
	ID           string    `json:"id"`
	NoticeID     string    `json:"notice_id"`
	Places       []place   `json:"places"`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until"`
	Why          string    `json:"why"`
	Reaches      announced `json:"reaches"`
	By           Actor     `json:"by"`
	At           time.Time `json:"at"`
	UndoneAt     time.Time `json:"undone_at"`
	UndoneBy     Actor     `json:"undone_by"`
	UndoneReason string    `json:"undone_reason"`
}

type place struct {
	Kind  incidents.PlaceKind `json:"kind"`
	Where string              `json:"where"`
}

type announced struct {
	Beyond      int `json:"beyond"`
	Unreachable int `json:"unreachable"`
}

func fromAnnouncement(v incidents.Announcement) announcement {
	return announcement{
		ID: v.ID, NoticeID: v.NoticeID, Places: list(v.Places, func(p incidents.Place) place { return place(p) }), From: cut(v.From),
		Until: cut(v.Until), Why: v.Why, Reaches: announced(v.Reaches), By: Actor(v.By), At: cut(v.At),
		UndoneAt: cut(v.UndoneAt), UndoneBy: Actor(v.UndoneBy), UndoneReason: v.UndoneReason,
	}
}

func (r announcement) toAnnouncement() incidents.Announcement {
	return incidents.Announcement{
		ID: r.ID, NoticeID: r.NoticeID, Places: list(r.Places, func(p place) incidents.Place { return incidents.Place(p) }), From: r.From,
		Until: r.Until, Why: r.Why, Reaches: incidents.Announced(r.Reaches), By: incidents.Actor(r.By), At: r.At,
		UndoneAt: r.UndoneAt, UndoneBy: incidents.Actor(r.UndoneBy), UndoneReason: r.UndoneReason,
	}
}
