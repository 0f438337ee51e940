package webtest

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// listen keeps what pages complain about, until the browser ends.
func (b *Browser) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		b.hear(m)
	}
}

// hear keeps a complaint. A form that is refused and a page that is not there
// answer as they should: their status is no complaint.
func (b *Browser) hear(m chromedp.ConsoleMessage) {
	switch m.Type {
	case "error", "exception", "warning", "assert":
	default:
		return
	}
	if m.Source == "network" && (strings.Contains(m.Text, "status of 422") || strings.Contains(m.Text, "status of 404")) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf("%s %s: %s (%s)", m.Type, m.Source, m.Text, m.URL))
}

// complain fails for each complaint since the last time.
func (b *Browser) complain(t testing.TB) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, fault := range b.faults {
		t.Errorf("console: %s", fault)
	}
	b.faults = nil
}
