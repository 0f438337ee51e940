package incidents

import (
	"time"

	"datalek/incidents/registry"
)

// startContract starts the clock of the processor's contract, once: from when it knew
// until it told. It needs the agreed hours, nil for none, and since when it knew. It
// reports whether it started.
func (i *Incident) startContract(contract *time.Duration) bool {
	if contract == nil || i.Facts.ProcessorAwareAt == nil || i.Clock(ContractClock) != nil {
		return false
	}
	c := NewClock(ContractClock, *i.Facts.ProcessorAwareAt, registry.Term{Within: *contract})
	c.meet(i.processorToldAt())
	i.Clocks = append(i.Clocks, c)
	return true
}

// processorToldAt is when the processor first told: before the practice heard it when
// the practice noted the processor later.
func (i *Incident) processorToldAt() time.Time {
	if told := i.Facts.ProcessorToldAt; told != nil {
		return *told
	}
	return i.Aware[0].AwareAt
}

// ProcessorKnewSince records since when the processor knew of the breach, which it
// says in a later message only, and starts its contract's clock when hours were
// agreed (nil for none). What it said first stands: another time, or nil, changes
// nothing. It reports whether anything changed.
func (i *Incident) ProcessorKnewSince(at *time.Time, contract *time.Duration, now time.Time, by Actor) bool {
	if at == nil || i.Facts.ProcessorAwareAt != nil {
		return false
	}
	before, since := i.Facts, at.UTC()
	i.Facts.ProcessorAwareAt = &since
	facts := map[string]string{"since": since.Format(time.RFC3339)}
	if i.startContract(contract) {
		facts["clock"] = string(ContractClock)
	}
	i.note(withRevisions(Event{Kind: ProcessorKnew, At: now, Actor: by, Facts: facts}, before, i.Facts, i.Story, i.Story))
	return true
}
