package notifier

import (
	"fmt"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// asked tells the practice that a reader of a notice wants to know something. What
// he asks, and who he is, stays out of the mail.
func asked(p registry.Practice, inc *incidents.Incident) incidents.Text {
	subject, body := "Iemand heeft een vraag: %s",
		"Iemand die uw bericht over datalek %s kreeg, heeft een vraag. De vraag staat niet in deze e-mail.\n\n"+
			"Doe nu dit: log in en open dit datalek. Lees de vraag, antwoord op uw eigen manier en leg vast dat u dat deed."
	if p.Language == "en" {
		subject, body = "Somebody has a question: %s",
			"Somebody who got your message about breach %s has a question. The question is not in this email.\n\n"+
				"What to do now: log in to datalek and open this breach. Read the question, answer in your own way, and record that you did."
	}
	return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(subject, inc.Reference), Body: fmt.Sprintf(body, inc.Reference)}
}
