package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// facts is what the templates see of a case: only what may stand in a notice.
// The summary, the persons and the recipients' addresses never come near a text.
type facts struct {
	language string
	practice registry.Practice
	incident *incidents.Incident
	playbook Playbook
	audience incidents.Audience
	words    words
	zone     *time.Location
	// held are the kinds of data that the breached systems keep, for a case whose
	// categories say "all that is held there"; nil when that is not known.
	held []registry.Category
	// readers are who reads the notice, as far as that is known.
	readers []incidents.Recipiency
	// reader is the kind of the audience's readers that the text is for.
	reader incidents.TextFor
	news   *incidents.News // what an update tells; nil in other texts
}

// U picks the words for the polite and the familiar form of address.
func (f facts) U(formal, familiar string) string {
	if f.practice.Policy.Formal && !f.Young() {
		return formal
	}
	return familiar
}

// NameInMail reports whether the reader may be greeted by name.
func (f facts) NameInMail() bool {
	return f.practice.Policy.NameInMail && f.ToPerson()
}

// ToPerson reports whether the text is for somebody whose own data, or child's, it is.
func (f facts) ToPerson() bool {
	return f.audience != incidents.ToRecipient && f.audience != incidents.ToController
}

// ToPublic reports whether the text is for everybody, affected or not.
func (f facts) ToPublic() bool { return f.audience == incidents.ToPublic }

// Joint reports whether the practice and the reader are controllers together
// (GDPR Art. 26); else it processes the data for the reader.
func (f facts) Joint() bool { return f.incident.Facts.Role == incidents.AsJoint }

// HasPhone reports whether readers can phone the contact.
func (f facts) HasPhone() bool { return f.Contact().Phone != "" }

// ForChild reports whether the reader is a parent or guardian.
func (f facts) ForChild() bool { return f.audience == incidents.ToParents }

// Belgian reports whether the practice's authority is the Belgian one.
func (f facts) Belgian() bool { return f.practice.Authority == registry.GBA }

// RetainMonths is how long data is kept after the last contact; 0: no one rule.
func (f facts) RetainMonths() int { return f.practice.Policy.GeneralMonths() }

// What is the playbook's own sentence on what happened.
func (f facts) What() string { return f.playbook.What[f.language] }

// Contact is whom to ask.
func (f facts) Contact() registry.ContactPerson { return f.practice.Details.Contact }

// PracticeName is for readers who know the practice as such: the public and a
// controller. Notices to persons are signed with the discreet sender name.
func (f facts) PracticeName() string { return f.practice.Details.Name }

// Sender is the discreet name the practice chose, "" when it is the contact's own.
func (f facts) Sender() string {
	sender, _ := f.practice.Sender("")
	if sender.Name == f.Contact().Name {
		return ""
	}
	return sender.Name
}

// MailUnsafe reports whether the contact's own mailbox is among the breached
// systems and still open to strangers: then readers should phone.
func (f facts) MailUnsafe() bool {
	if f.incident.Facts.AccessClosedAt != nil || f.Contact().Phone == "" {
		return false
	}
	sender, some := f.practice.Sender(f.Contact().Email)
	return some && sender.System != "" && slices.Contains(f.incident.Facts.Systems, sender.System)
}

func (f facts) window() window {
	c := f.incident.Facts
	return window{from: c.OccurredFrom, until: c.OccurredUntil, approx: c.OccurredApprox, zone: f.zone, language: f.language}
}

// Event says when one thing happened; "" when it is not known.
func (f facts) Event() string { return f.window().event() }

// Span says during which time something went on; "" when it is not known.
func (f facts) Span() string { return f.window().span() }

// Ended reports whether it is known when it ended.
func (f facts) Ended() bool { return f.incident.Facts.OccurredUntil != nil }

// Discovered is when the practice found out, "" when that was at once.
func (f facts) Discovered() string {
	c := f.incident.Facts
	const soon = 15 * time.Minute
	if c.OccurredUntil != nil && c.OccurredFrom != nil && c.DiscoveredAt.Sub(*c.OccurredFrom) < soon {
		return ""
	}
	return f.Instant(c.DiscoveredAt)
}

