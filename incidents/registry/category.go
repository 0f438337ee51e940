package registry

import "slices"

// Category is a kind of personal data, as practices speak of it. The list is
// closed; playbooks, forms and the severity method refer to these names.
type Category string

// The data categories.
const (
	Name             Category = "name"
	Contact          Category = "contact" // e-mail, telephone
	PostalAddress    Category = "address"
	BirthDate        Category = "birth_date"
	Gender           Category = "gender"
	IdentityDocument Category = "identity_document"
	NationalNumber   Category = "national_number" // BSN, rijksregisternummer
	Financial        Category = "financial"
	Debts            Category = "debts"
	Credentials      Category = "credentials"
	Health           Category = "health"
	SexualLife       Category = "sexual_life"
	Beliefs          Category = "beliefs"
	Politics         Category = "politics"
	Union            Category = "union"
	Ethnicity        Category = "ethnicity"
	Criminal         Category = "criminal"
	Biometric        Category = "biometric"
	Genetic          Category = "genetic"
	Location         Category = "location"
	Family           Category = "family"
	SessionNotes     Category = "session_notes"
	Reports          Category = "reports"
	Correspondence   Category = "correspondence"
	Appointments     Category = "appointments"
	Photos           Category = "photos"
	WebsiteLog       Category = "website_log"
	OtherData        Category = "other"
)

// Categories returns every data category in the order in which forms show them.
func Categories() []Category {
	return []Category{
		Name, Contact, PostalAddress, BirthDate, Gender, Appointments, Correspondence, SessionNotes, Reports, Health,
		Family, Financial, Debts, IdentityDocument, NationalNumber, Credentials, Photos, Location, WebsiteLog,
		SexualLife, Beliefs, Politics, Union, Ethnicity, Criminal, Biometric, Genetic, OtherData,
	}
}

// Valid reports whether c is one of the known categories.
func (c Category) Valid() bool { return slices.Contains(Categories(), c) }

// Special reports whether c is a special category or criminal data (GDPR
// Art. 9(1) and 10). Session notes count: in this field they tell of health.
func (c Category) Special() bool {
	switch c {
	case Health, SexualLife, Beliefs, Politics, Union, Ethnicity, Biometric, Genetic, Criminal, SessionNotes:
		return true
	default:
		return false
	}
}

// Names reports whether c by itself names or reaches somebody, so that nothing is
// pseudonymised while it is there (GDPR Art. 4(5)).
func (c Category) Names() bool {
	switch c {
	case Name, Contact, PostalAddress, BirthDate, IdentityDocument, NationalNumber, Credentials, Photos:
		return true
	default:
		return false
	}
}

// Identifiability says whether data can be traced to a person (GDPR Art. 4(1), 4(5)).
type Identifiability string

// The degrees of identifiability.
const (
	Identified    Identifiability = "identified"
	Pseudonymised Identifiability = "pseudonymised" // traceable with a key kept in another system
	Anonymous     Identifiability = "anonymous"     // nobody can trace it
)

// Valid reports whether i is one of the three degrees.
func (i Identifiability) Valid() bool {
	return i == Identified || i == Pseudonymised || i == Anonymous
}
