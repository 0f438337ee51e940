package registry

import (
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Authority is the supervisory authority a practice notifies (GDPR Art. 55).
type Authority string

// The authorities the program knows.
const (
	AP  Authority = "AP"  // Autoriteit Persoonsgegevens, Netherlands
	GBA Authority = "GBA" // Gegevensbeschermingsautoriteit / APD, Belgium
)

// Valid reports whether the authority is known.
func (a Authority) Valid() bool { return a == AP || a == GBA }

// Practice is the controller (GDPR Art. 4(7)): the coach, therapist or social
// worker who owes clients the policy's promise and the authority the law's.
type Practice struct {
	ID      tenant.ID
	Version int64 // guards every update; the store sets it
	// PublicCode is the unguessable last part of the public form's address.
	PublicCode string
	Authority  Authority
	Language   string // "nl" or "en": of the desk, warnings and the register
	TimeZone   string // IANA name, "Europe/Amsterdam"
	Policy     Policy
	Details    Details
	CreatedAt  time.Time
	// Drill says what is rehearsed here; zero in a real practice.
	Drill Drill
	// Drills are the ids of the practice's own drills, oldest first.
	Drills []string
	// Retained is what was noted about destroying data that is past its term.
	Retained Retained
	// Invitations are the links with which people may still become members.
	Invitations []Invitation
	// FourEyes: a message to people goes once two of the practice's people approved it.
	FourEyes bool
	// Outbox holds what happened to the practice itself, and not to a case of its.
	Outbox register.Outbox
}

// Details is what names the practice and the people in it; stored sealed.
type Details struct {
	Name    string // as clients know it
	Street  string
	Place   string
	Contact ContactPerson
	Senders []Sender // the first is used unless the approver picks another
	// WarnEmail gets the practitioner's own warnings; SecondEmail gets them too and
	// should live outside the practice's systems, since its mailbox may be the breached one.
	WarnEmail   string
	SecondEmail string
	StandInName string
	StandInMail string // the stand-in (waarnemer), warned when the practitioner does not act
	// Coaches are the names under which the list of people knows its coaches, by the
	// ids of their accounts.
	Coaches map[string]string
	// Sector is the practice's own word for it; TradeNumber its number in the trade
	// register, digits only. Authorities' forms ask for both.
	Sector      string
	TradeNumber string
}

// ContactPerson is whom clients can ask (GDPR Art. 33(3)(b)).
type ContactPerson struct {
	Name  string
	Phone string
	Email string
	Hours string // in words, "maandag tot vrijdag van 9 tot 17 uur"
}

// Sender is an address that notices may come from.
type Sender struct {
	Email string
	// Name is discreet: it must not tell a housemate that the reader is in guidance.
	Name string
	// System is the mailbox's system id, "" when it is none of the practice's
	// systems; notices must not leave through a breached one.
	System string
}

// Zone returns the practice's time zone.
func (p Practice) Zone() (*time.Location, error) { return time.LoadLocation(p.TimeZone) }

// Sender returns the sender with this address, or the first when email is "".
func (p Practice) Sender(email string) (Sender, bool) {
	for _, s := range p.Details.Senders {
		if email == "" || strings.EqualFold(s.Email, email) {
			return s, true
		}
	}
	return Sender{}, false
}

// Validate returns every fault of the practice at once.
func (p Practice) Validate() error {
	var faults fault.List
	CheckLine(&faults, "name", p.Details.Name, 1, 120)
	CheckLine(&faults, "street", p.Details.Street, 0, 120)
	CheckLine(&faults, "place", p.Details.Place, 0, 120)
	CheckLine(&faults, "contact_name", p.Details.Contact.Name, 1, 120)
	CheckLine(&faults, "contact_phone", p.Details.Contact.Phone, 0, 40)
	CheckLine(&faults, "contact_hours", p.Details.Contact.Hours, 0, 120)
	CheckEmail(&faults, "contact_email", p.Details.Contact.Email)
	CheckEmail(&faults, "warn_email", p.Details.WarnEmail)
	if p.Details.SecondEmail != "" {
		CheckEmail(&faults, "second_email", p.Details.SecondEmail)
	}
	if p.Details.StandInMail != "" {
		CheckEmail(&faults, "stand_in_email", p.Details.StandInMail)
	}
	CheckLine(&faults, "sector", p.Details.Sector, 0, 120)
	checkTradeNumber(&faults, "trade_number", p.Authority, p.Details.TradeNumber)
	p.checkSenders(&faults)
	p.checkPlace(&faults)
	p.Policy.CheckPreliminary(&faults, "preliminary_lead")
	p.Policy.CheckRules(&faults)
	return faults.Err()
}

func (p Practice) checkSenders(faults *fault.List) {
	if len(p.Details.Senders) == 0 {
		faults.Add("sender_email", "error.sender_missing", "name at least one address that notices come from")
	}
	for _, s := range p.Details.Senders {
		CheckEmail(faults, "sender_email", s.Email)
		p.Policy.CheckSender(faults, "sender_email", s.Email)
		CheckLine(faults, "sender_name", s.Name, 0, 80)
	}
}

func (p Practice) checkPlace(faults *fault.List) {
	if !p.Authority.Valid() {
		faults.Add("authority", "error.authority", "choose AP or GBA")
	}
	if p.Language != "nl" && p.Language != "en" {
		faults.Add("language", "error.language", "choose nl or en")
	}
	if _, err := p.Zone(); err != nil || p.TimeZone == "" || p.TimeZone == "Local" {
		faults.Add("time_zone", "error.time_zone", "name a time zone such as Europe/Amsterdam")
	}
}
