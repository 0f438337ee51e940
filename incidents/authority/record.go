package authority

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Record is all that a sheet is made from.
type Record struct {
	Incident *incidents.Incident
	Practice registry.Practice
	// Processor is the name of the processor that reported, "" for none.
	Processor string
	Zone      *time.Location
	Now       time.Time
}

// Mark says where an answer comes from.
type Mark string

// The marks.
const (
	Recorded Mark = "recorded" // somebody wrote or chose it
	Derived  Mark = "derived"  // it follows from what was recorded; look at it
	Missing  Mark = "missing"  // the record says nothing about it
)

// fact is what the record says about one question, before it is put into words.
type fact struct {
	mark  Mark
	codes []string // options, by the code of their words
	text  string
	free  bool // text that people wrote freely, to be looked through
	at    *time.Time
	about bool // the time is an estimate
	count *incidents.Amount
	not   bool // this form need not show the question
}

func missing() fact { return fact{mark: Missing} }

func chosen(codes ...string) fact { return fact{mark: Recorded, codes: codes} }

func follows(codes ...string) fact { return fact{mark: Derived, codes: codes} }

// wrote is a free text, missing when it is empty.
func wrote(text string) fact {
	if text == "" {
		return missing()
	}
	return fact{mark: Recorded, text: text, free: true}
}

// stated is a text out of the practice's own details.
func stated(text string) fact {
	if text == "" {
		return missing()
	}
	return fact{mark: Recorded, text: text}
}

func when(at *time.Time, about bool) fact {
	if at == nil || at.IsZero() {
		return missing()
	}
	return fact{mark: Recorded, at: at, about: about}
}

// playbookTypes is the kind of incident of AP question 5.2 for each playbook.
func playbookTypes() map[string]string {
	return map[string]string{
		"mis-sent-letter": "post_recipient", "lost-letter": "post_lost", "mis-sent-email": "email_recipient", "group-mail-cc": "email_cc",
		"wrong-file": "wrong_file", "lost-device": "device_paper", "lost-paper": "device_paper", "phished-mailbox": "hacking", "ransomware": "hacking",
		"open-share": "folders_open", "published-by-accident": "published", "processor-breach": "other", "data-in-chatbot": "other",
		"taken-by-insider": "other", "caller-fraud": "other", "outage": "other",
	}
}
