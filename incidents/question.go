package incidents

import (
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// MaxQuestion is how many characters a reader's question may have.
const MaxQuestion = 2_000

// MaxOpenQuestions is how many questions of one reader about one case may wait
// for an answer.
const MaxOpenQuestions = 5

// ReaderQuestion is what a reader of a notice wants to know. The practice answers it in
// its own way, and records that it did.
type ReaderQuestion struct {
	ID         string
	PracticeID tenant.ID
	IncidentID string
	Version    int64
	NoticeID   string
	DeliveryID string
	Person     string // affected id, whom the notice is about
	Reader     string // client id of who asks
	AskedAt    time.Time
	Text       string    // stored sealed
	AnsweredAt time.Time // zero while it waits
	By         string    // "phone", "email", "letter", "in_person"
	Note       string    // of who answered; stored sealed
	AnsweredBy Actor
}

// NewQuestion returns what the reader of a delivery asks. form names the showing
// of the form it came in, so that a question sent twice is one.
func NewQuestion(d Delivery, form, text string, now time.Time) (ReaderQuestion, error) {
	var faults fault.List
	registry.CheckText(&faults, "question", text, 1, MaxQuestion)
	if err := faults.Err(); err != nil {
		return ReaderQuestion{}, err
	}
	return ReaderQuestion{ID: fingerprint("question", d.ID, form, text), PracticeID: d.PracticeID, IncidentID: d.IncidentID, NoticeID: d.NoticeID,
		DeliveryID: d.ID, Person: d.Person, Reader: d.Reader, AskedAt: now, Text: text}, nil
}

// Open reports whether the question waits for an answer.
func (q ReaderQuestion) Open() bool { return q.AnsweredAt.IsZero() }

// Answer records how the practice answered, with a note for itself.
func (q *ReaderQuestion) Answer(by, note string, actor Actor, now time.Time) error {
	var faults fault.List
	if by != "phone" && by != "email" && by != "letter" && by != "in_person" {
		faults.Add("by", "error.answered_by", "choose phone, email, letter or in_person")
	}
	registry.CheckText(&faults, "note", note, 0, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if !q.Open() {
		return fault.New(fault.Conflict, "error.answered_already", "this question is answered already")
	}
	q.AnsweredAt, q.By, q.Note, q.AnsweredBy = now, by, note, actor
	return nil
}

// Asked notes in the case's log that a reader asked something, once. What he
// asked is kept with the question alone.
func (n *Notice) Asked(q ReaderQuestion) {
	n.noteOnce(Event{Kind: QuestionAsked, At: q.AskedAt, Actor: Reader(), Facts: map[string]string{"question": q.ID, "delivery": q.DeliveryID}})
}

// Answered notes in the case's log how a question was answered, once.
func (n *Notice) Answered(q ReaderQuestion) {
	n.noteOnce(Event{Kind: QuestionAnswered, At: q.AnsweredAt, Actor: q.AnsweredBy, Facts: map[string]string{"question": q.ID,
		"delivery": q.DeliveryID, "answered": "by", "by": q.By}, Words: map[string]string{"note": q.Note}})
}
