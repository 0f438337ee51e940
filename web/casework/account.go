package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// accountStore is what telling about accounts reads and writes.
type accountStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
}

// NewDevice tells the user, and the practice's second address, that somebody
// logged in on a device that was not used before. The mail names the device and
// the time, and nobody. The register knows it from the login itself.
func (o *Office) NewDevice(ctx context.Context, u registry.User, s registry.Session) error {
	p, err := o.store.Practice(ctx, s.PracticeID)
	if err != nil {
		return fmt.Errorf("look up the practice of a device: %w", err)
	}
	return o.mail(ctx, p, "device-"+s.ID, o.deviceText(p, u, s), u.Login, p.Details.SecondEmail)
}

// PasswordReset tells the user, and the second address of a practice of his, that
// the password was set anew with a link of the host.
func (o *Office) PasswordReset(ctx context.Context, u registry.User, p registry.Practice, key string) error {
	return o.mail(ctx, p, "reset-"+key, o.resetText(p, u), u.Login, p.Details.SecondEmail)
}

// PasswordRecovered tells the same of a password that the user set anew with a
// recovery code and a code of the app.
func (o *Office) PasswordRecovered(ctx context.Context, u registry.User, p registry.Practice, key string) error {
	return o.mail(ctx, p, "recovered-"+key, o.recoveredText(p, u), u.Login, p.Details.SecondEmail)
}

// Invite mails the link of an invitation to whom it is for.
func (o *Office) Invite(ctx context.Context, p registry.Practice, i registry.Invitation, link string) error {
	return o.mail(ctx, p, "invitation-"+i.ID, o.inviteText(p, i, link), i.Email)
}

// mail writes one mail to each address, once for each key; the workers send it.
func (o *Office) mail(ctx context.Context, p registry.Practice, key string, text incidents.Text, addresses ...string) error {
	var rows []incidents.Delivery
	known := map[string]bool{}
	for n, to := range addresses {
		if to = registry.NormalEmail(to); to == "" || known[to] {
			continue
		}
		known[to] = true
		rows = append(rows, incidents.NewWarning(p.ID, "", fmt.Sprintf("%s/%d", key, n), to, text))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := o.store.PutDeliveries(ctx, p.ID, rows); err != nil {
		return fmt.Errorf("save mail: %w", err)
	}
	o.nudge()
	return nil
}

// tongueOf is the language in which a user reads.
func tongueOf(p registry.Practice, u registry.User) string {
	if u.Language != "" {
		return u.Language
	}
	return p.Language
}

func (o *Office) deviceText(p registry.Practice, u registry.User, s registry.Session) incidents.Text {
	lang, device := tongueOf(p, u), s.Device
	zone, err := p.Zone()
	if err != nil {
		zone = s.FirstSeen.Location()
	}
	at := playbooks.Instant(s.FirstSeen, zone, lang)
	if lang == "en" {
		if device == "" {
			device = "an unknown device"
		}
		return incidents.Text{Language: lang, Subject: "New login",
			Body: "Somebody logged in to datalek on a device that was not used before.\n\nDevice: " + device + "\nTime: " + at +
				"\n\nWas it you? Then there is nothing you need to do.\n\nWas it not? Open datalek yourself, in your browser. Log out all other devices under Settings, Your account, Devices, and change the password.\n\nThis email holds no link on purpose."}
	}
	if device == "" {
		device = "een onbekend apparaat"
	}
	return incidents.Text{Language: lang, Subject: "Nieuwe login",
		Body: "Er is bij datalek ingelogd op een apparaat dat nog niet eerder is gebruikt.\n\nApparaat: " + device + "\nTijd: " + at +
			"\n\nWas u het zelf? Dan hoeft u niets te doen.\n\nWas u het niet? Open dan zelf datalek in uw browser. Log alle andere apparaten uit bij Instellingen, Uw account, Apparaten, en verander het wachtwoord.\n\nIn deze e-mail staat met opzet geen link."}
}

func (o *Office) resetText(p registry.Practice, u registry.User) incidents.Text {
	if tongueOf(p, u) == "en" {
		return o.passwordText(p, u, "with a link of whoever runs the program", " The second step of the login must be set up again.")
	}
	return o.passwordText(p, u, "met een link van de beheerder van het programma", " De tweede stap bij het inloggen moet opnieuw worden ingesteld.")
}

func (o *Office) recoveredText(p registry.Practice, u registry.User) incidents.Text {
	if tongueOf(p, u) == "en" {
		return o.passwordText(p, u, "with a recovery code and a code from the app", "")
	}
	return o.passwordText(p, u, "met een herstelcode en een code uit de app", "")
}

// passwordText says that a password was set anew: how, when, and what follows.
func (o *Office) passwordText(p registry.Practice, u registry.User, how, then string) incidents.Text {
	lang := tongueOf(p, u)
	zone, err := p.Zone()
	if err != nil {
		zone = o.now().Location()
	}
	at := playbooks.Instant(o.now(), zone, lang)
	if lang == "en" {
		return incidents.Text{Language: lang, Subject: "Password set anew",
			Body: "The password of an account at datalek was set anew, " + how + ".\n\nTime: " + at +
				"\n\nAll devices are logged out." + then + "\n\nWas this not you? Call whoever runs the program at once."}
	}
	return incidents.Text{Language: lang, Subject: "Wachtwoord opnieuw ingesteld",
		Body: "Het wachtwoord van een account bij datalek is opnieuw ingesteld, " + how + ".\n\nTijd: " + at +
			"\n\nAlle apparaten zijn uitgelogd." + then + "\n\nWas u dit niet? Bel dan meteen de beheerder van het programma."}
}

func (o *Office) inviteText(p registry.Practice, i registry.Invitation, link string) incidents.Text {
	zone, err := p.Zone()
	if err != nil {
		zone = o.now().Location()
	}
	until := playbooks.Instant(i.ExpiresAt, zone, p.Language)
	if p.Language == "en" {
		return incidents.Text{Language: "en", Subject: "Invitation to datalek",
			Body: "You are invited to work in datalek. Open this link and make an account, or log in with the one you have:\n\n" + link +
				"\n\nThe link works once, until " + until + ". Did you not expect this? Then do nothing."}
	}
	return incidents.Text{Language: p.Language, Subject: "Uitnodiging voor datalek",
		Body: "U bent uitgenodigd om in datalek te werken. Open deze link en maak een account, of log in met het account dat u al hebt:\n\n" + link +
			"\n\nDe link werkt één keer, tot " + until + ". Verwachtte u dit niet? Doe dan niets."}
}
