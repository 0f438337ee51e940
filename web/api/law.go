package api

import "datalek/incidents/law"

// ruleView is a rule of law that a case keeps.
type ruleView struct {
	ID        string            `json:"id"`
	About     string            `json:"about"`
	Says      map[string]string `json:"says"`
	Hours     *int              `json:"hours"`
	Risk      *string           `json:"risk"`
	ValidFrom string            `json:"valid_from"`
	ValidTo   *string           `json:"valid_to"`
	Document  string            `json:"document"`
	Article   string            `json:"article"`
}

func showRules(rules law.Set) []ruleView {
	views := []ruleView{}
	for _, r := range rules {
		v := ruleView{ID: r.ID, About: string(r.Topic), Says: r.Says, Risk: orNull(string(r.Risk)), ValidFrom: r.From.String(), ValidTo: orNull(r.Until.String()),
			Document: r.Source.Document, Article: r.Source.Article}
		if r.Hours != 0 {
			v.Hours = &r.Hours
		}
		views = append(views, v)
	}
	return views
}
