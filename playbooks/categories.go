package playbooks

import (
	"slices"
	"strings"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// categories returns the kinds of data of the text's readers that are, or may
// be, hit; nil when that is not known.
func (f facts) categories() []registry.Category {
	hit, _ := f.ofReaders(f.hit())
	switch {
	case f.ToOrganisation():
		return ofContact(hit)
	case f.ToNewsletter():
		return among(hit, newsletterKinds())
	case f.ToEnquirer():
		return among(hit, enquirerKinds())
	}
	return hit
}

// hit returns the kinds of data that are, or may be, hit of anybody.
func (f facts) hit() []registry.Category {
	if f.incident.Facts.Categories != nil {
		return f.incident.Facts.Categories
	}
	return f.held
}

// ofReaders leaves of the kinds hit those that are of somebody who reads the text,
// as far as that is known for each reader, and says whether they are of all: who
// left and only lets us keep his address does not read that his letters are out.
func (f facts) ofReaders(hit []registry.Category) (kinds []registry.Category, all bool) {
	var theirs []registry.Category
	least := len(registry.Categories())
	for _, r := range f.readers {
		if r.Voice() != (incidents.Voice{Language: f.language, For: f.reader}) {
			continue
		}
		if r.Kinds == nil {
			return hit, true
		}
		theirs, least = append(theirs, r.Kinds...), min(least, len(r.Kinds))
	}
	for _, c := range hit {
		if slices.Contains(theirs, c) {
			kinds = append(kinds, c)
		}
	}
	if len(kinds) == 0 {
		return hit, true
	}
	return kinds, least == len(kinds)
}

// Kinds names the kinds of data hit, in the order of forms; nil when not known.
func (f facts) Kinds() []string {
	hit := f.categories()
	var names []string
	for _, c := range registry.Categories() {
		if slices.Contains(hit, c) {
			names = append(names, f.kind(c))
		}
	}
	return names
}

func (f facts) kind(c registry.Category) string {
	if name := f.words.KindsContact[c]; name != "" && f.ToOrganisation() {
		return name
	}
	if name := f.words.KindsBelgium[c]; name != "" && f.Belgian() {
		return name
	}
	return f.words.Kinds[c]
}

// KindsSure reports whether the practitioner said which kinds are hit, and all of
// them are of every reader; else they are all that the systems hold, or of some.
func (f facts) KindsSure() bool {
	_, all := f.ofReaders(f.hit())
	return all && f.incident.Facts.Categories != nil
}

// NotHit names the kinds that people fear for and that were surely not hit, ""
// when nothing can be promised: what people wrote may hold anything.
func (f facts) NotHit() string {
	if !f.KindsSure() || f.ToOrganisation() || f.ToNewsletter() || f.ToEnquirer() || slices.ContainsFunc(f.hit(), holdsAnything) {
		return ""
	}
	var names []string
	for _, c := range []registry.Category{registry.SessionNotes, registry.Financial, registry.IdentityDocument, registry.Credentials} {
		if !f.hits(c) && !(c == registry.SessionNotes && f.Intimate()) {
			names = append(names, f.kind(c))
		}
	}
	return f.list(names, map[string]string{"nl": " of ", "en": " or ", "fr": " et ", "de": " oder "}[f.language])
}

// holdsAnything reports whether data of a kind is what people wrote.
func holdsAnything(c registry.Category) bool {
	return slices.Contains([]registry.Category{registry.Correspondence, registry.SessionNotes, registry.Reports, registry.OtherData}, c)
}

func (f facts) hits(kinds ...registry.Category) bool {
	return slices.ContainsFunc(f.categories(), func(c registry.Category) bool { return slices.Contains(kinds, c) })
}

// Only reports whether all that was hit is of these kinds, and that is known.
func (f facts) Only(kinds ...string) bool {
	other := func(c registry.Category) bool { return !slices.Contains(kinds, string(c)) }
	return len(f.categories()) > 0 && !slices.ContainsFunc(f.categories(), other)
}

// Intimate reports whether data is hit that people would not want others to know.
func (f facts) Intimate() bool {
	return !f.ToOrganisation() && f.hits(registry.Health, registry.SexualLife, registry.Beliefs, registry.Politics, registry.Union, registry.Ethnicity,
		registry.Criminal, registry.Genetic, registry.SessionNotes, registry.Reports, registry.Family, registry.Debts, registry.Correspondence)
}

// harm is what data in the wrong hands can lead to, and what its owner can do.
// Name is that of the fragments "worst.<name>" and "step.<name>".
type harm struct {
	name string
	from []registry.Category
}

// worst lists what strangers can do with data, the gravest first.
func worst() []harm {
	return []harm{
		{"home", []registry.Category{registry.PostalAddress, registry.Location}},
		{"intimate", []registry.Category{registry.Health, registry.SexualLife, registry.Beliefs, registry.Politics, registry.Union,
			registry.Ethnicity, registry.Criminal, registry.Genetic, registry.SessionNotes, registry.Reports, registry.Family,
			registry.Debts, registry.Correspondence, registry.OtherData}},
		{"identity", []registry.Category{registry.IdentityDocument, registry.NationalNumber, registry.Biometric}},
		{"password", []registry.Category{registry.Credentials}},
		{"money", []registry.Category{registry.Financial}},
		{"mail", []registry.Category{registry.Contact}},
		{"photo", []registry.Category{registry.Photos}},
		{"known", []registry.Category{registry.Name, registry.Contact, registry.Appointments, registry.Correspondence}},
	}
}

// mostHarms and mostSteps keep the lists short enough to be read.
const (
	mostHarms = 5
	mostSteps = 4
)

// Worst names the fragments on what may happen at worst; nil when nobody can
// read the data, or when it is not known which data it is.
func (f facts) Worst() []string {
	if !f.Broken("confidentiality") || f.Readable() == "no" {
		return nil
	}
	list := worst()
	if f.ToOrganisation() {
		list = worstForContact()
	}
	var names []string
	for _, h := range list {
		if f.hits(h.from...) && len(names) < mostHarms {
			names = append(names, "worst."+h.name)
		}
	}
	return names
}

// Steps names the fragments on what the reader can do, at most four, the most
// urgent first. own are the names of the playbook's own, between spaces.
func (f facts) Steps(own string) []string {
	var names []string
	if f.Broken("confidentiality") && f.Readable() != "no" {
		names = f.stepsAgainstReading(strings.Fields(own))
	}
	if f.Broken("availability") && f.hits(registry.Appointments) {
		names = append(names, "step.appointment")
	}
	if f.Broken("integrity") {
		names = append(names, "step.mistakes")
	}
	return names[:min(len(names), mostSteps)]
}

func (f facts) stepsAgainstReading(own []string) []string {
	var names []string
	add := func(when bool, step string) {
		if when && !slices.Contains(names, step) {
			names = append(names, step)
		}
	}
	unknown := f.categories() == nil
	add(f.hits(registry.PostalAddress, registry.Location) && !f.ToOrganisation(), "step.home")
	add(f.hits(registry.Credentials), "step.password")
	for _, step := range own {
		add(true, step)
	}
	add(f.hits(registry.IdentityDocument, registry.NationalNumber), "step.identity")
	add(unknown && f.audience != incidents.ToFormerClients, "step.ask") // these are told so already
	add(f.Intimate(), "step.talk")
	add(f.hits(registry.Financial) && !f.ToOrganisation(), "step.money")
	add(f.hits(registry.Financial, registry.Correspondence) && f.ToOrganisation(), "step.invoice")
	add(unknown || f.hits(registry.Contact), "step.mail")
	return names
}
