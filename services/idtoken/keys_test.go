package idtoken_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/devstack/issuer"
	"datalek/services/idtoken"
)

func TestKeysAreAskedForAtMostOnceAMinute(t *testing.T) {
	d := newDesk(t)
	good := "Bearer " + d.keys.Token(d.entra(nil), nil)
	step := func(name string, asked int, want error, header string) {
		t.Helper()
		if err := d.azure(t, header); !errors.Is(err, want) || err != nil && want == nil {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
		if got := len(d.keys.Asked()); got != asked {
			t.Errorf("%s: keys were asked for %d times, want %d", name, got, asked)
		}
	}
	step("the first token", 1, nil, good)
	for n := range 50 {
		step("a key that nobody has", 1, registry.TokenForged, "Bearer "+d.keys.Token(d.entra(nil), object{"kid": fmt.Sprint("made-up-", n)}))
	}
	d.keys.Rotate()
	fresh := "Bearer " + d.keys.Token(d.entra(object{"exp": noon.Add(100 * time.Hour).Unix()}), nil)
	step("a new key within the minute", 1, registry.TokenForged, fresh)
	d.at = d.at.Add(time.Minute)
	step("the new key after it", 2, nil, fresh)
	step("the key of before", 2, registry.TokenForged, good)
	d.at = d.at.Add(12*time.Hour - time.Second)
	step("half a day later", 2, nil, fresh)
	d.at = d.at.Add(time.Second)
	step("after that the keys are asked for anew", 3, nil, fresh)
	d.at = d.at.Add(-48 * time.Hour)
	step("a clock set back", 3, nil, "Bearer "+d.keys.Token(d.entra(object{"nbf": nil}), nil))
}

func TestWithoutTheIssuersKeysTheSenderIsToComeAgain(t *testing.T) {
	d := newDesk(t)
	down := true
	d.keys.Behave = func(w http.ResponseWriter, _ *http.Request) bool {
		if down {
			w.WriteHeader(http.StatusBadGateway)
		}
		return down
	}
	good := "Bearer " + d.keys.Token(d.entra(object{"exp": noon.Add(100 * time.Hour).Unix()}), nil)
	for range 3 {
		if err := d.azure(t, good); !errors.Is(err, fault.Unavailable) {
			t.Errorf("without keys: %v", err)
		}
	}
	if n := len(d.keys.Asked()); n != 1 {
		t.Errorf("keys were asked for %d times within the minute", n)
	}
	down, d.at = false, d.at.Add(time.Minute)
	if err := d.azure(t, good); err != nil {
		t.Fatalf("the issuer is back: %v", err)
	}
	down = true
	for _, tt := range []struct {
		after time.Duration
		want  error
	}{{24 * time.Hour, nil}, {23 * time.Hour, nil}, {2 * time.Hour, fault.Unavailable}} {
		d.at = d.at.Add(tt.after)
		if err := d.azure(t, good); !errors.Is(err, tt.want) || err != nil && tt.want == nil {
			t.Errorf("%s after the keys came: %v, want %v", d.at.Sub(noon), err, tt.want)
		}
	}
}

func TestAnAnswerThatIsNoSetOfKeysIsNone(t *testing.T) {
	d := newDesk(t)
	good := "Bearer " + d.keys.Token(d.entra(nil), nil)
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"no JSON":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"no keys":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) },
		"a key of 512 bits": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[{"kty":"RSA","kid":"key-1","e":"AQAB","n":"` + strings.Repeat("v", 86) + `"}]}`))
		},
		"a secret for a key": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"}]}`))
		},
		"more than it may be": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[` + strings.Repeat(" ", 300<<10) + `]}`))
		},
		"an answer cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"keys":[`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d.keys.Behave = func(w http.ResponseWriter, r *http.Request) bool { answer(w, r); return true }
			before := len(d.keys.Asked())
			d.at = d.at.Add(time.Minute)
			if err := d.azure(t, good); !errors.Is(err, fault.Unavailable) {
				t.Errorf("got %v, want that the keys cannot be had", err)
			}
			if n := len(d.keys.Asked()) - before; n != 1 {
				t.Errorf("it was asked %d times", n)
			}
		})
	}
}

// Microsoft publishes keys of several organisations together, and says with some
// whose tokens they sign.
func TestAKeySignsOnlyForTheIssuerThatStandsWithIt(t *testing.T) {
	for written, want := range map[string]error{"ISSUER/{tenantid}/v2.0": nil, "ISSUER/" + tenant + "/v2.0": nil, "ISSUER/" + stranger + "/v2.0": registry.TokenForged} {
		keys := issuer.StartKeys()
		t.Cleanup(keys.Close)
		keys.SignsFor(strings.ReplaceAll(written, "ISSUER", keys.URL()))
		d := &desk{keys: keys, Checker: idtoken.New(idtoken.Options{Client: &http.Client{}, Now: func() time.Time { return noon }, EntraURL: keys.URL()})}
		if err := d.azure(t, "Bearer "+keys.Token(d.entra(nil), nil)); !errors.Is(err, want) || err != nil && want == nil {
			t.Errorf("a key of %s: %v, want %v", written, err, want)
		}
	}
}

func TestManyTokensAtOnceAskOnce(t *testing.T) {
	d := newDesk(t)
	good := "Bearer " + d.keys.Token(d.entra(nil), nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := d.azure(t, good); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(d.keys.Asked()); n != 1 {
		t.Errorf("keys were asked for %d times", n)
	}
}

// led makes every call end at one server, and notes where it was meant to go.
type led struct {
	to    string
	meant []string
}

func (l *led) RoundTrip(r *http.Request) (*http.Response, error) {
	l.meant = append(l.meant, r.URL.String())
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(l.to, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func TestThePublicIssuersAreAskedAtTheirOwnAddresses(t *testing.T) {
	keys := issuer.StartKeys()
	t.Cleanup(keys.Close)
	way := &led{to: keys.URL()}
	d := &desk{keys: keys, Checker: idtoken.New(idtoken.Options{Client: &http.Client{Transport: way}, Now: func() time.Time { return noon }})}
	if err := d.azure(t, "Bearer "+keys.Token(d.entra(object{"iss": "https://login.microsoftonline.com/" + tenant + "/v2.0"}), nil)); err != nil {
		t.Errorf("Microsoft's own token: %v", err)
	}
	for _, name := range []string{"https://accounts.google.com", "accounts.google.com"} {
		if err := d.pushed(t, "Bearer "+keys.Token(d.google(object{"iss": name}), nil)); err != nil {
			t.Errorf("Google's own token of %s: %v", name, err)
		}
		if err := d.pushed(t, "Bearer "+keys.Token(d.google(object{"iss": name, "exp": 1}), nil)); !errors.Is(err, registry.TokenStale) {
			t.Errorf("an old one of %s: %v", name, err)
		}
	}
	if err := d.pushed(t, "Bearer "+keys.Token(d.google(object{"iss": "https://login.microsoftonline.com/" + tenant + "/v2.0"}), nil)); !errors.Is(err, registry.TokenWrongTenant) {
		t.Errorf("of another issuer: %v", err)
	}
	if want := []string{"https://login.microsoftonline.com/common/discovery/v2.0/keys", "https://www.googleapis.com/oauth2/v3/certs"}; !slices.Equal(way.meant, want) {
		t.Errorf("keys were asked for at %q", way.meant)
	}
}
