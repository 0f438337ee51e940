package notifier

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// wording is what the intake says in a practice's own language.
type wording struct {
	awareBasis    string // name, reference
	later         string
	how           string // name
	unknownKinds  string // names
	subProcessors string // names
	badWindow     string
	advice        string // advice
	unreadable    string
	notProcessed  string
	original      string
	unnamedSender string
	downSubject   string // reference
	downBody      string // reference, server, stage, code
	caseSubject   string // reference
	caseBody      string // reference, deadlines, what goes by itself
	caseHeld      string
	caseGoes      string // when
	caseClients   string // deadline
	caseAuthority string // authority, deadline
	moreSubject   string // reference
	moreBody      string // reference
	moreTold      string
	reportSubject string
	reportBody    string // when it came in, deadline
}

func wordingOf(p registry.Practice) wording {
	if p.Language == "en" {
		return wording{
			awareBasis:    "%s reported it to us (reference %s).",
			later:         "The report came in before the practice noted this supplier, or what it uses of it. The practice was told at this moment.",
			how:           "Report by %s.",
			unknownKinds:  "The report also names these kinds of data: %s.",
			subProcessors: "These sub-processors were involved: %s.",
			badWindow:     "The times in the report cannot be right. They were not taken over.",
			advice:        "The report advises: %s.",
			unreadable:    "A supplier sent a message that datalek could not read. Read it yourself and decide whether it is a data breach.",
			notProcessed:  "A supplier reported a breach, but datalek could not record it. Record it yourself.",
			original:      "The message as it came:",
			unnamedSender: "The processor",
			downSubject:   "Emails for %s are not being sent",
			downBody: "The mail server refuses your account. So the emails for breach %s wait. Nothing is wrong with your clients' addresses.\n\n" +
				"datalek tries again every five minutes and goes on by itself.\n\n" +
				"Check the account and its password, or ask your mail provider. Cannot wait? Then phone your clients.\n\n" +
				"Server: %s\nStep: %s\nAnswer: %s",
			caseSubject: "A supplier reported something: %s",
			caseBody: "A supplier of yours reported a breach. datalek recorded it as %s and is finding out which clients it may affect.\n\n" +
				"The deadlines are running:\n\n%s\n\n" +
				"What to do now: log in to datalek and open this breach. Read the messages that datalek drafts. %s",
			caseHeld:      "Nothing is sent before you approve it.",
			caseGoes:      "If nobody decides, datalek sends a preliminary message to your clients by itself on %s. You can read and stop it.",
			caseClients:   "- Tell the clients who are affected before %s.",
			caseAuthority: "- Notify the %s before %s, or record why that is not needed.",
			moreSubject:   "A supplier sent more: %s",
			moreBody: "A supplier of yours sent more about breach %s. datalek added it and is looking again at which clients it may affect.\n\n" +
				"What to do now: log in to datalek and open this breach. Check whether your decisions and messages are still right.",
			moreTold:      "You told clients about it before. They do not know this yet: under Messages you can tell them what is new.",
			reportSubject: "A report is waiting for you",
			reportBody: "A report came in on %s. Nothing has been decided about it yet.\n\n" +
				"If it is a data breach, the authority's deadline may be running, until %s.\n\n" +
				"What to do now: log in to datalek, open Incoming and decide whether it is a data breach.",
		}
	}
	return wording{
		awareBasis:    "%s heeft het ons gemeld (kenmerk %s).",
		later:         "De melding kwam binnen voordat de praktijk deze leverancier noteerde, of wat zij daarvan gebruikt. De praktijk hoorde het op dit moment.",
		how:           "Melding van %s.",
		unknownKinds:  "De melding noemt ook deze soorten gegevens: %s.",
		subProcessors: "Deze onderaannemers waren erbij betrokken: %s.",
		badWindow:     "De tijden in de melding kunnen niet kloppen. Ze zijn niet overgenomen.",
		advice:        "De melding adviseert: %s.",
		unreadable:    "Een leverancier stuurde een bericht dat datalek niet kon lezen. Lees het zelf en bepaal of het een datalek is.",
		notProcessed:  "Een leverancier meldde een datalek, maar datalek kon het niet vastleggen. Leg het zelf vast.",
		original:      "Het bericht zoals het kwam:",
		unnamedSender: "De verwerker",
		downSubject:   "E-mails voor %s worden niet verstuurd",
		downBody: "De mailserver weigert uw account. De e-mails voor datalek %s wachten daarom. Aan de adressen van uw cliënten ligt het niet.\n\n" +
			"Het programma probeert het elke vijf minuten opnieuw en gaat vanzelf verder.\n\n" +
			"Controleer het account en het wachtwoord, of vraag het uw mailprovider. Kan het niet wachten? Bel uw cliënten dan.\n\n" +
			"Server: %s\nStap: %s\nAntwoord: %s",
		caseSubject: "Een leverancier meldde iets: %s",
		caseBody: "Een leverancier van u meldde een datalek. Het programma heeft het vastgelegd als %s en zoekt uit welke cliënten het kan raken.\n\n" +
			"De termijnen lopen al:\n\n%s\n\n" +
			"Doe nu dit: log in en open dit datalek. Lees de berichten die het programma klaarzet. %s",
		caseHeld:      "Er gaat niets weg voordat u het goedkeurt.",
		caseGoes:      "Besluit niemand iets? Dan stuurt het programma op %s zelf een voorlopig bericht aan uw cliënten. U kunt het lezen en stoppen.",
		caseClients:   "- Vertel het de cliënten die geraakt zijn vóór %s.",
		caseAuthority: "- Meld het bij de %s vóór %s, of leg vast waarom dat niet hoeft.",
		moreSubject:   "Een leverancier stuurde meer: %s",
		moreBody: "Een leverancier van u stuurde meer over datalek %s. Het programma heeft het erbij gezet en kijkt opnieuw welke cliënten het kan raken.\n\n" +
			"Doe nu dit: log in en open dit datalek. Kijk of uw besluiten en berichten nog kloppen.",
		moreTold:      "U vertelde het al aan cliënten. Dit weten zij nog niet: onder Berichten kunt u vertellen wat er nieuw is.",
		reportSubject: "Er wacht een melding op u",
		reportBody: "Op %s kwam er een melding binnen. Er is nog niets over besloten.\n\n" +
			"Is het een datalek? Dan loopt de termijn van de toezichthouder misschien al, tot %s.\n\n" +
			"Doe nu dit: log in en open Binnengekomen. Besluit daar of het een datalek is.",
	}
}

