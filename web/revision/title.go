package revision

import (
	"cmp"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// TitleKey names the text that says in a few words what happened.
func TitleKey(e incidents.Event) string {
	key := "desk.event." + string(e.Kind)
	switch {
	case e.Kind == incidents.ThresholdPassed && e.Facts["mark"] == "due":
		key = "desk.event.clock.expired"
	case e.Kind == incidents.DecisionTaken:
		key = "desk.event.decision." + e.Facts["question"] + "_" + e.Facts["answer"]
	case e.Kind == incidents.FilingRecorded:
		key = "desk.event.filing." + e.Facts["kind"]
	case e.Kind == incidents.UpdatePromised || e.Kind == incidents.UpdateMoved || e.Kind == incidents.UpdateSettled:
		key += "_" + e.Facts["audience"]
	case e.Kind == incidents.FactorAdded || e.Kind == incidents.FactorRemoved:
		key += "_" + e.Facts["factor"]
	case e.Kind == incidents.AlarmSeen && e.Facts["by"] == incidents.AlarmByPage:
		key += "_page"
	}
	return key
}

// Title says what happened in a few words, to whoever reads without a page.
func (t Teller) Title(e incidents.Event, authority registry.Authority) string {
	a := string(cmp.Or(registry.Authority(e.Facts["authority"]), authority))
	text, found := t.Words.Lookup(t.Lang, TitleKey(e), "clock", t.Clock(incidents.ClockKind(e.Facts["clock"]), authority),
		"audience", t.word("choice.audience.", e.Facts["audience"]), "level", t.word("alarm.level.", e.Facts["level"]), "authority", a)
	if !found {
		return string(e.Kind)
	}
	return text
}

func (t Teller) word(prefix, code string) string {
	if code == "" {
		return ""
	}
	return t.Words.T(t.Lang, prefix+code)
}

// Clock names a clock; "" has no name.
func (t Teller) Clock(kind incidents.ClockKind, authority registry.Authority) string {
	switch kind {
	case "":
		return ""
	case incidents.AuthorityClock:
		return t.Words.T(t.Lang, "desk.clock.authority", "authority", string(authority))
	case incidents.AuthorityUpdateClock:
		return t.Words.T(t.Lang, "desk.clock.update_authority", "authority", string(authority))
	}
	return t.Words.T(t.Lang, "parts.clock.kind."+string(kind))
}
