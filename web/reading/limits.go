package reading

import (
	"crypto/sha256"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// How often somebody may try. The first tries from a network address are always
// looked at, so that nobody who tries a client's e-mail address over and over
// keeps the client himself out; the others count for the network address, for
// the e-mail address, and for the practice.
const (
	firstTries    = 5
	firstEvery    = 20 * time.Minute
	networkTries  = 5
	networkEvery  = time.Minute
	emailTries    = 10
	emailEvery    = 10 * time.Minute
	practiceTries = 60
	practiceEvery = 2 * time.Second
	askTries      = 20
	askEvery      = time.Minute
	mostKeys      = 20_000
)

// limits counts tries, in this process; each of several web processes has its own.
type limits struct {
	first, network, email, practice, asking *page.Limiter
}

func newLimits(now func() time.Time) *limits {
	return &limits{
		first:    page.NewLimiter(firstTries, firstEvery, mostKeys, now),
		network:  page.NewLimiter(networkTries, networkEvery, mostKeys, now),
		email:    page.NewLimiter(emailTries, emailEvery, mostKeys, now),
		practice: page.NewLimiter(practiceTries, practiceEvery, mostKeys, now),
		asking:   page.NewLimiter(askTries, askEvery, mostKeys, now),
	}
}

// try counts one try from an address as page.Address gives it, and says how long to wait when it is one too many.
func (l *limits) try(practice tenant.ID, address, email string) (wait time.Duration, ok bool) {
	from := string(practice) + "\x00" + address
	if ok, _ := l.first.Allow(from); ok {
		return 0, true
	}
	if ok, wait := l.network.Allow(address); !ok {
		return wait, false
	}
	sum := sha256.Sum256([]byte(string(practice) + "\x00" + registry.NormalEmail(email)))
	if ok, wait := l.email.Allow(string(sum[:])); !ok {
		return wait, false
	}
	ok, wait = l.practice.Allow(string(practice))
	return wait, ok
}
