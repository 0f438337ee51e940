package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

const lease = 5 * time.Minute

func claimTests() []test {
	return []test{
		{"of eight workers exactly one wins each row", claimsRaced},
		{"a claim holds until its lease ends", claimLeased},
		{"an answer is recorded only by who holds the row", recordGuarded},
		{"answers that race are recorded once", recordsRaced},
		{"phone and letter rows, and settled ones, cannot be claimed", claimRefused},
		{"mails of approved notices and warnings are due", deliveriesDue},
		{"a draft's and a superseded notice's rows are not due", deliveriesNotDue},
		{"deferred rows and ended leases are due at their instant", deliveriesDueAgain},
		{"rows of a draft never hide those behind them", deliveriesBehindDraft},
		{"a claim and an answer in one group both stand", claimedWithAnswers},
		{"whatever reads or writes a row sees what was recorded of it", recordedIsSeen},
		{"rows wait for their last answer by id, tasks and settled ones left out", unansweredListed},
	}
}

func claim(ctx context.Context, t testing.TB, s Store, now time.Time, ids ...string) []incidents.Delivery {
	t.Helper()
	return answered[[]incidents.Delivery](t, "claim")(claimed(ctx, s, anna, now, ids))
}

// claimed claims what waits of the rows and returns what it won, as a mailer does.
func claimed(ctx context.Context, s Store, practice tenant.ID, now time.Time, ids []string) ([]incidents.Delivery, error) {
	rows, err := s.DeliveriesByIDs(ctx, practice, ids)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(d incidents.Delivery) bool { return d.Claim(now, lease) != nil })
	for i := range rows {
		_ = rows[i].Claim(now, lease) // what refuses is gone
	}
	return s.RecordDeliveries(ctx, practice, rows)
}

func claimsRaced(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 60)
	ids := mapped(rows, idOfDelivery)
	var mu sync.Mutex
	won := map[string]int{}
	race(writers, func(worker int) {
		mine := append(slices.Clone(ids[worker*7:]), ids[:worker*7]...) // each begins elsewhere
		for part := range slices.Chunk(mine, 13) {
			list, err := claimed(ctx, s, anna, at(30), part)
			if err != nil {
				t.Errorf("claim: %v", err)
			}
			mu.Lock()
			for _, d := range list {
				won[d.ID]++
			}
			mu.Unlock()
		}
	})
	for _, id := range ids {
		if won[id] != 1 {
			t.Errorf("row %s was won %d times, want once", id, won[id])
		}
		d := readDelivery(ctx, t, s, id)
		same(t, "version: one write", int64(2), d.Version)
		same(t, "state", incidents.Sending, d.State)
	}
}

func claimLeased(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 2)
	id := rows[0].ID
	won := claim(ctx, t, s, at(30), id, "unknown")
	same(t, "won", []string{id}, mapped(won, idOfDelivery))
	same(t, "what was won is what is stored", []incidents.Delivery{readDelivery(ctx, t, s, id)}, won)
	same(t, "end of the lease", at(35), won[0].NextAt)
	same(t, "address", rows[0].To, won[0].To)
	empty(t, "within the lease", claim(ctx, t, s, at(34), id), nil)
	same(t, "once the lease ended", []string{id}, mapped(claim(ctx, t, s, at(35), id), idOfDelivery))
	empty(t, "within the second lease", claim(ctx, t, s, at(36), id), nil)
	none, err := s.DeliveriesByIDs(ctx, anna, nil)
	empty(t, "nothing", none, err)
}

func recordGuarded(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 3)
	ids := mapped(rows, idOfDelivery)
	late := claim(ctx, t, s, at(30), ids...)
	holder := claim(ctx, t, s, at(40), ids[0])
	for n := range late {
		late[n].Record(answerAt(at(41), incidents.Accepted), time.Time{})
	}
	saved := answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, late))
	got := mapped(saved, idOfDelivery)
	slices.Sort(got)
	same(t, "saved: all but the row that another holds", ids[1:], got)
	same(t, "the other's row", holder[0], readDelivery(ctx, t, s, ids[0]))
	for _, d := range saved {
		same(t, "what was saved is what is stored", readDelivery(ctx, t, s, d.ID), d)
		same(t, "state", incidents.Sent, d.State)
	}
	again := answered[[]incidents.Delivery](t, "record again")(s.RecordDeliveries(ctx, anna, late))
	empty(t, "the same answers again", again, nil)
	same(t, "attempts", 1, len(readDelivery(ctx, t, s, ids[1]).Attempts))
}

