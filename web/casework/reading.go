package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// readingStore is what showing a notice to its reader, and his questions, need.
type readingStore interface {
	DeliveriesByCode(ctx context.Context, practice tenant.ID, code string, limit int) ([]incidents.Delivery, error)
	DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error)
	CreateQuestion(ctx context.Context, q incidents.ReaderQuestion) error
	Question(ctx context.Context, practice tenant.ID, id string) (incidents.ReaderQuestion, error)
	UpdateQuestion(ctx context.Context, practice tenant.ID, id string, change func(*incidents.ReaderQuestion) error) (incidents.ReaderQuestion, error)
	QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error)
}

const (
	mostSameCode = 10
	noCode       = "0000000000" // looked up in the place of what cannot be a code
	mostNotices  = 200          // of one case
	mostAsked    = 100          // questions of one reader
	// notAClient begins the id of a person whom the practice does not know as a client.
	notAClient = "u-"
)

// OpenReading returns the delivery that a code and the address it was mailed to
// open. Whatever is wrong about them is fault.NotFound.
func (o *Office) OpenReading(ctx context.Context, p registry.Practice, code, email string) (incidents.Delivery, error) {
	typed := incidents.TypedCode(code)
	rows, err := o.store.DeliveriesByCode(ctx, p.ID, cmp.Or(typed, noCode), mostSameCode)
	if err != nil {
		return incidents.Delivery{}, fmt.Errorf("look up a code: %w", err)
	}
	for _, d := range rows {
		if !d.Opens(typed, email) {
			continue
		}
		if _, err := o.readable(ctx, p, d); err != nil {
			return incidents.Delivery{}, err
		}
		return d, nil
	}
	return incidents.Delivery{}, fault.NotFound
}

// readable returns the notice of a delivery while its reader may look at it: it
// was let go, its time is not over and the practice still knows him.
func (o *Office) readable(ctx context.Context, p registry.Practice, d incidents.Delivery) (*incidents.Notice, error) {
	if d.NoticeID == "" {
		return nil, fault.NotFound
	}
	n, err := o.store.Notice(ctx, p.ID, d.NoticeID)
	if err != nil {
		return nil, err
	}
	if !n.Readable(o.now()) {
		return nil, fault.NotFound
	}
	ids := slices.DeleteFunc([]string{d.Person, d.Reader}, func(id string) bool { return strings.HasPrefix(id, notAClient) })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	known, err := o.store.ClientsByIDs(ctx, p.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("look up the reader: %w", err)
	}
	if len(known) < len(ids) {
		return nil, fault.NotFound // erased
	}
	return n, nil
}

// Reading is all that a reader may see.
type Reading struct {
	Delivery  incidents.Delivery
	Notices   []ReadNotice // in the order in which they were let go
	Questions []incidents.ReaderQuestion
}

// ReadNotice is a notice as it went to its reader.
type ReadNotice struct {
	Delivery incidents.Delivery
	Notice   *incidents.Notice
	Text     incidents.Text
}

// Reading returns what the reader of a delivery sees: every notice of the case
// that went to him about the same person, and what he asked. fault.NotFound when
// he may not look any more.
func (o *Office) Reading(ctx context.Context, p registry.Practice, delivery string) (Reading, error) {
	d, err := o.store.Delivery(ctx, p.ID, delivery)
	if err != nil {
		return Reading{}, err
	}
	if _, err := o.readable(ctx, p, d); err != nil {
		return Reading{}, err
	}
	r := Reading{Delivery: d}
	if r.Notices, err = o.readNotices(ctx, p, d); err != nil {
		return Reading{}, err
	}
	asked, err := o.store.QuestionsOf(ctx, p.ID, d.IncidentID, d.Reader, "", mostAsked)
	if err != nil {
		return Reading{}, fmt.Errorf("list questions: %w", err)
	}
	r.Questions = slices.DeleteFunc(asked, func(q incidents.ReaderQuestion) bool { return q.Person != d.Person })
	return r, nil
}

