package playbooks

import (
	"datalek/incidents"
	"datalek/incidents/registry"
)

// youngFile holds the text for a person of 12 to 15, who is told beside the
// parents: shorter, and in the familiar form of address whatever the practice chose.
const youngFile = "young"

// YoungText writes what a person of 12 to 15 reads, in one language. It is about
// the same facts as the notice to clients.
func (b *Book) YoungText(p registry.Practice, inc *incidents.Incident, language string) (incidents.Text, error) {
	return b.TextFor(p, inc, incidents.ToClients, incidents.Voice{Language: language, For: incidents.ForYoung})
}

// Young reports whether the reader is 12 to 15 years old.
func (f facts) Young() bool { return f.reader == incidents.ForYoung }

// WasHere reports whether the reader may not be with the practice any more.
func (f facts) WasHere() bool { return f.audience == incidents.ToFormerClients }

// Home reports whether strangers may learn where somebody lives or often is.
func (f facts) Home() bool {
	return f.Broken("confidentiality") && f.Readable() != "no" && !f.ToOrganisation() && f.hits(registry.PostalAddress, registry.Location)
}

// Password reports whether strangers may have read a password.
func (f facts) Password() bool {
	return f.Broken("confidentiality") && f.Readable() != "no" && f.hits(registry.Credentials)
}
