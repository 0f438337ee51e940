package incidents

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// PlaceKind is the kind of place where an announcement can be read.
type PlaceKind string

// The kinds of place.
const (
	OnWebsite     PlaceKind = "website"
	OnDoor        PlaceKind = "door"
	InNewspaper   PlaceKind = "newspaper"
	OnSocialMedia PlaceKind = "social_media"
	OtherPlace    PlaceKind = "other"
)

// PlaceKinds returns every kind, in the order in which pages show them.
func PlaceKinds() []PlaceKind {
	return []PlaceKind{OnWebsite, OnDoor, InNewspaper, OnSocialMedia, OtherPlace}
}

// Place is where an announcement can be read.
type Place struct {
	Kind  PlaceKind
	Where string // address, name or description; stored sealed
}

// Announced counts for whom an announcement counts.
type Announced struct {
	// Beyond are those outside the practice's promise who could not be told: the
	// announcement settles them.
	Beyond int
	// Unreachable are those within the promise who were recorded as unreachable:
	// they are settled by that, and the announcement is how the law reaches them.
	Unreachable int
}

// Announcement is the public communication of GDPR Art. 34(3)(c), recorded once
// it is published: telling each person would take disproportionate effort, and
// it informs them in an equally effective manner. It settles whom it reaches as
// far as the law goes; nobody counts as told by it, and the practice's promise to
// each client is not met by it.
type Announcement struct {
	ID       string
	NoticeID string // whose pinned text is published
	Places   []Place
	From     time.Time
	Until    time.Time
	Why      string // why telling each person takes disproportionate effort; stored sealed
	Reaches  Announced
	By       Actor
	At       time.Time // when it was recorded
	// UndoneAt is zero while it stands.
	UndoneAt     time.Time
	UndoneBy     Actor
	UndoneReason string // stored sealed
}

// Stands reports whether the announcement was not taken back.
func (a Announcement) Stands() bool { return a.UndoneAt.IsZero() }

// Covers reports whether the announcement settles a reader beyond the promise
// who has waited to be told since the given time. Who came later was not in the
// finding that telling each takes disproportionate effort.
func (a Announcement) Covers(d Delivery, since time.Time, inScope bool) bool {
	persons := d.Audience == ToClients || d.Audience == ToFormerClients || d.Audience == ToParents
	return a.Stands() && persons && !inScope && !since.After(a.At)
}

// Announcement returns the announcement of the case that stands, false for none.
func (i *Incident) Announcement() (Announcement, bool) {
	for n := len(i.Announcements) - 1; n >= 0; n-- {
		if a := i.Announcements[n]; a.Stands() {
			return a, true
		}
	}
	return Announcement{}, false
}

// Announce records a publication, all faults at once. One stands at a time.
func (i *Incident) Announce(a Announcement, now time.Time) error {
	var faults fault.List
	a.checkPlaces(&faults)
	a.checkTimes(&faults, now)
	registry.CheckText(&faults, "why", a.Why, 1, 5_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	if _, stands := i.Announcement(); stands {
		return fault.New(fault.Conflict, "error.announced_already", "an announcement stands already; take it back before you record another")
	}
	a.At, a.From, a.Until = now, a.From.UTC(), a.Until.UTC()
	a.UndoneAt, a.UndoneBy, a.UndoneReason = time.Time{}, Actor{}, ""
	i.Announcements = append(slices.Clone(i.Announcements), a)
	i.note(Event{Kind: AnnouncementMade, At: now, Actor: a.By, Subject: a.NoticeID, Facts: map[string]string{"announcement": a.ID,
		"places": a.kinds(), "from": a.From.Format(time.RFC3339), "until": a.Until.Format(time.RFC3339),
		"beyond": strconv.Itoa(a.Reaches.Beyond), "unreachable": strconv.Itoa(a.Reaches.Unreachable)},
		Words: map[string]string{"reason": a.Why, "places": a.whereabouts()}})
	return nil
}

func (a Announcement) checkPlaces(faults *fault.List) {
	if len(a.Places) == 0 || len(a.Places) > 20 {
		faults.Add("places", "error.places", "choose where it is published: website, door, newspaper, social_media or other")
	}
	for n, p := range a.Places {
		field := "places[" + strconv.Itoa(n) + "]."
		if !slices.Contains(PlaceKinds(), p.Kind) {
			faults.Add(field+"kind", "error.places", "choose website, door, newspaper, social_media or other")
		}
		registry.CheckText(faults, field+"where", p.Where, 1, 500)
	}
}

func (a Announcement) checkTimes(faults *fault.List, now time.Time) {
	switch {
	case a.From.IsZero() || a.From.After(now.Add(clockSkew)):
		faults.Add("from", "error.announced_future", "give the time at which it was published; it cannot lie in the future")
	case a.Until.IsZero() || !a.Until.After(a.From):
		faults.Add("until", "error.announced_until", "give until when it can be read, after the time at which it was published")
	}
}

func (a Announcement) kinds() string {
	var kinds []string
	for _, p := range a.Places {
		kinds = append(kinds, string(p.Kind))
	}
	return strings.Join(kinds, ",")
}

func (a Announcement) whereabouts() string {
	var where []string
	for _, p := range a.Places {
		where = append(where, p.Where)
	}
	return strings.Join(where, "\n")
}

// TakeBack undoes an announcement, with a reason: whom it settled must be told again.
func (i *Incident) TakeBack(id, reason string, now time.Time, by Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	at := slices.IndexFunc(i.Announcements, func(a Announcement) bool { return a.ID == id })
	switch {
	case at < 0:
		return fault.NotFound
	case i.State == StateClosed:
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	case !i.Announcements[at].Stands():
		return fault.New(fault.Conflict, "error.announcement_undone", "this announcement was taken back already")
	}
	i.Announcements = slices.Clone(i.Announcements)
	a := &i.Announcements[at]
	a.UndoneAt, a.UndoneBy, a.UndoneReason = now, by, reason
	i.note(Event{Kind: AnnouncementUndone, At: now, Actor: by, Subject: a.NoticeID, Facts: revisedOne(map[string]string{"announcement": a.ID}, "announcement", "recorded", "taken_back"),
		Words: map[string]string{"reason": reason}})
	return nil
}