// basis says why the practice counts as aware since the report came.
func (w wording) basis(t touched, a advisory.Advisory) string {
	return fmt.Sprintf(w.awareBasis, w.sender(t, a), a.Reference)
}

// sender is who reported it, and through which of the practice's own firms it
// concerns the practice.
func (w wording) sender(t touched, a advisory.Advisory) string {
	name := cmp.Or(t.sender.Name, a.Reporter, w.unnamedSender)
	if len(t.Via) > 0 {
		name += " (via " + advisory.Cut(strings.Join(t.Via, ", "), 200) + ")"
	}
	return name
}

// summary is the processor's own, with what found no place in the case's fields.
func (w wording) summary(a advisory.Advisory) string {
	parts := []string{a.Summary()}
	if a.BadWindow {
		parts = append(parts, w.badWindow)
	}
	if len(a.UnknownKinds) > 0 {
		parts = append(parts, advisory.Cut(fmt.Sprintf(w.unknownKinds, strings.Join(a.UnknownKinds, ", ")), 400))
	}
	if len(a.Advice) > 0 {
		parts = append(parts, advisory.Cut(fmt.Sprintf(w.advice, strings.Join(a.Advice, "; ")), 400))
	}
	if len(a.SubProcessors) > 0 && a.Format != advisory.Answer {
		parts = append(parts, advisory.Cut(fmt.Sprintf(w.subProcessors, strings.Join(a.SubProcessors, ", ")), 400))
	}
	return strings.Join(parts, "\n\n")
}

// told is the text of the practice's report of a message: what its sender says, or
// what it answered.
func (w wording) told(p registry.Practice, a advisory.Advisory) string {
	if a.Format == advisory.Answer {
		return answersOf(p, a)
	}
	return w.summary(a)
}

// triage is the text of a report that a person must look at. What is wrong with the
// message is for its sender, who reads it on his own page.
func (w wording) triage(because, original string) string {
	if original == "" {
		return because
	}
	return strings.Join([]string{because, w.original, original}, "\n\n")
}

// reasons lists in one line what was wrong with a message, without its content.
func reasons(err error) string {
	var parts []string
	for _, f := range fault.Fields(err) {
		part := f.Message
		if f.Field != "" {
			part = f.Field + ": " + part
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 && err != nil && !errors.Is(err, fault.Invalid) {
		return "the message could not be used"
	}
	return strings.Join(parts, "; ")
}

// accountDown warns that no mail of the case goes out.
func (w wording) accountDown(p registry.Practice, inc *incidents.Incident, e incidents.Event) incidents.Text {
	return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(w.downSubject, inc.Reference),
		Body: fmt.Sprintf(w.downBody, inc.Reference, e.Facts["server"], e.Facts["stage"], e.Facts["code"])}
}

// caseArrived tells that a processor's report became a case, and what is due when.
func (w wording) caseArrived(p registry.Practice, inc *incidents.Incident) (incidents.Text, error) {
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	var lines []string
	if due, some := inc.Clock(incidents.ClientClock).DueAt(); some {
		lines = append(lines, fmt.Sprintf(w.caseClients, playbooks.WithZone(due, zone, p.Language)))
	}
	if due, some := inc.Clock(incidents.AuthorityClock).DueAt(); some {
		lines = append(lines, fmt.Sprintf(w.caseAuthority, p.Authority, playbooks.WithZone(due, zone, p.Language)))
	}
	goes := w.caseHeld
	if at, some := inc.PreliminaryAt(); some && inc.PreliminaryState() == incidents.PreliminaryPlanned {
		goes = fmt.Sprintf(w.caseGoes, playbooks.WithZone(at, zone, p.Language))
	}
	return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(w.caseSubject, inc.Reference),
		Body: fmt.Sprintf(w.caseBody, inc.Reference, strings.Join(lines, "\n"), goes)}, nil
}

// moreArrived tells that a processor sent a later stage of a case.
func (w wording) moreArrived(p registry.Practice, inc *incidents.Incident) incidents.Text {
	body := fmt.Sprintf(w.moreBody, inc.Reference)
	if inc.OwesNews() {
		body += "\n\n" + w.moreTold
	}
	return incidents.Text{Language: p.Language, Subject: fmt.Sprintf(w.moreSubject, inc.Reference), Body: body}
}

// reportArrived tells that a report waits for somebody to look at it.
func (w wording) reportArrived(p registry.Practice, r *incidents.Report) (incidents.Text, error) {
	zone, err := p.Zone()
	if err != nil {
		return incidents.Text{}, fmt.Errorf("practice time zone: %w", err)
	}
	due, _ := r.Clock.DueAt()
	return incidents.Text{Language: p.Language, Subject: w.reportSubject,
		Body: fmt.Sprintf(w.reportBody, playbooks.Instant(r.ReceivedAt, zone, p.Language), playbooks.WithZone(due, zone, p.Language))}, nil
}
