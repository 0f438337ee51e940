package factors_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/account"
	"datalek/web/factors"
	"datalek/web/page"
	"datalek/web/webtest"
)

// device holds one passkey, as a phone does (W3C Web Authentication Level 3,
// section 6).
type device struct {
	t      *testing.T
	origin string
	key    *ecdsa.PrivateKey
	id     []byte
	user   []byte
	count  uint32
	// knows is false when somebody else holds the phone.
	knows bool
}

func newDevice(t *testing.T, origin string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{t: t, origin: origin, key: key, id: []byte("passkey-" + rand.Text()), knows: true}
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// data is the authenticator data, section 6.1.
func (d *device) data(flags byte, more []byte) []byte {
	at, err := url.Parse(d.origin)
	if err != nil {
		d.t.Fatal(err)
	}
	name := sha256.Sum256([]byte(at.Hostname()))
	flags |= 0x01 // present
	if d.knows {
		flags |= 0x04
	}
	out := append(name[:], flags)
	return append(binary.BigEndian.AppendUint32(out, d.count), more...)
}

func (d *device) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return raw
}

// makes answers the question for a new passkey.
func (d *device) makes(question string) string {
	d.t.Helper()
	var asked struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}
	d.read(question, &asked)
	var err error
	if d.user, err = base64.RawURLEncoding.DecodeString(asked.PublicKey.User.ID); err != nil {
		d.t.Fatal(err)
	}
	public, err := d.key.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		d.t.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, public[1:33]...) // EC2, ES256, P-256, X
	cose = append(append(cose, 0x22, 0x58, 0x20), public[33:]...)                                       // Y
	credential := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(d.id)))
	data := d.data(0x40, append(append(credential, d.id...), cose...))
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), binary.BigEndian.AppendUint16(nil, uint16(len(data)))...)
	return d.write(map[string]any{"id": text64(d.id), "rawId": text64(d.id), "type": "public-key", "response": map[string]any{
		"clientDataJSON": text64(d.client("webauthn.create", asked.PublicKey.Challenge)), "attestationObject": text64(append(object, data...)), "transports": []string{"internal"}}})
}

// answers proves that the passkey is here.
func (d *device) answers(question string) string {
	d.t.Helper()
	var asked struct{ PublicKey struct{ Challenge string } }
	d.read(question, &asked)
	d.count++
	client, data := d.client("webauthn.get", asked.PublicKey.Challenge), d.data(0, nil)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.write(map[string]any{"id": text64(d.id), "rawId": text64(d.id), "type": "public-key", "response": map[string]any{
		"clientDataJSON": text64(client), "authenticatorData": text64(data), "signature": text64(signature), "userHandle": text64(d.user)}})
}

func (d *device) read(question string, into any) {
	d.t.Helper()
	if err := json.Unmarshal([]byte(question), into); err != nil {
		d.t.Fatalf("%v: %.200s", err, question)
	}
}

func (d *device) write(answer any) string {
	d.t.Helper()
	raw, err := json.Marshal(answer)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(raw)
}

// named is a rig at a site with a name.
func named(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.site = strings.Replace(r.site, "127.0.0.1", "localhost", 1)
	r.visitor = webtest.NewVisitor(t, r.site)
	return r
}

// withPasskey is a rig whose account has a passkey on a device; nobody is logged in.
func withPasskey(t *testing.T) (*rig, *device) {
	t.Helper()
	r := named(t)
	d := newDevice(t, r.site)
	r.leads(r.password(r.visitor), "/settings/account")
	r.says(r.visitor.Get("/settings/account/security/passkey"), http.StatusOK, "Naam van deze passkey")
	r.leads(r.add(d, "Telefoon"), "/settings/account/security/codes")
	r.leads(r.visitor.Post("/logout", nil), "/login")
	return r, d
}

func (r *rig) add(d *device, name string) webtest.Answer {
	r.t.Helper()
	made := d.makes(r.visitor.Post("/settings/account/security/passkeys/begin", nil).Body)
	return r.visitor.Post("/settings/account/security/passkeys", url.Values{"key_name": {name}, "credential": {made}})
}

// asked is the question to any passkey.
func (r *rig) asked() string {
	r.t.Helper()
	a := r.visitor.Post("/login/passkey/begin", nil)
	if a.StatusCode != http.StatusOK {
		r.t.Fatalf("the question = %d: %s", a.StatusCode, a.Body)
	}
	return a.Body
}

func (r *rig) give(answer string) webtest.Answer {
	return r.visitor.Post("/login/passkey", url.Values{"credential": {answer}, "next": {"/settings/account"}})
}

func TestAPasskeyAloneLogsIn(t *testing.T) {
	r, d := withPasskey(t)
	r.leads(r.give(d.answers(r.asked())), "/settings/account")
	r.says(r.visitor.Get("/settings/account/security"), http.StatusOK, "Telefoon", "Laatst gebruikt op")
	if k := r.stored().Passkeys; len(k) != 1 || k[0].SignCount != 1 || r.told(incidents.FactorAdded) != 2 {
		t.Errorf("stored %+v and %d entries for the register", k, r.told(incidents.FactorAdded))
	}
	r.visitor.Post("/logout", nil)
	r.leads(r.password(r.visitor), "/login/code")
	r.says(r.visitor.Get("/login/code"), http.StatusOK, "Log in met een passkey")
	r.leads(r.give(d.answers(r.asked())), "/settings/account")
}

func TestAnAnswerOfAPasskeyIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(r *rig, d *device) string
	}{
		{"that does not know its user", func(r *rig, d *device) string { d.knows = false; return d.answers(r.asked()) }},
		{"given twice", func(r *rig, d *device) string {
			answer := d.answers(r.asked())
			r.leads(r.give(answer), "/settings/account")
			r.visitor.Post("/logout", nil)
			return answer
		}},
		{"given twice, to another question", func(r *rig, d *device) string {
			answer := d.answers(r.asked())
			r.asked()
			return answer
		}},
		{"that is a copy: its counter goes back", func(r *rig, d *device) string {
			d.count = 7
			r.leads(r.give(d.answers(r.asked())), "/settings/account")
			r.visitor.Post("/logout", nil)
			d.count = 3
			return d.answers(r.asked())
		}},
		{"made for another site", func(r *rig, d *device) string { d.origin = "http://evil.example"; return d.answers(r.asked()) }},
		{"signed by another key", func(r *rig, d *device) string {
			other := newDevice(r.t, d.origin)
			other.id, other.user = d.id, d.user
			return other.answers(r.asked())
		}},
		{"for a user that is none", func(r *rig, d *device) string { d.user = []byte("nobody"); return d.answers(r.asked()) }},
		{"that was removed", func(r *rig, d *device) string {
			_, err := r.Store.UpdateUser(r.t.Context(), user, func(u *registry.User) error { u.Factors.DropPasskey(d.id); return nil })
			r.Must(err)
			return d.answers(r.asked())
		}},
		{"that comes too late", func(r *rig, d *device) string {
			question := r.asked()
			r.Pass(5*time.Minute + time.Second)
			return d.answers(question)
		}},
		{"without a question", func(*rig, *device) string { return "{}" }},
		{"that is nothing", func(r *rig, _ *device) string { r.asked(); return "" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, d := withPasskey(t)
			r.says(r.give(tt.answer(r, d)), http.StatusUnprocessableEntity, "Deze passkey hoort niet bij een account hier")
			if a := r.visitor.Get("/settings/account"); a.StatusCode != http.StatusSeeOther {
				t.Errorf("then the account = %d", a.StatusCode)
			}
		})
	}
}

func TestPasskeysHaveNamesAndAreRemovedOneByOne(t *testing.T) {
	r, d := withPasskey(t)
	r.leads(r.give(d.answers(r.asked())), "/settings/account")
	drop := func(d *device) webtest.Answer {
		return r.visitor.Post("/settings/account/security/passkeys/remove", url.Values{"key": {text64(d.id)}})
	}
	if a := drop(d); a.StatusCode != http.StatusConflict {
		t.Errorf("taking the only one away = %d, want 409", a.StatusCode)
	}
	second := newDevice(t, r.site)
	r.says(r.add(second, ""), http.StatusUnprocessableEntity, "Passkey toevoegen")
	r.leads(r.add(second, "Laptop"), "/settings/account/security")
	r.says(r.visitor.Get("/settings/account/security"), http.StatusOK, "Telefoon", "Laptop")
	r.leads(drop(d), "/settings/account/security")
	if k := r.stored().Passkeys; len(k) != 1 || k[0].Name != "Laptop" || r.told(incidents.FactorRemoved) != 1 {
		t.Errorf("stored %+v and %d entries for the register", k, r.told(incidents.FactorRemoved))
	}
	if a := drop(d); a.StatusCode != http.StatusNotFound {
		t.Errorf("taking it away twice = %d, want 404", a.StatusCode)
	}
}

func TestANewProofTakesTheOwnPasskeyOnly(t *testing.T) {
	r, d := withPasskey(t)
	r.Must(r.Store.CreateUser(t.Context(), registry.User{ID: "user-2", Login: "bert@example.org", Memberships: []registry.Membership{{PracticeID: practice, Role: registry.RoleOwner}}}))
	r.visitor.LogIn("user-2", practice)
	r.Pass(11 * time.Minute)
	confirm := func() webtest.Answer {
		return r.visitor.Post("/settings/account/confirm/passkey", url.Values{"credential": {d.answers(r.asked())}, "next": {"/settings/account"}})
	}
	r.says(confirm(), http.StatusUnprocessableEntity, "Deze passkey hoort niet bij een account hier")
	r.visitor.LogIn(user, practice)
	r.Pass(11 * time.Minute)
	r.leads(confirm(), "/settings/account")
	r.says(r.visitor.Get("/settings/account/security/passkey"), http.StatusOK)
}

func TestAtAnAddressOfNumbersThePagesSayThatPasskeysDoNotWork(t *testing.T) {
	r := newRig(t)
	r.leads(r.password(r.visitor), "/settings/account")
	for _, path := range []string{"/settings/account/security", "/settings/account/security/passkey"} {
		shown := r.visitor.Get(path)
		r.says(shown, http.StatusOK, "Dit adres bestaat uit cijfers")
		if strings.Contains(shown.Body, "data-passkey=") {
			t.Errorf("%s offers passkeys", path)
		}
	}
	if a := r.visitor.Post("/login/passkey/begin", nil); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the question = %d, want 422", a.StatusCode)
	}
}

func TestPasskeysBelongToTheNameInTheSitesOwnAddress(t *testing.T) {
	r := newRig(t)
	for base, want := range map[string]string{"https://datalek.example.nl": `"rpId":"datalek.example.nl"`, "http://localhost:8080": `"rpId":"localhost"`} {
		site := r.Serve(page.Options{BaseURL: base}, factors.New(factors.Options{Store: r.Store, Hasher: account.NewHasher(1), Tries: account.NewTries(r.Now)}))
		if a := webtest.NewVisitor(t, site).Post("/login/passkey/begin", nil); a.StatusCode != http.StatusOK || !strings.Contains(a.Body, want) || !strings.Contains(a.Body, `"userVerification":"required"`) {
			t.Errorf("at %s the question = %d: %s", base, a.StatusCode, a.Body)
		}
	}
}
