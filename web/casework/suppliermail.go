package casework

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// mailReader makes out what a supplier's mail says. It never fails.
type mailReader interface {
	Read(ctx context.Context, raw []byte, received time.Time) incidents.MailReading
}

// mailStore is what keeping mail and what a person makes of it reads and writes.
type mailStore interface {
	SaveReceipt(ctx context.Context, r incidents.Receipt) (id string, fresh bool, err error)
	IncidentByCase(ctx context.Context, practice tenant.ID, caseKey string) (*incidents.Incident, error)
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
}

// KeepMail keeps what a supplier wrote, as it came and as it reads, and puts it
// before a person with the shadow clock running. It opens no case, whoever signed
// the mail. The same mail again is the report that stands already, and false.
//
// processor is the one a person says it is from; "" leaves that open.
func (o *Office) KeepMail(ctx context.Context, p registry.Practice, raw []byte, processor string, by incidents.Actor) (*incidents.Report, bool, error) {
	return o.keepMail(ctx, p, raw, processor, "", by)
}

// KeepMailAt is KeepMail of what lies at a place in a mailbox. Mails of which the
// mail server gives nothing are the same mail only at the same place.
func (o *Office) KeepMailAt(ctx context.Context, p registry.Practice, raw []byte, place string, by incidents.Actor) (*incidents.Report, bool, error) {
	return o.keepMail(ctx, p, raw, "", place, by)
}

func (o *Office) keepMail(ctx context.Context, p registry.Practice, raw []byte, processor, place string, by incidents.Actor) (*incidents.Report, bool, error) {
	now := o.now()
	said := o.readMail.Read(ctx, raw, now)
	raw = raw[:min(len(raw), incidents.MaxMail)]
	sum := sha256.Sum256(raw)
	id, _, err := o.store.SaveReceipt(ctx, incidents.Receipt{ID: o.newID(), DedupeKey: mailKey(p.ID, said, raw, place), ProcessorID: processor, PracticeID: p.ID,
		ReceivedAt: now, Raw: raw, RawHash: hex.EncodeToString(sum[:]), Headers: said.Headers, SentAt: said.SentAt, DoneAt: now})
	if err != nil {
		return nil, false, fmt.Errorf("keep a supplier's mail: %w", err)
	}
	if first, err := o.store.Report(ctx, p.ID, id); !isNotFound(err) {
		return first, false, err
	}
	words := incidents.ReportWords{Text: said.Text, Message: said.Message}
	r, err := incidents.NewTriage(id, p.ID, incidents.FromMail, words, now, p.Policy.AuthorityTermOf(o.book.LawOf(p, now).Hours()), by)
	if err != nil {
		return nil, false, err
	}
	r.ReceiptID, r.ProcessorID = id, processor
	if err := o.store.CreateReport(ctx, r); errors.Is(err, fault.Duplicate) {
		first, err := o.store.Report(ctx, p.ID, id)
		return first, false, err
	} else if err != nil {
		return nil, false, fmt.Errorf("save report: %w", err)
	}
	o.nudge()
	return r, true, nil
}

