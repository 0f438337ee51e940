package casework

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// Step is one first step of a case's kind, with what was recorded of it.
type Step struct {
	playbooks.Task
	DueAt time.Time
	Mark  incidents.StepMark // State is open when nothing was recorded
}

// Late reports whether the step is open after its time.
func (s Step) Late(now time.Time) bool {
	return s.Mark.State == incidents.StepIsOpen && now.After(s.DueAt)
}

// Steps returns the first steps of a case's kind, the most urgent first.
func Steps(book interface {
	Playbook(id string) (playbooks.Playbook, bool)
}, inc *incidents.Incident) []Step {
	p, _ := book.Playbook(inc.Facts.Playbook)
	var steps []Step
	for _, t := range p.Tasks {
		s := Step{Task: t, DueAt: stepDue(inc, t)}
		mark, some := inc.StepMark(p.ID, t.ID)
		if !some {
			mark = incidents.StepMark{Playbook: p.ID, Step: t.ID, State: incidents.StepIsOpen}
		}
		s.Mark = mark
		steps = append(steps, s)
	}
	return steps
}

// stepDue is by when a step should be done, at the pace of the case's clocks.
func stepDue(inc *incidents.Incident, t playbooks.Task) time.Time {
	return inc.AwareAt().Add(inc.Paced(t.Within))
}

// StepsOf is Steps with the office's own book.
func (o *Office) StepsOf(inc *incidents.Incident) []Step { return Steps(o.book, inc) }

// MarkStep records what became of a first step; which step is meant is said by
// m.Step, and of which kind by m.Playbook ("" takes the case's own).
func (o *Office) MarkStep(ctx context.Context, p registry.Practice, id string, m incidents.StepMark) (*incidents.Incident, error) {
	return o.change(ctx, p.ID, id, func(i *incidents.Incident) error {
		mark := m
		if mark.Playbook == "" {
			mark.Playbook = i.Facts.Playbook
		}
		kind, _ := o.book.Playbook(mark.Playbook)
		task, known := kind.Task(mark.Step)
		if !known {
			return fault.NotFound
		}
		mark.Text, mark.DueAt = task.Text[pageLanguage(p)], stepDue(i, task)
		return i.MarkStep(mark, o.now())
	})
}

// pageLanguage is the practice's language when pages speak it, else Dutch.
func pageLanguage(p registry.Practice) string {
	if p.Language == "en" {
		return p.Language
	}
	return "nl"
}

// AnswerQuestions keeps the answers to the questions of the case's kind; a
// question that is not among them keeps its answer, "" takes it away.
func (o *Office) AnswerQuestions(ctx context.Context, practice tenant.ID, id string, answers map[string]string, reason string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error {
		merged := MergeAnswers(i.Story.Answers, i.Facts.Playbook, answers)
		if err := o.checkAnswers(i.Facts.Playbook, i.Story.Answers, merged).Err(); err != nil {
			return err
		}
		return i.Change(incidents.Change{Reason: reason, By: by, Apply: func(f *incidents.Facts, s *incidents.Story) {
			s.Answers = merged
			o.consult(f, merged)
		}}, o.now())
	})
}

// consult notes what the playbook says of a case's kind and of the answers to its
// questions. A kind that is gone from the book says nothing.
func (o *Office) consult(f *incidents.Facts, answers map[string]string) {
	kind, _ := o.book.Playbook(f.Playbook)
	kind.Tell(f, answers)
}

// MergeAnswers returns the answers of a case with those to a kind's questions
// replaced; "" takes one away, and none at all is nil.
func MergeAnswers(old map[string]string, playbook string, answers map[string]string) map[string]string {
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]string{}
	}
	for question, answer := range answers {
		key := incidents.AnswerKey(playbook, question)
		if merged[key] = answer; answer == "" {
			delete(merged, key)
		}
	}
	if len(merged) == 0 {
		return nil
	}
	return merged
}

// checkAnswers refuses a new answer that no question of the case's kind offers. One
// that stands already stays, whatever the playbook offers by now.
func (o *Office) checkAnswers(playbook string, old, answers map[string]string) fault.List {
	kind, _ := o.book.Playbook(playbook)
	var faults fault.List
	for key, answer := range answers {
		question, own := cutKind(key, playbook)
		if own && old[key] != answer && !kind.Offers(question, answer) {
			faults.Add("answers", "error.answer_option", "choose one of the answers that the question offers")
			break
		}
	}
	return faults
}

// cutKind returns the question that an answer's key names, when it is one of this kind's.
func cutKind(key, playbook string) (string, bool) {
	return strings.CutPrefix(key, incidents.AnswerKey(playbook, ""))
}

// AddMeasure puts something to do on a case's list.
func (o *Office) AddMeasure(ctx context.Context, practice tenant.ID, id string, m incidents.Measure) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.AddMeasure(m, o.now()) })
}

// TakeLesson puts a suggestion of the case's kind on its list of measures.
func (o *Office) TakeLesson(ctx context.Context, p registry.Practice, id, lesson string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, p.ID, id, func(i *incidents.Incident) error {
		kind, _ := o.book.Playbook(i.Facts.Playbook)
		at := slices.IndexFunc(kind.Lessons, func(l playbooks.Lesson) bool { return l.ID == lesson })
		if at < 0 {
			return fault.NotFound
		}
		return i.AddMeasure(incidents.Measure{Text: kind.Lessons[at].Text[pageLanguage(p)], Lesson: incidents.AnswerKey(kind.ID, lesson), By: by}, o.now())
	})
}

// ChangeMeasure gives an open measure the text, owner and last day of m.
func (o *Office) ChangeMeasure(ctx context.Context, practice tenant.ID, id, measure string, m incidents.Measure) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.ChangeMeasure(measure, m, o.now()) })
}

// EndMeasure records that a measure is done, or dropped for a reason.
func (o *Office) EndMeasure(ctx context.Context, practice tenant.ID, id, measure, note string, dropped bool, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.EndMeasure(measure, note, dropped, o.now(), by) })
}

// Checklist is what is looked at before a case is closed.
func (o *Office) Checklist(ctx context.Context, inc *incidents.Incident) ([]incidents.CheckPoint, error) {
	counts, err := o.CountCalls(ctx, inc)
	if err != nil {
		return nil, fmt.Errorf("count who is still to be told: %w", err)
	}
	notices, err := o.approvedNotices(ctx, inc)
	if err != nil {
		return nil, err
	}
	outside := incidents.Outside{Undelivered: counts.Open}
	for _, n := range notices {
		if n.State != incidents.NoticeIsSent && n.State != incidents.NoticeIsSuperseded {
			outside.Undelivered++ // its mails are still going out
		}
	}
	for _, s := range o.StepsOf(inc) {
		if s.Mark.State == incidents.StepIsOpen {
			outside.StepsOpen++
		}
	}
	return inc.Checklist(outside), nil
}

// Close ends a case whose duties are done, with its checklist as it stands.
func (o *Office) Close(ctx context.Context, practice tenant.ID, id string, c incidents.Closing) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error {
		points, err := o.Checklist(ctx, i)
		if err != nil {
			return err
		}
		c.Points = points
		return i.CloseAfter(c, o.now())
	})
}
