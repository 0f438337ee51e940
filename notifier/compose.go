package notifier

import (
	"slices"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// noticeMail is the mail of an approved notice to one reader, in his language.
func noticeMail(p registry.Practice, n *incidents.Notice, d incidents.Delivery, now time.Time) incidents.Mail {
	name := ""
	if p.Policy.NameInMail {
		name = d.To.Name
	}
	return mail(n.Sender, d, textFor(n.Texts, d.Language, p.Language), name, now)
}

// ownMail is the mail of a warning or trial, which carries its own text.
func ownMail(from registry.Sender, d incidents.Delivery, now time.Time) incidents.Mail {
	var t incidents.Text
	if d.Own != nil {
		t = *d.Own
	}
	return mail(from, d, t, "", now)
}

func mail(from registry.Sender, d incidents.Delivery, t incidents.Text, name string, now time.Time) incidents.Mail {
	t.Body = playbooks.Personalise(t.Body, name)
	return incidents.Mail{
		MessageID: d.ID,
		From:      incidents.Address{Name: from.Name, Email: from.Email},
		To:        incidents.Address{Name: name, Email: d.To.Email},
		Subject:   t.Subject, Text: t.Body, HTML: playbooks.HTML(t), Language: t.Language, At: now,
	}
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
