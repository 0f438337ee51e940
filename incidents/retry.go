package incidents

import "time"

const (
	// lastCall is how long before its due time a mail is tried for the last time
	// within it: the server needs a moment to answer.
	lastCall = 30 * time.Second
	// tryWithin is the share of the time left that may pass before the next try.
	tryWithin = 4
	// shortestWait keeps tries apart near the end.
	shortestWait = time.Minute
)

// RetryAt returns when a mail that may wait so long is tried again. While due is
// ahead at most a quarter of the time left passes, a minute at least, and the last
// try comes half a minute before it; afterwards, and with due zero, the mail waits
// as long as it may. The result is after now and never later than now plus wait.
func RetryAt(now time.Time, wait time.Duration, due time.Time) time.Time {
	left := due.Sub(now)
	if due.IsZero() || left <= lastCall {
		return now.Add(wait)
	}
	wait = min(wait, max(left/tryWithin, shortestWait))
	return now.Add(min(wait, left-lastCall))
}

// Spread makes a wait up to a quarter shorter or longer, so that what failed
// together does not come back together; by is from 0 to 1.
func Spread(wait time.Duration, by float64) time.Duration {
	return time.Duration(float64(wait) * (0.75 + by/2))
}

// DueAtFor returns until when an audience must have been told, the zero time when
// nothing runs for it. The practice's promise stands for all but the controller.
func (i *Incident) DueAtFor(audience Audience) time.Time {
	kind := ClientClock
	if audience == ToController {
		kind = ControllerClock
	}
	c := i.Clock(kind)
	if c == nil || !c.MetAt.IsZero() || !c.EndedAt.IsZero() {
		return time.Time{}
	}
	due, _ := c.DueAt()
	return due
}
