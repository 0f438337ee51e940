package main_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// holdsPasskeys gives the browser a device that holds passkeys and knows its user.
func (b *browser) holdsPasskeys() webauthn.AuthenticatorID {
	b.t.Helper()
	var device webauthn.AuthenticatorID
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, AutomaticPresenceSimulation: true, IsUserVerified: true}})
		device = made.AuthenticatorID
		return err
	}))
	return device
}

// knowsUser lets the device know its user by finger or face, or not.
func (b *browser) knowsUser(device webauthn.AuthenticatorID, knows bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device, IsUserVerified: knows})
		return err
	}))
}

// A person sets up an app with codes and a passkey, and comes in with each of
// them, and with a recovery code; what was used once does not work again.
func TestStoryOfTheSecondStep(t *testing.T) {
	d := startDemo(t, "--empty")
	d.BaseURL = strings.Replace(d.BaseURL, "127.0.0.1", "localhost", 1) // passkeys belong to names
	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	password := func() {
		t.Helper()
		p.click("Uitloggen")
		p.fill("E-mailadres", d.Login)
		p.fill("Wachtwoord", d.Password)
		p.click("Log in")
	}
	p.logIn(d)
	p.sees("Zet uw account goed op slot", "Dat kan nog 7 dagen")
	p.click("Stel een tweede stap in")
	p.secondStep(d) // sets the app up and keeps the recovery codes
	p.open("/settings/account/security")
	p.sees("U hebt nog 10 codes die werken")
	codes := p.recoveryCodes()

	d.pass(time.Minute)
	password()
	p.sees("Laat zien dat u het bent")
	used := p.code(d)
	p.fill("Code uit uw app", used)
	p.click("Log in")
	p.sees("Wat moet er nu gebeuren?")
	if strings.Contains(p.words(), "Zet uw account goed op slot") {
		t.Error("the desk still asks for a second step")
	}

	password()
	p.fill("Code uit uw app", used)
	p.click("Log in")
	p.sees("Deze code klopt niet, of is al gebruikt")
	p.click("Gebruik een herstelcode")
	p.fill("Herstelcode", codes[4])
	p.click("Log in")
	p.sees("U bent binnen met een herstelcode. U hebt er nog 9.")

	device := b.holdsPasskeys()
	p.open("/settings/account/security")
	p.click("Voeg een passkey toe")
	p.fill("Naam van deze passkey", "Telefoon van Anna")
	p.click("Maak de passkey")
	p.sees("Uw passkey is bewaard", "Telefoon van Anna")
	p.click("Uitloggen")
	p.click("Log in met een passkey")
	p.sees("Wat moet er nu gebeuren?")

	d.pass(15 * time.Minute)
	p.open("/settings/account/security/codes")
	p.sees("Laat nog een keer zien dat u het bent")
	p.click("Ga verder met een passkey")
	p.sees("al een keer getoond")

	p.click("Uitloggen")
	b.knowsUser(device, false) // somebody else holds the phone
	b.press("clickable", "Log in met een passkey")
	await(t, "the page says that it did not work", func() error {
		if !strings.Contains(p.words(), "Dat lukte niet, of u brak het af") {
			return errNot("%s", p.words())
		}
		return nil
	})
	b.knowsUser(device, true)
	p.logIn(d)
	p.open("/settings/account/security")
	p.click("Haal weg Telefoon van Anna")
	p.sees("De passkey is weggehaald")
	p.click("Uitloggen")
	p.click("Log in met een passkey")
	p.sees("Deze passkey hoort niet bij een account hier")

	d.as(d.APIToken).hearsOf(t, "account.factor_added", "account.recovery_used", "account.factor_removed")
}

// recoveryCodes makes new recovery codes and reads them.
func (p *person) recoveryCodes() []string {
	p.t.Helper()
	p.click("Maak tien nieuwe codes")
	codes := regexp.MustCompile(`[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}`).FindAllString(squeezed(p.words()), -1)
	if len(codes) != 10 {
		p.t.Fatalf("%d recovery codes: %s", len(codes), p.words())
	}
	return codes
}

// hearsOf waits until the register has entries of these kinds.
func (d *demo) hearsOf(t *testing.T, kinds ...string) {
	t.Helper()
	await(t, "the register tells of the account", func() error {
		var log struct{ Items []struct{ Kind string } }
		d.must(200, "GET", "/register?limit=500", nil, &log)
		for _, kind := range kinds {
			if !slices.ContainsFunc(log.Items, func(e struct{ Kind string }) bool { return e.Kind == kind }) {
				return errNot("no %s in %v", kind, log.Items)
			}
		}
		return nil
	})
}
