package notifier

import (
	"context"
	"errors"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/request"
	"datalek/incidents/retention"
)

// follower starts what an aggregate's events call for.
type follower struct {
	jobs    *dispatcher
	warner  *warner
	clocks  *armer
	updates *updates
}

// calls is the work that a list of events asks for. Each name is the id of the
// last event that asks, "" when none does.
type calls struct {
	assess, draft, arm, spread, count string
	notice                            string // whose mails are spread or counted
	warn                              []incidents.Event
	sent                              []incidents.Event // notices whose last mail was answered
	approved                          []incidents.Event // notices that were let go
}

// callsOf says what follows from the events of one aggregate.
func callsOf(events []incidents.Event) calls {
	var c calls
	// A report that is part of a case already waits for nobody: the case tells of it.
	settled := slices.ContainsFunc(events, func(e incidents.Event) bool { return e.Kind == incidents.ReportBecameCase })
	for _, e := range events {
		switch e.Kind {
		case incidents.IncidentOpened, incidents.FactsChanged, incidents.AwareCorrected, incidents.PolicyAdopted:
			c.assess, c.arm = e.ID, e.ID
		case incidents.AssessmentAsked, incidents.PersonAdded, incidents.PersonRemoved, incidents.PersonToBeTold, incidents.PersonNotTold, incidents.ReportJoined:
			c.assess = e.ID
		case incidents.ClockMet, incidents.ClockEnded, incidents.ClockReopened, incidents.IncidentClosed, incidents.UpdatePromised, incidents.UpdateMoved:
			c.arm = e.ID
		case incidents.ThresholdPassed, incidents.AlarmStepped:
			c.arm, c.warn = e.ID, append(c.warn, e)
		case incidents.AlarmUnheard, incidents.AlarmSeen:
			c.arm = e.ID
		case incidents.SenderAccountDown, incidents.QuestionAsked, incidents.StepsLate, request.ThresholdPassed:
			c.warn = append(c.warn, e)
		case incidents.NoticeApproved:
			c.spread, c.notice, c.approved = e.ID, e.Subject, append(c.approved, e)
		case incidents.NoticeSent:
			c.sent = append(c.sent, e)
		case incidents.PreliminaryWasPlanned, incidents.PreliminaryWasStopped, incidents.PreliminaryWasResumed:
			c.arm = e.ID
		case incidents.PreliminaryWent, incidents.PreliminaryHasNoWay:
			c.warn = append(c.warn, e)
		case incidents.ToldOtherwise, incidents.FoundUnreachable:
			c.count, c.notice = e.ID, e.Subject
		}
		if e.Kind == retention.Digested {
			c.warn = append(c.warn, e)
		}
		if arrived(e) && !(e.Kind == incidents.ReportReceived && settled) {
			c.warn = append(c.warn, e)
		}
		if e.Kind == incidents.AssessmentDone || e.Kind == incidents.FactsChanged || e.Kind == incidents.DecisionTaken {
			c.draft = e.ID
		}
	}
	return c
}

// arrived reports whether the event tells of a case or report that came from
// outside, or of more about one: the practitioner did not file it himself, so he
// hears of it at once.
func arrived(e incidents.Event) bool {
	switch e.Kind {
	case incidents.IncidentOpened:
		return e.Facts["source"] == string(incidents.FromWebhook)
	case incidents.ReportJoined:
		return true // a processor's later stage
	case incidents.ReportReceived:
		found := e.Facts["source"] == string(incidents.FromMail) && e.Actor.Kind == register.ActorSystem // in a folder, by nobody
		return found || e.Facts["source"] == string(incidents.FromWebhook) || e.Facts["source"] == string(incidents.FromPublic)
	default:
		return false
	}
}

// up starts the work. Only a warning that could not be written down, or a kept
// promise, is an error: everything else is a hint that a sweep repeats.
func (f *follower) up(ctx context.Context, p incidents.Pending) error {
	incident := incidentOf(p.Events)
	key := string(p.PracticeID) + "." + incident
	base := job{Practice: p.PracticeID, Incident: incident}
	c := callsOf(p.Events)
	err := errors.Join(f.warn(ctx, c.warn), f.keepPromises(ctx, c.sent), f.decided(ctx, c.approved), f.quiet(ctx, c.approved))
	if incident == "" {
		return err
	}
	if c.assess != "" {
		f.jobs.send(ctx, queueAssess, key, c.assess+"/assess", base)
	}
	if c.draft != "" {
		f.jobs.send(ctx, queueDraft, key, c.draft+"/draft", base)
	}
	base.Notice = c.notice
	if c.spread != "" {
		f.jobs.send(ctx, queueMail, key, c.spread+"/mail", base)
	}
	if base.Count = true; c.count != "" {
		f.jobs.send(ctx, queueMail, key, c.count+"/count", base)
	}
	if c.arm != "" {
		f.clocks.follow(ctx, p.PracticeID, incident)
	}
	return err
}

func incidentOf(events []incidents.Event) string {
	for _, e := range events {
		if e.IncidentID != "" {
			return e.IncidentID
		}
	}
	return ""
}

func (f *follower) decided(ctx context.Context, approved []incidents.Event) error {
	var held error
	for _, e := range approved {
		held = errors.Join(held, f.updates.decided(ctx, e))
	}
	return held
}

func (f *follower) keepPromises(ctx context.Context, sent []incidents.Event) error {
	var held error
	for _, e := range sent {
		held = errors.Join(held, f.updates.sent(ctx, e))
	}
	return held
}

// quiet ends the alarms of a duty that somebody is at work on.
func (f *follower) quiet(ctx context.Context, approved []incidents.Event) error {
	var held error
	for _, e := range approved {
		held = errors.Join(held, f.updates.approved(ctx, e))
	}
	return held
}

// warn writes the warnings down at once, so that no lost bus can lose them.
// While the store is away the event waits in its outbox; what else fails goes to
// a queue, where it is tried again and in the end becomes a dead letter.
func (f *follower) warn(ctx context.Context, events []incidents.Event) error {
	var held error
	for _, e := range events {
		err := f.warner.prepare(ctx, e)
		if err == nil || !passing(err) && f.putOff(ctx, e, err) {
			continue
		}
		held = errors.Join(held, err)
	}
	return held
}

// passing reports whether a failure goes away by itself.
func passing(err error) bool {
	return errors.Is(err, fault.Unavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (f *follower) putOff(ctx context.Context, e incidents.Event, cause error) bool {
	e.Words = nil
	j := job{Practice: e.PracticeID, Incident: e.IncidentID, Event: &e}
	done := f.jobs.queued(ctx, queueWarn, string(e.PracticeID)+".warning", e.ID+"/warn", j)
	if done {
		f.jobs.log.Warn("warning put off", "practice", e.PracticeID, "incident", e.IncidentID, "error", cause)
	}
	return done
}
