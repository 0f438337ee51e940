package notifier

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// letter makes the mails of one notice. Without a name in it a text is the same
// for all its readers, and is prepared once.
type letter struct {
	practice registry.Practice
	notice   *incidents.Notice
	general  map[general]body
	reading  string // address of the practice's page for readers; "" for none
}

// general names a text that all its readers share; coded says that it tells them
// of their code.
type general struct {
	incidents.Voice
	coded bool
}

// body is a text as it is mailed.
type body struct{ language, subject, text, html string }

func newLetter(p registry.Practice, n *incidents.Notice, reading string) letter {
	l := letter{practice: p, notice: n, general: map[general]body{}, reading: reading}
	if !incidents.CanBeReadAgain(n.Audience) {
		l.reading = ""
	}
	for _, t := range n.Texts {
		l.general[general{t.Voice(), false}] = newBody(t, "")
		if l.reading != "" {
			l.general[general{t.Voice(), true}] = newBody(playbooks.WithReading(t, p, l.reading), "")
		}
	}
	return l
}

func newBody(t incidents.Text, name string) body {
	t.Body = playbooks.Personalise(t.Body, name)
	return body{t.Language, t.Subject, t.Body, playbooks.HTML(t)}
}

// mail is the message to one reader, in his language and the words for him.
func (l letter) mail(d incidents.Delivery, now time.Time) incidents.Mail {
	t := l.notice.TextFor(d.Voice(), l.practice.Language)
	b, name := l.general[general{t.Voice(), false}], ""
	if l.practice.Policy.NameInMail && d.To.Name != "" {
		name = d.To.Name
		if d.Code != "" {
			t = playbooks.WithReading(t, l.practice, l.reading)
		}
		b = newBody(t, name)
	} else if d.Code != "" && l.reading != "" {
		b = l.general[general{t.Voice(), true}]
	}
	return mail(l.notice.Sender, d, b.withCode(d.Code), name, now)
}

// withCode puts the reader's own code in.
func (b body) withCode(code string) body {
	b.text, b.html = playbooks.FillCode(b.text, code), playbooks.FillCode(b.html, code)
	return b
}

// ownMail is the mail of a warning or trial, which carries its own text.
func ownMail(from registry.Sender, d incidents.Delivery, now time.Time) incidents.Mail {
	var t incidents.Text
	if d.Own != nil {
		t = *d.Own
	}
	return mail(from, d, newBody(t, ""), "", now)
}

func mail(from registry.Sender, d incidents.Delivery, b body, name string, now time.Time) incidents.Mail {
	return incidents.Mail{
		MessageID: d.ID,
		From:      incidents.Address{Name: from.Name, Email: from.Email},
		To:        incidents.Address{Name: name, Email: d.To.Email},
		Subject:   b.subject, Text: b.text, HTML: b.html, Language: b.language, At: now,
		EncryptTo: d.To.OpenPGPKey,
	}
}

// returningTo gives a mail its return address; "" leaves the sender's.
func returningTo(address string, m incidents.Mail) incidents.Mail {
	m.ReturnPath = address
	return m
}
