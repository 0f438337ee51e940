package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/playbooks"
)

// rightsStore is what keeping the clocks of requests, and finishing erasures, needs.
type rightsStore interface {
	request.EraseStore
	DueRightsRequests(ctx context.Context, at time.Time, limit int) ([]incidents.Key, error)
}

const (
	rightsEvery = time.Second
	rightsPage  = 100
)

// rights keeps the clocks of what people ask about their own data, and goes on with
// erasures that were cut off. It is a worker of its own: an erasure goes through all
// of a practice's records, and no clock of a case waits for that.
type rights struct {
	store rightsStore
	now   func() time.Time
	nudge func()
	log   *slog.Logger
}

// step looks at what is due.
func (r *rights) step(ctx context.Context) (bool, error) {
	now := r.now()
	due, err := r.store.DueRightsRequests(ctx, now, rightsPage)
	if err != nil {
		return false, fmt.Errorf("find due requests: %w", err)
	}
	fired := 0
	wrong := &complaints{log: r.log}
	defer wrong.end()
	for _, key := range due {
		fired += count(wrong, "request", key, r.one(ctx, key, now))
	}
	if fired > 0 {
		r.nudge()
	}
	return len(due) == rightsPage && fired > 0, nil
}

// one fires what is due of a request, and goes on with its erasure.
func (r *rights) one(ctx context.Context, key incidents.Key, now time.Time) error {
	erase := false
	_, err := r.store.UpdateRightsRequest(ctx, key.PracticeID, key.ID, func(v *request.Request) error {
		fired := v.Fire(now)
		if erase = v.Claim(now); !fired && !erase {
			return errUnchanged
		}
		return nil
	})
	if err != nil || !erase {
		return unlessUnchanged(err)
	}
	err = request.Erase(ctx, r.store, key.PracticeID, key.ID, now)
	if errors.Is(err, fault.Unavailable) || errors.Is(err, fault.Conflict) {
		r.log.Info("an erasure goes on later", "practice", key.PracticeID, "request", key.ID, "why", err)
		return nil
	}
	return err
}

// rightsWords are the words of the warnings about requests.
type rightsWords struct {
	half, week, day, due, backups string // subjects
	body                          string // received, last day
	overdue                       string
	copies                        string
	act                           string
	kinds                         map[string]string
}

func rightsWordsOf(p registry.Practice) rightsWords {
	if p.Language == "en" {
		return rightsWords{
			half: "A request about somebody's data: half of the time is over", week: "A request about somebody's data: a week left",
			day: "A request about somebody's data: one day left", due: "A request about somebody's data is late",
			backups: "Check that old back-ups are gone",
			body:    "On %s somebody asked for %s. Answer him no later than %s.\n\n",
			overdue: "The last day is over and no answer is recorded. Answer today, and say sorry for the delay.\n\n",
			copies:  "Somebody was erased from datalek on request. Back-ups from before that still held him. By what you said they are all gone now.\n\nWhat to do now: check it, and destroy what is left.\n\n",
			act:     "What to do now: log in to datalek and open Requests.",
			kinds: map[string]string{"access": "access to his data", "correction": "correction of his data", "erasure": "erasure of his data",
				"portability": "his data in a file", "objection": "no more use of his data (objection)", "withdrawal": "an end to his permission"},
		}
	}
	return rightsWords{
		half: "Een verzoek over gegevens: de helft van de tijd is om", week: "Een verzoek over gegevens: nog een week",
		day: "Een verzoek over gegevens: nog één dag", due: "Een verzoek over gegevens is te laat",
		backups: "Kijk of oude back-ups weg zijn",
		body:    "Op %s vroeg iemand om %s. Antwoord hem uiterlijk op %s.\n\n",
		overdue: "De laatste dag is om en er staat geen antwoord. Antwoord vandaag nog en bied excuses aan.\n\n",
		copies:  "Iemand is op verzoek uit datalek gewist. In back-ups van daarvoor stond hij nog. Volgens uw opgave zijn die nu allemaal weg.\n\nDoe nu dit: kijk of dat klopt en vernietig wat er nog is.\n\n",
		act:     "Doe nu dit: log in en open Verzoeken.",
		kinds: map[string]string{"access": "inzage in zijn gegevens", "correction": "verbetering van zijn gegevens", "erasure": "het wissen van zijn gegevens",
			"portability": "zijn gegevens in een bestand", "objection": "een einde aan het gebruik van zijn gegevens (bezwaar)", "withdrawal": "een einde aan zijn toestemming"},
	}
}

// warning words a threshold of a request. It names nobody.
func (w rightsWords) warning(p registry.Practice, r *request.Request, e incidents.Event) (incidents.Text, error) {
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	t := incidents.Text{Language: p.Language}
	mark := e.Facts["mark"]
	t.Subject = map[string]string{request.MarkHalf: w.half, request.MarkWeek: w.week, request.MarkDay: w.day, request.MarkDue: w.due, request.MarkBackups: w.backups}[mark]
	if mark == request.MarkBackups {
		t.Body = w.copies + w.act
		return t, nil
	}
	t.Body = fmt.Sprintf(w.body, playbooks.Instant(r.ReceivedAt, zone, p.Language), w.kinds[string(r.Kind)], playbooks.Day(r.DueOn, p.Language))
	if mark == request.MarkDue {
		t.Body += w.overdue
	}
	t.Body += w.act
	return t, nil
}