// mailKey is the same for the same mail: its id and its bytes, whatever line ends
// they were saved with. Its id alone is anybody's to write. Without a byte, the
// place where it lies stands for them.
func mailKey(practice tenant.ID, said incidents.MailReading, raw []byte, place string) string {
	says := bytes.TrimSpace(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	if len(says) == 0 {
		says = []byte(place)
	}
	h := sha256.New()
	h.Write([]byte(said.Message.Mail.MessageID + "\x00"))
	h.Write(says)
	return "mail/" + string(practice) + "/" + hex.EncodeToString(h.Sum(nil))
}

// Told is a supplier's message with what a person made of it.
type Told struct {
	NewCase
	// Reference is the supplier's own number of the case: with Facts.ProcessorID it
	// says which case this is; "" opens one of its own.
	Reference string
}

// FileTold opens a case for a supplier's message, or takes it into the case of the
// same supplier and reference, which joined says. Sent again it changes nothing.
func (o *Office) FileTold(ctx context.Context, p registry.Practice, t Told, by incidents.Actor) (inc *incidents.Incident, joined bool, err error) {
	if err := o.checkTold(ctx, p, &t); err != nil {
		return nil, false, err
	}
	for range 2 { // another may open the case a moment before us
		known, err := o.caseTold(ctx, p, t)
		if err != nil {
			return nil, false, err
		}
		if known != nil && known.ID != t.ID {
			inc, err := o.joinTold(ctx, p, t, known.ID, by)
			return inc, true, err
		}
		inc, err := o.File(ctx, p, t.NewCase, by)
		if err == nil || !isNotFound(err) || t.CaseKey == "" {
			if err == nil {
				err = o.nameSupplier(ctx, p, t)
			}
			return inc, false, err
		}
	}
	return nil, false, fmt.Errorf("open the case: %w", fault.Conflict)
}

// checkTold finds out whether the report still waits, and who the supplier is.
func (o *Office) checkTold(ctx context.Context, p registry.Practice, t *Told) error {
	r, err := o.store.Report(ctx, p.ID, t.ReportID)
	if err != nil {
		return err
	}
	if r.State != incidents.InTriage && r.State != incidents.BecameIncident {
		return fault.New(fault.Conflict, "error.report_settled", "this report is settled already")
	}
	processor := t.Facts.ProcessorID
	if processor == "" {
		return nil
	}
	supplier, err := o.store.Processor(ctx, p.ID, processor)
	if isNotFound(err) {
		return &fault.Error{Code: fault.Invalid, Field: "processor", Key: "error.told_processor", Message: "choose a supplier that the practice has listed"}
	}
	if err != nil {
		return fmt.Errorf("look up the supplier: %w", err)
	}
	if supplier.ContractHours != nil {
		within := time.Duration(*supplier.ContractHours) * time.Hour
		t.Contract = &within
	}
	if t.Reference != "" {
		t.CaseKey = processor + "/" + t.Reference
	}
	return nil
}

// caseTold returns the case that the supplier's reference names, nil for none.
func (o *Office) caseTold(ctx context.Context, p registry.Practice, t Told) (*incidents.Incident, error) {
	if t.CaseKey == "" {
		return nil, nil
	}
	known, err := o.store.IncidentByCase(ctx, p.ID, t.CaseKey)
	if isNotFound(err) {
		return nil, nil
	}
	return known, err
}

func (o *Office) joinTold(ctx context.Context, p registry.Practice, t Told, incident string, by incidents.Actor) (*incidents.Incident, error) {
	t.fillIn()
	_, err := incidents.Open(o.request(p, t.NewCase, "-", by), o.now())
	if err := o.allFaults(ctx, p, t.NewCase, err); err != nil {
		return nil, err
	}
	inc, err := o.change(ctx, p.ID, incident, func(i *incidents.Incident) error {
		says := *t.Story.ProcessorSays
		if old := i.Story.ProcessorSays; old != nil {
			says = says.Over(*old)
		}
		i.Join(t.ReportID, says, o.now(), by)
		i.ProcessorKnewSince(t.Facts.ProcessorAwareAt, t.Contract, o.now(), by)
		if from, until := i.Facts.OccurredFrom, i.Facts.OccurredUntil; from != nil && until != nil && until.Before(*from) {
			return &fault.Error{Code: fault.Invalid, Field: "occurred_until", Key: "error.end_before_start", Message: "the end lies before the start"}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := o.settleReport(ctx, p, t.ReportID, incident, by); err != nil {
		return nil, err
	}
	return inc, o.nameSupplier(ctx, p, t)
}

// nameSupplier lets the report say who sent it, as a person found out.
func (o *Office) nameSupplier(ctx context.Context, p registry.Practice, t Told) error {
	_, err := o.store.UpdateReport(ctx, p.ID, t.ReportID, func(r *incidents.Report) error {
		r.ProcessorID, r.Words.Reference = cmp.Or(t.Facts.ProcessorID, r.ProcessorID), cmp.Or(t.Reference, r.Words.Reference)
		return nil
	})
	if err != nil {
		return fmt.Errorf("name the supplier: %w", err)
	}
	return nil
}
