package notifier

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// link makes a link for each level of the event's alarm that has an address, and
// passes the levels at which nobody stands. It returns the links by level; none
// when the event starts no alarm, or the alarm has ended meanwhile.
func (w *warner) link(ctx context.Context, p registry.Practice, e incidents.Event, to []address) (map[incidents.AlarmLevel]string, error) {
	id, kind := e.Facts["alarm"], incidents.ClockKind(e.Facts["clock"])
	if id == "" || e.IncidentID == "" {
		return nil, nil
	}
	tokens := map[incidents.AlarmLevel]string{}
	_, err := w.store.UpdateIncident(ctx, p.ID, e.IncidentID, func(i *incidents.Incident) error {
		clear(tokens)
		a, known := i.Alarm(kind, id)
		if !known || !a.Runs() {
			return errUnchanged
		}
		for _, level := range levelsOf(e) {
			switch {
			case !stands(p, level, w.host):
				i.PassAlarm(kind, id, level, w.now())
			case slices.ContainsFunc(to, func(a address) bool { return a.level() == level }):
				tokens[level] = incidents.AlarmToken(p.ID, i.ID, newSecret())
				i.LinkAlarm(kind, id, level, tokens[level])
			}
		}
		return nil
	})
	if err := unlessUnchanged(err); err != nil {
		return nil, fmt.Errorf("link the alarm: %w", err)
	}
	links := map[incidents.AlarmLevel]string{}
	for level, token := range tokens {
		links[level] = w.baseURL + "/ack/" + token
	}
	return links, nil
}

// levelsOf returns whom the event of an alarm asks.
func levelsOf(e incidents.Event) []incidents.AlarmLevel {
	switch {
	case e.Kind == incidents.AlarmStepped:
		return []incidents.AlarmLevel{incidents.AlarmLevel(e.Facts["level"])}
	case e.Facts["mark"] == "due":
		return []incidents.AlarmLevel{incidents.AlarmPractitioner, incidents.AlarmStandIn}
	default:
		return []incidents.AlarmLevel{incidents.AlarmPractitioner}
	}
}

// stands reports whether somebody can be asked at a level.
func stands(p registry.Practice, level incidents.AlarmLevel, host string) bool {
	switch level {
	case incidents.AlarmStandIn:
		return p.Details.StandInMail != ""
	case incidents.AlarmHost:
		return host != ""
	default:
		return p.Details.WarnEmail != "" || p.Details.SecondEmail != ""
	}
}

// newSecret returns 20 random bytes for an address.
func newSecret() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}
