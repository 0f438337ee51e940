package account_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web"
	"datalek/web/account"
	"datalek/web/page"
	"datalek/web/webtest"
)

// memory keeps users, practices and sessions.
type memory struct {
	mu         sync.Mutex
	sessions   map[string][]byte
	users      map[string]registry.User
	practices  map[string]registry.Practice
	systems    []registry.System // beside the mailbox
	processors []registry.Processor
	kept       []string // the policies under which open cases go on, and what came
	own        []string // the practices that got datalek itself as a system
}

func (m *memory) lock() func() { m.mu.Lock(); return m.mu.Unlock }

func (m *memory) Session(_ context.Context, token string, _ time.Time) ([]byte, bool, error) {
	defer m.lock()()
	data, found := m.sessions[token]
	return data, found, nil
}

func (m *memory) SaveSession(_ context.Context, token string, data []byte, _ time.Time) error {
	defer m.lock()()
	m.sessions[token] = data
	return nil
}

func (m *memory) DropSession(_ context.Context, token string) error {
	defer m.lock()()
	delete(m.sessions, token)
	return nil
}

func (m *memory) User(_ context.Context, id string) (registry.User, error) {
	defer m.lock()()
	u, known := m.users[id]
	if !known {
		return u, fault.NotFound
	}
	return u, nil
}

func (m *memory) UserByLogin(_ context.Context, login string) (registry.User, error) {
	defer m.lock()()
	for _, u := range m.users {
		if u.Login == login {
			return u, nil
		}
	}
	return registry.User{}, fault.NotFound
}

func (m *memory) CreateUser(_ context.Context, u registry.User) error {
	defer m.lock()()
	if _, known := m.users[u.ID]; known {
		return fault.Duplicate
	}
	m.users[u.ID] = u
	return nil
}

func (m *memory) UpdateUser(_ context.Context, id string, change func(*registry.User) error) (registry.User, error) {
	defer m.lock()()
	u := m.users[id]
	if err := change(&u); err != nil {
		return u, err
	}
	m.users[id] = u
	return u, nil
}

func (m *memory) CountUsers(context.Context) (int64, error) {
	defer m.lock()()
	return int64(len(m.users)), nil
}

func (m *memory) Practice(_ context.Context, id tenant.ID) (registry.Practice, error) {
	defer m.lock()()
	p, known := m.practices[string(id)]
	if !known {
		return p, fault.NotFound
	}
	return p, nil
}

func (m *memory) CreatePractice(_ context.Context, p registry.Practice) error {
	defer m.lock()()
	if _, known := m.practices[string(p.ID)]; known {
		return fault.Duplicate
	}
	p.Version = 1
	m.practices[string(p.ID)] = p
	return nil
}

func (m *memory) UpdatePractice(_ context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error) {
	defer m.lock()()
	p := m.practices[string(id)]
	if err := change(&p); err != nil {
		return p, err
	}
	p.Version++
	m.practices[string(id)] = p
	return p, nil
}

func (m *memory) Systems(context.Context, tenant.ID, string, int) ([]registry.System, error) {
	defer m.lock()()
	return append([]registry.System{{ID: "mailbox", Name: "Postvak"}}, m.systems...), nil
}

func (m *memory) Processors(context.Context, tenant.ID, string, int) ([]registry.Processor, error) {
	defer m.lock()()
	return m.processors, nil
}

func (m *memory) SaveSystem(_ context.Context, s registry.System) (registry.System, bool, error) {
	defer m.lock()()
	m.systems = append(m.systems, s)
	return s, true, nil
}

func (m *memory) KeepOwnSystem(_ context.Context, p registry.Practice) error {
	m.own = append(m.own, string(p.ID))
	return nil
}

func (m *memory) KeepPolicies(_ context.Context, p registry.Practice, next registry.Policy) error {
	defer m.lock()()
	m.kept = append(m.kept, p.Policy.ID+" before "+next.ID)
	return nil
}

func (m *memory) SaveProcessor(_ context.Context, p registry.Processor) (registry.Endpoint, bool, error) {
	defer m.lock()()
	m.processors = append(m.processors, p)
	return registry.Endpoint{}, true, nil
}

// promises is one policy to choose.
type promises struct{}

