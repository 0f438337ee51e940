package factors_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/webtest"
)

const renewed = "een andere zin over treinen"

// forgotten is the form of somebody who has both codes.
func (r *rig) forgotten(secret, recovery string) url.Values {
	return url.Values{"login": {" User-1@Example.org"}, "recovery": {recovery}, "code": {r.code(secret)}, "password": {renewed}}
}

func TestAForgottenPasswordIsSetAnewWithARecoveryCodeAndTheApp(t *testing.T) {
	r, secret, codes := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {r.code(secret)}}), "/settings/account")
	r.Pass(time.Minute)

	v := webtest.NewVisitor(t, r.site)
	r.says(v.Get("/login"), http.StatusOK, "Wachtwoord kwijt?")
	r.says(v.Get("/login/forgotten"), http.StatusOK, "Herstelcode", "Code uit uw app", "Per e-mail kan het niet")
	r.leads(v.Post("/login/forgotten", r.forgotten(secret, codes[4])), "/login")
	r.says(v.Get("/login"), http.StatusOK, "Het nieuwe wachtwoord is bewaard")

	r.leads(r.visitor.Get("/settings/account"), "/login?next=%2Fsettings%2Faccount") // every session ended
	r.says(r.password(v), http.StatusUnprocessableEntity)
	r.leads(v.Post("/login", url.Values{"login": {user + "@example.org"}, "password": {renewed}}), "/login/code")
	due, err := r.Store.DueDeliveries(t.Context(), r.Now(), 10)
	r.Must(err)
	told := 0
	for _, d := range due {
		row, err := r.Store.Delivery(t.Context(), d.PracticeID, d.ID)
		r.Must(err)
		if row.To.Email == user+"@example.org" && row.Own != nil && strings.Contains(row.Own.Body, "met een herstelcode en een code uit de app") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d mails say so to the user, want 1", told)
	}
	if left := r.stored().RecoveryLeft(); left != 9 || r.told(incidents.PasswordRecovered) != 1 {
		t.Errorf("%d codes left and %d entries for the register, want 9 and 1", left, r.told(incidents.PasswordRecovered))
	}
	r.Pass(time.Minute)
	r.says(v.Post("/login/forgotten", r.forgotten(secret, codes[4])), http.StatusUnprocessableEntity, "of een code is al gebruikt")
}

func TestWhoLacksOneOfTheThreeSetsNoPasswordAndLearnsNothing(t *testing.T) {
	const same = "Deze gegevens horen niet bij elkaar, of een code is al gebruikt"
	for _, tt := range []struct {
		name, field, value, says string
	}{
		{"an account that does not exist", "login", "niemand@example.org", same},
		{"a recovery code that is none", "recovery", "abcd-efgh-jkmn", same},
		{"no recovery code", "recovery", "", same},
		{"no code of the app", "code", "", same},
		{"a code of the app that is none", "code", "wrong", same},
		{"a password of many", "password", "wachtwoord123", "Veel mensen gebruiken dit wachtwoord"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, secret, codes := withApp(t)
			form := r.forgotten(secret, codes[0])
			form.Set(tt.field, tt.value)
			if tt.value == "wrong" {
				form.Set(tt.field, r.wrong(secret))
			}
			r.says(r.visitor.Post("/login/forgotten", form), http.StatusUnprocessableEntity, tt.says)
			r.leads(r.password(r.visitor), "/login/code") // the old one still is
			if left := r.stored().RecoveryLeft(); left != 10 {
				t.Errorf("%d codes left, want 10", left)
			}
		})
	}
}

// dropApp leaves a user without an app, as one who has passkeys alone.
func dropApp(u *registry.User) error {
	u.Factors.AppSecret = ""
	return nil
}

func TestWithoutAnAppARecoveryCodeAloneSetsNoPassword(t *testing.T) {
	r, secret, codes := withApp(t)
	_, err := r.Store.UpdateUser(t.Context(), user, dropApp)
	r.Must(err)
	r.says(r.visitor.Post("/login/forgotten", r.forgotten(secret, codes[0])), http.StatusUnprocessableEntity, "Deze gegevens horen niet bij elkaar")
}

func TestAfterFiveTriesForOneAccountTheNextWaits(t *testing.T) {
	for _, login := range []string{user + "@example.org", "niemand@example.org"} {
		r, secret, codes := withApp(t)
		form := r.forgotten(secret, "abcd-efgh-jkmn")
		form.Set("login", login)
		for range 5 {
			r.says(r.visitor.Post("/login/forgotten", form), http.StatusUnprocessableEntity)
		}
		form.Set("recovery", codes[0])
		if a := webtest.NewVisitor(t, r.site).Post("/login/forgotten", form); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
			t.Errorf("the sixth try for %s = %d, want 429", login, a.StatusCode)
		}
	}
}
