package incidents

import (
	"strconv"
	"strings"
	"time"

	"datalek/incidents/law"
)

// withRules adds to the facts of an event which rules of law hold, and within how
// many hours they want the authority told.
func withRules(set law.Set, facts map[string]string) map[string]string {
	if len(set) > 0 {
		facts["rules"], facts["authority_hours"] = strings.Join(set.IDs(), ","), strconv.Itoa(set.Hours())
	}
	return facts
}

// follow takes over the rules of another day of awareness. The authority's clock
// lasts as long as they say, a practice's own shorter term excepted; decisions that
// stood on the old ones are reopened.
func (i *Incident) follow(set law.Set, now time.Time, by Actor) {
	if len(set) == 0 || set.Same(i.Law) {
		return
	}
	old, c := i.Law, i.Clock(AuthorityClock)
	before, within := c.Within, time.Duration(set.Hours())*time.Hour
	if own := before < time.Duration(old.Hours())*time.Hour; own {
		within = min(before, within)
	}
	i.Law = set
	if len(old) == 0 && within == before {
		return // a case from before rules were kept: they are what it had
	}
	if within > 0 && within != before {
		c.last(within, now)
	}
	i.reopenDecisions(now)
	i.note(Event{Kind: LawChanged, At: now, Actor: by, Facts: map[string]string{
		"before": strings.Join(old.IDs(), ","), "after": strings.Join(set.IDs(), ","),
		"hours_before": strconv.Itoa(int(before / time.Hour)), "hours_after": strconv.Itoa(int(c.Within / time.Hour))}})
}
