package notifier

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// hiddenCode stands in a copy of a mail in the place of its reader's code, which
// opens his page.
const hiddenCode = "xxxxxxxxxxxx"

// MailAgain returns the mail of an approved notice to one reader as it was composed
// for him, for who has to show later what went out: the same words, from the same
// text. His code is left out, and a mail that was encrypted for him is readable.
// reading is the address of the practice's page for readers, "" for none.
func MailAgain(p registry.Practice, n *incidents.Notice, d incidents.Delivery, reading string, at time.Time) incidents.Mail {
	if d.Code != "" {
		d.Code = hiddenCode
	}
	m := newLetter(p, n, reading).mail(d, at)
	m.EncryptTo = ""
	return m
}
