package casework

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// MostLetters is how many letters are printed, or recorded as posted, at once.
const MostLetters = 500

// untold are the states in which a person still has to be told by a person.
func untold() []incidents.DeliveryState {
	return []incidents.DeliveryState{incidents.Queued, incidents.Refused, incidents.Bounced}
}

// Letters lists who of an approved notice is to be told by letter, in the order
// of ids and after the one given. With all it lists everybody with a postal
// address whom a person must tell: also those to phone, and those whose mail was
// refused or came back. next is "" when these are the last.
func (o *Office) Letters(ctx context.Context, n *incidents.Notice, all bool, after string) (rows []incidents.Delivery, next string, err error) {
	if !n.Approved() {
		return nil, "", nil
	}
	for {
		page, err := o.store.DeliveriesOf(ctx, n.PracticeID, n.ID, untold(), after, MostLetters)
		if err != nil {
			return nil, "", fmt.Errorf("list deliveries: %w", err)
		}
		for _, d := range page {
			if !byLetter(d, all) {
				continue
			}
			if len(rows) == MostLetters {
				return rows, rows[len(rows)-1].ID, nil
			}
			rows = append(rows, d)
		}
		if len(page) < MostLetters {
			return rows, "", nil
		}
		after = page[len(page)-1].ID
	}
}

func byLetter(d incidents.Delivery, all bool) bool {
	switch {
	case d.Channel == registry.ByLetter:
		return true
	case !all || strings.TrimSpace(d.To.PostalAddress) == "":
		return false
	default:
		return d.Channel != registry.ByEmail || d.State != incidents.Queued // no mail is on its way to him
	}
}

// LetterTo is an approved notice as a letter to one reader, in his language,
// under the name that the practice chose to write to clients with. reading is the
// address of the practice's page for readers, "" for none.
func LetterTo(p registry.Practice, n *incidents.Notice, d incidents.Delivery, reading string, now time.Time) (incidents.Letter, error) {
	zone, err := p.Zone()
	if err != nil {
		return incidents.Letter{}, fmt.Errorf("practice time zone: %w", err)
	}
	sender := n.Sender.Name
	if sender == "" {
		first, _ := p.Sender("")
		sender = first.Name
	}
	if sender == "" {
		sender = p.Details.Contact.Name
	}
	if sender == "" {
		sender = p.Details.Name
	}
	t := WithReading(n.TextFor(d.Voice(), p.Language), p, n, d, reading)
	return incidents.Letter{Language: t.Language, Sender: filled(sender, p.Details.Street, p.Details.Place),
		Address: filled(append([]string{d.To.Name}, strings.Split(strings.ReplaceAll(d.To.PostalAddress, "\r\n", "\n"), "\n")...)...),
		Place:   withoutCode(p.Details.Place), Day: registry.DateOf(now, zone), Subject: t.Subject,
		Body: strings.TrimSpace(playbooks.Personalise(t.Body, d.To.Name))}, nil
}

// filled leaves out lines with nothing on them.
func filled(lines ...string) []string {
	return slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
}

// withoutCode is a place without its Dutch or Belgian postal code.
func withoutCode(place string) string {
	return strings.TrimSpace(regexp.MustCompile(`^(B-)?\d{4}( ?[A-Z]{2}\b)?`).ReplaceAllString(strings.TrimSpace(place), ""))
}

// Posted records that letters of one notice went to the post, and returns how
// many of the persons know it by that. Who was told meanwhile is passed over.
// Sent again after it was cut off it goes on where it was.
func (o *Office) Posted(ctx context.Context, practice tenant.ID, notice string, ids []string, w Word) (int, error) {
	if err := o.checkPosted(ids, w); err != nil {
		return 0, err
	}
	n, err := o.store.Notice(ctx, practice, notice)
	if err != nil {
		return 0, err
	}
	if !n.Approved() {
		return 0, fault.New(fault.Conflict, "error.not_approved", "this notice is not approved; approve it before its letters go to the post")
	}
	posted := 0
	for part := range slices.Chunk(ids, 50) { // a group of letters is in the register before the next is recorded
		rows, err := o.post(ctx, n, part, w)
		if err != nil {
			return posted, err
		}
		posted += len(rows)
	}
	defer o.nudge()
	return posted, incidents.Recount(ctx, o.store, practice, n.IncidentID, o.now())
}

func (o *Office) checkPosted(ids []string, w Word) error {
	var faults fault.List
	if len(ids) == 0 || len(ids) > MostLetters {
		faults.Add("deliveries", "error.letters", fmt.Sprintf("choose between 1 and %d letters", MostLetters))
	}
	probe := incidents.Delivery{State: incidents.Queued}
	faults = append(faults, fault.Fields(probe.Tell("letter", w.Note, w.User.ID, w.At, o.now()))...)
	return faults.Err()
}

// post records some letters and notes them in the notice's log.
func (o *Office) post(ctx context.Context, n *incidents.Notice, ids []string, w Word) ([]incidents.Delivery, error) {
	var rows []incidents.Delivery
	for _, id := range ids {
		d, err := o.store.UpdateDelivery(ctx, n.PracticeID, id, func(d *incidents.Delivery) error {
			if d.NoticeID != n.ID {
				return fault.NotFound
			}
			if d.PostedAt(w.At) {
				return nil // a cut-off run recorded him and may not have noted it
			}
			return d.Tell("letter", w.Note, w.User.ID, w.At, o.now())
		})
		if errors.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("record a letter: %w", err)
		}
		rows = append(rows, d)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	_, err := o.store.UpdateNotice(ctx, n.PracticeID, n.ID, func(n *incidents.Notice) error {
		for _, d := range rows {
			n.Posted(d, o.now(), w.User)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("note the letters: %w", err)
	}
	return rows, nil
}
