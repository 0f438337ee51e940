package notifier

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
)

// digestStore is what telling practices of the month's destroying reads and writes.
type digestStore interface {
	retention.Store
	Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error)
}

const (
	digestEvery = 5 * time.Second
	digestPage  = 500
)

// digester tells each practice once a month what it must destroy, and finishes
// confirmations that were cut off. It looks through the practices once in each hour
// of the clock.
type digester struct {
	store  digestStore
	now    func() time.Time
	nudge  func()
	log    *slog.Logger
	looked time.Time // the hour of the last whole look
}

func (d *digester) step(ctx context.Context) (bool, error) {
	now := d.now()
	hour := now.Truncate(time.Hour)
	if hour.Equal(d.looked) {
		return false, nil
	}
	told := false
	err := pages(digestPage, func(p registry.Practice) string { return string(p.ID) },
		func(after string, limit int) ([]registry.Practice, error) {
			return d.store.Practices(ctx, after, limit)
		},
		func(list []registry.Practice) error {
			for _, p := range list {
				fresh, err := retention.Digest(ctx, d.store, p, now)
				if err == nil {
					err = retention.Resume(ctx, d.store, p)
				}
				if err != nil {
					d.log.Warn("retention not looked through", "practice", p.ID, "error", err)
				}
				told = told || fresh
			}
			return ctx.Err()
		})
	if err != nil {
		return false, fmt.Errorf("look through the practices: %w", err)
	}
	if d.looked = hour; told {
		d.nudge()
	}
	return false, nil
}

// digest words the month's mail: numbers and names of systems, nobody's name.
func (w *warner) digest(ctx context.Context, p registry.Practice, e incidents.Event) (incidents.Text, error) {
	if w.systems == nil {
		return incidents.Text{}, fmt.Errorf("no systems to name in the month's mail: %w", ErrGiveUp)
	}
	systems, err := w.systems.Systems(ctx, p.ID, "", digestPage)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("read systems: %w", err)
	}
	names := map[string]string{}
	for _, s := range systems {
		names[s.ID] = s.Name
	}
	words := digestWordsOf(p)
	var lines []string
	for _, l := range retention.DigestOf(e) {
		name := names[l.System]
		if name == "" {
			name = l.System
		}
		lines = append(lines, words.line(name, l))
	}
	body := words.begin + "\n\n" + strings.Join(lines, "\n") + "\n\n" + words.todo + "\n\n" + w.baseURL + "/retention\n\n" + words.end
	return incidents.Text{Language: p.Language, Subject: words.subject, Body: body}, nil
}

// digestWords are the words of the month's mail in one language.
type digestWords struct {
	subject, begin, todo, end         string
	onePerson, people, entries, tardy string
}

func digestWordsOf(p registry.Practice) digestWords {
	if p.Language == "en" {
		return digestWords{subject: "What you must destroy this month", begin: "By your own rules this must be gone now, or in the course of this month:",
			todo: "What to do now: destroy it in the system itself. Then log in to datalek and confirm what is gone.",
			end:  "No names are in this email. Until you confirm it, this data counts in a breach as possibly still there.", onePerson: "1 person", people: "%d people", entries: "old entries", tardy: " (too late)"}
	}
	return digestWords{subject: "Wat u deze maand moet vernietigen", begin: "Volgens uw eigen regels moet dit nu weg, of in de loop van deze maand:",
		todo: "Doe nu dit: vernietig het in het systeem zelf. Log daarna in bij datalek en bevestig wat weg is.",
		end:  "In deze e-mail staan geen namen. Zolang u het niet bevestigt, tellen deze gegevens bij een datalek als misschien nog aanwezig.", onePerson: "1 persoon", people: "%d mensen", entries: "oude aantekeningen", tardy: " (te laat)"}
}

func (w digestWords) line(system string, l retention.DigestLine) string {
	text := "- " + system + ": "
	switch {
	case l.Rolling:
		text += w.entries
	case l.People == 1:
		text += w.onePerson
	default:
		text += fmt.Sprintf(w.people, l.People)
	}
	if l.Late {
		text += w.tardy
	}
	return text
}
