package record

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// Report is the stored form of incidents.Report. NextAt is when the keeper must
// look again, nil for never.
type Report struct {
	Schema      int        `json:"schema" bson:"schema"`
	ID          string     `json:"id" bson:"id"`
	PracticeID  tenant.ID  `json:"practice_id" bson:"practice_id"`
	Version     int64      `json:"version" bson:"version"`
	Source      string     `json:"source" bson:"source"`
	State       string     `json:"state" bson:"state"`
	IncidentID  string     `json:"incident_id" bson:"incident_id"`
	ReceiptID   string     `json:"receipt_id" bson:"receipt_id"`
	ProcessorID string     `json:"processor_id" bson:"processor_id"`
	ReceivedAt  time.Time  `json:"received_at" bson:"received_at"`
	Clock       Clock      `json:"clock" bson:"clock"`
	NextAt      *time.Time `json:"next_at" bson:"next_at"`
	Outbox      Outbox     `json:"outbox" bson:"outbox"`
	Sealed      []byte     `json:"sealed" bson:"sealed"` // words, the clock's reason
}

type reportSecret struct {
	Text       string  `json:"text"`
	Name       string  `json:"name"`
	Reach      string  `json:"reach"`
	Reference  string  `json:"reference"`
	Reason     string  `json:"reason"`
	Message    message `json:"message"`
	LateReason string  `json:"late_reason"`
}

// message is the stored form of incidents.Message.
type message struct {
	Kind    string        `json:"kind"`
	Format  string        `json:"format"`
	Why     string        `json:"why"`
	Title   string        `json:"title"`
	Stage   string        `json:"stage"`
	Claims  []claim       `json:"claims"`
	Links   []string      `json:"links"`
	Missing []string      `json:"missing"`
	Changed []string      `json:"changed"`
	Because []cause       `json:"because"`
	Mail    *supplierMail `json:"mail,omitempty"`
}

type cause struct {
	Code  string   `json:"code"`
	Names []string `json:"names"`
}

type claim struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

func fromMessage(v incidents.Message) message {
	return message{Kind: string(v.Kind), Format: v.Format, Why: v.Why, Title: v.Title, Stage: v.Stage,
		Claims: list(v.Claims, func(c incidents.Claim) claim { return claim{Name: c.Name, At: cut(c.At)} }),
		Links:  v.Links, Missing: v.Missing, Changed: v.Changed,
		Because: list(v.Because, func(g incidents.Cause) cause { return cause{Code: string(g.Code), Names: g.Names} }),
		Mail:    fromSupplierMail(v.Mail)}
}

func (r message) toMessage() incidents.Message {
	return incidents.Message{Kind: incidents.MessageKind(r.Kind), Format: r.Format, Why: r.Why, Title: r.Title, Stage: r.Stage,
		Claims: list(r.Claims, func(c claim) incidents.Claim { return incidents.Claim(c) }),
		Links:  r.Links, Missing: r.Missing, Changed: r.Changed,
		Because: list(r.Because, func(g cause) incidents.Cause {
			return incidents.Cause{Code: incidents.CauseCode(g.Code), Names: g.Names}
		}),
		Mail: r.Mail.toSupplierMail()}
}

// FromReport returns the record of v.
func FromReport(ctx context.Context, s Sealer, v *incidents.Report) (Report, error) {
	w := v.Words
	sealed, err := seal(ctx, s, v.PracticeID, Reports, v.ID, reportSecret{
		Text: w.Text, Name: w.Name, Reach: w.Reach, Reference: w.Reference, Reason: w.Reason,
		Message: fromMessage(w.Message), LateReason: v.Clock.LateReason})
	if err != nil {
		return Report{}, err
	}
	outbox, err := FromOutbox(ctx, s, v.Outbox)
	return Report{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, Source: string(v.Source), State: string(v.State),
		IncidentID: v.IncidentID, ReceiptID: v.ReceiptID, ProcessorID: v.ProcessorID, ReceivedAt: cut(v.ReceivedAt),
		Clock: fromClock(v.Clock), NextAt: instant(v.NextAt()), Outbox: outbox, Sealed: sealed,
	}, err
}

