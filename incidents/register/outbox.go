package register

import "fmt"

// Outbox is the part of an aggregate that holds events not yet published.
type Outbox struct {
	Seq     int64   // number of the last event
	Pending []Event // oldest first
}

// Put adds an event of the aggregate with the given id.
func (o *Outbox) Put(aggregate string, e Event) {
	o.Seq++
	e.ID = fmt.Sprintf("%s-%d", aggregate, o.Seq)
	o.Pending = append(o.Pending, e)
}
