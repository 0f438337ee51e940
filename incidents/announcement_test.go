package incidents_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func published() incidents.Announcement {
	return incidents.Announcement{ID: "a1", NoticeID: "n1", Places: []incidents.Place{{Kind: incidents.OnWebsite, Where: "praktijk.example"}},
		From: noon, Until: noon.Add(720 * time.Hour), Why: "Van 300 mensen is geen adres meer bekend.", Reaches: incidents.Announced{Beyond: 3}, By: anna}
}

func TestAPublicationIsRecordedWithAllThatTheLawAsks(t *testing.T) {
	for _, tt := range []struct {
		name, field string
		edit        func(*incidents.Announcement)
	}{
		{"whole", "", func(*incidents.Announcement) {}},
		{"nowhere", "places", func(a *incidents.Announcement) { a.Places = nil }},
		{"at an unknown kind of place", "places[0].kind", func(a *incidents.Announcement) { a.Places[0].Kind = "pigeon" }},
		{"at a place without address", "places[0].where", func(a *incidents.Announcement) { a.Places[0].Where = "" }},
		{"in the future", "from", func(a *incidents.Announcement) { a.From = noon.Add(2 * time.Hour) }},
		{"without a beginning", "from", func(a *incidents.Announcement) { a.From = time.Time{} }},
		{"ending before it began", "until", func(a *incidents.Announcement) { a.Until = noon.Add(-time.Hour) }},
		{"without an end", "until", func(a *incidents.Announcement) { a.Until = time.Time{} }},
		{"without saying why each person would be too much", "why", func(a *incidents.Announcement) { a.Why = "" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc, a := open(t, nil), published()
			tt.edit(&a)
			err := inc.Announce(a, noon)
			if f := fault.Fields(err); tt.field != "" && (len(f) != 1 || f[0].Field != tt.field) {
				t.Errorf("err %v, want a fault at %s", err, tt.field)
			}
			if (err == nil) != (tt.field == "") || (len(inc.Announcements) == 1) != (tt.field == "") {
				t.Errorf("err %v with %d announcements", err, len(inc.Announcements))
			}
		})
	}
}

func TestAnAnnouncementMeetsNoClockAndIsTakenBackWithAReason(t *testing.T) {
	inc := open(t, nil)
	if err := inc.Announce(published(), noon); err != nil {
		t.Fatal(err)
	}
	if c := inc.Clock(incidents.ClientClock); !c.MetAt.IsZero() || !c.EndedAt.IsZero() || c.Told+c.Settled != 0 {
		t.Errorf("the promise's clock moved: %+v", c)
	}
	if err := inc.Announce(published(), noon); !errors.Is(err, fault.Conflict) {
		t.Errorf("a second one beside it: %v, want a conflict", err)
	}
	if err := inc.TakeBack("a1", "", noon, anna); len(fault.Fields(err)) != 1 {
		t.Errorf("taken back without a reason: %v", err)
	}
	if err := inc.TakeBack("other", "r", noon, anna); !errors.Is(err, fault.NotFound) {
		t.Errorf("taking back an unknown one: %v", err)
	}
	if err := inc.TakeBack("a1", "Stond niet op de site.", noon.Add(time.Hour), anna); err != nil {
		t.Fatal(err)
	}
	if _, stands := inc.Announcement(); stands {
		t.Error("it still stands")
	}
	if err := inc.TakeBack("a1", "r", noon, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("taken back twice: %v, want a conflict", err)
	}
	last := inc.Outbox.Pending[len(inc.Outbox.Pending)-2:]
	if last[0].Kind != incidents.AnnouncementMade || last[0].Facts["beyond"] != "3" || last[0].Words["places"] != "praktijk.example" ||
		last[1].Kind != incidents.AnnouncementUndone || last[1].Words["reason"] == "" {
		t.Errorf("the log says %+v", last)
	}
}

func TestAnAnnouncementCoversWhoWaitedBeyondThePromise(t *testing.T) {
	a := published()
	a.At = noon
	d := incidents.Delivery{Audience: incidents.ToFormerClients}
	for _, tt := range []struct {
		name    string
		want    bool
		since   time.Time
		inScope bool
		edit    func(*incidents.Announcement, *incidents.Delivery)
	}{
		{"who waited already", true, noon, false, nil},
		{"not who came later", false, noon.Add(time.Second), false, nil},
		{"not whom the promise holds for", false, noon, true, nil},
		{"nobody once it is taken back", false, noon, false, func(a *incidents.Announcement, _ *incidents.Delivery) { a.UndoneAt = noon }},
		{"not who got the data by mistake", false, noon, false, func(_ *incidents.Announcement, d *incidents.Delivery) { d.Audience = incidents.ToRecipient }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, d := a, d
			if tt.edit != nil {
				tt.edit(&a, &d)
			}
			if got := a.Covers(d, tt.since, tt.inScope); got != tt.want {
				t.Errorf("covers %t, want %t", got, tt.want)
			}
		})
	}
}
