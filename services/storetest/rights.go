package storetest

import (
	"context"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
)

func rightsTests() []test {
	return []test{
		{"a rights request comes back word for word, with its events, before and after its answer", rightsComeBack},
		{"open ones come by their last day, all of them newest first, page by page", rightsPaged},
		{"one is due at its next threshold, and not once it is answered", rightsDue},
	}
}

func rightsOf(practice tenant.ID, id string, received int) *request.Request {
	r, err := request.File(request.New{ID: id, PracticeID: practice, Kind: request.Erasure, ClientID: "client-1", Channel: "email", CopyCame: true,
		Person: request.Person{Name: "Klant client-1", Email: "client-1@example.org", Words: "Haal mij eruit."}, ReceivedAt: at(received),
		DueOn: registry.DateOf(at(received), time.UTC).AddDays(28), Zone: time.UTC, By: user()}, at(received))
	if err != nil {
		panic("storetest: a request of the tests is refused: " + err.Error())
	}
	return r
}

func fileRights(ctx context.Context, t testing.TB, s Store, r *request.Request) {
	t.Helper()
	ok(t, "create rights request", s.CreateRightsRequest(ctx, r))
}

func idOfRights(r *request.Request) string { return r.ID }

func rightsComeBack(ctx context.Context, t *testing.T, s Store) {
	want := rightsOf(anna, "rights-1", 0)
	fileRights(ctx, t, s, want)
	same(t, "request", want, answered[*request.Request](t, "read")(s.RightsRequest(ctx, anna, want.ID)))
	got := answered[*request.Request](t, "update")(s.UpdateRightsRequest(ctx, anna, want.ID, func(r *request.Request) error {
		ok(t, "check identity", r.CheckIdentity("Gebeld op het bekende nummer.", at(5), user()))
		ok(t, "begin erasure", r.BeginErasure(request.Marks{IDs: []string{"client-1"}, Texts: []string{"Klant client-1"}}, 30, at(6), user()))
		return r.Answer(request.Partly, "Het register blijft.", at(7), at(8), user())
	}))
	same(t, "version", int64(2), got.Version)
	same(t, "read again", got, answered[*request.Request](t, "read")(s.RightsRequest(ctx, anna, want.ID)))
	same(t, "its events", 4, len(got.Outbox.Pending))
	for _, p := range pendingOf(ctx, t, s) {
		same(t, "events for the relay", mapped(got.Outbox.Pending, idOfEvent), mapped(p.Events, idOfEvent))
		ok(t, "mark", s.MarkPublished(ctx, p))
	}
	same(t, "events left", 0, len(answered[*request.Request](t, "read")(s.RightsRequest(ctx, anna, want.ID)).Outbox.Pending))
}

func rightsPaged(ctx context.Context, t *testing.T, s Store) {
	for n, minute := range []int{3, 1, 2, 1} {
		fileRights(ctx, t, s, rightsOf(anna, []string{"d", "a", "c", "b"}[n], minute*24*60))
	}
	fileRights(ctx, t, s, rightsOf(bert, "e", 0))
	open := func(after string, limit int) []string {
		return mapped(answered[[]*request.Request](t, "list")(s.OpenRightsRequests(ctx, anna, after, limit)), idOfRights)
	}
	all := func(after string, limit int) []string {
		return mapped(answered[[]*request.Request](t, "list")(s.RightsRequests(ctx, anna, after, limit)), idOfRights)
	}
	same(t, "open", []string{"a", "b", "c", "d"}, open("", 10))
	same(t, "the first two", []string{"a", "b"}, open("", 2))
	same(t, "after them", []string{"c", "d"}, open("b", 10))
	same(t, "newest first", []string{"d", "c", "b", "a"}, all("", 10))
	same(t, "after the second", []string{"b", "a"}, all("c", 10))
	answered[*request.Request](t, "answer")(s.UpdateRightsRequest(ctx, anna, "b", func(r *request.Request) error {
		return r.Answer(request.Granted, "", r.ReceivedAt.Add(time.Hour), r.ReceivedAt.Add(time.Hour), user())
	}))
	same(t, "open, once one is answered", []string{"a", "c", "d"}, open("", 10))
	same(t, "open after the answered one", []string{"c", "d"}, open("b", 10))
	same(t, "all, once one is answered", []string{"d", "c", "b", "a"}, all("", 10))
	same(t, "count", int64(3), answered[int64](t, "count")(s.CountOpenRightsRequests(ctx, anna)))
}

