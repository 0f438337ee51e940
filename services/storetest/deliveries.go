package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

func deliveryTests() []test {
	return []test{
		{"a delivery comes back as it was saved, before and after its answer", deliveryComesBack},
		{"a known row is left as it is", deliveryTwice},
		{"dropping takes only the untouched rows of that notice", deliveriesDropped},
		{"a notice's rows are paged by id, by state", deliveriesPaged},
		{"a notice's rows are counted by state", deliveriesCounted},
		{"tellings say who is told, without warnings", tellingsListed},
		{"rows wait for the log until it tells of every attempt", deliveriesNoted},
		{"what the log was told late does not hide a newer attempt", deliveryNotedLate},
	}
}

func putDeliveries(ctx context.Context, t testing.TB, s Store, rows ...incidents.Delivery) {
	t.Helper()
	ok(t, "put deliveries", s.PutDeliveries(ctx, rows[0].PracticeID, rows))
}

func readDelivery(ctx context.Context, t testing.TB, s Store, id string) incidents.Delivery {
	t.Helper()
	return answered[incidents.Delivery](t, "read delivery")(s.Delivery(ctx, anna, id))
}

func updateDelivery(ctx context.Context, t testing.TB, s Store, id string, change func(*incidents.Delivery)) incidents.Delivery {
	t.Helper()
	return answered[incidents.Delivery](t, "update delivery")(s.UpdateDelivery(ctx, anna, id, func(d *incidents.Delivery) error {
		change(d)
		return nil
	}))
}

func idOfDelivery(d incidents.Delivery) string { return d.ID }

// sentTo puts an approved notice for n readers, and returns it with its rows by id.
func sentTo(ctx context.Context, t testing.TB, s Store, id string, n int) (*incidents.Notice, []incidents.Delivery) {
	t.Helper()
	notice := approvedNotice(incidentOf(anna, "incident-1", at(0)), id)
	createNotice(ctx, t, s, notice)
	var rows []incidents.Delivery
	for i := range n {
		rows = append(rows, deliveryOf(notice, fmt.Sprintf("client-%04d", i)))
	}
	putDeliveries(ctx, t, s, rows...)
	slices.SortFunc(rows, func(a, b incidents.Delivery) int { return slices.Compare([]string{a.ID}, []string{b.ID}) })
	return notice, rows
}

func deliveryComesBack(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 1)
	want := rows[0]
	want.Version = 1
	same(t, "queued", want, readDelivery(ctx, t, s, want.ID))
	answer := func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Later), at(21)) }
	answer(&want)
	want.Version = 2
	same(t, "what the update gave", want, updateDelivery(ctx, t, s, want.ID, answer))
	same(t, "deferred", want, readDelivery(ctx, t, s, want.ID))

	warning := warningOf(anna, "incident-1", "due")
	putDeliveries(ctx, t, s, warning)
	warning.Version = 1
	same(t, "warning", warning, readDelivery(ctx, t, s, warning.ID))
	_, err := s.Delivery(ctx, anna, "unknown")
	refused(t, "an unknown delivery", err, fault.NotFound)
}

func deliveryTwice(ctx context.Context, t *testing.T, s Store) {
	notice, rows := sentTo(ctx, t, s, "notice-1", 2)
	want := updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Accepted), at(21)) })
	putDeliveries(ctx, t, s, append(rows, deliveryOf(notice, "client-late"))...)
	same(t, "the known row", want, readDelivery(ctx, t, s, rows[0].ID))
	list := answered[[]incidents.Delivery](t, "list")(s.DeliveriesOf(ctx, anna, "notice-1", nil, "", 10))
	same(t, "rows: the missing one was added", 3, len(list))
	ok(t, "put nothing", s.PutDeliveries(ctx, anna, nil))
}

func deliveriesDropped(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 4)
	_, others := sentTo(ctx, t, s, "notice-2", 1)
	warning := warningOf(anna, "incident-1", "due")
	putDeliveries(ctx, t, s, warning)
	updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Accepted), at(21)) })
	updateDelivery(ctx, t, s, rows[1].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Later), at(21)) })
	ok(t, "drop", s.DropQueued(ctx, anna, "notice-1"))
	list := answered[[]incidents.Delivery](t, "list")(s.DeliveriesOf(ctx, anna, "notice-1", nil, "", 10))
	same(t, "left", []string{rows[0].ID, rows[1].ID}, mapped(list, idOfDelivery))
	_, err := s.Delivery(ctx, anna, rows[2].ID)
	refused(t, "a dropped row", err, fault.NotFound)
	readDelivery(ctx, t, s, others[0].ID)
	readDelivery(ctx, t, s, warning.ID)
	putDeliveries(ctx, t, s, rows...)
	list = answered[[]incidents.Delivery](t, "list")(s.DeliveriesOf(ctx, anna, "notice-1", nil, "", 10))
	same(t, "after putting them again", 4, len(list))
}

