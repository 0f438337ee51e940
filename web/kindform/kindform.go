// Package kindform draws and reads the questions that a kind of breach adds to
// the form of its case: the report form and the case's own page ask the same.
package kindform

import (
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
)

// Most is how many questions a form can ask.
const Most = 12

// Field is one question as radios.
type Field struct {
	Name    string // "answer_1"
	Label   string
	Options []parts.Option
}

// Name returns the form name of the n-th question, from 0 on. The values say which
// question they answer, since another kind's stand at the same place.
func Name(n int) string { return fmt.Sprintf("answer_%d", n+1) }

// Names returns the form names of all questions that there can be.
func Names() []string {
	names := make([]string, Most)
	for n := range names {
		names[n] = Name(n)
	}
	return names
}

// Value is how an answer stands in a form: "lost-device/locked/yes".
func Value(playbook, question, answer string) string {
	return incidents.AnswerKey(playbook, question) + "/" + answer
}

// questions returns those that fit on a form.
func questions(p playbooks.Playbook) []playbooks.Question {
	return p.Questions[:min(len(p.Questions), Most)]
}

// Fields returns a kind's questions in the page's language.
func Fields(c echo.Context, p playbooks.Playbook) []Field { return fields(c, p, false) }

// ShortFields returns those of a kind's questions that the short form asks too.
func ShortFields(c echo.Context, p playbooks.Playbook) []Field { return fields(c, p, true) }

func fields(c echo.Context, p playbooks.Playbook, short bool) []Field {
	var fields []Field
	for n, q := range questions(p) {
		if short && !q.Short {
			continue
		}
		f := Field{Name: Name(n), Label: q.Text[page.Lang(c)]}
		for _, o := range q.Options {
			f.Options = append(f.Options, parts.Option{Value: Value(p.ID, q.ID, o.ID), Text: o.Text[page.Lang(c)]})
		}
		fields = append(fields, f)
	}
	return fields
}

// Fill puts the answers of a case into a form.
func Fill(form *page.Form, p playbooks.Playbook, answers map[string]string) {
	for n, q := range questions(p) {
		if answer := answers[incidents.AnswerKey(p.ID, q.ID)]; answer != "" {
			form.Set(Name(n), Value(p.ID, q.ID, answer))
		}
	}
}

// Read returns the answers on a form by question; "" where none was chosen. An
// answer to another kind's question counts for none.
func Read(form *page.Form, p playbooks.Playbook) map[string]string {
	answers := map[string]string{}
	for n, q := range questions(p) {
		answers[q.ID], _ = strings.CutPrefix(form.Get(Name(n)), Value(p.ID, q.ID, ""))
		if !p.Offers(q.ID, answers[q.ID]) {
			answers[q.ID] = ""
		}
	}
	return answers
}

// Rows lists the questions with their answers; Href holds the field's name.
func Rows(c echo.Context, p playbooks.Playbook, answers map[string]string) []parts.Row {
	return rows(c, p, answers, false)
}

// ShortRows lists those that the short form asks.
func ShortRows(c echo.Context, p playbooks.Playbook, answers map[string]string) []parts.Row {
	return rows(c, p, answers, true)
}

func rows(c echo.Context, p playbooks.Playbook, answers map[string]string, short bool) []parts.Row {
	var rows []parts.Row
	for n, q := range questions(p) {
		if short && !q.Short {
			continue
		}
		row := parts.Row{Key: q.Text[page.Lang(c)], Href: Name(n)}
		for _, o := range q.Options {
			if o.ID == answers[incidents.AnswerKey(p.ID, q.ID)] {
				row.Value = o.Text[page.Lang(c)]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Answered counts the questions with an answer, and all of them.
func Answered(p playbooks.Playbook, answers map[string]string) (n, of int) {
	for _, q := range questions(p) {
		of++
		if answers[incidents.AnswerKey(p.ID, q.ID)] != "" {
			n++
		}
	}
	return n, of
}
