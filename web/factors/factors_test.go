package factors_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/factors"
	"datalek/web/page"
	"datalek/web/webtest"
)

const (
	practice = "practice-1"
	user     = "user-1"
	password = "een lange zin over fietsen"
)

// rig is a site with the login and the second factors, and one account.
type rig struct {
	*webtest.World
	t       *testing.T
	site    string
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	w := webtest.NewWorld(t, time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC))
	w.Open(w.NewPractice(practice), user)
	hasher, tries := account.NewHasher(2), account.NewTries(w.Now)
	hash, err := hasher.Hash(t.Context(), password)
	w.Must(err)
	_, err = w.Store.UpdateUser(t.Context(), user, func(u *registry.User) error { u.PasswordHash = hash; return nil })
	w.Must(err)
	r := &rig{World: w, t: t}
	r.site = w.Serve(page.Options{},
		account.New(account.Options{Store: w.Store, Office: w.Office, Policies: w.Book, Hasher: hasher, Tries: tries, Now: w.Now}),
		factors.New(factors.Options{Store: w.Store, Office: w.Office, Hasher: hasher, Tries: tries}))
	r.visitor = webtest.NewVisitor(t, r.site)
	return r
}

// leads ends the test unless an answer is a 303 to an address.
func (r *rig) leads(a webtest.Answer, to string) {
	r.t.Helper()
	if a.StatusCode != http.StatusSeeOther || a.Location() != to {
		r.t.Fatalf("answered %d to %q, want 303 to %q: %.300s", a.StatusCode, a.Location(), to, text(a.Body))
	}
}

// says ends the test unless an answer has a status and words.
func (r *rig) says(a webtest.Answer, status int, words ...string) {
	r.t.Helper()
	if a.StatusCode != status {
		r.t.Fatalf("answered %d, want %d: %.300s", a.StatusCode, status, text(a.Body))
	}
	for _, w := range words {
		if !strings.Contains(text(a.Body), w) {
			r.t.Fatalf("the page does not say %q: %s", w, text(a.Body))
		}
	}
}

func text(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")), " ")
}

// password sends the login form.
func (r *rig) password(v *webtest.Visitor) webtest.Answer {
	r.t.Helper()
	return v.Post("/login", url.Values{"login": {user + "@example.org"}, "password": {password}, "next": {"/settings/account"}})
}

func (r *rig) code(secret string) string {
	r.t.Helper()
	code, err := totp.GenerateCode(secret, r.Now())
	r.Must(err)
	return code
}

// wrong is a code that is none of those that count now.
func (r *rig) wrong(secret string) string {
	r.t.Helper()
	for _, c := range []string{"000000", "111111", "222222", "333333"} {
		if ok, err := totp.ValidateCustom(c, secret, r.Now(), totp.ValidateOpts{Period: 30, Skew: 1, Digits: 6}); err == nil && !ok {
			return c
		}
	}
	r.t.Fatal("every code is right")
	return ""
}

// setUpApp gives the account an app, and returns its secret and the recovery codes.
func (r *rig) setUpApp() (secret string, codes []string) {
	r.t.Helper()
	shown := r.visitor.Get("/settings/account/security/app")
	r.says(shown, http.StatusOK, "Richt de camera")
	if !strings.Contains(shown.Body, `src="data:image/png;base64,`) {
		r.t.Error("the page draws no QR code")
	}
	secret = strings.ReplaceAll(regexp.MustCompile(`id="app-key">([A-Z2-7 ]+)<`).FindStringSubmatch(shown.Body)[1], " ", "")
	r.says(r.visitor.Post("/settings/account/security/app", url.Values{"code": {r.wrong(secret)}}), http.StatusUnprocessableEntity, "Deze code klopt niet")
	r.leads(r.visitor.Post("/settings/account/security/app", url.Values{"code": {r.code(secret)}}), "/settings/account/security/codes")
	page := r.visitor.Get("/settings/account/security/codes")
	r.says(page, http.StatusOK, "U ziet ze alleen nu")
	for _, m := range regexp.MustCompile(`<code>([a-z0-9-]+)</code>`).FindAllStringSubmatch(page.Body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		r.t.Fatalf("%d recovery codes, want 10", len(codes))
	}
	r.Pass(time.Minute)
	return secret, codes
}

