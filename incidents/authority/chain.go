package authority

import (
	"slices"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Filed is what is kept of the sheet with a filing.
func Filed(s Sheet) []incidents.FiledAnswer {
	var kept []incidents.FiledAnswer
	for _, a := range s.Answers() {
		if a.Text != "" {
			kept = append(kept, incidents.FiledAnswer{Question: a.Key, Text: a.Text})
		}
	}
	return kept
}

// Difference is an answer that is another one than when it was last filed.
type Difference struct {
	Number string
	Key    string
	Label  string
	Before string // "" when there was none
	After  string // "" when there is none now
}

// aboutItself are the questions about the filing itself, which differ each time.
func aboutItself() []string {
	return []string{"notice_kind", "earlier_reference", "completeness"}
}

// Since returns what changed after the newest filing whose answers were kept;
// false when there is none to compare with.
func Since(s Sheet, filings []incidents.Filing) ([]Difference, bool) {
	at := len(filings) - 1
	for at >= 0 && filings[at].Answers == nil {
		at--
	}
	if at < 0 {
		return nil, false
	}
	before := map[string]string{}
	for _, a := range filings[at].Answers {
		before[a.Question] = a.Text
	}
	var changed []Difference
	for _, a := range s.Answers() {
		if old := before[a.Key]; old != a.Text && !slices.Contains(aboutItself(), a.Key) {
			changed = append(changed, Difference{Number: a.Number, Key: a.Key, Label: a.Label, Before: old, After: a.Text})
		}
	}
	return changed, true
}

// Lead says which authority leads (GDPR Art. 56): the one of the main
// establishment. known is false when that was not answered; an empty authority
// with known set is one of another country.
func Lead(a incidents.AuthorityAnswers) (lead registry.Authority, known bool) {
	switch a.MainEstablishment {
	case "":
		return "", false
	case "NL":
		return registry.AP, true
	case "BE":
		return registry.GBA, true
	default:
		return "", true
	}
}
