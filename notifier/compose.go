package notifier

import (
	"slices"
	"sync"
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
	general  map[string]body // by the text's language
}

// body is a text as it is mailed.
type body struct{ language, subject, text, html string }

func newLetter(p registry.Practice, n *incidents.Notice) letter {
	l := letter{practice: p, notice: n, general: map[string]body{}}
	for _, t := range n.Texts {
		l.general[t.Language] = newBody(t, "")
	}
	return l
}

func newBody(t incidents.Text, name string) body {
	t.Body = playbooks.Personalise(t.Body, name)
	return body{t.Language, t.Subject, t.Body, playbooks.HTML(t)}
}

// mail is the message to one reader, in his language.
func (l letter) mail(d incidents.Delivery, now time.Time) incidents.Mail {
	t := textFor(l.notice.Texts, d.Language, l.practice.Language)
	if name := d.To.Name; l.practice.Policy.NameInMail && name != "" {
		return mail(l.notice.Sender, d, newBody(t, name), name, now)
	}
	return mail(l.notice.Sender, d, l.general[t.Language], "", now)
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

// textFor returns the text in the reader's language, else the practice's, else any.
func textFor(texts []incidents.Text, languages ...string) incidents.Text {
	for _, l := range languages {
		if i := slices.IndexFunc(texts, func(t incidents.Text) bool { return t.Language == l }); i >= 0 {
			return texts[i]
		}
	}
	if len(texts) == 0 {
		return incidents.Text{}
	}
	return texts[0]
}

// accountPause is how long nothing goes out from an account that was refused.
const accountPause = 5 * time.Minute

// pauses remembers which sending accounts the mail server refuses. It lives in
// this process only: another one finds out by itself.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time // by sender address; "" is the whole server
}

// add pauses the account that a refusal is about: one address when MAIL FROM or
// what follows was refused, else the whole server.
func (p *pauses) add(from string, a incidents.Answer, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch a.Stage {
	case "greeting", "starttls", "auth":
		from = ""
	}
	p.until[from] = now.Add(accountPause)
	return p.until[from]
}

// left returns how long mails from this address still wait, 0 for not at all.
func (p *pauses) left(from string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.until[from].Sub(now), p.until[""].Sub(now), 0)
}
