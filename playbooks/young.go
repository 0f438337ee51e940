package playbooks

import (
	"fmt"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// youngFile holds the text for a person of 12 to 15, who is told beside the
// parents: shorter, and in the familiar form of address whatever the practice chose.
const youngFile = "young"

// YoungText writes what a person of 12 to 15 reads, in one language. It is about
// the same facts as the notice to clients.
func (b *Book) YoungText(p registry.Practice, inc *incidents.Incident, language string) (incidents.Text, error) {
	f, set, err := b.view(p, inc, incidents.ToClients, language)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("prepare text: %w", err)
	}
	f.young = true
	text, err := execute(set, youngFile, language, f)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("text for a young person in %s: %w", language, err)
	}
	return text, nil
}

// Home reports whether strangers may learn where somebody lives or often is.
func (f facts) Home() bool {
	return f.Broken("confidentiality") && f.Readable() != "no" && f.hits(registry.PostalAddress, registry.Location)
}

// Password reports whether strangers may have read a password.
func (f facts) Password() bool {
	return f.Broken("confidentiality") && f.Readable() != "no" && f.hits(registry.Credentials)
}
