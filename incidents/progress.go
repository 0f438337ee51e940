package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Progress is how far the telling of those in scope has come.
type Progress struct {
	Told    int       // every reader of the person was told
	Settled int       // every reader told or unreachable, at least one unreachable
	LastAt  time.Time // of the newest telling or settling
}

// Telling is what one delivery says about one reader of one person.
type Telling struct {
	Person string // affected id
	Reader string
	Notice string // that the delivery belongs to
	State  DeliveryState
	At     time.Time // when he was told, or settled
}

// Weigh counts how many of the persons are told or settled. readers maps each
// person in scope to those who must be told for him.
func Weigh(readers map[string][]string, tellings []Telling) Progress {
	best := map[string]Telling{}
	for _, t := range tellings {
		key := t.Person + "\x00" + t.Reader
		if old, some := best[key]; !some || stronger(t.State, old.State) {
			best[key] = t
		}
	}
	var p Progress
	for person, who := range readers {
		p.weigh(person, who, best)
	}
	return p
}

func (p *Progress) weigh(person string, readers []string, best map[string]Telling) {
	told, settled := 0, 0
	var last time.Time
	for _, r := range readers {
		t, some := best[person+"\x00"+r]
		switch {
		case some && t.State.Told():
			told++
		case some && t.State == Unreachable:
			settled++
		}
		if t.At.After(last) {
			last = t.At
		}
	}
	switch {
	case len(readers) > 0 && told == len(readers):
		p.Told++
	case told+settled == len(readers) && settled > 0:
		p.Settled++
	default:
		return
	}
	if last.After(p.LastAt) {
		p.LastAt = last
	}
}

func stronger(a, b DeliveryState) bool {
	rank := func(s DeliveryState) int {
		switch {
		case s.Told():
			return 2
		case s == Unreachable:
			return 1
		default:
			return 0
		}
	}
	return rank(a) > rank(b)
}

// SetProgress records how many in scope are told, meets the client clock when
// all are settled, and reopens it when somebody no longer is. While the case is
// being assessed anew the count is about the assessment before, so that it meets
// nothing.
func (i *Incident) SetProgress(p Progress, now time.Time) bool {
	c := i.Clock(ClientClock)
	if c.InScope == nil {
		return false
	}
	changed := c.Told != p.Told || c.Settled != p.Settled
	c.Told, c.Settled = p.Told, p.Settled
	all := p.Told+p.Settled >= *c.InScope
	switch {
	case all && *c.InScope > 0 && i.Assessment.Complete() && c.open():
		i.meetClock(c, latest(p.LastAt, c.StartsAt), now, System())
		return true
	case !all && !c.MetAt.IsZero():
		i.reopenClock(c, now)
		return true
	}
	return changed
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func countFacts(version int64, c Counts, came, went int) map[string]string {
	return map[string]string{
		"version": strconv.FormatInt(version, 10), "in_guidance": strconv.Itoa(c.InGuidance), "former": strconv.Itoa(c.Former),
		"other": strconv.Itoa(c.Other), "not_affected": strconv.Itoa(c.NotAffected), "certain": strconv.Itoa(c.Certain),
		"possible": strconv.Itoa(c.Possible), "undecided": strconv.Itoa(c.Undecided), "not_told": strconv.Itoa(c.NotTold),
		"in_scope": strconv.Itoa(c.InScope), "came": strconv.Itoa(came), "went": strconv.Itoa(went),
	}
}

// fingerprint returns a short stable id made of the parts.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}
