package incidents

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Audience is for whom a notice is written.
type Audience string

// The audiences.
const (
	ToClients       Audience = "clients"
	ToFormerClients Audience = "former_clients"
	ToParents       Audience = "parents"
	ToRecipient     Audience = "recipient"  // who got data by mistake: asks to delete and confirm
	ToController    Audience = "controller" // the practice only processes (Art. 33(2))
	ToPublic        Audience = "public"     // Art. 34(3)(c)
	ToPractitioner  Audience = "practitioner"
)

// Audiences returns those a notice can be drafted for.
func Audiences() []Audience {
	return []Audience{ToClients, ToFormerClients, ToParents, ToRecipient, ToController, ToPublic}
}

// NoticeState is where a notice stands.
type NoticeState string

// The states of a notice.
//
//	draft ─ approve ─> approved ─ first claim ─> sending ─ all answered ─> sent
//	  └─ newer draft, or withdrawn ─> superseded
const (
	NoticeIsDraft      NoticeState = "draft"
	NoticeIsApproved   NoticeState = "approved"
	NoticeIsSending    NoticeState = "sending"
	NoticeIsSent       NoticeState = "sent"
	NoticeIsSuperseded NoticeState = "superseded"
)

// Text is a message in one language; stored sealed.
type Text struct {
	Language string
	Subject  string
	Body     string  // plain text; the HTML part is made from it, word for word
	For      TextFor `json:",omitempty"` // for which readers; absent from the hash of a text for everybody
}

// Notice is one message to all readers of an audience, in their languages
// (GDPR Art. 34(2) and the practice's promise).
type Notice struct {
	ID         string
	PracticeID tenant.ID
	IncidentID string
	Version    int64
	Audience   Audience
	State      NoticeState
	Texts      []Text // stored sealed
	// AffectedVersion is the assessment whose persons it is for.
	AffectedVersion int64
	// Again: it goes to everybody of its audience. Otherwise those to whom another
	// approved notice of the case goes are left out: nobody is told twice by mistake.
	Again bool
	// Update: it tells those alone what is new to whom another approved notice of
	// the case went.
	Update         bool
	TextHash       string
	RecipientsHash string
	Recipients     int
	ByEmail        int // of Recipients; the rest are phone and letter tasks
	Sender         registry.Sender
	CreatedAt      time.Time
	ApprovedAt     time.Time
	ApprovedBy     Actor
	SentAt         time.Time // when the last mail was answered
	Outbox         Outbox
	// First is the first of two approvals, where the practice asks for two.
	First Signature
	// Reason is why one person alone let it go, in that person's words; stored sealed.
	Reason string
	// Edited: a person changed the text, so that it no longer follows the facts.
	Edited bool
}

// NewNotice returns a draft.
func NewNotice(id string, inc *Incident, audience Audience, texts []Text, recipients []Recipiency, now time.Time, by Actor) *Notice {
	n := &Notice{ID: id, PracticeID: inc.PracticeID, IncidentID: inc.ID, Audience: audience, State: NoticeIsDraft,
		Texts: texts, AffectedVersion: inc.Assessment.Done, CreatedAt: now}
	n.TextHash = HashTexts(texts)
	n.pin(recipients)
	n.note(Event{Kind: NoticeDrafted, At: now, Actor: by, Facts: map[string]string{"audience": string(audience), "text_hash": n.TextHash}})
	return n
}

func (n *Notice) pin(recipients []Recipiency) {
	n.RecipientsHash, n.Recipients, n.ByEmail = HashRecipients(recipients), len(recipients), 0
	for _, r := range recipients {
		if r.Channel == registry.ByEmail {
			n.ByEmail++
		}
	}
}

// Refresh takes over a newer list of recipients while the notice is a draft, and
// the texts in languages, and for kinds of readers, that it lacks for them.
func (n *Notice) Refresh(recipients []Recipiency, texts []Text, version int64) bool {
	texts = slices.DeleteFunc(slices.Clone(texts), func(t Text) bool { return n.Speaks(t.Voice()) })
	if n.State != NoticeIsDraft || len(texts) == 0 && n.RecipientsHash == HashRecipients(recipients) && n.AffectedVersion == version {
		return false
	}
	n.AffectedVersion = version
	n.pin(recipients)
	n.Texts = append(slices.Clone(n.Texts), texts...)
	n.TextHash = HashTexts(n.Texts)
	return true
}

// Approved reports whether the notice was let go: its readers are told by it.
func (n *Notice) Approved() bool {
	return n.State == NoticeIsApproved || n.State == NoticeIsSending || n.State == NoticeIsSent
}

// ByPolicy reports whether the notice went by itself, by the practice's policy.
func (n *Notice) ByPolicy() bool { return n.ApprovedBy.Kind == register.ActorPolicy }

