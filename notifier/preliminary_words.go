package notifier

import (
	"fmt"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// tellsPreliminary reports whether an event tells the practice and its stand-in
// that a notice went by itself, or could not.
func tellsPreliminary(e incidents.Event) bool {
	return e.Kind == incidents.PreliminaryWent || e.Kind == incidents.PreliminaryHasNoWay
}

// preliminaryWords is what the practice hears of its preliminary notice.
type preliminaryWords struct {
	wentSubject string // reference
	went        string // reference, how many people
	one, many   string // number
	late        string
	incomplete  string
	update      string // by when
	wentNext    string
	heldSubject string // reference
	held        string // reference
}

func preliminaryWordsOf(p registry.Practice) preliminaryWords {
	if p.Language == "en" {
		return preliminaryWords{
			wentSubject: "A message to your clients went out by itself: %s",
			went:        "Nobody had decided about the message for breach %s. So datalek sent the preliminary message by itself, to %s. That is what your practice chose.",
			one:         "1 person", many: "%d people",
			late:        "It went after the deadline, because the program was not running or was still finding out who is affected. Explain the delay in datalek.",
			incomplete:  "It went to the people found by then. datalek is still finding out whether there are more.",
			update:      "The message says that they hear more before %s.",
			wentNext:    "What to do now: log in to datalek and open this breach. See who must be phoned or written to, and what you tell next.",
			heldSubject: "The message to your clients cannot go out: %s",
			held: "Nobody had decided about the message for breach %s, so datalek was to send the preliminary message by itself. It cannot: all your sender addresses are part of the breach. Nothing was sent.\n\n" +
				"What to do now: log in to datalek. Add another sender address under Settings, or approve the message and say when strangers were shut out of the mailbox. Otherwise phone your clients. datalek sends the message by itself as soon as it can, unless you stop it.",
		}
	}
	return preliminaryWords{
		wentSubject: "Er ging vanzelf een bericht naar uw cliënten: %s",
		went:        "Niemand had besloten over het bericht bij datalek %s. Daarom stuurde het programma zelf het voorlopige bericht, aan %s. Zo koos uw praktijk het.",
		one:         "1 persoon", many: "%d mensen",
		late:        "Het ging weg na de termijn, omdat het programma niet liep of nog uitzocht wie geraakt is. Leg bij dit datalek uit waarom het later was.",
		incomplete:  "Het ging naar de mensen die toen gevonden waren. Het programma zoekt nog uit of er meer zijn.",
		update:      "In het bericht staat dat zij vóór %s meer horen.",
		wentNext:    "Doe nu dit: log in en open dit datalek. Kijk wie u moet bellen of schrijven, en wat u daarna vertelt.",
		heldSubject: "Het bericht aan uw cliënten kan niet weg: %s",
		held: "Niemand had besloten over het bericht bij datalek %s. Daarom zou het programma zelf het voorlopige bericht sturen. Dat kan niet: al uw afzendadressen horen bij het datalek. Er is niets verstuurd.\n\n" +
			"Doe nu dit: log in. Zet bij Instellingen een ander afzendadres, of keur het bericht goed en geef aan wanneer anderen buiten uw mailbox zijn gesloten. Kan dat niet? Bel uw cliënten dan. Het programma stuurt het bericht zelf zodra het kan, tenzij u het stopt.",
	}
}

// text is the message about one event.
func (w preliminaryWords) text(p registry.Practice, inc *incidents.Incident, e incidents.Event) (incidents.Text, error) {
	if e.Kind == incidents.PreliminaryHasNoWay {
		return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(w.heldSubject, inc.Reference), Body: fmt.Sprintf(w.held, inc.Reference)}, nil
	}
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	body := fmt.Sprintf(w.went, inc.Reference, w.people(e.Facts["readers"]))
	if e.Facts["late"] != "" {
		body += "\n\n" + w.late
	}
	if e.Facts["assessment"] != "" {
		body += "\n\n" + w.incomplete
	}
	if at, err := time.Parse(time.RFC3339, e.Facts["update_by"]); err == nil {
		body += "\n\n" + fmt.Sprintf(w.update, playbooks.WithZone(at, zone, p.Language))
	}
	return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(w.wentSubject, inc.Reference), Body: body + "\n\n" + w.wentNext}, nil
}

func (w preliminaryWords) people(count string) string {
	n, _ := strconv.Atoi(count) // our own number
	if n == 1 {
		return w.one
	}
	return fmt.Sprintf(w.many, n)
}
