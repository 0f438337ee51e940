package notifier

import (
	"datalek/incidents"
	"datalek/incidents/registry"
)

// hiddenCode stands in a copy of a mail in the place of its reader's code, which
// opens his page.
const hiddenCode = "xxxxxxxxxxxx"

// MailAgain returns the mail of an approved notice to one reader as it was composed
// for him, for who has to show later what went out: same is the mail byte for byte,
// shown the one with his code left out. One that was encrypted for him is readable.
// reading is the address of the practice's page for readers, "" for none.
func MailAgain(p registry.Practice, n *incidents.Notice, d incidents.Delivery, reading string) (same, shown incidents.Mail) {
	handed := d.Handed()
	if handed.MailHash == "" && len(d.Attempts) > 0 {
		handed = d.Attempts[len(d.Attempts)-1] // from before hashes were kept
		handed.ComposedAt = handed.At
	}
	l := newLetter(p, n, reading)
	same = l.mail(d, handed.ComposedAt)
	if d.Code != "" {
		d.Code = hiddenCode
	}
	shown = l.mail(d, handed.ComposedAt)
	same.EncryptTo, shown.EncryptTo = "", ""
	return same, shown
}