// Edit replaces the text of one or more languages of a draft.
func (n *Notice) Edit(texts []Text, now time.Time, by Actor) error {
	if n.State != NoticeIsDraft {
		return fault.New(fault.Conflict, "error.notice_fixed", "this notice is approved; make a new draft to say something else")
	}
	var faults fault.List
	edited := slices.Clone(n.Texts)
	for i, t := range texts {
		t.check(&faults, "languages["+strconv.Itoa(i)+"].")
		at := n.find(t.Voice())
		if at < 0 {
			faults.Add("languages", "error.notice_language", "this notice has no text in that language for those readers")
			continue
		}
		edited[at] = t
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if HashTexts(edited) == n.TextHash {
		return nil
	}
	was := n.Texts
	facts := revisedOne(map[string]string{"text_hash": HashTexts(edited)}, "text_hash", n.TextHash, HashTexts(edited))
	n.Texts, n.TextHash, n.Edited = edited, HashTexts(edited), true
	n.note(Event{Kind: NoticeEdited, At: now, Actor: by, Facts: facts, Words: revised(nil, flatTexts(was), flatTexts(edited))})
	return nil
}

// flatTexts are the words of a notice, by language and readers.
func flatTexts(texts []Text) map[string]string {
	flat := map[string]string{}
	for _, t := range texts {
		path := "text/" + t.Language
		if t.For != "" {
			path += "/" + string(t.For)
		}
		flat[path+"/subject"], flat[path+"/body"] = t.Subject, t.Body
	}
	return flat
}

func (t Text) check(faults *fault.List, prefix string) {
	registry.CheckLine(faults, prefix+"subject", t.Subject, 1, 120)
	registry.CheckText(faults, prefix+"text", t.Body, 1, 20_000)
}

// Approval is what the approver saw and chose.
type Approval struct {
	TextHash       string
	RecipientsHash string
	Sender         registry.Sender
	// AccessClosedAt is when strangers were shut out of a breached sender mailbox.
	AccessClosedAt *time.Time
	By             Actor
	// Texts go out in place of the draft's own, which TextHash names; nil for
	// those. What the approval itself adds, such as when readers hear more, is in them.
	Texts []Text
	// Reason is why it is right to let it go, by one person alone; "" where nobody was asked.
	Reason string
}

// Approve pins the text and the recipients. It refuses when either changed since
// the approver looked, and when the sender's mailbox is itself breached.
func (n *Notice) Approve(a Approval, recipients []Recipiency, facts Facts, now time.Time) error {
	if n.State != NoticeIsDraft {
		return fault.New(fault.Conflict, "error.notice_fixed", "this notice is approved already")
	}
	if a.TextHash != n.TextHash {
		return fault.New(fault.Conflict, "error.text_changed", "the text changed since you looked; read it again and approve again")
	}
	if a.RecipientsHash != HashRecipients(recipients) {
		return fault.New(fault.Conflict, "error.recipients_changed", "the list of recipients changed since you looked; read it again and approve again")
	}
	byEmail := func(r Recipiency) bool { return r.Channel == registry.ByEmail }
	if slices.ContainsFunc(recipients, byEmail) { // no mail, no channel to be compromised
		if err := a.checkSender(facts, now); err != nil {
			return err
		}
	}
	texts := n.Texts
	if a.Texts != nil {
		texts = a.Texts
	}
	if err := checkVoices(texts, recipients); err != nil {
		return err
	}
	n.pin(recipients)
	if a.Texts != nil {
		n.Texts, n.TextHash = slices.Clone(a.Texts), HashTexts(a.Texts)
	}
	n.State, n.Sender, n.ApprovedAt, n.ApprovedBy = NoticeIsApproved, a.Sender, now, a.By
	n.Reason = a.Reason
	told := map[string]string{"audience": string(n.Audience), "text_hash": n.TextHash, "recipients_hash": n.RecipientsHash}
	if a.AccessClosedAt != nil { // the word on which it may leave a breached mailbox
		told["access_closed_at"] = a.AccessClosedAt.UTC().Format(time.RFC3339)
	}
	approved := Event{Kind: NoticeApproved, At: now, Actor: a.By, Facts: told}
	if n.First.Some() && n.First.By != a.By && n.First.TextHash == a.TextHash && n.First.RecipientsHash == a.RecipientsHash {
		told["first_by"], told["first_at"] = n.First.By.ID, n.First.At.UTC().Format(time.RFC3339)
	}
	if a.Reason != "" {
		approved.Words = map[string]string{"reason": a.Reason}
	}
	n.note(approved)
	return nil
}

// checkSender keeps notices off the compromised channel (EDPB Guidelines 9/2022).
func (a Approval) checkSender(facts Facts, now time.Time) error {
	var faults fault.List
	registry.CheckEmail(&faults, "sender", a.Sender.Email)
	hit := a.Sender.System != "" && slices.Contains(facts.Systems, a.Sender.System)
	closed := a.AccessClosedAt != nil || facts.AccessClosedAt != nil
	if hit && !closed {
		faults.Add("sender", "error.sender_breached", "this mailbox is part of the breach; choose another sender, or say when access to it was closed")
	}
	if a.AccessClosedAt != nil && a.AccessClosedAt.After(now.Add(clockSkew)) {
		faults.Add("access_closed_at", "error.future", "this lies in the future")
	}
	return faults.Err()
}

// Supersede withdraws a draft, or closes a notice that a newer one replaces.
func (n *Notice) Supersede(now time.Time, by Actor) error {
	if n.State != NoticeIsDraft {
		return fault.New(fault.Conflict, "error.notice_fixed", "an approved notice cannot be withdrawn")
	}
	n.State = NoticeIsSuperseded
	n.note(Event{Kind: NoticeSuperseded, At: now, Actor: by})
	return nil
}

// Progressed records the answers to a group of mails in the case's log, once:
// the same answers told again change nothing.
func (n *Notice) Progressed(answers []Delivery, left int, now time.Time) bool {
	facts := map[string]string{}
	for _, d := range answers {
		facts[d.ID] = answerFact(d)
	}
	changed := n.State == NoticeIsApproved
	if changed {
		n.State = NoticeIsSending
	}
	if len(facts) > 0 {
		n.noteOnce(Event{Kind: NoticeProgress, At: now, Actor: System(), Facts: facts})
		changed = true
	}
	if left == 0 && n.State == NoticeIsSending {
		n.State, n.SentAt = NoticeIsSent, now
		n.note(Event{Kind: NoticeSent, At: now, Actor: System()})
		changed = true
	}
	return changed
}

func answerFact(d Delivery) string {
	if len(d.Attempts) == 0 {
		return string(d.State)
	}
	last := d.Attempts[len(d.Attempts)-1]
	return string(d.State) + " " + string(last.Kind) + " " + last.At.Format(time.RFC3339Nano)
}

// SenderRefused notes in the case's log that the mail server refuses the sending
// account, once a day for each kind of refusal; nobody is marked by it.
func (n *Notice) SenderRefused(a Answer, now time.Time) bool {
	before := len(n.Outbox.Pending)
	n.noteOnce(Event{Kind: SenderAccountDown, At: now, Actor: System(), Facts: map[string]string{
		"server": a.Server, "stage": a.Stage, "code": strconv.Itoa(a.Code), "day": now.UTC().Format(time.DateOnly)}})
	return len(n.Outbox.Pending) > before
}

func (n *Notice) note(e Event) {
	e.PracticeID, e.IncidentID, e.Subject = n.PracticeID, n.IncidentID, n.ID
	n.Outbox.Put(n.ID, e)
}

// noteOnce gives the event an id made of its facts, so that a worker who was cut
// off and tells the same again adds nothing to the register.
func (n *Notice) noteOnce(e Event) {
	e.PracticeID, e.IncidentID, e.Subject = n.PracticeID, n.IncidentID, n.ID
	e.ID = n.ID + "-" + fingerprint(hashOf(e.Facts))
	if slices.ContainsFunc(n.Outbox.Pending, func(x Event) bool { return x.ID == e.ID }) {
		return
	}
	n.Outbox.Pending = append(n.Outbox.Pending, e)
}

// Told notes in the case's log that one reader was told by a person, or could
// not be reached, once for the same word.
func (n *Notice) Told(d Delivery, now time.Time, by Actor) {
	kind := ToldOtherwise
	if d.State == Unreachable {
		kind = FoundUnreachable
	}
	n.noteOnce(Event{Kind: kind, At: now, Actor: by, Facts: map[string]string{"delivery": d.ID, "by": d.To.By,
		"told_at": d.ToldAt.Format(time.RFC3339)}, Words: map[string]string{"note": d.To.Word}})
}

// HashTexts returns the hash that approval pins: every language, kind of readers,
// subject and body.
func HashTexts(texts []Text) string {
	sorted := slices.Clone(texts)
	slices.SortFunc(sorted, func(a, b Text) int {
		return cmp.Or(strings.Compare(a.Language, b.Language), strings.Compare(string(a.For), string(b.For)))
	})
	return hashOf(sorted)
}

// HashRecipients returns the hash that approval pins: who reads about whom, at
// which address, in which language and by which way.
func HashRecipients(recipients []Recipiency) string {
	sorted := slices.Clone(recipients)
	slices.SortFunc(sorted, func(a, b Recipiency) int { return strings.Compare(a.Person+"\x00"+a.Reader, b.Person+"\x00"+b.Reader) })
	return hashOf(sorted)
}

func hashOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("incidents: hash of a plain value: " + err.Error()) // strings and times only
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