func rightsDue(ctx context.Context, t *testing.T, s Store) {
	r := rightsOf(anna, "rights-1", 0)
	fileRights(ctx, t, s, r)
	next, _ := r.NextAt()
	due := func(when time.Time) []Key {
		return answered[[]Key](t, "list due")(s.DueRightsRequests(ctx, when, 10))
	}
	sameList(t, "before", nil, due(next.Add(-time.Millisecond)))
	same(t, "at its threshold", []Key{{PracticeID: anna, ID: r.ID}}, due(next))
	answered[*request.Request](t, "fire")(s.UpdateRightsRequest(ctx, anna, r.ID, func(r *request.Request) error { r.Fire(next); return nil }))
	sameList(t, "once it fired", nil, due(next))
	answered[*request.Request](t, "answer")(s.UpdateRightsRequest(ctx, anna, r.ID, func(r *request.Request) error {
		return r.Answer(request.Granted, "", next, next, user())
	}))
	sameList(t, "once it is answered", nil, due(next.AddDate(1, 0, 0)))
}

func rightsCalls() []call {
	return []call{
		does("CreateRightsRequest", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.CreateRightsRequest(ctx, rightsOf(p, "rights-new", 9))
		}),
		gives("RightsRequest", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (*request.Request, error) {
			return s.RightsRequest(ctx, p, worldRights)
		}),
		gives("UpdateRightsRequest", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (*request.Request, error) {
			return s.UpdateRightsRequest(ctx, p, worldRights, func(r *request.Request) error { r.Person.Words = "Anders"; return nil })
		}),
		gives("OpenRightsRequests", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*request.Request, error) {
			return s.OpenRightsRequests(ctx, p, "", 10)
		}),
		gives("RightsRequests", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*request.Request, error) {
			return s.RightsRequests(ctx, p, "", 10)
		}),
		gives("CountOpenRightsRequests", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (int64, error) {
			return s.CountOpenRightsRequests(ctx, p)
		}),
		gives("DueRightsRequests", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Key, error) {
			return s.DueRightsRequests(ctx, at(0), 10)
		}),
	}
}

// erasingCalls come last: they take away what the others find.
func erasingCalls() []call {
	return []call{
		gives("DeliveriesAbout", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			return s.DeliveriesAbout(ctx, p, []string{w.deliveries[0].Person}, "", 10)
		}),
		gives("PracticeDrafts", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]incidents.Draft, error) {
			return s.PracticeDrafts(ctx, p, "", 10)
		}),
		gives("KeptAnswers", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]Request, error) {
			return s.KeptAnswers(ctx, p, "", 10)
		}),
		does("EraseWords", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			if head, err := s.RegisterHead(ctx, p); err != nil || head == (register.Head{}) {
				return err // nothing stands there that could be named
			}
			return s.EraseWords(ctx, p, []int64{1})
		}),
		does("ForgetAffected", hostWide, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.ForgetAffected(ctx, p, w.incident.ID, "client-1")
		}),
		does("DropQuestion", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.DropQuestion(ctx, p, worldQuestion)
		}),
		does("EmptyReceipt", hostWide, func(ctx context.Context, s Store, _ tenant.ID, w world) error {
			return s.EmptyReceipt(ctx, w.receipt.ID)
		}),
		does("DropReturn", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.DropReturn(ctx, p, "return-1")
		}),
		does("Scrub", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error { return s.Scrub(ctx) }),
	}
}
