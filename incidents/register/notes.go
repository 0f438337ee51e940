package register

// Notes are the events of one write of a row. A store puts them into the outbox of
// that row in the same write, gives each its ID, and gives the row back without
// them: unlike an Outbox they are never read, so that no write puts one back which
// was published meanwhile.
type Notes []Event

// Add notes an event.
func (n *Notes) Add(e Event) { *n = append(*n, e) }
