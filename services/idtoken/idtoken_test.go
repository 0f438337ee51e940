package idtoken_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/devstack/issuer"
	"datalek/services/idtoken"
)

var noon = time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)

const (
	tenant   = "11111111-2222-3333-4444-555555555555"
	stranger = "99999999-2222-3333-4444-555555555555"
	ours     = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	account  = "push@praktijk-proef.iam.gserviceaccount.example"
)

// object is a JSON object.
type object = map[string]any

// desk is a checker at an issuer of its own, with a clock that can be set.
type desk struct {
	*idtoken.Checker
	keys *issuer.Keys
	at   time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{keys: issuer.StartKeys(), at: noon}
	t.Cleanup(d.keys.Close)
	d.Checker = idtoken.New(idtoken.Options{Client: &http.Client{}, Now: func() time.Time { return d.at }, EntraURL: d.keys.URL() + "/", GoogleURL: d.keys.URL()})
	return d
}

// entra are the claims of a token of Azure's alerts; more replaces what it names,
// and nil leaves it out.
func (d *desk) entra(more object) object {
	return with(object{"iss": d.keys.URL() + "/" + tenant + "/v2.0", "tid": tenant, "aud": ours, "azp": idtoken.AzureAlerts, "ver": "2.0",
		"roles": []string{idtoken.AlertRole}, "iat": noon.Unix() - 60, "nbf": noon.Unix() - 60, "exp": noon.Unix() + 3600}, more)
}

func (d *desk) google(more object) object {
	return with(object{"iss": d.keys.URL(), "aud": "datalek", "azp": "1234", "sub": "1234", "email": account, "email_verified": true, "iat": noon.Unix() - 60, "exp": noon.Unix() + 3600}, more)
}

