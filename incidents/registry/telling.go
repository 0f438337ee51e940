package registry

import (
	"fmt"
	"slices"
	"strings"

	"datalek/incidents/fault"
)

// TellWhen says whether somebody hears of a breach, and on whose word.
type TellWhen string

// The ways of deciding that.
const (
	// TellByPromise: the practice promised it to everyone in guidance.
	TellByPromise TellWhen = "promise"
	// TellByLaw: never within the promise; told when the risk is high (GDPR Art. 34(1)).
	TellByLaw TellWhen = "law"
	// TellByDecision: one by one, each with a reason. Telling an accused person
	// reveals that there is a complaint (GDPR Art. 23(1)(i), Dutch UAVG Art. 41(1)(i)).
	TellByDecision TellWhen = "decide"
)

// TellWhens returns them in the order in which forms show them.
func TellWhens() []TellWhen { return []TellWhen{TellByPromise, TellByLaw, TellByDecision} }

// Telling is who hears of a breach, by what somebody is to the practice.
type Telling struct {
	Relation Relation
	When     TellWhen
	Source   string // document and place
}

// Tells returns on whose word somebody of a relation hears. One without a rule
// of its own is told as clients are, and those by the promise.
func (p Policy) Tells(relation Relation) TellWhen {
	for _, wanted := range []Relation{relation, RelationClient} {
		for _, t := range p.Telling {
			if t.Relation == wanted {
				return t.When
			}
		}
	}
	return TellByPromise
}

// The most of a kind that one policy may hold; a form and a page must show it.
const (
	mostRules      = 50
	mostMessengers = 10
	mostSource     = 200
)

func (p Policy) checkTelling(faults *fault.List) {
	tooMany(faults, "telling", len(p.Telling), mostRules)
	for i, t := range p.Telling {
		field := fmt.Sprintf("telling.%d.", i)
		if !slices.Contains(Relations(), t.Relation) {
			faults.Add(field+"relation", "error.relation", "choose a relation from the list")
		}
		if slices.ContainsFunc(p.Telling[:i], func(other Telling) bool { return other.Relation == t.Relation }) {
			faults.Add(field+"relation", "error.telling_twice", "this relation has a rule already")
		}
		if !slices.Contains(TellWhens(), t.When) {
			faults.Add(field+"when", "error.tell_when", "choose promise, law or decide")
		}
		CheckLine(faults, field+"source", t.Source, 0, mostSource)
	}
}

func (p Policy) checkWays(faults *fault.List) {
	if p.FirstChannel != "" && !slices.Contains([]Channel{ByEmail, ByPhone}, p.FirstChannel) {
		faults.Add("contact.first", "error.first_channel", "choose email or phone")
	}
	tooMany(faults, "contact.messengers", len(p.Messengers), mostMessengers)
	for i, name := range p.Messengers {
		CheckLine(faults, fmt.Sprintf("contact.messengers.%d", i), name, 1, 40)
	}
	tooMany(faults, "contact.barred_senders", len(p.BarredSenders), mostRules)
	for i, domain := range p.BarredSenders {
		if !ValidEmail("x@" + domain) {
			faults.Add(fmt.Sprintf("contact.barred_senders.%d", i), "error.mail_domain", "give the part of an address behind the @, such as gmail.com")
		}
	}
}

// Bars reports whether notices must not come from an address: its domain, or
// one above it, is among the barred ones.
func (p Policy) Bars(email string) bool {
	_, domain, _ := strings.Cut(NormalEmail(email), "@")
	return slices.ContainsFunc(p.BarredSenders, func(barred string) bool {
		barred = strings.ToLower(barred)
		return domain == barred || strings.HasSuffix(domain, "."+barred)
	})
}

// CheckSender adds a fault at field for an address that notices must not come from.
func (p Policy) CheckSender(faults *fault.List, field, email string) {
	if p.Bars(email) {
		faults.Add(field, "error.sender_barred", "the policy says that notices never come from this address; choose another")
	}
}

func tooMany(faults *fault.List, field string, n, most int) {
	if n > most {
		faults.Add(field, "error.rules_many", fmt.Sprintf("give at most %d", most))
	}
}
