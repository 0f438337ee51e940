package intake

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

// messageView is what is known about a supplier's message besides its words.
type messageView struct {
	Rows    []parts.Row // the times its sender claims, and how it came
	Links   []string
	Missing []string // what GDPR Art. 33(3) asks and it does not say
	Ask     string   // the letter that asks the supplier after it; "" for none
	Changed []string // which fields of the case it changed
	Because []string // why it reached the practice
	Prompt  string   // whether the supplier told in time; "" of what is no breach
	Sign    string   // of the status that says so
	Note    string   // the page on which the practice notes what was not known; "" for nothing
	Raw     string   // the address of its bytes; "" when they are not here
	Emptied bool     // its bytes were erased
	Shared  bool     // it came for many practices, and its bytes stay with the host
}

// messageOf returns what is known about the message behind a report; nil when
// none is.
func (a *Area) messageOf(c echo.Context, r *incidents.Report) (*messageView, error) {
	if r.ReceiptID == "" {
		return nil, nil
	}
	m, v := r.Words.Message, &messageView{Links: r.Words.Message.Links}
	for _, claim := range m.Claims {
		v.Rows = append(v.Rows, parts.Row{Key: page.T(c, "intake.message.claims", "name", claim.Name), Value: page.FormatInstant(page.Lang(c), claim.At, page.Zone(c))})
	}
	for _, point := range m.Missing {
		v.Missing = append(v.Missing, page.T(c, "intake.message.missing."+point))
	}
	if err := a.asking(c, r, v); err != nil {
		return nil, err
	}
	for _, field := range m.Changed {
		v.Changed = append(v.Changed, page.T(c, "intake.message.field."+field))
	}
	if err := a.because(c, r, v); err != nil {
		return nil, err
	}
	if err := a.judge(c, r, v); err != nil {
		return nil, err
	}
	receipt, err := a.opts.Store.Receipt(c.Request().Context(), r.ReceiptID)
	if errors.Is(err, fault.NotFound) {
		return v, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	v.addReceipt(c, r, receipt)
	return v, nil
}

// judge says whether the supplier told of the case in time.
func (a *Area) judge(c echo.Context, r *incidents.Report, v *messageView) error {
	of, some, err := a.opts.Office.Suppliers(r.PracticeID).Case(c.Request().Context(), r)
	if err != nil || !some {
		return err
	}
	v.Prompt, v.Sign = page.PromptnessText(c, of.Promptness), page.PromptnessKind(of.Promptness)
	return nil
}

// because says why the message reached the practice, and where it can note what was
// not known.
func (a *Area) because(c echo.Context, r *incidents.Report, v *messageView) error {
	if len(r.Words.Message.Because) == 0 {
		return nil
	}
	p, err := a.opts.Store.Processor(c.Request().Context(), r.PracticeID, r.ProcessorID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return fmt.Errorf("look up the sender: %w", err)
	}
	firm := cmp.Or(p.Name, page.T(c, "intake.message.because.firm"))
	for _, b := range r.Words.Message.Because {
		v.Because = append(v.Because, page.T(c, "intake.message.because."+string(b.Code), "firm", firm, "names", strings.Join(b.Names, ", ")))
		unknown := b.Code == incidents.CauseCustomerUnknown || b.Code == incidents.CauseCustomerKind || b.Code == incidents.CauseRegionUnknown || b.Code == incidents.CauseServiceUnknown
		if note := "/processors/" + url.PathEscape(p.ID); unknown && p.ID != "" && page.Leads(c, note) {
			v.Note = note
		}
	}
	return nil
}

// asking leads to the letter that asks a supplier of the practice after what is open.
// Of a firm that a supplier uses there is no such page.
func (a *Area) asking(c echo.Context, r *incidents.Report, v *messageView) error {
	if len(v.Missing) == 0 || r.Words.Message.Kind != incidents.MessageReport || r.ProcessorID == "" {
		return nil
	}
	_, err := a.opts.Store.Processor(c.Request().Context(), r.PracticeID, r.ProcessorID)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up the supplier to ask: %w", err)
	}
	if ask := "/processors/" + url.PathEscape(r.ProcessorID) + "/reports/" + url.PathEscape(r.ID); page.Leads(c, ask) {
		v.Ask = ask
	}
	return nil
}

// addReceipt tells how the message came. A message to all practices of the host
// may name other customers in it, so its bytes are shown to none of them.
func (v *messageView) addReceipt(c echo.Context, r *incidents.Report, receipt incidents.Receipt) {
	for _, name := range []string{"content-type", "user-agent", "webhook-id", "ce-id", "ce-source", "ce-type"} {
		if value := receipt.Headers[name]; value != "" {
			v.Rows = append(v.Rows, parts.Row{Key: name, Value: value})
		}
	}
	if receipt.RawHash != "" {
		v.Rows = append(v.Rows, parts.Row{Key: "SHA-256", Value: receipt.RawHash})
	}
	switch {
	case receipt.PracticeID != r.PracticeID:
		v.Shared = true
	case len(receipt.Raw) == 0:
		v.Emptied = true
	default:
		v.Raw = "/triage/" + url.PathEscape(r.ID) + "/raw"
	}
}

// raw answers the bytes of a message as they came: never as a page.
func (a *Area) raw(c echo.Context) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	r, err := a.opts.Store.Report(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	if r.ReceiptID == "" {
		return fault.NotFound
	}
	receipt, err := a.opts.Store.Receipt(ctx, r.ReceiptID)
	if err != nil {
		return fmt.Errorf("read receipt: %w", err)
	}
	if receipt.PracticeID != practice || len(receipt.Raw) == 0 {
		return fault.NotFound
	}
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="`+page.T(c, "intake.message.file")+`"`)
	h.Set("Content-Security-Policy", "sandbox")
	return c.Blob(http.StatusOK, "application/octet-stream", receipt.Raw)
}

// kindWord is what a supplier's message turned out to be; "" when that is not kept.
func kindWord(c echo.Context, m incidents.Message) string {
	switch {
	case m.Kind == "":
		return ""
	case m.Kind == incidents.MessageBeside && m.Why != "":
		return page.T(c, "intake.message.beside."+m.Why)
	default:
		return page.T(c, "intake.message.kind."+string(m.Kind))
	}
}

// senders returns who sent a report: the supplier's name when it came from one. It
// looks up each name once.
func (a *Area) senders(c echo.Context) func(*incidents.Report) (string, error) {
	names := map[string]string{}
	return func(r *incidents.Report) (string, error) {
		word := sourceWord(c, r.Source)
		if r.ProcessorID == "" {
			return word, nil
		}
		name, known := names[r.ProcessorID]
		if !known {
			p, err := a.opts.Store.Processor(c.Request().Context(), r.PracticeID, r.ProcessorID)
			if err != nil && !errors.Is(err, fault.NotFound) {
				return "", fmt.Errorf("look up the sender: %w", err)
			}
			name, names[r.ProcessorID] = p.Name, p.Name
		}
		if name == "" {
			return word, nil
		}
		return name, nil
	}
}
