package registry

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// OwnSystem is the id of the system that datalek itself is: it knows who is in
// guidance, so it is one in every practice and never ends.
const OwnSystem = "datalek"

// System is a place where the practice keeps personal data: a mailbox, client
// file, agenda, drive, paper. Its ID is the practice's own short word for it.
type System struct {
	ID              string // unique within the practice: "mailbox"
	PracticeID      tenant.ID
	Version         int64
	Name            string
	ProcessorID     string // "" when the practice holds it itself
	Services        []string
	Categories      []Category
	Identifiability Identifiability
	EncryptedAtRest *bool         // nil: not known
	Rules           []HoldingRule // whose data it holds; none: everyone's, all of Categories
	EndedAt         time.Time     // zero while in use; an ended system stays for old incidents
	UpdatedAt       time.Time
	Notes           register.Notes // what happens to it with the write under way
}

var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Validate returns every fault of the system at once.
func (s System) Validate() error {
	var faults fault.List
	checkSlug(&faults, "id", s.ID)
	CheckLine(&faults, "name", s.Name, 1, 120)
	if s.ProcessorID != "" {
		checkSlug(&faults, "processor", s.ProcessorID)
	}
	CheckCategories(&faults, "categories", s.Categories)
	if !s.Identifiability.Valid() {
		faults.Add("identifiability", "error.identifiability", "choose identified, pseudonymised or anonymous")
	}
	s.checkRules(&faults)
	return faults.Err()
}

// Offers reports whether a service named by its processor may be this system:
// by its own id or name, or by one of the service names the practice noted.
func (s System) Offers(service string) bool {
	same := func(name string) bool { return strings.EqualFold(strings.TrimSpace(service), name) }
	return same(s.ID) || same(s.Name) || slices.ContainsFunc(s.Services, same)
}

func checkSlug(faults *fault.List, field, id string) {
	if !slug.MatchString(id) {
		faults.Add(field, "error.slug", "use 1 to 64 lower-case letters, digits and hyphens, such as client-file")
	}
}