func deliveriesPaged(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 9)
	sentTo(ctx, t, s, "notice-2", 2)
	var all, answered []string
	for n, d := range rows {
		all = append(all, d.ID)
		if n%3 == 0 {
			continue
		}
		kind := incidents.Accepted
		if n%3 == 2 {
			kind = incidents.RefusedPerson
		}
		updateDelivery(ctx, t, s, d.ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), kind), at(21)) })
		answered = append(answered, d.ID)
	}
	list := func(states ...incidents.DeliveryState) []string {
		return walk(t, 2, idOfDelivery, func(after string, limit int) ([]incidents.Delivery, error) {
			return s.DeliveriesOf(ctx, anna, "notice-1", states, after, limit)
		}, nil)
	}
	same(t, "all", all, list())
	same(t, "two states", answered, list(incidents.Sent, incidents.Refused))
	same(t, "a state nobody is in", nil, list(incidents.Bounced))
}

func deliveriesCounted(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 6)
	sentTo(ctx, t, s, "notice-2", 3)
	for _, d := range rows[:4] {
		updateDelivery(ctx, t, s, d.ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Accepted), at(21)) })
	}
	updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { d.State = incidents.Bounced })
	got := answered[map[incidents.DeliveryState]int](t, "count")(s.CountDeliveries(ctx, anna, "notice-1"))
	total := 0
	for _, n := range got {
		total += n
	}
	same(t, "sent", 3, got[incidents.Sent])
	same(t, "bounced", 1, got[incidents.Bounced])
	same(t, "queued", 2, got[incidents.Queued])
	same(t, "in all", 6, total)
}

func tellingsListed(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 3)
	other := approvedNotice(incidentOf(anna, "incident-2", at(0)), "notice-2")
	createNotice(ctx, t, s, other)
	warning := warningOf(anna, "incident-1", "due")
	putDeliveries(ctx, t, s, deliveryOf(other, "client-x"), warning)
	sent := updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Accepted), at(21)) })
	lost := updateDelivery(ctx, t, s, rows[1].ID, func(d *incidents.Delivery) { ok(t, "give up", d.GiveUp("verhuisd", "user-1", at(22))) })
	updateDelivery(ctx, t, s, warning.ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Accepted), at(21)) })

	got := answered[[]incidents.Telling](t, "tellings")(s.Tellings(ctx, anna, "incident-1"))
	want := []incidents.Telling{sent.Telling(), lost.Telling(), rows[2].Telling()}
	byPerson := func(a, b incidents.Telling) int { return strings.Compare(a.Person, b.Person) }
	slices.SortFunc(got, byPerson)
	slices.SortFunc(want, byPerson)
	same(t, "tellings: each row, answered or not", want, got)
	none, err := s.Tellings(ctx, anna, "incident-3")
	empty(t, "of a case without rows", none, err)
}

func deliveriesNoted(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 4)
	_, others := sentTo(ctx, t, s, "notice-2", 1)
	tried := func(id string) incidents.Delivery {
		return updateDelivery(ctx, t, s, id, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Later), at(21)) })
	}
	one, two := tried(rows[1].ID), tried(rows[3].ID)
	tried(others[0].ID)
	unnoted := func(limit int) []string {
		ids := mapped(answered[[]incidents.Delivery](t, "unnoted")(s.UnnotedDeliveries(ctx, anna, "notice-1", limit)), idOfDelivery)
		slices.Sort(ids)
		return ids
	}
	same(t, "after two answers", []string{one.ID, two.ID}, unnoted(10))
	same(t, "at most one", 1, len(unnoted(1)))
	ok(t, "mark noted", s.MarkNoted(ctx, anna, []incidents.Delivery{one}))
	same(t, "once one is noted", []string{two.ID}, unnoted(10))
	same(t, "noted", 1, readDelivery(ctx, t, s, one.ID).Noted)
	ok(t, "mark noted again", s.MarkNoted(ctx, anna, []incidents.Delivery{one, two}))
	same(t, "once both are", nil, unnoted(10))
	tried(one.ID)
	same(t, "after another answer", []string{one.ID}, unnoted(10))
}

func deliveryNotedLate(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 1)
	tried := func() incidents.Delivery {
		return updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Later), at(21)) })
	}
	first := tried()
	second := tried()
	unnoted := func() int {
		return len(answered[[]incidents.Delivery](t, "unnoted")(s.UnnotedDeliveries(ctx, anna, "notice-1", 10)))
	}
	ok(t, "note the first", s.MarkNoted(ctx, anna, []incidents.Delivery{first}))
	same(t, "waiting: the log knows one of two attempts", 1, unnoted())
	ok(t, "note both", s.MarkNoted(ctx, anna, []incidents.Delivery{second}))
	same(t, "waiting: the log knows both", 0, unnoted())
	ok(t, "note the first again", s.MarkNoted(ctx, anna, []incidents.Delivery{first}))
	same(t, "waiting: an old word takes nothing back", 0, unnoted())
	same(t, "attempts", 2, len(readDelivery(ctx, t, s, rows[0].ID).Attempts))
}

// deliveriesBy puts one row on each of the ways to tell somebody.
func deliveriesBy(ctx context.Context, t testing.TB, s Store, n *incidents.Notice) []incidents.Delivery {
	t.Helper()
	var rows []incidents.Delivery
	for _, way := range []registry.Channel{registry.ByEmail, registry.ByPhone, registry.ByLetter} {
		reader := readerOf("client-by-" + string(way))
		reader.Channel = way
		rows = append(rows, incidents.NewDelivery(n, reader))
	}
	putDeliveries(ctx, t, s, rows...)
	return rows
}