func (o *Office) readNotices(ctx context.Context, p registry.Practice, d incidents.Delivery) ([]ReadNotice, error) {
	found, err := o.store.NoticesOf(ctx, p.ID, d.IncidentID, "", mostNotices)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	notices, ids := map[string]*incidents.Notice{}, []string(nil)
	for _, n := range found {
		if n.Readable(o.now()) {
			id := incidents.DeliveryID(n.ID, d.Person, d.Reader)
			notices[id], ids = n, append(ids, id)
		}
	}
	rows, err := o.store.DeliveriesByIDs(ctx, p.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	var read []ReadNotice
	for _, row := range rows {
		if row.State.Told() || row.ID == d.ID {
			read = append(read, ReadNotice{Delivery: row, Notice: notices[row.ID], Text: asSent(p, notices[row.ID], row)})
		}
	}
	slices.SortFunc(read, func(a, b ReadNotice) int {
		return cmp.Or(a.Notice.ApprovedAt.Compare(b.Notice.ApprovedAt), cmp.Compare(a.Notice.ID, b.Notice.ID))
	})
	return read, nil
}

// asSent is the approved text with the reader's name where the policy puts it.
func asSent(p registry.Practice, n *incidents.Notice, d incidents.Delivery) incidents.Text {
	name := ""
	if p.Policy.NameInMail || d.Channel == registry.ByLetter {
		name = d.To.Name
	}
	t := n.TextFor(d.Voice(), p.Language)
	t.Body = playbooks.Personalise(t.Body, name)
	return t
}

// ConfirmRead records that a reader said that he read one of his notices. The log
// is written first: cut off in between, he can say it again.
func (o *Office) ConfirmRead(ctx context.Context, p registry.Practice, r Reading, delivery string) error {
	at := slices.IndexFunc(r.Notices, func(n ReadNotice) bool { return n.Delivery.ID == delivery })
	if at < 0 {
		return fault.NotFound
	}
	d := r.Notices[at].Delivery
	if !d.ReadAt.IsZero() {
		return nil
	}
	_, err := o.store.UpdateNotice(ctx, p.ID, d.NoticeID, func(n *incidents.Notice) error {
		n.ReadBy(d, o.now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("note that it was read: %w", err)
	}
	defer o.nudge()
	_, err = o.store.UpdateDelivery(ctx, p.ID, d.ID, func(d *incidents.Delivery) error {
		d.ConfirmRead(o.now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("record that it was read: %w", err)
	}
	return nil
}

// Ask keeps a reader's question once; form names the showing of the form.
func (o *Office) Ask(ctx context.Context, p registry.Practice, r Reading, form, text string) error {
	q, err := incidents.NewQuestion(r.Delivery, form, text, o.now())
	if err != nil {
		return err
	}
	again, open := false, 0
	for _, old := range r.Questions {
		again = again || old.ID == q.ID
		if old.Open() {
			open++
		}
	}
	if !again && open >= incidents.MaxOpenQuestions {
		return &fault.Error{Code: fault.Invalid, Field: "question", Key: "error.questions_waiting", Message: "your earlier questions wait for an answer; phone or mail the practice"}
	}
	if err := o.store.CreateQuestion(ctx, q); err != nil && !errors.Is(err, fault.Duplicate) {
		return fmt.Errorf("save question: %w", err)
	}
	if q, err = o.store.Question(ctx, p.ID, q.ID); err != nil {
		return fmt.Errorf("read question: %w", err)
	}
	_, err = o.store.UpdateNotice(ctx, p.ID, q.NoticeID, func(n *incidents.Notice) error {
		n.Asked(q)
		return nil
	})
	o.nudge()
	if err != nil {
		return fmt.Errorf("note the question: %w", err)
	}
	return nil
}

// AnswerQuestion records how a question was answered, in the log first.
func (o *Office) AnswerQuestion(ctx context.Context, practice tenant.ID, id, by, note string, actor incidents.Actor) (incidents.ReaderQuestion, error) {
	q, err := o.store.Question(ctx, practice, id)
	if err != nil {
		return q, err
	}
	now := o.now()
	if err := q.Answer(by, note, actor, now); err != nil {
		return q, err
	}
	_, err = o.store.UpdateNotice(ctx, practice, q.NoticeID, func(n *incidents.Notice) error {
		n.Answered(q)
		return nil
	})
	if err != nil {
		return q, fmt.Errorf("note the answer: %w", err)
	}
	defer o.nudge()
	return o.store.UpdateQuestion(ctx, practice, id, func(q *incidents.ReaderQuestion) error { return q.Answer(by, note, actor, now) })
}

// WithReading tells the reader of a letter of his code, when the practice has an
// address of his that he can type with it.
func WithReading(t incidents.Text, p registry.Practice, n *incidents.Notice, d incidents.Delivery, address string) incidents.Text {
	if d.Code == "" || d.To.Email == "" || !incidents.CanBeReadAgain(n.Audience) {
		return t
	}
	t = playbooks.WithReading(t, p, address)
	t.Body = playbooks.FillCode(t.Body, d.Code)
	return t
}
