package incidents

import (
	"regexp"
	"strings"
	"time"
)

// Pause is a sending account that the mail server refuses: nothing goes out from
// it but a try now and then, and nobody is marked for that.
type Pause struct {
	// Account is the sender's address in lower case; "" stands for every sender,
	// when the server refuses us before it hears for whom we send.
	Account string
	Since   time.Time // the first refusal
	LastAt  time.Time // the newest refusal
	NextAt  time.Time // nothing goes out before
	// WaitsTo is the latest time until which a mail was put off for it.
	WaitsTo  time.Time
	Refusals int // in a row; back to 0 when a person asks for a try
	Server   string
	Stage    string
	Code     int
	Words    string // the server's, without addresses
	// Wake says that a person asked for a try: some mails go at once.
	Wake bool
	// Ended says that the server takes mail again: all that wait go at once.
	Ended   bool
	AskedAt time.Time // when a person last asked for a try
}

const (
	firstPause = 5 * time.Minute
	// LongestPause is the longest time between two tries of a refused account.
	LongestPause = time.Hour
	// askedWithin is how long a second wish to try changes nothing.
	askedWithin = 5 * time.Second
	mostWords   = 200
)

// PauseBackoff returns how long an account rests after so many refusals in a row:
// five minutes at first, doubling to an hour. Providers lock accounts that log in
// wrongly too often.
func PauseBackoff(refusals int) time.Duration {
	wait := firstPause
	for range min(refusals, 6) - 1 {
		wait *= 2
	}
	return min(wait, LongestPause)
}

// AccountRefused returns which account a refusal is about: every sender when it
// came before MAIL FROM, else the one it was tried with.
func AccountRefused(a Answer, from string) string {
	switch a.Stage {
	case "greeting", "starttls", "auth":
		return ""
	}
	return strings.ToLower(from)
}

// Passed reports that the server heard and took the sender, whatever it thinks of
// the reader.
func (a Answer) Passed() bool {
	return a.Kind == Accepted || a.Kind != RefusedAccount && (a.Stage == "rcpt" || a.Stage == "data")
}

// Refused notes another refusal. due is when who waits must have been told; zero
// for no such time.
func (p *Pause) Refused(a Answer, now, due time.Time) {
	if p.Ended || p.Since.IsZero() {
		*p = Pause{Account: p.Account, Since: now, WaitsTo: p.WaitsTo, AskedAt: p.AskedAt}
	}
	p.Refusals++
	p.LastAt, p.Wake = now, false
	p.Server, p.Stage, p.Code, p.Words = a.Server, a.Stage, a.Code, withoutAddresses(a.Text)
	p.restTo(RetryAt(now, PauseBackoff(p.Refusals), due))
}

// Claim asks whether mail may go out now. One who may is the only one until the
// lease ends; others wait until the time returned, earlier than planned when their
// due time wants that.
func (p *Pause) Claim(now, due time.Time, lease time.Duration) (wait time.Time) {
	if left := p.NextAt.Sub(now); left <= 0 || left > LongestPause { // set back clocks hold nobody up
		p.restTo(now.Add(lease))
		return time.Time{}
	}
	if at := RetryAt(now, p.NextAt.Sub(now), due); at.Before(p.NextAt) {
		p.NextAt = at
	}
	return p.NextAt
}

func (p *Pause) restTo(at time.Time) {
	p.NextAt = at
	if at.After(p.WaitsTo) {
		p.WaitsTo = at
	}
}

// Active reports whether the account still rests.
func (p Pause) Active() bool { return !p.Ended && !p.Since.IsZero() }

// Ask lets mail be tried at once, as a person wishes who has mended something. It
// is false when nothing changes: just asked, or nothing to ask for.
func (p *Pause) Ask(now time.Time) bool {
	since := now.Sub(p.AskedAt)
	if !p.Active() || p.Wake || since >= 0 && since < askedWithin {
		return false
	}
	p.Wake, p.Refusals, p.NextAt, p.AskedAt = true, 0, now, now
	return true
}

// Holds reports whether a mail waits for the account and for nothing else.
func (p Pause) Holds(d Delivery, now time.Time) bool {
	if d.State != Deferred || !d.NextAt.After(now) {
		return false
	}
	n := len(d.Attempts)
	return n == 0 || d.Attempts[n-1].Kind == RefusedAccount || d.NextAt.Equal(p.NextAt) || d.NextAt.Equal(p.WaitsTo)
}

// addressed is a word with an address in it, or that may be one.
var addressed = regexp.MustCompile(`\S*@\S*`)

// withoutAddresses shortens a server's words and leaves out every word that holds
// an address: the pause is shown to whoever sends through the server.
func withoutAddresses(text string) string {
	text = strings.Join(strings.Fields(addressed.ReplaceAllString(text, "…")), " ")
	if r := []rune(text); len(r) > mostWords {
		text = string(r[:mostWords]) + "…"
	}
	return text
}
