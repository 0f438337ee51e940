package dossier

import (
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/request"
)

// File is a dossier for programs (GDPR Art. 20(1): structured, commonly used and
// machine-readable). Codes are those of the API.
type File struct {
	MadeAt   string     `json:"made_at"`
	MadeBy   string     `json:"made_by"`
	Practice string     `json:"practice"`
	Language string     `json:"language"`
	Person   filePerson `json:"person"`
	Guidance []fileSpan `json:"guidance"`
	// ByRule says that the holdings follow from the practice's rules.
	ByRule   bool          `json:"holdings_by_rule"`
	Holdings []fileHolding `json:"holdings"`
	Breaches []fileBreach  `json:"breaches"`
	Requests []fileRequest `json:"requests"`
	Reports  []fileReport  `json:"reports"`
}

type filePerson struct {
	ExternalID       string   `json:"external_id"`
	Name             string   `json:"name"`
	Email            string   `json:"email"`
	Phone            string   `json:"phone"`
	PostalAddress    string   `json:"postal_address"`
	Reach            string   `json:"reach"`
	Language         string   `json:"language"`
	Relation         string   `json:"relation"`
	BirthYear        int      `json:"birth_year"`
	Guardians        []string `json:"guardians"`
	GuardiansAgreed  bool     `json:"guardians_agreed"`
	SharedMailAgreed bool     `json:"shared_mail_agreed"`
	Channel          string   `json:"channel"`
	Coach            string   `json:"coach"`
	OpenPGPKey       string   `json:"openpgp_key"`
	Capacity         string   `json:"capacity"`
	FirstContact     string   `json:"first_contact"`
	LastContact      string   `json:"last_contact"`
	ImportID         string   `json:"import_id"`
}

type fileSpan struct {
	From  string `json:"from"`
	Until string `json:"until"`
}

type fileHolding struct {
	System          string              `json:"system"`
	Name            string              `json:"name"`
	Categories      []registry.Category `json:"categories"`
	Identifiability string              `json:"identifiability"`
	KeySystem       string              `json:"key_system"`
	From            *time.Time          `json:"from"`
	Until           *time.Time          `json:"until"`
	DestroyedAt     *time.Time          `json:"destroyed_at"`
}

type fileBreach struct {
	Reference string         `json:"reference"`
	AwareAt   time.Time      `json:"aware_at"`
	Closed    bool           `json:"closed"`
	Group     string         `json:"group"`
	Certainty string         `json:"certainty"`
	InScope   bool           `json:"in_scope"`
	Reasons   []fileReason   `json:"reasons"`
	Decisions []fileDecision `json:"decisions"`
	Messages  []fileMessage  `json:"messages"`
	Questions []fileQuestion `json:"questions"`
}

type fileReason struct {
	Code   string `json:"code"`
	System string `json:"system"`
	Text   string `json:"text"`
}

type fileDecision struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // added, removed, to_be_told, not_told
	Reason string    `json:"reason"`
}

type fileMessage struct {
	ID       string        `json:"id"`
	Channel  string        `json:"channel"`
	State    string        `json:"state"`
	ToldAt   *time.Time    `json:"told_at"`
	ReadAt   *time.Time    `json:"read_at"`
	ToOther  bool          `json:"to_guardian"`
	Name     string        `json:"name"`
	Email    string        `json:"email"`
	Phone    string        `json:"phone"`
	Postal   string        `json:"postal_address"`
	Note     string        `json:"note"`
	Code     string        `json:"code"`
	Subject  string        `json:"subject"`
	Text     string        `json:"text"`
	Attempts []fileAttempt `json:"attempts"`
}

type fileAttempt struct {
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"` // an answer, "returned", or "tried" by a person
	Code    int       `json:"code"`
	Text    string    `json:"text"`
}

type fileQuestion struct {
	AskedAt    time.Time  `json:"asked_at"`
	Text       string     `json:"text"`
	AnsweredAt *time.Time `json:"answered_at"`
	Note       string     `json:"note"`
}

type fileRequest struct {
	Kind       string        `json:"kind"`
	ReceivedAt time.Time     `json:"received_at"`
	DueOn      string        `json:"due_on"`
	Words      string        `json:"words"`
	Identity   string        `json:"identity"`
	Outcomes   []fileOutcome `json:"outcomes"`
}

type fileOutcome struct {
	At     time.Time `json:"at"`
	Result string    `json:"result"`
	Ground string    `json:"ground"`
}