// Instant says an instant in the practice's zone.
func (f facts) Instant(t time.Time) string { return Instant(t, f.zone, f.language) }

// DiscoveredAt, AwareAt and AccessClosed are instants in words, for the texts that list them.
func (f facts) DiscoveredAt() string { return f.Instant(f.incident.Facts.DiscoveredAt) }

// AwareAt is the moment of awareness with the zone.
func (f facts) AwareAt() string { return WithZone(f.incident.AwareAt(), f.zone, f.language) }

// AccessClosed is when strangers were shut out, "" when they may not be yet.
func (f facts) AccessClosed() string {
	if at := f.incident.Facts.AccessClosedAt; at != nil {
		return f.Instant(*at)
	}
	return ""
}

// Wrong is to how many wrong addresses something went; 0: not known.
func (f facts) Wrong() int { return len(f.incident.Story.Recipients) }

// WrongKind is how far the wrong recipients can be relied on: the least of them,
// "" when none is known.
func (f facts) WrongKind() string {
	kinds := map[incidents.RecipientKind]bool{}
	for _, r := range f.incident.Story.Recipients {
		kinds[r.Kind] = true
	}
	for _, k := range []incidents.RecipientKind{incidents.RecipientUnknown, incidents.RecipientKnown, incidents.RecipientTrusted} {
		if kinds[k] {
			return string(k)
		}
	}
	return ""
}

// Listed is how many persons were named one by one; 0 when they were not.
func (f facts) Listed() int {
	if !f.incident.Facts.HandPicked {
		return 0
	}
	return len(f.incident.Story.Subjects.Emails) + len(f.incident.Story.Subjects.ExternalIDs)
}

// AffectedCertain is how many persons are affected without doubt.
func (f facts) AffectedCertain() int { return f.incident.Assessment.Counts.Certain }

// AffectedPossible is how many persons are possibly affected.
func (f facts) AffectedPossible() int { return f.incident.Assessment.Counts.Possible }

// Assessed reports whether the newest facts are assessed.
func (f facts) Assessed() bool { return f.incident.Assessment.Complete() }

// Doubt says whether the readers are affected: "" all for certain, "some" some
// for certain and others possibly, "all" all possibly.
func (f facts) Doubt() string {
	certain, possible := f.found()
	switch {
	case f.incident.Facts.HandPicked:
		return ""
	case f.incident.Assessment.Done > 0 && possible == 0:
		return ""
	case certain > 0:
		return "some"
	default:
		return "all"
	}
}

// found counts who is affected for certain and who possibly: of those who read
// the text, or of everybody when they are not known. A former client's doubt is
// no doubt of somebody who is in guidance.
func (f facts) found() (certain, possible int) {
	for _, r := range f.readers {
		switch {
		case r.Voice() != incidents.Voice{Language: f.language, For: f.reader}:
		case r.Certainty == incidents.Possible:
			possible++
		case r.Certainty == incidents.Certain:
			certain++
		}
	}
	if certain+possible == 0 {
		return f.incident.Assessment.Counts.Certain, f.incident.Assessment.Counts.Possible
	}
	return certain, possible
}

// Filed reports whether the breach was notified to the authority.
func (f facts) Filed() bool {
	c := f.incident.Clock(incidents.AuthorityClock)
	return c != nil && !c.MetAt.IsZero()
}

// SystemsKnown reports whether it is known which systems were hit.
func (f facts) SystemsKnown() bool { return f.incident.Facts.Systems != nil }

// Places names the systems hit, but those in known. It is "" when one of them
// has no word: naming only some would say that the others were not hit.
func (f facts) Places(known ...string) string {
	var names []string
	for _, id := range f.incident.Facts.Systems {
		name, some := f.words.Places[id]
		switch {
		case slices.Contains(known, id), some && slices.Contains(names, name):
		case !some:
			return ""
		default:
			names = append(names, name)
		}
	}
	return f.list(names, map[string]string{"nl": " en ", "en": " and ", "fr": " et ", "de": " und "}[f.language])
}

