package storetest

import (
	"context"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/request"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

func erasingTests() []test {
	return []test{
		{"erased words leave the chain whole, and the other practice's entries alone", wordsErased},
		{"the address of a person who is no client goes from every version, his row stays", affectedForgotten},
		{"rows about a person or to him are found by id, page by page, in his practice alone", deliveriesAbout},
		{"a receipt is emptied and its hash stays; a returned message and a question go", messagesDropped},
		{"drafts of every account and kept answers are listed by key", draftsAndAnswers},
		{"a person is erased from every record, and what happened stays", personErased},
	}
}

func wordsErased(ctx context.Context, t *testing.T, s Store) {
	for _, p := range []string{anna, bert} {
		appendEntries(ctx, t, s, tenant.ID(p), chainOf(register.Head{}, eventsOf(tenant.ID(p), "incident-1", 3)))
	}
	for range 2 { // again changes nothing
		ok(t, "erase", s.EraseWords(ctx, anna, []int64{2}))
	}
	list := answered[[]register.Entry](t, "entries")(s.Entries(ctx, anna, 0, 10))
	head, err := register.Verify(register.Head{}, list)
	ok(t, "verify", err)
	same(t, "head", list[2].Head(), head)
	same(t, "salt and words of the erased", register.Entry{}, register.Entry{Salt: list[1].Salt, Event: register.Event{Words: list[1].Event.Words}})
	same(t, "words of another", map[string]string{"reason": "Klant belde terug"}, list[2].Event.Words)
	theirs := answered[[]register.Entry](t, "entries")(s.Entries(ctx, bert, 0, 10))
	same(t, "words of the other practice", map[string]string{"reason": "Klant belde terug"}, theirs[1].Event.Words)
}

func affectedForgotten(ctx context.Context, t *testing.T, s Store) {
	var want []incidents.Affected
	for _, version := range []int64{1, 2} {
		row := affectedOf(anna, "incident-1", version, "u-1")
		row.Email = "vreemd@example.net"
		other := affectedOf(anna, "incident-1", version, "u-2")
		other.Email = "ander@example.net"
		ok(t, "save", s.SaveAffected(ctx, anna, []incidents.Affected{row, other}))
		row.Email = ""
		want = append(want, row, other)
	}
	ok(t, "forget elsewhere", s.ForgetAffected(ctx, bert, "incident-1", "u-2"))
	ok(t, "forget", s.ForgetAffected(ctx, anna, "incident-1", "u-1"))
	var got []incidents.Affected
	for _, version := range []int64{1, 2} {
		got = append(got, answered[[]incidents.Affected](t, "list")(s.AffectedPage(ctx, anna, "incident-1", version, nil, "", 10))...)
	}
	same(t, "rows", want, got)
}

func deliveriesAbout(ctx context.Context, t *testing.T, s Store) {
	n := approvedNotice(incidentOf(anna, "incident-1", at(0)), "notice-1")
	child, parent, other := deliveryOf(n, "child"), deliveryOf(n, "parent"), deliveryOf(n, "other")
	child.Reader = "parent"
	putDeliveries(ctx, t, s, child, parent, other)
	about := func(practice tenant.ID, persons ...string) []string {
		return walk(t, 1, idOfDelivery, func(after string, limit int) ([]incidents.Delivery, error) {
			return s.DeliveriesAbout(ctx, practice, persons, after, limit)
		}, nil)
	}
	same(t, "of the parent", 2, len(about(anna, "parent")))
	same(t, "of the child", []string{child.ID}, about(anna, "child"))
	same(t, "of nobody", 0, len(about(anna)))
	same(t, "elsewhere", 0, len(about(bert, "parent")))
}

func messagesDropped(ctx context.Context, t *testing.T, s Store) {
	v := receiptOf("receipt-1", "dedupe-1", at(0))
	_, _, err := s.SaveReceipt(ctx, v)
	ok(t, "save receipt", err)
	ok(t, "empty", s.EmptyReceipt(ctx, v.ID))
	got := answered[incidents.Receipt](t, "read")(s.Receipt(ctx, v.ID))
	same(t, "bytes left", 0, len(got.Raw))
	same(t, "headers left", 0, len(got.Headers))
	same(t, "hash", v.RawHash, got.RawHash)

	back := incidents.NewReturn("return-1", anna, incidents.ReturnByIMAP, []byte("Van: iemand"), at(1))
	_, _, err = s.SaveReturn(ctx, back)
	ok(t, "save return", err)
	ok(t, "drop elsewhere", s.DropReturn(ctx, bert, back.ID))
	answered[incidents.Return](t, "still there")(s.Return(ctx, back.ID))
	ok(t, "drop", s.DropReturn(ctx, anna, back.ID))
	waiting := answered[[]string](t, "waiting")(s.WaitingReturns(ctx, 10))
	sameList(t, "waiting", nil, waiting)

	ask(ctx, t, s, questionOf(anna, "incident-1", "question-1", 0))
	ok(t, "drop question", s.DropQuestion(ctx, anna, "question-1"))
	ok(t, "drop question again", s.DropQuestion(ctx, anna, "question-1"))
	left := answered[[]incidents.ReaderQuestion](t, "questions")(s.Questions(ctx, anna, false, "", 10))
	sameList(t, "questions", nil, left)
}

func draftsAndAnswers(ctx context.Context, t *testing.T, s Store) {
	for _, id := range []string{"draft-b", "draft-a"} {
		d := draftOf(anna, id, at(0))
		d.UserID = "user-of-" + id
		saveDraft(ctx, t, s, d)
	}
	saveDraft(ctx, t, s, draftOf(bert, "draft-c", at(0)))
	same(t, "drafts", []string{"draft-a", "draft-b"}, walk(t, 1, func(d incidents.Draft) string { return d.ID },
		func(after string, limit int) ([]incidents.Draft, error) {
			return s.PracticeDrafts(ctx, anna, after, limit)
		}, nil))
	for _, k := range []string{"key-2", "key-1"} {
		r := requestOf(anna)
		r.Key = k
		begin(ctx, t, s, r)
		r.Status, r.Body = 201, []byte(`{"name":"Klant"}`)
		ok(t, "finish", s.FinishRequest(ctx, r))
	}
	begin(ctx, t, s, requestOf(bert))
	list := answered[[]Request](t, "answers")(s.KeptAnswers(ctx, anna, "", 10))
	same(t, "keys", []string{"key-1", "key-2"}, mapped(list, func(r Request) string { return r.Key }))
	same(t, "body", `{"name":"Klant"}`, string(list[0].Body))
	list = answered[[]Request](t, "answers")(s.KeptAnswers(ctx, anna, "key-1", 10))
	same(t, "after the first", []string{"key-2"}, mapped(list, func(r Request) string { return r.Key }))
}

// personErased runs the erasure itself over a practice in which the person stands
// everywhere, twice cut off.
func personErased(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	c := w.client
	_, err := s.UpdateIncident(ctx, anna, w.incident.ID, func(i *incidents.Incident) error {
		i.Story.Summary = "De map van " + c.Person.Name + " lag op straat."
		i.State = incidents.StateClosed
		return nil
	})
	ok(t, "name him in the case", err)
	for _, j := range answered[[]roster.Import](t, "imports")(s.Imports(ctx, anna, "", 10)) {
		_, err := s.UpdateImport(ctx, anna, j.ID, func(j *roster.Import) error { j.State = roster.ImportDone; return nil })
		ok(t, "end the import", err)
	}
	for _, p := range pendingOf(ctx, t, s) {
		ok(t, "publish", s.MarkPublished(ctx, p))
	}
	counts := func() map[incidents.DeliveryState]int {
		return answered[map[incidents.DeliveryState]int](t, "count")(s.CountDeliveries(ctx, anna, w.notice.ID))
	}
	told := updateDelivery(ctx, t, s, w.deliveries[0].ID, func(d *incidents.Delivery) {
		d.State, d.ToldAt, d.To.Name, d.To.Email = incidents.Sent, at(40), c.Person.Name, c.Person.Email
	})
	before := counts()
	r := rightsOf(anna, "rights-erase", 0)
	r.ClientID = c.ID
	ok(t, "identity", r.CheckIdentity("Bekend.", at(1), user()))
	ok(t, "begin", r.BeginErasure(request.MarksOf(r.Person, &c), 30, at(2), user()))
	fileRights(ctx, t, s, r)
	for _, p := range pendingOf(ctx, t, s) {
		ok(t, "publish", s.MarkPublished(ctx, p))
	}
	for range 2 { // a second run finds that it is done
		ok(t, "erase", request.Erase(ctx, s, anna, r.ID, at(3)))
	}
	_, err = s.Client(ctx, anna, c.ID)
	refused(t, "the client", err, fault.NotFound)
	gone := readDelivery(ctx, t, s, told.ID)
	same(t, "reach", incidents.Reach{By: incidents.ErasedBy}, gone.To)
	same(t, "state", incidents.Sent, gone.State)
	same(t, "told at", at(40), gone.ToldAt)
	same(t, "counts", before, counts())
	inc := answered[*incidents.Incident](t, "case")(s.Incident(ctx, anna, w.incident.ID))
	same(t, "summary", "De map van [verwijderd] lag op straat.", inc.Story.Summary)
	done := answered[*request.Request](t, "request")(s.RightsRequest(ctx, anna, r.ID))
	same(t, "who asked", request.Person{}, done.Person)
	same(t, "what named him", request.Marks{}, done.Erasing.Marks)
	same(t, "done", at(3), done.Erasing.DoneAt)
	_, err = register.Verify(register.Head{}, answered[[]register.Entry](t, "entries")(s.Entries(ctx, anna, 0, 100)))
	ok(t, "verify", err)
}
