package incidents

import "time"

// FileMade notes that somebody had a file of the whole case made, for an authority.
func (i *Incident) FileMade(now time.Time, by Actor) {
	i.note(Event{Kind: CaseFileMade, At: now, Actor: by})
}
