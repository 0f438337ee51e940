package playbooks

import (
	"slices"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// organisationFile holds the text for the contact person of an organisation that
// commissions guidance: about his own data, and about nobody else's.
const organisationFile = "organisation"

// OrganisationText writes what a contact person of a commissioning organisation
// reads, in one language. Audience is clients, or former clients for who may not
// be the contact person any more.
func (b *Book) OrganisationText(p registry.Practice, inc *incidents.Incident, audience incidents.Audience, language string) (incidents.Text, error) {
	return b.TextFor(p, inc, audience, incidents.Voice{Language: language, For: incidents.ForOrganisation})
}

// ToOrganisation reports whether the reader is the contact person of an
// organisation. He must not learn what is kept about clients, nor about which.
func (f facts) ToOrganisation() bool { return f.reader == incidents.ForOrganisation }

// ofContact returns those of the kinds of data that a practice can have of a
// contact person; nil, not known, when that leaves none.
func ofContact(hit []registry.Category) []registry.Category {
	return among(hit, contactKinds())
}

// among returns those of the kinds hit that stand in a list too; nil for none.
func among(hit, list []registry.Category) []registry.Category {
	var own []registry.Category
	for _, c := range hit {
		if slices.Contains(list, c) {
			own = append(own, c)
		}
	}
	return own
}

func contactKinds() []registry.Category {
	return []registry.Category{registry.Name, registry.Contact, registry.PostalAddress, registry.Financial, registry.Correspondence, registry.Appointments}
}

// worstForContact lists what strangers can do with a contact person's data.
func worstForContact() []harm {
	return []harm{
		{"letters", []registry.Category{registry.Correspondence}},
		{"invoice", []registry.Category{registry.Financial, registry.Correspondence}},
		{"mail", []registry.Category{registry.Contact}},
		{"known", []registry.Category{registry.Name, registry.Contact, registry.Appointments}},
	}
}
