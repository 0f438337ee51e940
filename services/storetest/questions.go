package storetest

import (
	"context"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func questionTests() []test {
	return []test{
		{"a question comes back word for word, before and after its answer", questionComesBack},
		{"a known question is refused", questionTwice},
		{"questions come oldest first, page by page, without the answered ones when asked", questionsPaged},
		{"questions of a case, and of one reader", questionsOfCase},
		{"open questions are counted", questionsCounted},
		{"a delivery is found by its reader's code, in its own practice alone", deliveryByCode},
	}
}

func questionOf(practice tenant.ID, incident, id string, minute int) incidents.ReaderQuestion {
	return incidents.ReaderQuestion{ID: id, PracticeID: practice, IncidentID: incident, Version: 1, NoticeID: "notice-1", DeliveryID: "delivery-1",
		Person: "client-1", Reader: "client-1", AskedAt: at(minute), Text: "Wat staat er\nover mij in? \u201c" + id + "\u201d"}
}

func ask(ctx context.Context, t testing.TB, s Store, q incidents.ReaderQuestion) {
	t.Helper()
	ok(t, "create question", s.CreateQuestion(ctx, q))
}

func idOfQuestion(q incidents.ReaderQuestion) string { return q.ID }

func answer(ctx context.Context, t testing.TB, s Store, practice tenant.ID, id string) incidents.ReaderQuestion {
	t.Helper()
	return answered[incidents.ReaderQuestion](t, "answer question")(s.UpdateQuestion(ctx, practice, id, func(q *incidents.ReaderQuestion) error {
		return q.Answer("phone", "Gebeld.", user(), at(90))
	}))
}

func questionComesBack(ctx context.Context, t *testing.T, s Store) {
	want := questionOf(anna, "incident-1", "question-1", 0)
	ask(ctx, t, s, want)
	same(t, "question", want, answered[incidents.ReaderQuestion](t, "read")(s.Question(ctx, anna, want.ID)))
	got := answer(ctx, t, s, anna, want.ID)
	want.Version, want.AnsweredAt, want.By, want.Note, want.AnsweredBy = 2, at(90), "phone", "Gebeld.", user()
	same(t, "answered", want, got)
	same(t, "answered and read", want, answered[incidents.ReaderQuestion](t, "read")(s.Question(ctx, anna, want.ID)))
	_, err := s.Question(ctx, anna, "question-unknown")
	refused(t, "an unknown question", err, fault.NotFound)
}

func questionTwice(ctx context.Context, t *testing.T, s Store) {
	ask(ctx, t, s, questionOf(anna, "incident-1", "question-1", 0))
	again := questionOf(anna, "incident-1", "question-1", 5)
	again.Text = "another"
	refused(t, "a known question", s.CreateQuestion(ctx, again), fault.Duplicate)
	ask(ctx, t, s, questionOf(bert, "incident-1", "question-1", 0))
}

func questionsPaged(ctx context.Context, t *testing.T, s Store) {
	for n, minute := range []int{3, 1, 2, 1} {
		ask(ctx, t, s, questionOf(anna, "incident-1", []string{"d", "a", "c", "b"}[n], minute))
	}
	ask(ctx, t, s, questionOf(bert, "incident-1", "e", 0))
	page := func(open bool, after string, limit int) []string {
		return mapped(answered[[]incidents.ReaderQuestion](t, "list")(s.Questions(ctx, anna, open, after, limit)), idOfQuestion)
	}
	same(t, "all", []string{"a", "b", "c", "d"}, page(false, "", 10))
	same(t, "the first two", []string{"a", "b"}, page(false, "", 2))
	same(t, "after them", []string{"c", "d"}, page(false, "b", 10))
	answer(ctx, t, s, anna, "b")
	same(t, "open", []string{"a", "c", "d"}, page(true, "", 10))
	same(t, "open after an answered one", []string{"c", "d"}, page(true, "b", 10))
	same(t, "all with the answered one", []string{"a", "b", "c", "d"}, page(false, "", 10))
}

func questionsOfCase(ctx context.Context, t *testing.T, s Store) {
	ask(ctx, t, s, questionOf(anna, "incident-1", "a", 2))
	other := questionOf(anna, "incident-1", "b", 1)
	other.Reader = "client-2"
	ask(ctx, t, s, other)
	ask(ctx, t, s, questionOf(anna, "incident-2", "c", 0))
	of := func(incident, reader, after string) []string {
		return mapped(answered[[]incidents.ReaderQuestion](t, "list")(s.QuestionsOf(ctx, anna, incident, reader, after, 10)), idOfQuestion)
	}
	same(t, "of the case", []string{"b", "a"}, of("incident-1", "", ""))
	same(t, "of the case, the next page", []string{"a"}, of("incident-1", "", "b"))
	same(t, "of one reader", []string{"a"}, of("incident-1", "client-1", ""))
	same(t, "of the other case", []string{"c"}, of("incident-2", "", ""))
}

func questionsCounted(ctx context.Context, t *testing.T, s Store) {
	for n, incident := range []string{"incident-1", "incident-1", "incident-2"} {
		ask(ctx, t, s, questionOf(anna, incident, []string{"a", "b", "c"}[n], n))
	}
	ask(ctx, t, s, questionOf(bert, "incident-1", "d", 0))
	answer(ctx, t, s, anna, "a")
	count := func(incident string) int64 {
		return answered[int64](t, "count")(s.CountOpenQuestions(ctx, anna, incident))
	}
	same(t, "of the practice", int64(2), count(""))
	same(t, "of the case", int64(1), count("incident-1"))
}

func deliveryByCode(ctx context.Context, t *testing.T, s Store) {
	const code = "K7QM4XTR9B"
	_, rows := sentTo(ctx, t, s, "notice-1", 2)
	coded := deliveryOf(approvedNotice(incidentOf(anna, "incident-1", at(0)), "notice-1"), "client-coded")
	coded.Code = code
	putDeliveries(ctx, t, s, coded)
	found := func(practice tenant.ID, code string) []string {
		return mapped(answered[[]incidents.Delivery](t, "find")(s.DeliveriesByCode(ctx, practice, code, 10)), idOfDelivery)
	}
	same(t, "by its code", []string{coded.ID}, found(anna, code))
	same(t, "by another", []string(nil), found(anna, "K7QM4XTR9C"))
	same(t, "by none", []string(nil), found(anna, ""))
	same(t, "elsewhere", []string(nil), found(bert, code))
	tried := answered[[]incidents.Delivery](t, "claim")(claimed(ctx, s, anna, at(30), []string{coded.ID}))
	tried[0].Record(answerAt(at(31), incidents.Accepted), at(40))
	answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, anna, tried))
	same(t, "once it is sent", []string{coded.ID}, found(anna, code))
	read := updateDelivery(ctx, t, s, coded.ID, func(d *incidents.Delivery) { d.ConfirmRead(at(50)) })
	same(t, "read at", at(50), read.ReadAt)
	same(t, "its code after all that", code, readDelivery(ctx, t, s, coded.ID).Code)
	same(t, "another's code", rows[0].Code, readDelivery(ctx, t, s, rows[0].ID).Code)
}

func questionCalls() []call {
	return []call{
		does("CreateQuestion", adds, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.CreateQuestion(ctx, questionOf(p, w.incident.ID, "question-new", 5))
		}),
		gives("Question", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (incidents.ReaderQuestion, error) {
			return s.Question(ctx, p, worldQuestion)
		}),
		gives("UpdateQuestion", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (incidents.ReaderQuestion, error) {
			return s.UpdateQuestion(ctx, p, worldQuestion, func(q *incidents.ReaderQuestion) error { q.Note = "Anders"; return nil })
		}),
		gives("Questions", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]incidents.ReaderQuestion, error) {
			return s.Questions(ctx, p, false, "", 10)
		}),
		gives("QuestionsOf", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.ReaderQuestion, error) {
			return s.QuestionsOf(ctx, p, w.incident.ID, "", "", 10)
		}),
		gives("CountOpenQuestions", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (int64, error) {
			return s.CountOpenQuestions(ctx, p, w.incident.ID)
		}),
		gives("DeliveriesByCode", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			return s.DeliveriesByCode(ctx, p, w.deliveries[1].Code, 10)
		}),
	}
}
