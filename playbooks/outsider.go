package playbooks

import (
	"datalek/incidents"
	"datalek/incidents/registry"
)

// ToNewsletter reports whether the reader only gets the newsletter.
func (f facts) ToNewsletter() bool { return f.reader == incidents.ForNewsletter }

// ToEnquirer reports whether the reader asked something or got an offer, and never
// was in guidance.
func (f facts) ToEnquirer() bool { return f.reader == incidents.ForEnquirer }

// newsletterKinds are those of the kinds of data that a practice can have of somebody
// who signed up for its news; nothing else that was hit is his.
func newsletterKinds() []registry.Category {
	return []registry.Category{registry.Name, registry.Contact, registry.PostalAddress, registry.WebsiteLog}
}

// enquirerKinds are those that it can have of somebody who asked, or got an offer.
func enquirerKinds() []registry.Category {
	return []registry.Category{registry.Name, registry.Contact, registry.PostalAddress, registry.Financial, registry.Correspondence, registry.Appointments, registry.WebsiteLog}
}