func with(claims, more object) object {
	maps.Copy(claims, more)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

func (d *desk) azure(t testing.TB, header ...string) error {
	t.Helper()
	return d.Check(t.Context(), registry.DoorEntra, registry.TokenClaims{Tenant: tenant, Audience: ours}, header)
}

func (d *desk) pushed(t testing.TB, header ...string) error {
	t.Helper()
	return d.Check(t.Context(), registry.DoorGoogle, registry.TokenClaims{Sender: account, Audience: "datalek"}, header)
}

// confused signs claims with the public key as the secret of HS256.
func (d *desk) confused(claims object) string {
	der, _ := x509.MarshalPKIXPublicKey(d.keys.Public())
	signed := issuer.Part(object{"alg": "HS256", "typ": "JWT", "kid": "key-1"}) + "." + issuer.Part(claims)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	_, _ = mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestOnlyATokenOfAzuresAlertsForUsOpens(t *testing.T) {
	d := newDesk(t)
	good := d.keys.Token(d.entra(nil), nil)
	parts := strings.Split(good, ".")
	elsewhere := issuer.StartKeys()
	t.Cleanup(elsewhere.Close)
	claims := func(more object) string { return "Bearer " + d.keys.Token(d.entra(more), nil) }
	head := func(more object) string { return "Bearer " + d.keys.Token(d.entra(nil), more) }
	for _, tt := range []struct {
		name   string
		header []string
		want   error
	}{
		{"as Microsoft sends it", []string{"Bearer " + good}, nil},
		{"bearer in small letters", []string{"bearer " + good}, nil},
		{"BEARER in capitals, with two blanks", []string{"BEARER  " + good}, nil},
		{"the app under its old name", []string{claims(object{"azp": nil, "appid": idtoken.AzureAlerts})}, nil},
		{"one role of several", []string{claims(object{"roles": []string{"Other", idtoken.AlertRole}})}, nil},
		{"the audience as a list of one", []string{claims(object{"aud": []string{ours}})}, nil},
		{"from a clock four minutes ahead", []string{claims(object{"nbf": noon.Unix() + 240})}, nil},
		{"without a tenant of its own", []string{claims(object{"tid": nil})}, nil},

		{"no header", nil, registry.TokenForged},
		{"an empty one", []string{""}, registry.TokenForged},
		{"no token", []string{"Bearer "}, registry.TokenForged},
		{"two headers", []string{"Bearer " + good, "Bearer " + good}, registry.TokenForged},
		{"two tokens in one", []string{"Bearer " + good + ", Bearer " + good}, registry.TokenForged},
		{"another scheme", []string{"Basic " + good}, registry.TokenForged},
		{"no scheme", []string{good}, registry.TokenForged},
		{"a line break in it", []string{"Bearer " + good + "\n"}, registry.TokenForged},
		{"too long", []string{"Bearer " + d.keys.Token(d.entra(object{"pad": strings.Repeat("a", 8<<10)}), nil)}, registry.TokenForged},
		{"as JSON", []string{`Bearer {"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`}, registry.TokenForged},
		{"two parts", []string{"Bearer " + parts[0] + "." + parts[1]}, registry.TokenForged},
		{"no signature", []string{"Bearer " + parts[0] + "." + parts[1] + "."}, registry.TokenForged},
		{"alg none", []string{"Bearer " + issuer.Part(object{"alg": "none", "kid": "key-1"}) + "." + parts[1] + "."}, registry.TokenForged},
		{"alg none with a signature", []string{head(object{"alg": "none"})}, registry.TokenForged},
		{"HS256 with the public key", []string{"Bearer " + d.confused(d.entra(nil))}, registry.TokenForged},
		{"RS512 said, RS256 done", []string{head(object{"alg": "RS512"})}, registry.TokenForged},
		{"other claims under the same signature", []string{"Bearer " + parts[0] + "." + issuer.Part(d.entra(object{"aud": ours})) + "x." + parts[2]}, registry.TokenForged},
		{"a key that nobody has", []string{head(object{"kid": "key-9"})}, registry.TokenForged},
		{"no key named", []string{head(object{"kid": ""})}, registry.TokenForged},
		{"a key's name as a number", []string{head(object{"kid": 1})}, registry.TokenForged},
		{"its own key in the header", []string{"Bearer " + elsewhere.Token(d.entra(nil), object{"jwk": object{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(elsewhere.Public().N.Bytes()), "e": "AQAB"}})}, registry.TokenForged},
		{"a header that must be understood", []string{head(object{"crit": []string{"x"}, "x": 1})}, registry.TokenForged},
		{"of another issuer's key", []string{"Bearer " + elsewhere.Token(d.entra(nil), nil)}, registry.TokenForged},
		{"claims that are no object", []string{claims(object{"roles": "ActionGroupsSecureWebhook"})}, registry.TokenForged},

		{"expired", []string{claims(object{"exp": noon.Unix() - 1})}, registry.TokenStale},
		{"without an end", []string{claims(object{"exp": nil})}, registry.TokenStale},
		{"of six minutes from now", []string{claims(object{"nbf": noon.Unix() + 360})}, registry.TokenStale},
		{"of another organisation", []string{claims(object{"iss": d.keys.URL() + "/" + stranger + "/v2.0", "tid": stranger})}, registry.TokenWrongTenant},
		{"of an organisation inside ours", []string{claims(object{"tid": stranger})}, registry.TokenWrongTenant},
		{"of version 1", []string{claims(object{"iss": "https://sts.windows.net/" + tenant + "/"})}, registry.TokenWrongTenant},
		{"for somebody else", []string{claims(object{"aud": "api://other"})}, registry.TokenWrongAudience},
		{"for nobody", []string{claims(object{"aud": nil})}, registry.TokenWrongAudience},
		{"for two", []string{claims(object{"aud": []string{ours, "api://other"}})}, registry.TokenWrongAudience},
		{"of another app", []string{claims(object{"azp": ours})}, registry.TokenWrongSender},
		{"of no app", []string{claims(object{"azp": nil})}, registry.TokenWrongSender},
		{"of two apps", []string{claims(object{"appid": ours})}, registry.TokenWrongSender},
		{"without the role", []string{claims(object{"roles": []string{"Reader"}})}, registry.TokenWrongSender},
		{"without roles", []string{claims(object{"roles": nil})}, registry.TokenWrongSender},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := d.azure(t, tt.header...); !errors.Is(err, tt.want) || err != nil && tt.want == nil {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if asked := d.keys.Asked(); len(asked) != 1 || asked[0] != "/common/discovery/v2.0/keys" {
		t.Errorf("keys were asked for at %q, want once", asked)
	}
}

func TestOnlyATokenOfTheNamedAccountOpensForGoogle(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct {
		name string
		more object
		want error
	}{
		{"as Google sends it", nil, nil},
		{"the account in capitals", object{"email": strings.ToUpper(account)}, nil},
		{"of another issuer", object{"iss": "https://login.example"}, registry.TokenWrongTenant},
		{"of Google itself, where another issuer is set", object{"iss": "https://accounts.google.com"}, registry.TokenWrongTenant},
		{"for somebody else", object{"aud": "https://other.example/push"}, registry.TokenWrongAudience},
		{"expired", object{"exp": noon.Unix() - 1}, registry.TokenStale},
		{"of another account", object{"email": "other@praktijk-proef.iam.gserviceaccount.example"}, registry.TokenWrongSender},
		{"of no account", object{"email": nil}, registry.TokenWrongSender},
		{"of an account that is not proven", object{"email_verified": false}, registry.TokenWrongSender},
		{"of an account of which nothing is said", object{"email_verified": nil}, registry.TokenWrongSender},
		{"proven in words", object{"email_verified": "true"}, registry.TokenForged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := d.pushed(t, "Bearer "+d.keys.Token(d.google(tt.more), nil)); !errors.Is(err, tt.want) || err != nil && tt.want == nil {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if err := d.pushed(t, "Bearer "+d.keys.Token(d.entra(nil), nil)); err == nil {
		t.Error("Microsoft's token opens Google's door")
	}
	if asked := d.keys.Asked(); asked[0] != "/oauth2/v3/certs" {
		t.Errorf("keys were asked for at %q", asked)
	}
}

// An address whose settings are not there opens to nobody, whatever a token says.
func TestAnAddressWithoutSettingsOpensToNobody(t *testing.T) {
	d := newDesk(t)
	azure, google := "Bearer "+d.keys.Token(d.entra(object{"aud": "", "iss": d.keys.URL() + "//v2.0"}), nil), "Bearer "+d.keys.Token(d.google(object{"email": "", "aud": ""}), nil)
	for _, door := range []registry.Door{registry.DoorEntra, registry.DoorGoogle, registry.DoorAddress, registry.DoorSigned} {
		for _, want := range []registry.TokenClaims{{}, {Tenant: tenant}, {Audience: ours}, {Audience: "datalek"}, {Sender: account}} {
			for _, header := range []string{azure, google, "Bearer " + d.keys.Token(d.entra(nil), nil), "Bearer " + d.keys.Token(d.google(nil), nil)} {
				if err := d.Check(t.Context(), door, want, []string{header}); !errors.Is(err, registry.TokenForged) {
					t.Errorf("door %q, %+v: %v", door, want, err)
				}
			}
		}
	}
}

// What the messages of errors show is in logs.
func TestARefusalNamesNobody(t *testing.T) {
	d := newDesk(t)
	err := d.pushed(t, "Bearer "+d.keys.Token(d.google(object{"email": "jan@praktijk.example"}), nil))
	if err == nil || strings.Contains(err.Error(), "praktijk") || strings.Contains(err.Error(), ".") {
		t.Errorf("the refusal says %v", err)
	}
	if errors.Is(err, fault.Unavailable) {
		t.Error("it asks the sender to come again")
	}
}