func (promises) Policies() []playbooks.PolicyChoice {
	return []playbooks.PolicyChoice{{ID: "sample", Title: map[string]string{"nl": "Binnen 48 uur", "en": "Within 48 hours"}},
		{ID: "belgian", Title: map[string]string{"nl": "Belgisch", "en": "Belgian"}}}
}

func (promises) Policy(id string) (registry.Policy, bool) {
	if id == "belgian" {
		return registry.Policy{ID: id, AuthorityHours: 72, Source: "reglement, artikel 1", BarredSenders: []string{"gmail.com"},
			Retention: []registry.RetentionRule{{Systems: []string{"mailbox"}, From: registry.FromGuidance, Months: 12, Source: "artikel 2"}, {From: registry.UntilWithdrawal, Source: "artikel 3"}}}, true
	}
	return registry.Policy{ID: "sample", ClientHours: 48, AuthorityHours: 72}, id == "sample"
}

func (promises) Start(id, _ string) (playbooks.Start, bool) {
	if id != "belgian" {
		return playbooks.Start{}, id == "sample"
	}
	return playbooks.Start{Authority: registry.GBA, TimeZone: "Europe/Brussels", Processors: []registry.Processor{{ID: "google", Name: "Google"}},
		Systems: []registry.System{{ID: "mailbox", Name: "Mailbox"}, {ID: "drive", Name: "Schijf", ProcessorID: "google", Categories: []registry.Category{registry.Reports}}}}, true
}

// rig is a site with this area alone, and a visitor.
type rig struct {
	t       *testing.T
	store   *memory
	site    string
	visitor *webtest.Visitor
	clock   *webtest.Clock
	checks  func() int // of passwords so far
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigWith(t, promises{})
}

// policyBook is where the rig's policies come from.
type policyBook interface {
	Policies() []playbooks.PolicyChoice
	Policy(id string) (registry.Policy, bool)
	Start(id, language string) (playbooks.Start, bool)
}

func newRigWith(t *testing.T, policies policyBook) *rig {
	t.Helper()
	r := &rig{t: t, clock: webtest.NewClock(time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)),
		store: &memory{sessions: map[string][]byte{}, users: map[string]registry.User{}, practices: map[string]registry.Practice{}}}
	hasher := account.NewHasher(2)
	r.checks = account.CountChecks(hasher)
	area := account.New(account.Options{Store: r.store, Office: r.store, Policies: policies, Hasher: hasher, SetupHash: account.HashToken("first"), Now: r.clock.Now})
	server, err := web.New(web.Options{Page: page.Options{Store: r.store, Now: r.clock.Now, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))}, Areas: []web.Area{area}})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)
	r.site, r.visitor = site.URL, webtest.NewVisitor(t, site.URL)
	return r
}

func (r *rig) get(path string) (webtest.Answer, string) {
	r.t.Helper()
	return r.visitor.Get(path).AndBody()
}

func (r *rig) post(path string, form url.Values) (webtest.Answer, string) {
	r.t.Helper()
	return r.visitor.Post(path, form).AndBody()
}

func setupForm() url.Values {
	return url.Values{"account_name": {"Anna de Wit"}, "login": {"Anna@Example.org"}, "password": {"een lange zin"}, "name": {"Praktijk Proef"},
		"authority": {"AP"}, "policy": {"sample"}, "language": {"nl"}, "time_zone": {"Europe/Amsterdam"}, "contact_name": {"Anna"},
		"contact_email": {"anna@example.org"}, "sender_email": {"post@example.org"}, "sender_name": {"Anna de Wit"}, "warn_email": {"anna@example.org"}}
}

func (r *rig) setUp() {
	r.t.Helper()
	if res, body := r.post("/setup/first", setupForm()); res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("set-up = %d: %s", res.StatusCode, body)
	}
}

