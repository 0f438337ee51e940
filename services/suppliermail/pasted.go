package suppliermail

import (
	"net/mail"
	"regexp"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

// quoted is a line that mail programs put above a mail that is sent on, in the
// languages they are used in here.
var quoted = regexp.MustCompile(`(?i)^[>\s*]*(from|van|von|de|subject|onderwerp|betreff|objet|date|sent|datum|verzonden|gesendet|envoyé)\s*:\**\s*(.{1,400}?)\**\s*$`)

// anyAddress is an address somewhere in a line.
var anyAddress = regexp.MustCompile(`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}`)

const mostLines = 400 // looked at for what stands above a mail that was sent on

// pasted reads words that somebody copied. Whom they are from and what they were
// about is taken from the lines that mail programs put above what is sent on.
func pasted(raw []byte, received time.Time) incidents.MailReading {
	f := &found{plain: string(raw)}
	m := &incidents.SupplierMail{Pasted: true, Signing: incidents.SigningNone}
	out := incidents.MailReading{Text: f.text(), Message: incidents.Message{Kind: incidents.MessageUnknown, Format: "mail", Mail: m}}
	if out.Text == "" {
		m.Fault, out.Text = incidents.MailWordless, asText(raw)
	}
	m.Links = f.links
	seen := map[string]bool{}
	lines := strings.SplitN(out.Text, "\n", mostLines)
	for _, text := range lines {
		part := quoted.FindStringSubmatch(text)
		if part == nil {
			continue
		}
		name := strings.ToLower(part[1])
		switch value := part[2]; name {
		case "from", "van", "von", "de":
			if address := anyAddress.FindString(value); address != "" && !seen["from"] {
				seen["from"] = true
				m.From, m.Domain = advisory.OneLine(address, mostAddress), domainOf(address)
				m.FromName = advisory.OneLine(strings.Trim(strings.Split(strings.Split(value, "<")[0], "[")[0], ` "'`), advisory.MaxTitle)
			}
		case "subject", "onderwerp", "betreff", "objet":
			if !seen["subject"] {
				seen["subject"], out.Message.Title = true, advisory.OneLine(value, advisory.MaxTitle)
			}
		default:
			if at, err := mail.ParseDate(value); err == nil && !seen["date"] {
				if at, possible := advisory.Past(at, received); possible {
					seen["date"], out.SentAt = true, at
					out.Message.Claims = append(out.Message.Claims, incidents.Claim{Name: "Date", At: at})
				}
			}
		}
	}
	if m.FromName == m.From {
		m.FromName = ""
	}
	return out
}
