package playbooks

import (
	"maps"
	"slices"
	"strconv"

	"datalek/incidents/authority"
	"datalek/incidents/law"
	"datalek/incidents/registry"
)

// The longest terms that make sense: a month, and three of them.
const (
	mostLawHours  = 744
	mostLawMonths = 3
)

func (f lawFile) rules() []law.Rule {
	var list []law.Rule
	for _, r := range f.Rules {
		from, _ := registry.ParseDate(r.ValidFrom) // checked before
		until, _ := registry.ParseDate(r.ValidTo)
		list = append(list, law.Rule{ID: r.ID, Topic: r.About, Authority: f.Authority, Says: map[string]string{"nl": r.NL, "en": r.EN}, From: from, Until: until,
			Source: law.Source{Document: r.Source.Document, Article: r.Source.Article}, Hours: r.Hours, Starts: r.Starts, Risk: r.Risk,
			Edition: r.Edition, Beside: r.Beside, Instead: r.Instead, ByCapacity: r.ByCapacity, Months: r.Months})
	}
	return list
}

func (f lawFile) check(doc document, places map[string]lawPlace) {
	if f.Authority != "" && !f.Authority.Valid() {
		doc.fault("choose AP or GBA, or leave it out for all", "authority")
	}
	if len(f.Rules) == 0 {
		doc.fault("name at least one rule", "rules")
	}
	for n, r := range f.Rules {
		at := lawPlace{doc: doc, at: strconv.Itoa(n)}
		if _, twice := places[r.ID]; twice {
			at.fault("another rule has this id", "id")
		} else if !slug.MatchString(r.ID) {
			at.fault("use lower-case letters, digits and hyphens", "id")
		}
		places[r.ID] = at
		r.check(at)
	}
}

func (p lawPlace) fault(message string, key string) { p.doc.fault(message, "rules", p.at, key) }

func (r ruleFile) check(at lawPlace) {
	says := map[string]string{"nl": r.NL, "en": r.EN}
	for _, language := range pageLanguages() {
		if says[language] == "" {
			at.fault("this text is missing", language)
		}
	}
	if r.Source.Document == "" || r.Source.Article == "" {
		at.fault("name the document and the article that it stands in", "source")
	}
	from, err := registry.ParseDate(r.ValidFrom)
	if err != nil {
		at.fault("give the first day, such as 2018-05-25", "valid_from")
	}
	if until, wrong := registry.ParseDate(r.ValidTo); r.ValidTo != "" && wrong != nil {
		at.fault("give the last day, such as 2027-12-31, or leave it empty", "valid_to")
	} else if r.ValidTo != "" && err == nil && until.Compare(from) < 0 {
		at.fault("the last day lies before the first", "valid_to")
	}
	r.checkTopic(at)
}

// checkTopic finds what a rule of its topic lacks, and what belongs to another.
func (r ruleFile) checkTopic(at lawPlace) {
	needs := map[law.Topic][]string{law.TellAuthority: {"hours", "starts", "risk"}, law.TellPersons: {"risk"}, law.AnswerRequest: {"months"},
		law.FormEdition: {"edition"}, law.YoungPeople: {"beside", "instead"}}
	own, known := needs[r.About]
	if !known {
		at.fault("choose authority, persons, requests, form or young", "about")
		return
	}
	given := map[string]bool{"hours": r.Hours != 0, "starts": r.Starts != "", "risk": r.Risk != "", "months": r.Months != 0, "edition": r.Edition != "",
		"beside": r.Beside != 0, "instead": r.Instead != 0, "by_capacity": r.ByCapacity}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		belongs := slices.Contains(own, key) || key == "by_capacity" && r.About == law.YoungPeople
		switch {
		case given[key] && !belongs:
			at.fault("this is nothing that a rule about "+string(r.About)+" says", key)
		case !given[key] && slices.Contains(own, key):
			at.fault("a rule about "+string(r.About)+" needs this", key)
		case given[key]:
			r.checkValue(at, key)
		}
	}
}

func (r ruleFile) checkValue(at lawPlace, key string) {
	_, err := authority.LoadEdition(r.Edition)
	for _, wrong := range []struct {
		key     string
		is      bool
		message string
	}{
		{"hours", r.Hours < 1 || r.Hours > mostLawHours, "give 1 to 744"},
		{"starts", r.Starts != law.FromAwareness, "hours count from awareness: aware"},
		{"risk", r.Risk != law.AnyRisk && r.Risk != law.HighRisk, "choose risk or high_risk"},
		{"months", r.Months < 1 || r.Months > mostLawMonths, "give 1 to 3"},
		{"edition", err != nil, "there is no form of this edition"},
		{"beside", r.Beside < 1 || r.Beside > 18, "give an age from 1 to 18"},
		{"instead", r.Instead < r.Beside || r.Instead > 18, "give an age up to 18, not below the one from which he is told beside his parents"},
	} {
		if wrong.key == key && wrong.is {
			at.fault(wrong.message, key)
		}
	}
}