// withApp is a rig whose account has an app; nobody is logged in.
func withApp(t *testing.T) (r *rig, secret string, codes []string) {
	t.Helper()
	r = newRig(t)
	r.leads(r.password(r.visitor), "/settings/account")
	secret, codes = r.setUpApp()
	r.leads(r.visitor.Post("/logout", nil), "/login")
	return r, secret, codes
}

// stored is the account as the store has it.
func (r *rig) stored() registry.Factors {
	r.t.Helper()
	u, err := r.Store.User(r.t.Context(), user)
	r.Must(err)
	return u.Factors
}

// told counts the events of a kind that wait for the register.
func (r *rig) told(kind incidents.EventKind) int {
	n := 0
	waiting, err := r.Store.PendingEvents(r.t.Context(), 1_000)
	r.Must(err)
	for _, e := range eventsOf(practice, waiting) {
		if e.Kind == kind && e.Facts["user"] == user {
			n++
		}
	}
	return n
}

func TestAfterThePasswordAnAccountWithAnAppIsAskedForACode(t *testing.T) {
	r, secret, _ := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	r.leads(r.visitor.Get("/settings/account"), "/login?next=%2Fsettings%2Faccount")
	r.says(r.visitor.Get("/login/code"), http.StatusOK, "Code uit uw app")
	r.says(r.visitor.Post("/login/code", url.Values{"code": {r.wrong(secret)}}), http.StatusUnprocessableEntity, "Deze code klopt niet")
	used := r.code(secret)
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {used}}), "/settings/account")
	r.says(r.visitor.Get("/settings/account"), http.StatusOK, "Uw account")

	r.leads(r.visitor.Post("/logout", nil), "/login")
	r.leads(r.password(r.visitor), "/login/code")
	r.says(r.visitor.Post("/login/code", url.Values{"code": {used}}), http.StatusUnprocessableEntity, "of is al gebruikt")
	r.Pass(30 * time.Second)
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {" " + r.code(secret)[:3] + " " + r.code(secret)[3:]}}), "/settings/account")
}

func TestACodeCountsOneStepEarlyOrLateAndNoFurther(t *testing.T) {
	for _, tt := range []struct {
		name string
		past time.Duration
		in   bool
	}{
		{"of the step before", 30 * time.Second, true},
		{"of two steps before", 60 * time.Second, false},
		{"of the step after", -30 * time.Second, true},
		{"of two steps after", -60 * time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, secret, _ := withApp(t)
			r.Pass(10 * time.Minute)
			r.leads(r.password(r.visitor), "/login/code")
			code, err := totp.GenerateCode(secret, r.Now().Add(-tt.past))
			r.Must(err)
			if in := r.visitor.Post("/login/code", url.Values{"code": {code}}).StatusCode == http.StatusSeeOther; in != tt.in {
				t.Errorf("logged in = %t, want %t", in, tt.in)
			}
		})
	}
}

func TestOfTwoWithOneCodeOneComesIn(t *testing.T) {
	r, secret, _ := withApp(t)
	var in sync.WaitGroup
	statuses := make([]int, 4)
	for i := range statuses {
		v := webtest.NewVisitor(t, r.site)
		r.leads(r.password(v), "/login/code")
		in.Go(func() { statuses[i] = v.Post("/login/code", url.Values{"code": {r.code(secret)}}).StatusCode })
	}
	in.Wait()
	slices.Sort(statuses)
	if want := []int{303, 422, 422, 422}; !slices.Equal(statuses, want) {
		t.Errorf("answers %v, want %v", statuses, want)
	}
}

