package registry

import (
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Processor is a firm that processes personal data for the practice (GDPR
// Art. 4(8)), "microsoft-365". The same ID links many practices on one host.
type Processor struct {
	ID            string
	PracticeID    tenant.ID
	Version       int64
	Name          string
	ContractHours *int   // hours in which it promised to tell of a breach; nil: "without undue delay" (Art. 33(2))
	Contract      string // the processing agreement (Art. 28(3)) and where it lies; "" not noted
	Contact       string // whom to ask about a breach: name, address, number; "" not noted
	// Regions are where it keeps the practice's data, in its own words ("West
	// Europe"); none: not noted. Stored sealed.
	Regions []string
	// CustomerRefs are what the practice is to it: customer number, subscription,
	// tenant or domain; none: not noted. Stored sealed.
	CustomerRefs []string
	// SubProcessors are the ids of the firms that it engages itself (GDPR
	// Art. 28(2)); the practice need not list these as processors of its own.
	SubProcessors []string
	// Host says that it runs this program for the practice, or the machine that it
	// runs on: then OwnSystem stands there too.
	Host      bool
	EndedAt   time.Time
	UpdatedAt time.Time
	Notes     register.Notes // what happens to it with the write under way
}

// Limits of what a practice notes about a processor.
const (
	MostNoted  = 20  // regions, customer references or sub-processors
	MostRegion = 60  // characters
	MostRef    = 120 // characters
)

// Validate returns every fault of the processor at once.
func (p Processor) Validate() error {
	var faults fault.List
	checkSlug(&faults, "id", p.ID)
	CheckLine(&faults, "name", p.Name, 1, 120)
	if p.ContractHours != nil && (*p.ContractHours < 1 || *p.ContractHours > 720) {
		faults.Add("contract_hours", "error.contract_hours", "give 1 to 720 hours, or leave it empty")
	}
	CheckLine(&faults, "contract", p.Contract, 0, 200)
	CheckLine(&faults, "contact", p.Contact, 0, 200)
	checkNoted(&faults, "regions", p.Regions, MostRegion)
	checkNoted(&faults, "customer_refs", p.CustomerRefs, MostRef)
	p.checkSubProcessors(&faults)
	return faults.Err()
}

func checkNoted(faults *fault.List, field string, noted []string, most int) {
	if len(noted) > MostNoted {
		faults.Add(field, "error.noted_many", "note at most 20")
		return
	}
	for _, n := range noted {
		before := len(*faults)
		if CheckLine(faults, field, n, 1, most); len(*faults) > before {
			return
		}
	}
}

func (p Processor) checkSubProcessors(faults *fault.List) {
	if len(p.SubProcessors) > MostNoted {
		faults.Add("sub_processors", "error.noted_many", "note at most 20")
		return
	}
	for _, id := range p.SubProcessors {
		switch {
		case !slug.MatchString(id):
			checkSlug(faults, "sub_processors", id)
			return
		case id == p.ID:
			faults.Add("sub_processors", "error.sub_processor_self", "a processor is not below itself")
			return
		}
	}
}

// CheckBelow refuses a processor whose sub-processors, as the practice lists its
// others, lead back to itself.
func (p Processor) CheckBelow(others []Processor) error {
	below := map[string][]string{}
	for _, o := range others {
		below[o.ID] = o.SubProcessors
	}
	below[p.ID] = p.SubProcessors
	seen, next := map[string]bool{}, slices.Clone(p.SubProcessors)
	for len(next) > 0 {
		id := next[0]
		next = next[1:]
		if id == p.ID {
			var faults fault.List
			faults.Add("sub_processors", "error.sub_processor_circle", "this goes round in a circle: one of these is above this processor already")
			return faults
		}
		if !seen[id] {
			seen[id] = true
			next = append(next, below[id]...)
		}
	}
	return nil
}

// Keeps reports whether the processor holds a system. The firm that runs this
// program holds OwnSystem.
func (p Processor) Keeps(s System) bool {
	return s.ProcessorID == p.ID || p.Host && s.ID == OwnSystem
}

// HitBy returns which of a processor's systems a report about services touches,
// and whether it names them. No named service, or none that is known here, means
// all of them: on the safe side.
func HitBy(held []System, services []string) (hit []string, named bool) {
	var all []string
	for _, s := range held {
		all = append(all, s.ID)
		if slices.ContainsFunc(services, s.Offers) {
			hit = append(hit, s.ID)
		}
	}
	if len(hit) > 0 {
		return hit, true
	}
	return all, false
}

// Above returns the processors in use that engage one, through others that the
// practice lists too.
func Above(id string, processors []Processor) []Processor {
	var above []Processor
	found := map[string]bool{id: true}
	for next := []string{id}; len(next) > 0; next = next[1:] {
		for _, p := range processors {
			if !found[p.ID] && p.EndedAt.IsZero() && slices.Contains(p.SubProcessors, next[0]) {
				found[p.ID] = true
				above, next = append(above, p), append(next, p.ID)
			}
		}
	}
	return above
}