func (f facts) list(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + last + names[len(names)-1]
}

// Readable says whether strangers could read the data: "yes", "partly", "no",
// or "" when it is not known, or when no stranger could see it at all.
func (f facts) Readable() string {
	if !f.Broken("confidentiality") {
		return ""
	}
	return map[incidents.Unintelligible]string{incidents.UnintelligibleYes: "no", incidents.UnintelligiblePartly: "partly",
		incidents.UnintelligibleNo: "yes"}[f.incident.Unreadable()]
}

// Broken reports whether a kind of breach is part of it; where the practitioner
// has not said, the playbook's own kinds stand.
func (f facts) Broken(kind string) bool {
	kinds := f.incident.Facts.BreachKinds
	if kinds == nil {
		kinds = f.playbook.BreachKinds
	}
	return slices.Contains(kinds, incidents.BreachKind(kind))
}

// Harmless reports whether nobody could read, lose or change anything that matters to the reader.
func (f facts) Harmless() bool {
	return f.Readable() == "no" && !f.Broken("availability") && !f.Broken("integrity")
}

// Taken, Planned and Consequences are the practitioner's own words.
func (f facts) Taken() string { return ownWords(f.incident.Story.MeasuresTaken) }

// Planned is what the practice is still going to do, in its own words.
func (f facts) Planned() string { return ownWords(f.incident.Story.MeasuresPlanned) }

// Consequences is what the practitioner wrote of them.
func (f facts) Consequences() string { return ownWords(f.incident.Story.Consequences) }

// TakenByProcessor reports whether the words on measures are the processor's.
func (f facts) TakenByProcessor() bool {
	says := f.incident.Story.ProcessorSays
	return says != nil && says.Measures != "" && says.Measures == f.incident.Story.MeasuresTaken
}

// ConsequencesByProcessor reports whether the words on consequences are the processor's.
func (f facts) ConsequencesByProcessor() bool {
	says := f.incident.Story.ProcessorSays
	return says != nil && says.Consequences != "" && says.Consequences == f.incident.Story.Consequences
}

// Answer is what was answered to a question that the playbook adds to the form,
// as the option's id; "" for nothing.
func (f facts) Answer(question string) string { return f.incident.Answer(question) }

// Foreign reports whether the practice writes in another language than this text.
func (f facts) Foreign() bool { return f.practice.Language != f.language }

// OwnLanguage says which language the practice writes in: "in het Engels".
func (f facts) OwnLanguage() string { return f.words.Languages[f.practice.Language] }

// ownWords readies free text for a template: its lines stay lines, its lists
// stay lists, it ends with a full stop, and it cannot speak to the mailer.
func ownWords(free string) string {
	free = strings.NewReplacer("[[", "[ [", `\`, "/").Replace(free)
	var lines []string
	for line := range strings.Lines(free) {
		if line = strings.Join(strings.Fields(line), " "); line == "" {
			continue
		}
		for _, bullet := range []string{"* ", "• ", "– "} {
			if rest, some := strings.CutPrefix(line, bullet); some {
				line = item + rest
			}
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return ""
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, item) && !strings.ContainsAny(last[len(last)-1:], `.!?:;)"`) {
		lines[len(lines)-1] += "."
	}
	return strings.Join(lines, "\\\n")
}

// Open reports whether something is still being found out.
func (f facts) Open() bool {
	c := f.incident.Facts
	return c.OccurredFrom == nil || c.OccurredUntil == nil || c.Systems == nil && !c.HandPicked || f.Kinds() == nil ||
		f.incident.Unreadable() == incidents.UnintelligibleUnknown || f.Doubt() != "" || f.Planned() == ""
}

// check names what a practice must have for any text to be whole.
func (f facts) check() error {
	if f.Contact().Name == "" || f.Contact().Email == "" {
		return fmt.Errorf("the practice names no contact person with an email address")
	}
	return nil
}
