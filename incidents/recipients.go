package incidents

import (
	"slices"
	"strings"

	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Recipiency is one reader of a notice about one person, and how he is reached.
type Recipiency struct {
	Person   string // affected id
	Reader   string // client id of the reader, or the affected id of one who is no client
	Language string
	Channel  registry.Channel
	Why      string // why not by e-mail; "" for e-mail
	Name     string
	Email    string
	Phone    string
	Address  string // postal
	// OpenPGPKey encrypts his mails; "" for none.
	OpenPGPKey string  `json:",omitempty"` // absent from the hash of who has none
	For        TextFor `json:",omitempty"` // in which words; absent for those of everybody
	// Certainty says how sure it is that the person is affected. It is no part of the hash.
	Certainty Certainty `json:"-"`
	// Kinds are the kinds of his data that were hit; nil when they are not known for
	// him alone. They are no part of the hash either.
	Kinds []registry.Category `json:"-"`
}

// Why somebody is not told by e-mail.
const (
	WhyNoEmail    = "no_email"
	WhyWish       = "own_wish"
	WhyShared     = "shared_address"
	WhyNoGuardian = "no_guardian_known"
	WhyPhoneFirst = "phone_first" // the practice's policy says so
)

// Directory answers whom the practice knows; the caller loads what it needs.
type Directory struct {
	Clients map[string]registry.Client   // by client id
	Sharing map[string][]registry.Client // by normalised address: everyone who has it
	// First is how somebody without a wish of his own is told; "" is by e-mail.
	First registry.Channel
	ages  law.Ages // of the case; Recipients sets them
	hit   func(registry.Client) []registry.Category
}

// Recipients returns who reads a notice for an audience, one by one, in a
// stable order. persons are those affected in the assessment's newest version.
func Recipients(inc *Incident, audience Audience, persons []Affected, dir Directory, year int, language string) []Recipiency {
	dir.ages, dir.hit = inc.Law.Ages(), inc.KindsHit
	var out []Recipiency
	if audience == ToRecipient {
		return wrongRecipients(inc, language)
	}
	for _, p := range persons {
		if !wanted(inc, audience, p) {
			continue
		}
		if p.ClientID == "" {
			out = append(out, Recipiency{Person: p.ID, Reader: p.ID, Language: language, Channel: registry.ByEmail, Email: p.Email, Certainty: p.Certainty})
			continue
		}
		out = append(out, dir.readers(p, audience, year)...)
	}
	slices.SortFunc(out, func(a, b Recipiency) int { return strings.Compare(a.Person+a.Reader, b.Person+b.Reader) })
	return out
}

// wanted reports whether an audience covers a person at all. Parents read for a
// child in guidance, and for one who no longer is once it stands that the risk is
// high: a former client under 12 can be reached by no other notice.
func wanted(inc *Incident, audience Audience, p Affected) bool {
	if p.Group == Undecided || p.Group == NotTold {
		return false
	}
	switch audience {
	case ToClients:
		return p.InScope || p.ClientID == "" && p.Certainty != None
	case ToParents:
		return p.InScope || inc.TellsFormer() && beyond(p)
	case ToFormerClients:
		return beyond(p)
	default:
		return false
	}
}

// beyond reports whether a client is affected and outside the practice's promise.
func beyond(p Affected) bool { return p.Certainty != None && !p.InScope && p.ClientID != "" }

// TellsFormer reports whether it stands that the risk for persons is high (GDPR
// Art. 34(1)): then those beyond the promise whose data can be traced are told too.
func (i *Incident) TellsFormer() bool {
	d, standing := i.Standing(AboutPersons)
	return standing && d.Answer == Notify
}

func (dir Directory) readers(p Affected, audience Audience, year int) []Recipiency {
	client, known := dir.Clients[p.ClientID]
	if !known {
		return nil
	}
	var out []Recipiency
	for _, id := range p.Readers {
		guardian := id != p.ClientID
		if guardian != (audience == ToParents) {
			continue
		}
		if reader, some := dir.Clients[id]; some {
			r := dir.reach(p, client, reader, year)
			r.For = voiceFor(audience, client, reader, year, dir.ages)
			out = append(out, r)
		}
	}
	return out
}

// reach chooses the way to one reader (design section 9).
func (dir Directory) reach(p Affected, about, reader registry.Client, year int) Recipiency {
	r := Recipiency{Person: p.ID, Reader: reader.ID, Language: reader.Language, Channel: registry.ByEmail, Certainty: p.Certainty, Kinds: dir.hit(about),
		Name: reader.Person.Name, Email: reader.Person.Email, Phone: reader.Person.Phone, Address: reader.Person.PostalAddress}
	age, known := about.AgeIn(year)
	switch {
	case known && age < dir.ages.Beside && reader.ID == about.ID && about.Capacity != registry.Capable && about.Capacity != registry.WithParents:
		r.Why = WhyNoGuardian
	case reader.Channel == registry.ByPhone || reader.Channel == registry.ByLetter || reader.Channel == registry.ByMessage:
		r.Why = WhyWish
	case reader.Channel == registry.ByEncryptedEmail && reader.Person.OpenPGPKey == "":
		r.Why = WhyWish
	case r.Email == "":
		r.Why = WhyNoEmail
	case dir.sharesWithStranger(reader):
		r.Why = WhyShared
	case dir.phonesFirst(reader) && reader.Person.OpenPGPKey == "" && reader.Person.Phone != "":
		r.Why = WhyPhoneFirst
	default:
		if reader.Channel == registry.ByEncryptedEmail || dir.phonesFirst(reader) {
			r.OpenPGPKey = reader.Person.OpenPGPKey
		}
		return r
	}
	r.Channel = taskFor(reader)
	return r
}

// phonesFirst reports whether somebody without a wish of his own is phoned before
// he is mailed; who has a key is mailed with it.
func (dir Directory) phonesFirst(reader registry.Client) bool {
	return dir.First == registry.ByPhone && reader.Channel == ""
}

func taskFor(reader registry.Client) registry.Channel {
	if reader.Channel == registry.ByMessage {
		return registry.ByMessage
	}
	if reader.Channel == registry.ByLetter || reader.Person.Phone == "" && reader.Person.PostalAddress != "" {
		return registry.ByLetter
	}
	return registry.ByPhone
}

// sharesWithStranger reports whether somebody who is neither guardian nor child
// reads the same mailbox, and not everybody agreed to that.
func (dir Directory) sharesWithStranger(c registry.Client) bool {
	for _, other := range dir.Sharing[registry.NormalEmail(c.Person.Email)] {
		family := slices.Contains(c.Guardians, other.ID) || slices.Contains(other.Guardians, c.ID)
		if other.ID != c.ID && !family && !sameGuardian(c, other) && !(c.SharedMailAgreed && other.SharedMailAgreed) {
			return true
		}
	}
	return false
}

// sameGuardian reports whether both are children reached through one parent.
func sameGuardian(a, b registry.Client) bool {
	return slices.ContainsFunc(a.Guardians, func(id string) bool { return slices.Contains(b.Guardians, id) })
}

func wrongRecipients(inc *Incident, language string) []Recipiency {
	var out []Recipiency
	for _, r := range inc.Story.Recipients {
		id := "r-" + fingerprint(inc.ID, registry.NormalEmail(r.Email))
		out = append(out, Recipiency{Person: id, Reader: id, Language: language, Channel: registry.ByEmail, Email: registry.NormalEmail(r.Email)})
	}
	slices.SortFunc(out, func(a, b Recipiency) int { return strings.Compare(a.Person, b.Person) })
	return slices.CompactFunc(out, func(a, b Recipiency) bool { return a.Person == b.Person })
}

// NewDelivery returns the delivery of an approved notice to one reader. Its id
// follows from both, so that making it twice makes it once; its reader's code is
// random, and the one that was stored first stays.
func NewDelivery(n *Notice, r Recipiency) Delivery {
	return Delivery{
		ID: fingerprint(n.ID, r.Person, r.Reader), PracticeID: n.PracticeID, IncidentID: n.IncidentID, NoticeID: n.ID,
		Person: r.Person, Reader: r.Reader, Audience: n.Audience, Language: r.Language, For: r.For, Channel: r.Channel, Why: r.Why, State: Queued,
		To:   Reach{Name: r.Name, Email: r.Email, Phone: r.Phone, PostalAddress: r.Address, OpenPGPKey: r.OpenPGPKey},
		Code: newCode(n.Audience, r),
	}
}

// NewWarning returns the delivery of one of the practitioner's own warnings.
// key names the event and the address's place, so that it is made once.
func NewWarning(practice tenant.ID, incident, key, email string, text Text) Delivery {
	return Delivery{
		ID: fingerprint(string(practice), "warning", key), PracticeID: practice, IncidentID: incident, Audience: ToPractitioner,
		Language: text.Language, Channel: registry.ByEmail, State: Queued, To: Reach{Email: email}, Own: &text,
	}
}