func recordsRaced(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 12)
	won := claim(ctx, t, s, at(30), mapped(rows, idOfDelivery)...)
	var mu sync.Mutex
	saved := map[string]int{}
	race(writers, func(int) {
		mine := slices.Clone(won)
		for n := range mine {
			mine[n].Attempts = slices.Clone(mine[n].Attempts)
			mine[n].Record(answerAt(at(31), incidents.Accepted), time.Time{})
		}
		list, err := s.RecordDeliveries(ctx, anna, mine)
		if err != nil {
			t.Errorf("record: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, d := range list {
			saved[d.ID]++
		}
	})
	for _, d := range rows {
		stored := readDelivery(ctx, t, s, d.ID)
		if saved[d.ID] != 1 || len(stored.Attempts) != 1 || stored.Version != 3 {
			t.Errorf("row %s: saved %d times, %d attempts, version %d; want one, one and 3", d.ID, saved[d.ID], len(stored.Attempts), stored.Version)
		}
	}
}

func claimRefused(ctx context.Context, t *testing.T, s Store) {
	notice := approvedNotice(incidentOf(anna, "incident-1", at(0)), "notice-1")
	createNotice(ctx, t, s, notice)
	rows := deliveriesBy(ctx, t, s, notice)
	won := claim(ctx, t, s, at(30), mapped(rows, idOfDelivery)...)
	same(t, "won", []string{rows[0].ID}, mapped(won, idOfDelivery))
	won[0].Record(answerAt(at(31), incidents.RefusedPerson), time.Time{})
	answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, won))
	empty(t, "a refused row", claim(ctx, t, s, at(9_000), rows[0].ID), nil)
	same(t, "the phone row is untouched", int64(1), readDelivery(ctx, t, s, rows[1].ID).Version)
}

func due(ctx context.Context, t testing.TB, s Store, now time.Time) []string {
	t.Helper()
	ids := mapped(answered[[]DueDelivery](t, "due")(s.DueDeliveries(ctx, now, 100)), func(d DueDelivery) string { return d.ID })
	slices.Sort(ids)
	return ids
}

func deliveriesDue(ctx context.Context, t *testing.T, s Store) {
	approved := approvedNotice(incidentOf(anna, "incident-1", at(0)), "notice-1")
	sending := approvedNotice(incidentOf(bert, "incident-2", at(0)), "notice-2")
	sending.State = incidents.NoticeIsSending
	createNotice(ctx, t, s, approved, sending)
	rows := deliveriesBy(ctx, t, s, approved)
	theirs, warning := deliveryOf(sending, "client-9"), warningOf(anna, "incident-1", "due")
	putDeliveries(ctx, t, s, theirs)
	putDeliveries(ctx, t, s, warning)
	list := answered[[]DueDelivery](t, "due")(s.DueDeliveries(ctx, at(30), 100))
	slices.SortFunc(list, func(a, b DueDelivery) int { return slices.Compare([]string{a.NoticeID}, []string{b.NoticeID}) })
	same(t, "due: one mail of each notice and the warning, neither phone nor letter", []DueDelivery{
		{PracticeID: anna, IncidentID: "incident-1", ID: warning.ID},
		{PracticeID: anna, IncidentID: "incident-1", NoticeID: "notice-1", ID: rows[0].ID},
		{PracticeID: bert, IncidentID: "incident-2", NoticeID: "notice-2", ID: theirs.ID},
	}, list)
	same(t, "at most two", 2, len(answered[[]DueDelivery](t, "due")(s.DueDeliveries(ctx, at(30), 2))))
}

