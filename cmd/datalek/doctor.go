package main

import (
	"context"
	"errors"
	"fmt"

	"datalek/services/checkup"
	"datalek/web/doctor"
	"datalek/web/locales"
	"datalek/web/page"
)

// doctorCmd looks whether everything that a server needs works.
type doctorCmd struct {
	config
	Full bool `help:"Read the whole store."`
}

// errUnwell says that a check failed; the list above it says which.
var errUnwell = errors.New("not everything is well; see above what to do")

// Run looks at everything at once and says what to do about each. It ends with an
// error when something does not work; what could be better is none.
func (d *doctorCmd) Run(ctx context.Context, t *terminal) error {
	words, err := page.LoadWords(locales.Files)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	checks, done := newChecker(d.config, t.now).atRest(ctx, d.Full, t.log())
	found := checkup.Run(ctx, checks)
	if err := done(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	for _, f := range findings(found) {
		t.line(doctor.Say(words, page.English, f))
	}
	if checkup.Worst(found) == checkup.Unwell {
		return errUnwell
	}
	return nil
}

// line writes one finding with what to do below it.
func (t *terminal) line(l doctor.Line) {
	mark := map[string]string{"well": "well", "note": "note", "unwell": "NOT WELL", "unchecked": "unchecked"}[l.State]
	name := l.Name
	if l.Subject != "" {
		name += " " + l.Subject
	}
	t.printf("%-10s %s: %s\n", mark, name, l.Text)
	for _, more := range []string{l.Do, l.Detail} {
		if more != "" && l.State != "well" {
			t.printf("%-10s %s\n", "", more)
		}
	}
}