type fileReport struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// FileOf returns a dossier for programs.
func FileOf(w Words, d request.Dossier) (File, error) {
	zone, err := d.Practice.Zone()
	if err != nil {
		return File{}, err
	}
	s := &speaker{words: w, lang: Language(d), zone: zone, d: d}
	f := File{MadeAt: d.MadeAt.In(zone).Format(time.RFC3339), MadeBy: s.maker(), Practice: d.Practice.Details.Name, Language: s.lang, ByRule: d.ByRule,
		Person:   filePerson{Name: d.Asked.Person.Name, Email: d.Asked.Person.Email, Reach: d.Asked.Person.Reach, Guardians: none(d.Guardians)},
		Guidance: []fileSpan{}, Holdings: []fileHolding{}, Breaches: []fileBreach{}, Requests: []fileRequest{}, Reports: []fileReport{}}
	if c := d.Client; c != nil {
		f.Person = personOf(*c, d)
		for _, g := range c.Guidance {
			f.Guidance = append(f.Guidance, fileSpan{From: g.From.String(), Until: g.Until.String()})
		}
	}
	for _, h := range d.Holdings {
		f.Holdings = append(f.Holdings, fileHolding{System: h.System, Name: s.system(h.System), Categories: h.Categories,
			Identifiability: string(h.Identifiability), KeySystem: h.KeySystem, From: h.From, Until: h.Until, DestroyedAt: h.DestroyedAt})
	}
	for _, c := range d.Cases {
		f.Breaches = append(f.Breaches, s.fileBreach(c))
	}
	for _, r := range d.Requests {
		v := fileRequest{Kind: string(r.Kind), ReceivedAt: r.ReceivedAt, DueOn: r.DueOn.String(), Words: r.Person.Words, Identity: r.Identity.How, Outcomes: []fileOutcome{}}
		for _, o := range r.Outcomes {
			v.Outcomes = append(v.Outcomes, fileOutcome{o.At, string(o.Result), o.Ground})
		}
		f.Requests = append(f.Requests, v)
	}
	for _, r := range d.Reports {
		f.Reports = append(f.Reports, fileReport{r.ReceivedAt, r.Words.Text})
	}
	return f, nil
}

func personOf(c registry.Client, d request.Dossier) filePerson {
	return filePerson{ExternalID: c.Person.ExternalID, Name: c.Person.Name, Email: c.Person.Email, Phone: c.Person.Phone,
		PostalAddress: c.Person.PostalAddress, Reach: d.Asked.Person.Reach, Language: c.Language, Relation: string(c.Relation), BirthYear: c.BirthYear,
		Guardians: none(d.Guardians), GuardiansAgreed: c.GuardiansAgreed, SharedMailAgreed: c.SharedMailAgreed, Channel: string(c.Channel),
		Coach: c.Person.Coach, OpenPGPKey: c.Person.OpenPGPKey, Capacity: string(c.Capacity), FirstContact: c.FirstContact.String(),
		LastContact: c.LastContact.String(), ImportID: c.ImportID}
}

func none(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (s *speaker) fileBreach(c request.CaseOf) fileBreach {
	v := fileBreach{Reference: c.Reference, AwareAt: c.AwareAt, Closed: c.Closed, Reasons: []fileReason{}, Decisions: []fileDecision{},
		Messages: []fileMessage{}, Questions: []fileQuestion{}}
	if f := c.Finding; f != nil {
		v.Group, v.Certainty, v.InScope = string(f.Group), string(f.Certainty), f.InScope
		for _, r := range f.Reasons {
			v.Reasons = append(v.Reasons, fileReason{string(r.Code), r.System, s.words.Reason(s.lang, r, s.system(r.System), s.zone)})
		}
	}
	for _, o := range c.Overrides {
		what := "removed"
		if o.Include {
			what = "added"
		}
		v.Decisions = append(v.Decisions, fileDecision{o.At, what, o.Reason})
	}
	for _, d := range c.Decisions {
		what := "not_told"
		if d.Tell {
			what = "to_be_told"
		}
		v.Decisions = append(v.Decisions, fileDecision{d.At, what, d.Reason})
	}
	for _, m := range c.Messages {
		v.Messages = append(v.Messages, fileMessageOf(m))
	}
	for _, q := range c.Questions {
		v.Questions = append(v.Questions, fileQuestion{q.AskedAt, q.Text, moment(q.AnsweredAt), q.Note})
	}
	return v
}

func fileMessageOf(m request.MessageTo) fileMessage {
	d := m.Delivery
	v := fileMessage{ID: d.ID, Channel: string(d.Channel), State: string(d.State), ToldAt: moment(d.ToldAt), ReadAt: moment(d.ReadAt), ToOther: m.ToOther,
		Name: d.To.Name, Email: d.To.Email, Phone: d.To.Phone, Postal: d.To.PostalAddress, Note: d.To.Word, Code: d.Code, Subject: m.Text.Subject,
		Text: m.Text.Body, Attempts: []fileAttempt{}}
	for _, a := range d.Attempts {
		v.Attempts = append(v.Attempts, fileAttempt{a.At, string(a.Kind), a.Code, a.Text})
	}
	for _, r := range d.Returned {
		v.Attempts = append(v.Attempts, fileAttempt{r.At, "returned", r.Code, r.Text})
	}
	for _, t := range d.Tries {
		v.Attempts = append(v.Attempts, fileAttempt{t.At, "tried", 0, t.Note})
	}
	return v
}

// moment is a time, nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