func TestARecoveryCodeWorksOnceInPlaceOfTheApp(t *testing.T) {
	r, _, codes := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	r.says(r.visitor.Get("/login/recovery"), http.StatusOK, "Ik ben alles kwijt", "Per e-mail kan het niet")
	r.says(r.visitor.Post("/login/recovery", url.Values{"recovery": {"abcd-efgh-jkmn"}}), http.StatusUnprocessableEntity, "Deze herstelcode klopt niet")
	r.leads(r.visitor.Post("/login/recovery", url.Values{"recovery": {strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))}}), "/settings/account")
	r.says(r.visitor.Get("/settings/account"), http.StatusOK, "U hebt er nog 9")
	if left := r.stored().RecoveryLeft(); left != 9 || r.told(incidents.RecoveryUsed) != 1 {
		t.Errorf("%d codes left and %d entries for the register, want 9 and 1", left, r.told(incidents.RecoveryUsed))
	}
	r.visitor.Post("/logout", nil)
	r.leads(r.password(r.visitor), "/login/code")
	r.says(r.visitor.Post("/login/recovery", url.Values{"recovery": {codes[3]}}), http.StatusUnprocessableEntity)
	r.leads(r.visitor.Post("/login/recovery", url.Values{"recovery": {codes[9]}}), "/settings/account")
}

func TestRecoveryCodesAreShownOnceAndNewOnesEndTheOld(t *testing.T) {
	r := newRig(t)
	r.leads(r.password(r.visitor), "/settings/account")
	_, old := r.setUpApp()
	again := r.visitor.Get("/settings/account/security/codes")
	r.says(again, http.StatusOK, "al een keer getoond")
	if strings.Contains(again.Body, old[0]) {
		t.Error("a code is shown twice")
	}
	for _, hash := range r.stored().RecoveryHashes {
		if !strings.HasPrefix(hash, "$argon2id$") {
			t.Errorf("a recovery code is kept as %.12s", hash)
		}
	}
	r.leads(r.visitor.Post("/settings/account/security/codes", nil), "/settings/account/security/codes")
	fresh := r.visitor.Get("/settings/account/security/codes")
	if strings.Contains(fresh.Body, old[0]) || strings.Count(fresh.Body, "<code>") != 10 {
		t.Error("there are no ten new codes")
	}
	r.visitor.Post("/logout", nil)
	r.leads(r.password(r.visitor), "/login/code")
	r.says(r.visitor.Post("/login/recovery", url.Values{"recovery": {old[0]}}), http.StatusUnprocessableEntity)
}

func TestAfterFiveWrongCodesNoneIsLookedAt(t *testing.T) {
	r, secret, codes := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	for range 4 {
		r.says(r.visitor.Post("/login/code", url.Values{"code": {r.wrong(secret)}}), http.StatusUnprocessableEntity)
	}
	r.says(r.visitor.Post("/login/recovery", url.Values{"recovery": {"abcd-efgh-jkmn"}}), http.StatusUnprocessableEntity)
	for path, form := range map[string]url.Values{"/login/code": {"code": {r.code(secret)}}, "/login/recovery": {"recovery": {codes[0]}}} {
		if a := r.visitor.Post(path, form); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
			t.Errorf("the sixth try at %s = %d, want 429", path, a.StatusCode)
		}
	}
	other := webtest.NewVisitor(t, r.site) // another browser is no way around it
	r.leads(r.password(other), "/login/code")
	if a := other.Post("/login/code", url.Values{"code": {r.code(secret)}}); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("another browser's try = %d, want 429", a.StatusCode)
	}
	r.Pass(2 * time.Minute)
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {r.code(secret)}}), "/settings/account")
}

func TestWhoTakesTooLongBetweenPasswordAndCodeBeginsAnew(t *testing.T) {
	r, secret, _ := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	r.Pass(10*time.Minute + time.Second)
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {r.code(secret)}}), "/login")
	r.leads(webtest.NewVisitor(t, r.site).Get("/login/recovery"), "/login")
}

