package registry

import (
	"regexp"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Feed is a supplier's list of messages that the program itself reads, since the
// supplier sends nothing: the message centre of Microsoft 365. There is one for each
// processor of a practice; of practice "" it is the host's, and what it gives
// reaches every practice linked to the processor.
type Feed struct {
	ID         string // the processor's
	PracticeID tenant.ID
	Version    int64
	Login      FeedLogin // stored sealed
	ChangedAt  time.Time // when the login was last given, UTC

	// Mark is the last change of a message up to which everything is kept; zero
	// before the first whole look.
	Mark   time.Time
	NextAt time.Time // when it is looked at next
	// TurnUntil is until when somebody who looks now may take; zero when nobody looks.
	TurnUntil time.Time
	ReadAt    time.Time // when it was last read whole; zero never
	// FailingSince is when looking began to fail; zero while it does not.
	FailingSince time.Time
	Fault        FeedFault // of the last look; "" when it was whole
	Seen         int64     // messages that were read
	Kept         int64     // of them new ones about a breach
	Odd          int64     // of them those without a number or a time that can be read
	// EndedAt is when the reading was stopped and the login forgotten; zero while it
	// goes on. What ended is not listed as a feed, and another login begins it anew.
	EndedAt time.Time
	Notes   register.Notes `json:"-"` // what happens to it with the write under way
}

// FeedLogin is what proves to a supplier that the program may read there.
type FeedLogin struct {
	Tenant string // the organisation's id or domain name there
	Client string // the app's id
	Secret string // the app's secret; never shown
}

// FeedFault is why a look at a feed failed.
type FeedFault string

// The faults.
const (
	FeedLoginRefused FeedFault = "login"     // the organisation, app or secret is not known, or the secret ran out
	FeedForbidden    FeedFault = "forbidden" // the app is known, and may not read there
	FeedBusy         FeedFault = "busy"      // the supplier asks to wait
	FeedAway         FeedFault = "away"      // no answer, or one that says that something is broken there
	FeedUnreadable   FeedFault = "unreadable"
)

// FeedFaults are all faults.
func FeedFaults() []FeedFault {
	return []FeedFault{FeedLoginRefused, FeedForbidden, FeedBusy, FeedAway, FeedUnreadable}
}

const (
	// FeedPause is between two looks at a feed.
	FeedPause = 5 * time.Minute
	// FeedTurn is how long one look may take before another may begin.
	FeedTurn = 10 * time.Minute
	// LongestFeedPause is between looks at a feed that cannot be read.
	LongestFeedPause = time.Hour
	// FeedOverlap is read again each time: a message may appear later than others
	// that changed after it.
	FeedOverlap = 30 * time.Minute
	// FeedBeginning is how far back the first look goes.
	FeedBeginning = 30 * 24 * time.Hour
	// FeedStuckAfter is how long a feed may go unread before people are told.
	FeedStuckAfter = 24 * time.Hour
)

// A tenant becomes part of an address, so it is nothing but an id or a domain name.
var (
	guid       = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
)

// Validate returns every fault of the login at once.
func (l FeedLogin) Validate() error {
	var faults fault.List
	if !guid.MatchString(l.Tenant) && (len(l.Tenant) > 253 || !domainName.MatchString(l.Tenant)) {
		faults.Add("tenant", "error.feed_tenant", "give the tenant's id (36 characters) or its domain name")
	}
	if !guid.MatchString(l.Client) {
		faults.Add("client_id", "error.feed_client", "give the app's client id: 36 characters in five groups")
	}
	if n := len(l.Secret); n < 8 || n > 256 || strings.ContainsFunc(l.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		faults.Add("client_secret", "error.feed_secret", "give the value of the client secret, without blanks")
	}
	return faults.Err()
}

// SetLogin gives the feed another login. Another organisation's messages are read
// from their beginning.
func (f *Feed) SetLogin(l FeedLogin, now time.Time) {
	if !strings.EqualFold(f.Login.Tenant, l.Tenant) {
		f.Mark = time.Time{}
	}
	f.Login, f.ChangedAt, f.NextAt, f.TurnUntil = l, now, now, time.Time{}
	f.ReadAt, f.FailingSince, f.Fault, f.EndedAt = time.Time{}, time.Time{}, "", time.Time{}
}

// End stops the reading and forgets the login and all that was read.
func (f *Feed) End(now time.Time) {
	never := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	*f = Feed{ID: f.ID, PracticeID: f.PracticeID, Version: f.Version, ChangedAt: now, NextAt: never, EndedAt: now, Notes: f.Notes}
}

// Ended reports whether the reading was stopped.
func (f Feed) Ended() bool { return !f.EndedAt.IsZero() }

// Since is from when on changes are read at a look that begins now.
func (f Feed) Since(now time.Time) time.Time {
	if f.Mark.IsZero() {
		return now.Add(-FeedBeginning)
	}
	return f.Mark.Add(-FeedOverlap)
}

// FeedPost is one message of a feed about a breach, as it came.
type FeedPost struct {
	ID      string    // "" when it has none that can be read
	Changed time.Time // its last change, UTC; zero when it cannot be read
	Raw     []byte
}

// Claim takes the turn to look, false while somebody else has it. One who was cut
// off loses it.
func (f *Feed) Claim(now time.Time) bool {
	if f.Ended() {
		return false
	}
	if f.TurnUntil.After(now) && !f.TurnUntil.After(now.Add(FeedTurn)) { // one far ahead is of a clock that was wrong
		return false
	}
	f.TurnUntil = now.Add(FeedTurn)
	f.NextAt = f.TurnUntil
	return true
}

// Release gives the turn back without a result.
func (f *Feed) Release(next time.Time) { f.TurnUntil, f.NextAt = time.Time{}, next }

// FeedLook is what one look at a feed came to.
type FeedLook struct {
	Mark  time.Time // the newest change that it saw; zero when it saw none
	Seen  int64
	Kept  int64
	Odd   int64
	Fault FeedFault     // "" when the look was whole
	Wait  time.Duration // how long the supplier asks to wait; 0 does not say
}

// Note writes down a look that began at the instant. The mark moves after a whole
// look alone, never back, and never past the look's own beginning: a message of the
// future hides none that comes before it.
func (f *Feed) Note(l FeedLook, began, now time.Time) {
	f.TurnUntil = time.Time{}
	f.Seen, f.Kept, f.Odd, f.Fault = f.Seen+l.Seen, f.Kept+l.Kept, f.Odd+l.Odd, l.Fault
	if l.Fault != "" {
		if f.FailingSince.IsZero() {
			f.FailingSince = now
		}
		f.NextAt = now.Add(f.pause(l, now))
		return
	}
	if l.Mark.After(began) {
		l.Mark = began
	}
	if l.Mark.After(f.Mark) {
		f.Mark = l.Mark
	}
	f.ReadAt, f.FailingSince, f.NextAt = now, time.Time{}, now.Add(FeedPause)
}

// pause is how long to wait after a look that failed: as long as the supplier asks,
// and longer the longer it fails. A login that is refused is not tried often, lest
// the supplier shut it out.
func (f *Feed) pause(l FeedLook, now time.Time) time.Duration {
	wait := max(FeedPause, min(now.Sub(f.FailingSince), LongestFeedPause/2))
	if l.Fault == FeedLoginRefused || l.Fault == FeedForbidden {
		wait = LongestFeedPause / 2
	}
	return min(max(wait, l.Wait), LongestFeedPause)
}

// Stuck reports whether people must be told that the feed is not read.
func (f Feed) Stuck(now time.Time) bool {
	if f.Ended() {
		return false
	}
	last := f.ChangedAt
	if f.ReadAt.After(last) {
		last = f.ReadAt
	}
	return now.Sub(last) > FeedStuckAfter
}
