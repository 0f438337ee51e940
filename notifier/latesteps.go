package notifier

import (
	"fmt"
	"strings"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// stepsLate tells the practitioner which first steps of a case are open after their
// time: all that are new since the last such mail, in one.
func (w *warner) stepsLate(p registry.Practice, inc *incidents.Incident, e incidents.Event) (incidents.Text, error) {
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	words := lateWordsOf(p)
	kind, _ := w.book.Playbook(e.Facts["playbook"])
	var lines []string
	for _, id := range incidents.LateSteps(e) {
		step, some := kind.Task(id)
		if !some {
			continue // the playbook was changed since
		}
		due := inc.AwareAt().Add(inc.Paced(step.Within))
		lines = append(lines, "- "+step.Text[words.language]+" ("+fmt.Sprintf(words.before, playbooks.WithZone(due, zone, words.language))+")")
	}
	if len(lines) == 0 {
		return incidents.Text{}, fmt.Errorf("none of the late steps is in the playbook any more: %w", ErrGiveUp)
	}
	subject, begin := words.subject, words.begin
	if len(lines) == 1 {
		subject, begin = words.oneSubject, words.oneBegin
	}
	body := []string{fmt.Sprintf(begin, inc.Reference), strings.Join(lines, "\n"), words.todo, w.baseURL + "/incidents/" + inc.ID, words.end}
	return incidents.Text{Language: words.language, Subject: fmt.Sprintf(subject, inc.Reference), Body: strings.Join(body, "\n\n")}, nil
}

// lateWords are the words of that mail in one language.
type lateWords struct {
	language, before     string
	subject, begin       string
	oneSubject, oneBegin string
	todo, end            string
}

func lateWordsOf(p registry.Practice) lateWords {
	if p.Language == "en" {
		return lateWords{language: "en", before: "before %s",
			subject: "First steps are late: %s", begin: "The time for these first steps of breach %s is over:",
			oneSubject: "A first step is late: %s", oneBegin: "The time for this first step of breach %s is over:",
			todo: "What to do now: log in to datalek and open this breach. Do what is still to be done, and tick it off. Did you do it already? Then tick it off now. Does it not apply? Say so, and why.",
			end:  "You get one email about each step. The deadlines of your promise and of the authority go on beside it."}
	}
	return lateWords{language: "nl", before: "vóór %s",
		subject: "Eerste stappen zijn te laat: %s", begin: "De tijd voor deze eerste stappen bij datalek %s is voorbij:",
		oneSubject: "Een eerste stap is te laat: %s", oneBegin: "De tijd voor deze eerste stap bij datalek %s is voorbij:",
		todo: "Doe nu dit: log in bij datalek en open dit datalek. Doe wat nog moet en vink het af. Hebt u het al gedaan? Vink het dan nu af. Past een stap hier niet? Leg dan vast waarom niet.",
		end:  "U krijgt over elke stap één keer een e-mail. De termijnen van uw belofte en van de toezichthouder lopen gewoon door."}
}
