package notifier

import (
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// alarmWording is what an alarm says in a practice's own language.
type alarmWording struct {
	linkText string // link
	subject  string // reference
	overdue  string // reference
	body     string // practice, reference, duty, deadline
	standIn  string
	host     string
	duties   map[incidents.ClockKind]string
	noDue    string
}

func wordingOfAlarm(p registry.Practice) alarmWording {
	if p.Language == "en" {
		return alarmWording{
			linkText: "Have you seen this, and will you see to it? Open this link and press the button. Then datalek warns nobody else about it.\n\n%s",
			subject:  "Nobody has reacted yet: %s",
			overdue:  "The deadline has passed and nobody has reacted: %s",
			body: "Hello,\n\n%s has a data breach with the number %s. Something must be done about it:\n\n- %s: before %s.\n\n" +
				"Whoever was warned first has not reacted.",
			standIn: "You are the stand-in. Please phone the practice now. Nobody there? Then log in, if you have an account, and see what must be done.",
			host:    "You get this email because you stand last in the list of who is warned. Please phone the practice or its stand-in now.",
			duties: map[incidents.ClockKind]string{
				incidents.ClientClock: "tell the clients who are affected", incidents.AuthorityClock: "notify the authority, or record why that is not needed",
				incidents.ClientUpdateClock: "send the clients the promised next message", incidents.AuthorityUpdateClock: "send the authority the promised addition"},
			noDue: "as soon as possible",
		}
	}
	return alarmWording{
		linkText: "Hebt u dit gezien en pakt u het op? Open deze link en druk op de knop. Dan waarschuwt datalek hierover niemand meer.\n\n%s",
		subject:  "Nog niemand heeft gereageerd: %s",
		overdue:  "De tijd is om en niemand heeft gereageerd: %s",
		body: "Goedendag,\n\n%s heeft een datalek met kenmerk %s. Daar moet iets voor gebeuren:\n\n- %s: vóór %s.\n\n" +
			"Wie eerder een waarschuwing kreeg, heeft niet gereageerd.",
		standIn: "U bent de waarnemer. Bel nu met de praktijk. Is daar niemand? Log dan in, als u een account hebt, en kijk wat er moet gebeuren.",
		host:    "U krijgt deze e-mail omdat u als laatste op de lijst staat van wie een waarschuwing krijgt. Bel nu met de praktijk of met de waarnemer.",
		duties: map[incidents.ClockKind]string{
			incidents.ClientClock: "de cliënten die geraakt zijn bericht geven", incidents.AuthorityClock: "melden bij de toezichthouder, of vastleggen waarom dat niet hoeft",
			incidents.ClientUpdateClock: "de cliënten het beloofde vervolgbericht sturen", incidents.AuthorityUpdateClock: "de toezichthouder de beloofde aanvulling sturen"},
		noDue: "zo snel mogelijk",
	}
}

// withLink adds the link by which its reader says that he saw the message.
func (w alarmWording) withLink(body, link string) string {
	if link == "" {
		return body
	}
	return body + "\n\n" + fmt.Sprintf(w.linkText, link)
}

// stepped asks the next person in the chain. The subject names no practice: it
// may bear a person's name.
func (w alarmWording) stepped(p registry.Practice, inc *incidents.Incident, e incidents.Event, now time.Time) (incidents.Text, error) {
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	kind := incidents.ClockKind(e.Facts["clock"])
	subject, due := w.subject, w.noDue
	if c := inc.Clock(kind); c != nil {
		if at, some := c.DueAt(); some {
			due = playbooks.WithZone(at, zone, p.Language)
			if !now.Before(at) {
				subject = w.overdue
			}
		}
	}
	whom := w.standIn
	if e.Facts["level"] == string(incidents.AlarmHost) {
		whom = w.host
	}
	return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(subject, inc.Reference),
		Body: fmt.Sprintf(w.body, p.Details.Name, inc.Reference, w.duties[kind], due) + "\n\n" + whom}, nil
}