func TestTheSetUpLinkWorksOnce(t *testing.T) {
	r := newRig(t)
	if res, _ := r.get("/setup/wrong"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a wrong link = %d, want 404", res.StatusCode)
	}
	if res, body := r.get("/setup/first"); res.StatusCode != http.StatusOK || !strings.Contains(body, "Binnen 48 uur") {
		t.Errorf("the link = %d, want 200 with the promises", res.StatusCode)
	}
	r.setUp()
	if len(r.store.users) != 1 || len(r.store.practices) != 1 {
		t.Fatalf("%d accounts and %d practices, want one each", len(r.store.users), len(r.store.practices))
	}
	for _, p := range r.store.practices {
		if p.Policy.ClientHours != 48 || p.Details.Senders[0].Email != "post@example.org" || p.PublicCode == "" {
			t.Errorf("practice = %+v", p)
		}
		if e := p.Outbox.Pending; len(e) != 1 || e[0].Kind != incidents.PracticeBegun || e[0].Facts["authority"] != "AP" {
			t.Errorf("the register gets %+v of a new practice", e)
		}
	}
	for _, u := range r.store.users {
		joined := func(e incidents.Event) bool {
			return e.Kind == incidents.MemberJoined && e.Actor.ID == u.ID && e.Facts["role"] == "owner"
		}
		if !slices.ContainsFunc(u.Notes, joined) {
			t.Errorf("the register gets %+v of the first account", u.Notes)
		}
	}
	if res, _ := r.get("/settings"); res.StatusCode != http.StatusOK {
		t.Errorf("after the set-up one is not logged in: %d", res.StatusCode)
	}
	if res, _ := r.get("/setup/first"); res.StatusCode != http.StatusNotFound {
		t.Errorf("the used link = %d, want 404", res.StatusCode)
	}
	if res, _ := r.post("/setup/first", setupForm()); res.StatusCode != http.StatusNotFound {
		t.Errorf("the used link's form = %d, want 404", res.StatusCode)
	}
}

func TestAFaultySetUpKeepsWhatWasTypedAndStoresNothing(t *testing.T) {
	r := newRig(t)
	form := setupForm()
	form.Set("login", "geen adres")
	form.Set("password", "kort")
	form.Set("warn_email", "x")
	form.Set("sender_email", "a@b\r\nBcc: c@example.org")
	form.Set("name", "<script>alert(1)</script>")
	res, body := r.post("/setup/first", form)
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status = %d, want 422", res.StatusCode)
	}
	for _, want := range []string{"<title>Fout:", `href="#login"`, `href="#password"`, `href="#warn_email"`, `href="#sender_email"`,
		`value="geen adres"`, "&lt;script&gt;", "Gebruik minstens 10 tekens."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, "kort") || strings.Contains(body, "<script>alert") {
		t.Error("the page shows the password, or a script")
	}
	if len(r.store.users)+len(r.store.practices) != 0 {
		t.Error("something was stored")
	}
}