// ToReport returns the report that the record keeps.
func (r Report) ToReport(ctx context.Context, s Sealer) (*incidents.Report, error) {
	var w reportSecret
	if err := checkSchema(Reports, r.Schema); err != nil {
		return nil, err
	}
	if err := unseal(ctx, s, r.PracticeID, Reports, r.ID, r.Sealed, &w); err != nil {
		return nil, err
	}
	outbox, err := r.Outbox.ToOutbox(ctx, s)
	if err != nil {
		return nil, err
	}
	return &incidents.Report{
		ID: r.ID, PracticeID: r.PracticeID, Version: r.Version, Source: incidents.Source(r.Source), State: incidents.ReportState(r.State),
		IncidentID: r.IncidentID, ReceiptID: r.ReceiptID, ProcessorID: r.ProcessorID, ReceivedAt: cut(r.ReceivedAt),
		Clock:  r.Clock.toClock(w.LateReason),
		Words:  incidents.ReportWords{Text: w.Text, Name: w.Name, Reach: w.Reach, Reference: w.Reference, Reason: w.Reason, Message: w.Message.toMessage()},
		Outbox: outbox,
	}, nil
}

// Receipt is the stored form of incidents.Receipt.
type Receipt struct {
	Schema      int       `json:"schema" bson:"schema"`
	ID          string    `json:"id" bson:"id"`
	DedupeKey   string    `json:"dedupe_key" bson:"dedupe_key"`
	ProcessorID string    `json:"processor_id" bson:"processor_id"`
	PracticeID  tenant.ID `json:"practice_id" bson:"practice_id"` // "" for the operator's endpoint
	ReceivedAt  time.Time `json:"received_at" bson:"received_at"`
	RawHash     string    `json:"raw_hash" bson:"raw_hash"`
	SentAt      time.Time `json:"sent_at" bson:"sent_at"`
	Reached     string    `json:"reached" bson:"reached"`
	Done        bool      `json:"done" bson:"done"` // DoneAt is set
	DoneAt      time.Time `json:"done_at" bson:"done_at"`
	Proof       string    `json:"proof" bson:"proof"`
	StatusHash  string    `json:"status_hash" bson:"status_hash"`
	CaseHash    string    `json:"case_hash" bson:"case_hash"`
	// Sealed is the bytes as they came; when Packed, a receiptSecret.
	Sealed []byte `json:"sealed" bson:"sealed"`
	Packed bool   `json:"packed" bson:"packed"`
}

// receiptSecret is a message with its headers. Receipts of before headers were
// kept hold the bytes alone.
type receiptSecret struct {
	Raw     []byte            `json:"raw"`
	Headers map[string]string `json:"headers"`
}

// FromReceipt returns the record of v.
func FromReceipt(ctx context.Context, s Sealer, v incidents.Receipt) (Receipt, error) {
	sealed, err := seal(ctx, s, v.PracticeID, Receipts, v.ID, receiptSecret{Raw: v.Raw, Headers: v.Headers})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{
		Schema: Schema, ID: v.ID, DedupeKey: v.DedupeKey, ProcessorID: v.ProcessorID, PracticeID: v.PracticeID,
		ReceivedAt: cut(v.ReceivedAt), RawHash: v.RawHash, SentAt: cut(v.SentAt), Reached: v.Reached,
		Done: !v.DoneAt.IsZero(), DoneAt: cut(v.DoneAt), Proof: v.Proof, StatusHash: v.StatusHash, CaseHash: v.CaseHash,
		Sealed: sealed, Packed: true,
	}, nil
}

// ToReceipt returns the receipt that the record keeps.
func (r Receipt) ToReceipt(ctx context.Context, s Sealer) (incidents.Receipt, error) {
	if err := checkSchema(Receipts, r.Schema); err != nil {
		return incidents.Receipt{}, err
	}
	secret, err := r.open(ctx, s)
	if err != nil {
		return incidents.Receipt{}, err
	}
	return incidents.Receipt{
		ID: r.ID, DedupeKey: r.DedupeKey, ProcessorID: r.ProcessorID, PracticeID: r.PracticeID, ReceivedAt: cut(r.ReceivedAt),
		Raw: secret.Raw, RawHash: r.RawHash, Headers: secret.Headers, SentAt: cut(r.SentAt), Reached: r.Reached, DoneAt: cut(r.DoneAt),
		Proof: r.Proof, StatusHash: r.StatusHash, CaseHash: r.CaseHash,
	}, nil
}

func (r Receipt) open(ctx context.Context, s Sealer) (receiptSecret, error) {
	var secret receiptSecret
	if r.Packed {
		return secret, unseal(ctx, s, r.PracticeID, Receipts, r.ID, r.Sealed, &secret)
	}
	raw, err := s.Open(ctx, r.PracticeID, Receipts, sealedField, r.ID, r.Sealed)
	if err != nil {
		return secret, fmt.Errorf("open %s: %w", Receipts, err)
	}
	secret.Raw = raw
	return secret, nil
}
