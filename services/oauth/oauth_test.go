package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"datalek/incidents/fault"
	"datalek/services/devstack/issuer"
	"datalek/services/oauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)

// drawer keeps settings by version as the stores do.
type drawer struct {
	mu      sync.Mutex
	value   map[string][]byte
	version map[string]int64
}

func newDrawer() *drawer { return &drawer{value: map[string][]byte{}, version: map[string]int64{}} }

func (d *drawer) Setting(_ context.Context, key string) ([]byte, int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.value[key], d.version[key], nil
}

func (d *drawer) PutSetting(_ context.Context, key string, value []byte, version int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.version[key] != version {
		return fault.Conflict
	}
	d.value[key], d.version[key] = value, version+1
	return nil
}

type rig struct {
	*issuer.Issuer
	drawer *drawer
	now    time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{Issuer: issuer.Start("geheim", "refresh-1"), drawer: newDrawer(), now: noon}
	t.Cleanup(r.Close)
	return r
}

// source is another process with the same account.
func (r *rig) source(t *testing.T, change func(*oauth.Account)) *oauth.Source {
	t.Helper()
	a := oauth.Account{TokenURL: r.URL(), ClientID: "datalek", RefreshToken: "refresh-1", Timeout: 5 * time.Second, Now: func() time.Time { return r.now }}
	if change != nil {
		change(&a)
	}
	s, err := oauth.New(a, r.drawer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wants(t *testing.T, s *oauth.Source, token string) {
	t.Helper()
	got, err := s.Token(t.Context())
	if err != nil || got != token {
		t.Errorf("token = %q, %v, want %q", got, err, token)
	}
}

func TestATokenIsReplacedBeforeItsEnd(t *testing.T) {
	r := newRig(t)
	s := r.source(t, nil)
	wants(t, s, "token-1")
	r.now = noon.Add(58*time.Minute - time.Second)
	wants(t, s, "token-1")
	r.now = noon.Add(58 * time.Minute)
	wants(t, s, "token-2")
	wants(t, r.source(t, nil), "token-2") // a restart knows the rotated refresh token and the token itself
	r.now = noon.Add(3 * time.Hour)
	wants(t, r.source(t, nil), "token-3")
}

func TestAnAppAsksByItsOwnSecret(t *testing.T) {
	r := newRig(t)
	s := r.source(t, func(a *oauth.Account) { a.RefreshToken, a.ClientSecret = "", "geheim" })
	wants(t, s, "token-1")
	r.now = noon.Add(time.Hour)
	wants(t, s, "token-2")
}

func TestManyAskersMakeOneRequest(t *testing.T) {
	r := newRig(t)
	sources := []*oauth.Source{r.source(t, nil), r.source(t, nil)}
	var asking sync.WaitGroup
	errs := make(chan error, 20)
	for n := range 20 {
		asking.Go(func() {
			token, err := sources[n%2].Token(t.Context())
			if err == nil && token != "token-1" {
				err = fmt.Errorf("token %q", token)
			}
			errs <- err
		})
	}
	asking.Wait()
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if r.Given() != 1 {
		t.Errorf("the issuer gave %d tokens, want 1", r.Given())
	}
}

func TestATokenThatTheServerRefusedIsNotShownAgain(t *testing.T) {
	r := newRig(t)
	s, other := r.source(t, nil), r.source(t, nil)
	wants(t, s, "token-1")
	wants(t, other, "token-1")
	s.Refused("token-1")
	other.Refused("token-1")
	wants(t, s, "token-2")
	wants(t, other, "token-2") // takes what the first process got
}

func TestConsentTakenBackIsFinal(t *testing.T) {
	r := newRig(t)
	s := r.source(t, nil)
	wants(t, s, "token-1")
	r.Revoke(true)
	s.Refused("token-1")
	_, err := s.Token(t.Context())
	if !errors.Is(err, oauth.ErrRefused) || !s.Final(err) || strings.Contains(err.Error(), "anna") {
		t.Errorf("error = %v, want a final one without the issuer's own words", err)
	}
}

func TestANewRefreshTokenFromTheOperatorCounts(t *testing.T) {
	r := newRig(t)
	r.source(t, nil)
	old := r.source(t, func(a *oauth.Account) { a.RefreshToken = "expired" })
	if _, err := old.Token(t.Context()); !errors.Is(err, oauth.ErrRefused) {
		t.Errorf("error = %v, want a final one", err)
	}
	wants(t, r.source(t, nil), "token-1")
}

func TestHostileAndSlowIssuers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		behave func(w http.ResponseWriter, form url.Values) bool
	}{
		{"a line end in the token", func(w http.ResponseWriter, _ url.Values) bool {
			fmt.Fprint(w, `{"access_token":"a\r\nMAIL FROM:<x>","token_type":"Bearer"}`)
			return true
		}},
		{"a token that ends the exchange", func(w http.ResponseWriter, _ url.Values) bool {
			fmt.Fprint(w, `{"access_token":"a\u0001\u0001user=b","token_type":"Bearer"}`)
			return true
		}},
		{"no token", func(w http.ResponseWriter, _ url.Values) bool { fmt.Fprint(w, `{}`); return true }},
		{"no JSON", func(w http.ResponseWriter, _ url.Values) bool { fmt.Fprint(w, `<html>geheim</html>`); return true }},
		{"an endless answer", func(w http.ResponseWriter, _ url.Values) bool {
			fmt.Fprint(w, `{"access_token":"`+strings.Repeat("a", 2<<20)+`"}`)
			return true
		}},
		{"an error page", func(w http.ResponseWriter, _ url.Values) bool {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "geheim")
			return true
		}},
		{"a redirect to somebody else", func(w http.ResponseWriter, _ url.Values) bool {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}},
		{"silence", func(_ http.ResponseWriter, _ url.Values) bool { time.Sleep(300 * time.Millisecond); return true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.Behave = tt.behave
			s := r.source(t, func(a *oauth.Account) { a.Timeout = 200 * time.Millisecond })
			_, err := s.Token(t.Context())
			if err == nil || s.Final(err) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("error = %v, want one that may pass, without what the issuer wrote", err)
			}
		})
	}
}

func TestAGoodTokenOutlastsAnIssuerThatIsAway(t *testing.T) {
	r := newRig(t)
	s := r.source(t, nil)
	wants(t, s, "token-1")
	r.Close()
	r.now = noon.Add(59 * time.Minute)
	wants(t, s, "token-1")
	r.now = noon.Add(time.Hour)
	if _, err := s.Token(t.Context()); err == nil {
		t.Error("a token was given after its end")
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	for want, a := range map[string]oauth.Account{
		"https":     {TokenURL: "http://login.example/token", ClientID: "x", ClientSecret: "y"},
		"client id": {TokenURL: "https://login.example/token", ClientSecret: "y"},
		"secret":    {TokenURL: "https://login.example/token", ClientID: "x"},
	} {
		if _, err := oauth.New(a, newDrawer()); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}