func TestLoginTellsNobodyWhoHasAnAccount(t *testing.T) {
	r := newRig(t)
	r.setUp()
	r.post("/logout", nil)
	if res, _ := r.get("/settings"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after logging out = %d, want 303", res.StatusCode)
	}
	var withFactor registry.User
	for _, u := range r.store.users {
		withFactor = u
	}
	withFactor.ID, withFactor.Login, withFactor.Factors.AppSecret = "other", "bert@example.org", "JBSWY3DPEHPK3PXP"
	r.store.users["other"] = withFactor
	try := func(login, password string) (int, string) {
		before := r.checks()
		defer func() {
			if n := r.checks() - before; n != 1 {
				t.Errorf("%s took %d checks of a password, want 1", login, n)
			}
		}()
		res, body := r.post("/login", url.Values{"login": {login}, "password": {password}, "next": {"/settings"}})
		return res.StatusCode, strings.ReplaceAll(strings.ReplaceAll(body, login, "X"), between(body, `nonce="`, `"`), "N")
	}
	wrongPassword, known := try("anna@example.org", "verkeerd wachtwoord")
	wrongLogin, unknown := try("nina@example.org", "verkeerd wachtwoord")
	twoSteps, guarded := try("bert@example.org", "verkeerd wachtwoord")
	if wrongPassword != 422 || wrongLogin != 422 || twoSteps != 422 || known != unknown || known != guarded {
		t.Errorf("a wrong password (%d), an unknown account (%d) and one with a second factor (%d) are told apart", wrongPassword, wrongLogin, twoSteps)
	}
	res, _ := r.post("/login", url.Values{"login": {" ANNA@example.org "}, "password": {"een lange zin"}, "next": {"/settings"}})
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != "/settings" {
		t.Errorf("login = %d to %q, want 303 to /settings", res.StatusCode, got)
	}
	if res, _ := r.get("/settings"); res.StatusCode != http.StatusOK {
		t.Errorf("after logging in = %d", res.StatusCode)
	}
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	r := newRig(t)
	r.setUp()
	res, _ := r.post("/login", url.Values{"login": {"anna@example.org"}, "password": {"een lange zin"}, "next": {"//evil.example/"}})
	if got := res.Header.Get("Location"); got != "/" {
		t.Errorf("Location = %q, want /", got)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	r := newRig(t)
	r.setUp()
	var last webtest.Answer
	for i := range 11 {
		last, _ = r.post("/login", url.Values{"login": {"anna@example.org"}, "password": {fmt.Sprint("gok", i)}})
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("the eleventh guess = %d, want 429 with Retry-After", last.StatusCode)
	}
	r.clock.Pass(time.Minute)
	if res, _ := r.post("/login", url.Values{"login": {"anna@example.org"}, "password": {"een lange zin"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a minute later = %d, want 303", res.StatusCode)
	}
}

func TestASessionTokenChangesAtLogin(t *testing.T) {
	r := newRig(t)
	r.setUp()
	before := r.visitor.Cookies().Value("datalek")
	r.post("/login", url.Values{"login": {"anna@example.org"}, "password": {"een lange zin"}})
	if after := r.visitor.Cookies().Value("datalek"); after == before {
		t.Error("the token stayed the same")
	}
}

func TestSettingsKeepASecondSenderAndAStandIn(t *testing.T) {
	r := newRig(t)
	r.setUp()
	_, body := r.get("/settings")
	if !strings.Contains(body, `name="sender_email_2"`) || !strings.Contains(body, "Postvak") {
		t.Fatal("the page offers no second sender, or no systems for it")
	}
	form := setupForm()
	form.Set("version", "1")
	form.Set("sender_system", "mailbox")
	form.Set("sender_email_2", "prive@example.net")
	form.Set("stand_in_email", "bob@example.org")
	form.Set("second_email", "anna@example.net")
	if res, body := r.post("/settings", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save = %d: %s", res.StatusCode, body)
	}
	for _, p := range r.store.practices {
		if d := p.Details; len(d.Senders) != 2 || d.Senders[0].System != "mailbox" || d.Senders[1].Email != "prive@example.net" || d.StandInMail != "bob@example.org" {
			t.Errorf("details = %+v", d)
		}
	}
	res, body := r.post("/settings", form)
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, "intussen veranderd") {
		t.Errorf("saving over a newer version = %d, want 409 with words", res.StatusCode)
	}
	form.Set("version", "2")
	form.Set("sender_email_2", "geen adres")
	res, body = r.post("/settings", form)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#sender_email_2"`) || !strings.Contains(body, `value="geen adres"`) {
		t.Errorf("a wrong second sender = %d, want 422 at its field", res.StatusCode)
	}
}

func TestThePasswordChangesOnlyWithTheOldOne(t *testing.T) {
	r := newRig(t)
	r.setUp()
	if res, _ := r.get("/settings/account"); res.StatusCode != http.StatusOK {
		t.Fatalf("own account = %d", res.StatusCode)
	}
	change := func(old string) int {
		res, _ := r.post("/settings/account/password", url.Values{"old_password": {old}, "password": {"een andere zin"}})
		return res.StatusCode
	}
	if got := change("gok gok gok"); got != 422 {
		t.Errorf("with a wrong old password = %d, want 422", got)
	}
	if got := change("een lange zin"); got != 303 {
		t.Errorf("with the old password = %d, want 303", got)
	}
	if res, _ := r.post("/login", url.Values{"login": {"anna@example.org"}, "password": {"een andere zin"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the new password = %d, want 303", res.StatusCode)
	}
}

func TestOnesOwnLanguageCounts(t *testing.T) {
	r := newRig(t)
	r.setUp()
	if res, _ := r.post("/settings/account", url.Values{"account_name": {"Anna"}, "language": {"en"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save = %d", res.StatusCode)
	}
	if _, body := r.get("/settings"); !strings.Contains(body, `<html lang="en"`) || !strings.Contains(body, "Within 48 hours") {
		t.Error("the page is not in the chosen language")
	}
	if res, _ := r.post("/settings/account", url.Values{"account_name": {""}, "language": {"xx"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("faulty = %d, want 422", res.StatusCode)
	}
}
