package incidents

import (
	"encoding/json"
	"time"
)

// A practice that notes a supplier, or more about what it uses of one, is told of
// the reports that came before and concern it. That it noted something stands in the
// settings under LookBackPrefix and its id until a worker looked.
const (
	LookBackPrefix = "intake/lookback/"
	// LookBackOver is how far back is looked: an older report concerned what the
	// practice may have begun to use since, and its deadlines are long over elsewhere.
	LookBackOver = 30 * 24 * time.Hour
	// lookBackQuiet is how long nothing must have been noted any more: a supplier is
	// noted before its systems, which say what is used of it.
	lookBackQuiet = 10 * time.Minute
	// lookBackMost is how long after the first note it is looked whatever follows.
	lookBackMost = time.Hour
)

// LookBack is when a practice noted something since it was last looked.
type LookBack struct{ First, Last time.Time }

// ReadLookBack reads what stands in the settings; nothing, or what cannot be read, is
// due at once, and leaves nothing to look for.
func ReadLookBack(raw []byte) LookBack {
	var l LookBack
	if json.Unmarshal(raw, &l) != nil {
		return LookBack{}
	}
	return l
}

// Again returns what stands there once something is noted at a moment.
func (l LookBack) Again(now time.Time) []byte {
	if l.First.IsZero() {
		l.First = now
	}
	l.Last = now
	raw, err := json.Marshal(l)
	if err != nil {
		return nil // a time of four digits always has a form in JSON
	}
	return raw
}

// Until is up to when a report is an earlier one: those of after the write that was
// noted find the practice by themselves.
func (l LookBack) Until() time.Time { return l.Last.Add(time.Minute) }

// DueAt is from when on it is looked.
func (l LookBack) DueAt() time.Time {
	quiet, most := l.Last.Add(lookBackQuiet), l.First.Add(lookBackMost)
	if quiet.Before(most) {
		return quiet
	}
	return most
}
