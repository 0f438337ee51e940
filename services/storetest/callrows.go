package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
)

func callRowTests() []test {
	return []test{
		{"the call list of a case has its rows over all notices, by id, in both states", callRowsListed},
		{"a row comes and goes on the call list with every way of writing it", callRowsFollow},
	}
}

// callIDs walks through a case's call list in small pages.
func callIDs(ctx context.Context, t testing.TB, s Store, incident string, state incidents.CallState) []string {
	t.Helper()
	return walk(t, 2, idOfDelivery, func(after string, limit int) ([]incidents.Delivery, error) {
		return s.CallRows(ctx, anna, incident, state, after, limit)
	}, nil)
}

func callRowsListed(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 3)
	second := approvedNotice(incidentOf(anna, "incident-1", at(0)), "notice-2")
	createNotice(ctx, t, s, second)
	byHand := deliveriesBy(ctx, t, s, second)
	other := approvedNotice(incidentOf(anna, "incident-2", at(0)), "notice-3")
	createNotice(ctx, t, s, other)
	deliveriesBy(ctx, t, s, other)
	putDeliveries(ctx, t, s, warningOf(anna, "incident-1", "due"))
	updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.RefusedPerson), at(21)) })
	updateDelivery(ctx, t, s, rows[1].ID, func(d *incidents.Delivery) { d.Record(answerAt(at(20), incidents.Accepted), at(21)) })
	open := []string{rows[0].ID, byHand[1].ID, byHand[2].ID}
	slices.Sort(open)
	same(t, "to call", open, callIDs(ctx, t, s, "incident-1", incidents.CallOpen))
	same(t, "done", nil, callIDs(ctx, t, s, "incident-1", incidents.CallDone))
	updateDelivery(ctx, t, s, byHand[1].ID, func(d *incidents.Delivery) {
		ok(t, "tell", d.Tell("phone", "", "user-1", at(22), at(22)))
	})
	same(t, "done, once one was told", []string{byHand[1].ID}, callIDs(ctx, t, s, "incident-1", incidents.CallDone))
	got := answered[[]incidents.CallCount](t, "count")(s.CountCallRows(ctx, anna, "incident-1"))
	slices.SortFunc(got, func(a, b incidents.CallCount) int {
		return strings.Compare(string(a.State)+a.Notice, string(b.State)+b.Notice)
	})
	same(t, "counts", []incidents.CallCount{{State: incidents.CallDone, Notice: "notice-2", N: 1}, {State: incidents.CallOpen, Notice: "notice-1", N: 1},
		{State: incidents.CallOpen, Notice: "notice-2", N: 1}}, got)
	none, err := s.CountCallRows(ctx, anna, "incident-3")
	empty(t, "of a case without rows", none, err)
}

func callRowsFollow(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 1)
	list := func(state incidents.CallState) int { return len(callIDs(ctx, t, s, "incident-1", state)) }
	same(t, "a mail that waits: to call", 0, list(incidents.CallOpen))
	record := func(kind incidents.AnswerKind) {
		tried := answered[[]incidents.Delivery](t, "claim")(claimed(ctx, s, anna, at(30), []string{rows[0].ID}))
		tried[0].Record(answerAt(at(31), kind), at(29))
		answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, tried))
	}
	record(incidents.Later)
	same(t, "put off: to call", 0, list(incidents.CallOpen))
	record(incidents.RefusedPerson)
	same(t, "refused: to call", 1, list(incidents.CallOpen))
	trying := func(d *incidents.Delivery) { ok(t, "try", d.Try("phone", "Geen gehoor.", "user-1", at(32), at(32))) }
	updateDelivery(ctx, t, s, rows[0].ID, trying)
	same(t, "tried in vain: to call", 1, list(incidents.CallOpen))
	same(t, "tries", []incidents.Try{{At: at(32), By: "phone", Note: "Geen gehoor.", ByUser: "user-1"}}, readDelivery(ctx, t, s, rows[0].ID).Tries)
	updateDelivery(ctx, t, s, rows[0].ID, func(d *incidents.Delivery) { ok(t, "give up", d.GiveUp("verhuisd", "user-1", at(33))) })
	same(t, "unreachable: to call", 0, list(incidents.CallOpen))
	same(t, "unreachable: done", 1, list(incidents.CallDone))
}
