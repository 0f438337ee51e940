package playbooks

import "slices"

// escalationPace is how fast an alarm goes from one person to the next, as YAML:
// at most so many minutes for each, and at most this share, in percent, of what
// is left until the deadline.
type escalationPace struct {
	Minutes int `yaml:"minutes"`
	Share   int `yaml:"share"`
}

// pace returns what the policy says; zero where it says nothing.
func (e *escalationPace) pace() escalationPace {
	if e == nil {
		return escalationPace{}
	}
	return *e
}

// mostEscalateMinutes is the longest that one person may have: a day.
const mostEscalateMinutes = 24 * 60

// checkAlarms finds alarms that no warning starts, and a pace that cannot be.
func (f policyFile) checkAlarms(doc document) {
	without := func(alarms, warnings []int) bool {
		return slices.ContainsFunc(alarms, func(n int) bool { return !slices.Contains(warnings, n) })
	}
	if without(f.Client.AlarmPercent, f.Client.WarnPercent) {
		doc.fault("an alarm begins with a warning: give only shares that stand in warn_percent", "client", "alarm_percent")
	}
	if without(f.Authority.AlarmHours, f.Authority.WarnHours) {
		doc.fault("an alarm begins with a warning: give only hours that stand in warn_hours", "authority", "alarm_hours")
	}
	if e := f.Escalation; e != nil && (e.Minutes < 1 || e.Minutes > mostEscalateMinutes) {
		doc.fault("give 1 to 1440 minutes", "escalation", "minutes")
	}
	if e := f.Escalation; e != nil && (e.Share < 1 || e.Share > 100) {
		doc.fault("give a share of 1 to 100 percent", "escalation", "share")
	}
}
