package rules

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"datalek/incidents/registry"
)

// monthsInYear: what is a whole number of years is said in years.
const monthsInYear = 12

// keep says what is kept how long. A policy without rules of keeping has the one
// number of months.
func (s speaker) keep() []Rule {
	if len(s.policy.Retention) == 0 {
		r := s.policy.GeneralRetention()
		return []Rule{{Keep, "retention", s.t("keep.all"), s.kept(r), r.Source}}
	}
	var out []Rule
	for i, r := range s.policy.Retention {
		out = append(out, Rule{Keep, "retention." + strconv.Itoa(i), s.what(r), s.kept(r), r.Source})
	}
	return out
}

// what says which systems and people a rule is about.
func (s speaker) what(r registry.RetentionRule) string {
	systems, people := s.listed(mapped(r.Systems, s.system)), s.listed(mapped(r.Relations, s.person))
	switch {
	case r.General() && len(s.policy.Retention) == 1:
		return s.t("keep.all")
	case r.General():
		return s.t("keep.rest")
	case people == "":
		return systems
	case systems == "":
		return people
	default:
		return systems + ": " + people
	}
}

// Term says in words of a language how long a rule keeps data.
func Term(words Words, lang string, r registry.RetentionRule) string {
	return speaker{words: words, lang: lang}.kept(r)
}

// kept says until when.
func (s speaker) kept(r registry.RetentionRule) string {
	text := s.howLong(r)
	if r.Pseudonymises() {
		text += " " + s.t("keep.pseudonymise")
	}
	if r.Asks() {
		text += " " + s.t("keep.permission", "what", s.listed(mapped(r.WithPermission, s.category)))
	}
	return text
}

func (s speaker) category(k registry.Category) string {
	return LowerFirst(s.words.T(s.lang, "choice.category."+string(k)))
}

func (s speaker) howLong(r registry.RetentionRule) string {
	switch {
	case r.From == registry.UntilWithdrawal && r.Asks():
		return s.t("keep.asked")
	case r.From == registry.UntilWithdrawal:
		return s.t("keep.withdrawal")
	}
	text := s.t("keep.at_once." + string(r.From))
	if r.Months > 0 {
		text = s.t("keep."+string(r.From), "term", s.term(r.Months))
	}
	if r.WithinMonths > 0 {
		text += " " + s.t("keep.within", "term", s.term(r.WithinMonths))
	}
	return text
}

func (s speaker) term(months int) string {
	if months%monthsInYear == 0 {
		return s.t("years", "n", months/monthsInYear)
	}
	return s.t("months", "n", months)
}

// Kept says in words of a language until when a rule of keeping lets data be there,
// and what becomes of it then.
func Kept(words Words, lang string, r registry.RetentionRule) string {
	return speaker{words: words, lang: lang}.kept(r)
}

// LowerFirst begins text that stands within a sentence with a small letter, unless
// it begins with an abbreviation.
func LowerFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	second, _ := utf8.DecodeRuneInString(text[size:])
	if unicode.IsUpper(second) {
		return text
	}
	return string(unicode.ToLower(first)) + text[size:]
}
