package supplier

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
)

// told is what came about one case, read.
type told struct {
	receipt  incidents.Receipt // the one whose link was opened
	said     advisory.Advisory // what it says
	messages []message         // of its case, oldest first; at least itself
	open     []advisory.Point  // what none of them says; none when none reports a breach
}

type message struct {
	receipt incidents.Receipt
	said    advisory.Advisory
}

// reported reports whether a breach was reported and can be read.
func (t told) reported() bool { return t.reference() != "" }

// reference is the supplier's key of the case, "" when none of its messages reports
// a breach.
func (t told) reference() string {
	for _, m := range t.messages {
		if m.said.Kind == incidents.MessageReport {
			return m.said.Reference
		}
	}
	return ""
}

// until is when the link ends.
func (t told) until() time.Time {
	return t.messages[len(t.messages)-1].receipt.ReceivedAt.Add(casework.AnswerWithin)
}

func (t told) ids() []string {
	ids := make([]string, len(t.messages))
	for n, m := range t.messages {
		ids[n] = m.receipt.ID
	}
	return ids
}

// find returns what a link opens: fault.NotFound for an unknown link.
func (a *Area) find(c echo.Context) (told, error) {
	token := c.Param("token")
	if len(token) > mostToken {
		return told{}, fault.NotFound
	}
	if ok, wait := a.byLink.Allow(token); !ok {
		return told{}, page.TooMany(c, wait)
	}
	receipt, err := a.opts.Store.ReceiptByStatus(c.Request().Context(), casework.HashToken(token))
	if errors.Is(err, fault.NotFound) {
		if ok, wait := a.byAddress.Allow(page.Address(c)); !ok {
			return told{}, page.TooMany(c, wait)
		}
	}
	if err != nil {
		return told{}, err
	}
	return a.gather(c, receipt)
}

// gather reads all messages of a receipt's case.
func (a *Area) gather(c echo.Context, receipt incidents.Receipt) (told, error) {
	t := told{receipt: receipt, said: a.read(receipt)}
	found, err := a.opts.Store.ReceiptsOfCase(c.Request().Context(), receipt.CaseHash, mostOfCase)
	if err != nil {
		return t, err
	}
	if len(found) == 0 {
		found = []incidents.Receipt{receipt}
	}
	var reports []advisory.Advisory
	for _, r := range found {
		said := a.read(r)
		if t.messages = append(t.messages, message{r, said}); said.Kind == incidents.MessageReport {
			reports = append(reports, said)
		}
	}
	if len(reports) > 0 && !receipt.DoneAt.IsZero() { // an answer must find the cases that it belongs to
		t.open = advisory.Missing(reports...)
	}
	return t, nil
}

func (a *Area) read(r incidents.Receipt) advisory.Advisory {
	return a.opts.Reader.Read(r.Raw, r.Headers, r.ReceivedAt)
}