func deliveriesNotDue(ctx context.Context, t *testing.T, s Store) {
	inc := incidentOf(anna, "incident-1", at(0))
	draft, gone := noticeOf(inc, "notice-draft"), noticeOf(inc, "notice-gone")
	ok(t, "supersede", gone.Supersede(at(12), user()))
	createNotice(ctx, t, s, draft, gone)
	row := deliveryOf(draft, "client-1")
	putDeliveries(ctx, t, s, row, deliveryOf(gone, "client-2"), deliveryOf(noticeOf(inc, "notice-never-saved"), "client-3"))
	same(t, "before approval", nil, due(ctx, t, s, at(30)))
	_, err := s.UpdateNotice(ctx, anna, "notice-draft", approve)
	ok(t, "approve", err)
	same(t, "after approval", []string{row.ID}, due(ctx, t, s, at(30)))
}

func deliveriesDueAgain(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 3)
	held, later, done := rows[0].ID, rows[1].ID, rows[2].ID
	same(t, "queued", []string{held, later, done}, due(ctx, t, s, at(30)))
	won := claim(ctx, t, s, at(30), later, done)
	won[0].Record(answerAt(at(31), incidents.Later), at(50))
	won[1].Record(answerAt(at(31), incidents.Accepted), time.Time{})
	same(t, "recorded", 2, len(answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, won))))
	claim(ctx, t, s, at(32), held)
	same(t, "within the lease", nil, due(ctx, t, s, at(37).Add(-1e6)))
	same(t, "when the lease ended", []string{held}, due(ctx, t, s, at(37)))
	both := []string{held, won[0].ID}
	slices.Sort(both)
	same(t, "when the deferred one's time has come", both, due(ctx, t, s, at(50)))
	for _, d := range answered[[]DueDelivery](t, "due")(s.DueDeliveries(ctx, at(50), 100)) {
		want, since := 0, at(37)
		if d.ID == won[0].ID {
			want, since = 1, at(50)
		}
		same(t, "attempts", want, d.Attempts)
		same(t, "since", since, d.Since)
	}
}

func deliveriesBehindDraft(ctx context.Context, t *testing.T, s Store) {
	draft := noticeOf(incidentOf(anna, "incident-0", at(0)), "notice-draft")
	createNotice(ctx, t, s, draft)
	var rows []incidents.Delivery
	for _, person := range manyNames(250) {
		rows = append(rows, deliveryOf(draft, person))
	}
	putDeliveries(ctx, t, s, rows...)
	_, waiting := sentTo(ctx, t, s, "notice-1", 30)
	list := answered[[]DueDelivery](t, "due")(s.DueDeliveries(ctx, at(30), 10))
	same(t, "a page of ten is full", 10, len(list))
	for _, d := range list {
		same(t, "notice", "notice-1", d.NoticeID)
	}
	same(t, "all that wait", mapped(waiting, idOfDelivery), due(ctx, t, s, at(30)))
}

func manyNames(n int) []string {
	var names []string
	for i := range n {
		names = append(names, "client-of-draft-"+string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	return names
}

func claimedWithAnswers(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 3)
	first := claim(ctx, t, s, at(30), rows[0].ID)
	first[0].Record(answerAt(at(31), incidents.Accepted), time.Time{})
	next := answered[[]incidents.Delivery](t, "read")(s.DeliveriesByIDs(ctx, anna, []string{rows[1].ID, "unknown", rows[2].ID}))
	same(t, "read by id", []string{rows[1].ID, rows[2].ID}, mapped(next, idOfDelivery))
	ok(t, "claim", next[0].Claim(at(31), lease))
	ok(t, "claim", next[1].Claim(at(31), lease))
	claim(ctx, t, s, at(31), rows[2].ID) // another worker was faster
	saved := answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, append(first, next...)))
	same(t, "saved", []string{rows[0].ID, rows[1].ID}, mapped(saved, idOfDelivery))
	same(t, "versions", []int64{3, 2}, mapped(saved, func(d incidents.Delivery) int64 { return d.Version }))
	for _, d := range saved {
		same(t, "what was saved is what is stored", readDelivery(ctx, t, s, d.ID), d)
	}
}

