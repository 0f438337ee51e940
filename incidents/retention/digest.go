package retention

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// digestHour is the hour of the day, where the practice is, from which its mail about
// the month goes.
const digestHour = 7

// Digest tells a practice once a month, from the first working day on, what must be
// destroyed: it saves one event that counts people without naming them. It reports
// whether it did. A practice hears nothing in the month in which it began, and
// nothing when there is nothing to destroy.
func Digest(ctx context.Context, store Store, p registry.Practice, now time.Time) (bool, error) {
	zone, err := p.Zone()
	if err != nil {
		return false, fmt.Errorf("time zone of the practice: %w", err)
	}
	today := registry.DateOf(now, zone)
	month := monthOf(today)
	if p.IsDrill() || p.Retained.Digest >= month || monthOf(registry.DateOf(p.CreatedAt, zone)) >= month || now.Before(digestAt(today, zone)) {
		return false, nil
	}
	cal, err := Read(ctx, store, p, now)
	if err != nil {
		return false, err
	}
	facts := digestFacts(cal, month)
	told := false
	_, err = store.UpdatePractice(ctx, p.ID, func(p *registry.Practice) error {
		if told = false; p.Retained.Digest >= month {
			return errUnchanged // another worker was first
		}
		p.Retained.Digest = month
		if told = facts != nil; told {
			p.Outbox.Put(string(p.ID), register.Event{PracticeID: p.ID, Kind: Digested, At: now, Actor: incidents.System(), Facts: facts})
		}
		return nil
	})
	if err := unlessUnchanged(err); err != nil {
		return false, fmt.Errorf("note the month's mail: %w", err)
	}
	return told, nil
}

// digestAt is when the mail of a day's month goes: on the first day that is neither
// in a weekend nor the first of January.
func digestAt(today registry.Date, zone *time.Location) time.Time {
	day := registry.Date{Year: today.Year, Month: today.Month, Day: 1}
	for {
		weekday := day.Start(time.UTC).Weekday()
		if weekday != time.Saturday && weekday != time.Sunday && !(day.Month == time.January && day.Day == 1) {
			return time.Date(day.Year, day.Month, day.Day, digestHour, 0, 0, 0, zone)
		}
		day = day.AddDays(1)
	}
}

// DigestLine is one system in a month's mail.
type DigestLine struct {
	System  string
	People  int // 0 where old entries are to be cleared
	Late    bool
	Rolling bool
}

// mostLines bounds the systems that one mail names.
const mostLines = 40

// digestFacts counts what waits, and what comes in the month; nil for nothing.
func digestFacts(cal Calendar, month string) map[string]string {
	lines := map[string]*DigestLine{}
	for _, t := range cal.Tasks {
		if t.State == Coming && t.Month > month || t.People == 0 && !t.Rolling {
			continue
		}
		key := t.System + strconv.FormatBool(t.Rolling)
		if lines[key] == nil {
			lines[key] = &DigestLine{System: t.System, Rolling: t.Rolling}
		}
		lines[key].People += t.People
		lines[key].Late = lines[key].Late || t.State == Late
	}
	if len(lines) == 0 {
		return nil
	}
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		if len(texts) < mostLines {
			texts = append(texts, lines[key].text())
		}
	}
	return map[string]string{"month": month, "tasks": strconv.Itoa(len(lines)), "systems": strings.Join(texts, ",")}
}

func (l DigestLine) text() string {
	return strings.Join([]string{l.System, strconv.Itoa(l.People), strconv.FormatBool(l.Late), strconv.FormatBool(l.Rolling)}, ":")
}

// DigestOf reads what an event of the month's mail counts.
func DigestOf(e register.Event) []DigestLine {
	var lines []DigestLine
	for text := range strings.SplitSeq(e.Facts["systems"], ",") {
		part := strings.Split(text, ":")
		if len(part) != 4 {
			continue
		}
		people, err := strconv.Atoi(part[1])
		if err != nil {
			continue
		}
		lines = append(lines, DigestLine{System: part[0], People: people, Late: part[2] == "true", Rolling: part[3] == "true"})
	}
	return lines
}