func TestAfterSevenDaysEveryPageLeadsToASecondFactor(t *testing.T) {
	r := newRig(t)
	r.Pass(30 * 24 * time.Hour) // the days count from the first login
	r.leads(r.password(r.visitor), "/settings/account")
	r.says(r.visitor.Get("/settings/account"), http.StatusOK)
	r.Pass(7*24*time.Hour - time.Hour)
	r.leads(r.password(r.visitor), "/settings/account")
	r.says(r.visitor.Get("/settings"), http.StatusOK)
	r.Pass(2 * time.Hour)
	for _, path := range []string{"/settings", "/settings/account", "/settings/rules"} {
		r.leads(r.visitor.Get(path), "/settings/account/security")
	}
	r.leads(r.visitor.Post("/settings", url.Values{"name": {"Een andere naam"}}), "/settings/account/security")
	r.says(r.visitor.Get("/settings/account/security"), http.StatusOK, "Stel nu eerst uw tweede stap in")
	r.leads(r.visitor.Post("/logout", nil), "/login")
	r.leads(r.password(r.visitor), "/settings/account")
	r.setUpApp()
	r.says(r.visitor.Get("/settings"), http.StatusOK)
}

func TestWhatChangesWhoMayComeInAsksForANewProof(t *testing.T) {
	r, secret, _ := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {r.code(secret)}}), "/settings/account")
	r.says(r.visitor.Get("/settings/account"), http.StatusOK, "Uw wachtwoord nu")
	r.Pass(11 * time.Minute)
	confirm := "/settings/account/confirm?next="
	r.leads(r.visitor.Get("/settings/account/security/app"), confirm+"%2Fsettings%2Faccount%2Fsecurity%2Fapp")
	for _, path := range []string{"/settings/account/security/codes", "/settings/account/security/app/remove", "/settings/account/security/app", "/settings/account/password"} {
		r.leads(r.visitor.Post(path, url.Values{"code": {r.code(secret)}}), confirm+"%2F")
	}
	if shown := r.visitor.Get("/settings/account"); strings.Contains(shown.Body, `name="old_password"`) {
		t.Error("the password can be changed without a new proof")
	}
	r.says(r.visitor.Get(confirm+"/settings/account"), http.StatusOK, "Laat nog een keer zien dat u het bent")
	r.says(r.visitor.Post("/settings/account/confirm", url.Values{"password": {"dit is het niet"}, "next": {"/settings/account"}}), http.StatusUnprocessableEntity, "Dit is niet uw wachtwoord")
	r.says(r.visitor.Post("/settings/account/confirm", url.Values{"code": {r.wrong(secret)}}), http.StatusUnprocessableEntity, "Deze code klopt niet")
	r.leads(r.visitor.Get("/settings/account/security/codes"), confirm+"%2Fsettings%2Faccount%2Fsecurity%2Fcodes")
	r.leads(r.visitor.Post("/settings/account/confirm", url.Values{"code": {r.code(secret)}, "next": {"//elsewhere.example"}}), "/")
	r.says(r.visitor.Get("/settings/account/security/app"), http.StatusOK)

	r.Pass(11 * time.Minute)
	r.leads(r.visitor.Post("/settings/account/confirm", url.Values{"password": {password}, "next": {"/settings/account"}}), "/settings/account")
	r.leads(r.visitor.Post("/settings/account/password", url.Values{"old_password": {password}, "password": {"een nieuwe zin over boten"}}), "/settings/account")
	if r.told(incidents.PasswordChanged) != 1 {
		t.Error("the register does not hear of the new password")
	}
}

func TestTheOnlySecondFactorStays(t *testing.T) {
	r, secret, _ := withApp(t)
	r.leads(r.password(r.visitor), "/login/code")
	r.leads(r.visitor.Post("/login/code", url.Values{"code": {r.code(secret)}}), "/settings/account")
	if a := r.visitor.Post("/settings/account/security/app/remove", nil); a.StatusCode != http.StatusConflict || !r.stored().HasApp() {
		t.Errorf("taking it away = %d, want 409 and the app kept", a.StatusCode)
	}
	if r.told(incidents.FactorAdded) != 2 { // the app and its recovery codes
		t.Errorf("%d entries for the register, want 2", r.told(incidents.FactorAdded))
	}
}

// eventsOf are those that wait for a practice's register.
func eventsOf(practice tenant.ID, waiting []incidents.Pending) []incidents.Event {
	var events []incidents.Event
	for _, p := range waiting {
		if p.PracticeID == practice {
			events = append(events, p.Events...)
		}
	}
	return events
}