// recordedIsSeen goes through every call that reads or writes rows right after a
// row was recorded, since an engine may keep such a row apart for a while.
func recordedIsSeen(ctx context.Context, t *testing.T, s Store) {
	_, rows := sentTo(ctx, t, s, "notice-1", 8)
	ids := mapped(rows, idOfDelivery)
	send := func(id string) incidents.Delivery {
		won := claim(ctx, t, s, at(30), id)
		won[0].Record(answerAt(at(31), incidents.Accepted), time.Time{})
		return answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, won))[0]
	}
	want := send(ids[0])
	same(t, "Delivery", want, readDelivery(ctx, t, s, ids[0]))
	want = send(ids[1])
	same(t, "DeliveriesByIDs", []incidents.Delivery{want}, answered[[]incidents.Delivery](t, "read")(s.DeliveriesByIDs(ctx, anna, ids[1:2])))
	send(ids[2])
	sent := answered[[]incidents.Delivery](t, "list")(s.DeliveriesOf(ctx, anna, "notice-1", []incidents.DeliveryState{incidents.Sent}, "", 10))
	same(t, "DeliveriesOf", ids[:3], mapped(sent, idOfDelivery))
	send(ids[3])
	same(t, "CountDeliveries", 4, answered[map[incidents.DeliveryState]int](t, "count")(s.CountDeliveries(ctx, anna, "notice-1"))[incidents.Sent])
	send(ids[4])
	told := 0
	for _, v := range answered[[]incidents.Telling](t, "tellings")(s.Tellings(ctx, anna, "incident-1")) {
		if v.State.Told() {
			told++
		}
	}
	same(t, "Tellings", 5, told)
	send(ids[5])
	same(t, "UnnotedDeliveries", 6, len(answered[[]incidents.Delivery](t, "unnoted")(s.UnnotedDeliveries(ctx, anna, "notice-1", 10))))
	same(t, "DueDeliveries", ids[6:], due(ctx, t, s, at(32)))
	send(ids[6])
	after := updateDelivery(ctx, t, s, ids[6], func(d *incidents.Delivery) { d.State = incidents.Bounced })
	same(t, "UpdateDelivery", int64(4), after.Version)
	same(t, "UnansweredDeliveries", ids[7:], answered[[]string](t, "unanswered")(s.UnansweredDeliveries(ctx, anna, "notice-1", "", 10)))
	want = send(ids[7])
	putDeliveries(ctx, t, s, rows...)
	ok(t, "drop", s.DropQueued(ctx, anna, "notice-1"))
	ok(t, "mark noted", s.MarkNoted(ctx, anna, []incidents.Delivery{want}))
	want.Noted = 1
	same(t, "after PutDeliveries, DropQueued and MarkNoted", want, readDelivery(ctx, t, s, ids[7]))
}

func unansweredListed(ctx context.Context, t *testing.T, s Store) {
	notice, rows := sentTo(ctx, t, s, "notice-1", 5)
	sentTo(ctx, t, s, "notice-2", 1)
	task := readerOf("client-by-phone")
	task.Channel = registry.ByPhone
	putDeliveries(ctx, t, s, incidents.NewDelivery(notice, task))
	won := claim(ctx, t, s, at(30), rows[1].ID, rows[2].ID, rows[3].ID)
	won[0].Record(answerAt(at(31), incidents.Accepted), time.Time{})
	won[1].Record(answerAt(at(31), incidents.Later), at(60))
	answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, won[:2]))
	want := []string{rows[0].ID, rows[2].ID, rows[3].ID, rows[4].ID}
	got := walk(t, 2, func(id string) string { return id }, func(after string, limit int) ([]string, error) {
		return s.UnansweredDeliveries(ctx, anna, "notice-1", after, limit)
	}, nil)
	same(t, "queued, deferred, sending, queued", want, got)
}
