package incidents

import "time"

// The names of the times in a supplier's message by which it is judged whether it
// told in time.
const (
	ClaimAware      = "processorAwareAt" // when it became aware itself
	ClaimDiscovered = "discoveredAt"     // when somebody there found it
)

// PromptnessWord says whether a processor told of a breach in time.
type PromptnessWord string

// The words.
const (
	ToldOnTime PromptnessWord = "on_time" // within the hours that were agreed
	ToldLate   PromptnessWord = "late"    // after them
	ToldNoTerm PromptnessWord = "no_term" // no hours were agreed: "without undue delay" (GDPR Art. 33(2)), with how long it took
	ToldUnsaid PromptnessWord = "unsaid"  // it does not say when it knew
)

// Promptness is whether a processor told of a breach in time: within the hours of
// its contract, or else how long after it knew (GDPR Art. 33(2)).
type Promptness struct {
	Word   PromptnessWord
	Since  time.Time // from when it counts, UTC; zero when it does not say
	Claim  string    // by which of its times; "" when it does not say
	ToldAt time.Time
	Within time.Duration // the agreed hours; 0 when none are
	Took   time.Duration // from Since to ToldAt
	Late   time.Duration // 0 unless late
}

// PromptnessOf judges a case of which the processor first told at toldAt: by its
// contract's clock when one was started, else by the times it claims, the moment it
// became aware before the one it was found. Hours nil are none agreed.
func PromptnessOf(clock *Clock, hours *int, toldAt time.Time, claims []Claim) Promptness {
	p := Promptness{Word: ToldUnsaid, ToldAt: toldAt.UTC()}
	if hours != nil {
		p.Within = time.Duration(*hours) * time.Hour
	}
	if clock != nil {
		p.Within, p.Since, p.Claim = clock.Within, clock.StartsAt, ClaimAware
		if !clock.MetAt.IsZero() {
			p.ToldAt = clock.MetAt
		}
	}
	for _, name := range []string{ClaimAware, ClaimDiscovered} {
		for _, c := range claims {
			if p.Since.IsZero() && c.Name == name {
				p.Since, p.Claim = c.At.UTC(), name
			}
		}
	}
	if p.Since.IsZero() {
		return p
	}
	p.Took = max(0, p.ToldAt.Sub(p.Since))
	switch {
	case p.Within == 0:
		p.Word = ToldNoTerm
	case p.Took > p.Within:
		p.Word, p.Late = ToldLate, p.Took-p.Within
	default:
		p.Word = ToldOnTime
	}
	return p
}
