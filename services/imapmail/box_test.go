package imapmail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/services/devstack"
	"datalek/services/imapmail"
)

var noon = time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)

// shelf keeps settings as a store does.
type shelf struct {
	mu       sync.Mutex
	values   map[string][]byte
	versions map[string]int64
}

func newShelf() *shelf { return &shelf{values: map[string][]byte{}, versions: map[string]int64{}} }

func (s *shelf) Setting(_ context.Context, key string) ([]byte, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key], s.versions[key], nil
}

func (s *shelf) PutSetting(_ context.Context, key string, value []byte, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.versions[key] != version {
		return fault.Conflict
	}
	s.values[key], s.versions[key] = value, version+1
	return nil
}

func serve(t *testing.T, o devstack.IMAPOptions) *devstack.IMAPServer {
	t.Helper()
	o.Username, o.Password = "bounces@example.nl", "secret"
	s, err := devstack.StartIMAP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func account(t *testing.T, s *devstack.IMAPServer) imapmail.Account {
	t.Helper()
	a, err := imapmail.ParseURL("imaps://bounces@example.nl@"+s.Addr()+"/INBOX", "secret")
	if err != nil {
		t.Fatal(err)
	}
	a.RootCAs = s.RootCAs()
	return a
}

// read reads a box and returns the subjects of what it hands over.
func read(t *testing.T, box *imapmail.Box) []string {
	t.Helper()
	var got []string
	err := box.Read(t.Context(), func(_ context.Context, raw []byte, _ string) error {
		_, subject, _ := strings.Cut(string(raw), "Subject: ")
		subject, _, _ = strings.Cut(subject, "\r\n")
		got = append(got, subject)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func put(t *testing.T, s *devstack.IMAPServer, at time.Time, subjects ...string) {
	t.Helper()
	for _, subject := range subjects {
		if err := s.Put("INBOX", []byte("From: a@b.example\r\nSubject: "+subject+"\r\n\r\nwords\r\n"), at); err != nil {
			t.Fatal(err)
		}
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func options(s *shelf) imapmail.Options {
	return imapmail.Options{Settings: s, Now: func() time.Time { return noon }}
}

func TestEachMessageIsHandedOverOnceAndNothingIsTouched(t *testing.T) {
	s, keep := serve(t, devstack.IMAPOptions{}), newShelf()
	put(t, s, noon.AddDate(0, 0, -30), "old")
	put(t, s, noon, "one", "two")
	same(t, "the first look goes back a week", []string{"one", "two"}, read(t, imapmail.New(account(t, s), options(keep))))
	same(t, "again", []string(nil), read(t, imapmail.New(account(t, s), options(keep))))
	put(t, s, noon, "three")
	same(t, "what came since", []string{"three"}, read(t, imapmail.New(account(t, s), options(keep))))
	unseen, err := s.Unseen("INBOX")
	same(t, "nobody has read them", uint32(4), unseen)
	same(t, "error", nil, err)
}

func TestAnEmptyFolderIsReadFromThenOn(t *testing.T) {
	s, keep := serve(t, devstack.IMAPOptions{}), newShelf()
	same(t, "nothing", []string(nil), read(t, imapmail.New(account(t, s), options(keep))))
	put(t, s, noon.AddDate(0, 0, -30), "moved here later") // its date is old, its number new
	same(t, "new", []string{"moved here later"}, read(t, imapmail.New(account(t, s), options(keep))))
}

func TestMailOfPeopleIsNotRead(t *testing.T) {
	s := serve(t, devstack.IMAPOptions{})
	put(t, s, noon, "from a client", "returned")
	o := options(newShelf())
	o.Wanted = func(header []byte) bool {
		if bytes.Contains(header, []byte("words")) {
			t.Error("the body was read to decide")
		}
		return bytes.Contains(header, []byte("returned"))
	}
	same(t, "handed over", []string{"returned"}, read(t, imapmail.New(account(t, s), o)))
}

func TestManyMessagesAreReadInGroupsAndResumed(t *testing.T) {
	s, keep := serve(t, devstack.IMAPOptions{}), newShelf()
	var want, got []string
	for n := range 55 {
		want = append(want, fmt.Sprintf("m-%02d", n))
	}
	put(t, s, noon, want...)
	box := imapmail.New(account(t, s), options(keep))
	full := errors.New("the disk is full")
	for range 3 { // the store refuses the thirtieth at first
		err := box.Read(t.Context(), func(_ context.Context, raw []byte, _ string) error {
			if len(got) == 30 && !strings.Contains(strings.Join(got, " "), "refused") {
				got = append(got, "refused")
				return full
			}
			_, subject, _ := strings.Cut(string(raw), "Subject: ")
			subject, _, _ = strings.Cut(subject, "\r\n")
			got = append(got, subject)
			return nil
		})
		if err != nil && !errors.Is(err, full) {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, x := range got {
		seen[x]++
	}
	for n, subject := range want {
		if seen[subject] == 0 || n < 20 && seen[subject] > 1 {
			t.Errorf("%s was handed over %d times", subject, seen[subject])
		}
	}
}

func TestAFolderThatIsNumberedAnewIsReadAnew(t *testing.T) {
	s, keep := serve(t, devstack.IMAPOptions{}), newShelf()
	put(t, s, noon, "one", "two", "three")
	read(t, imapmail.New(account(t, s), options(keep)))
	if err := s.Renumber("INBOX"); err != nil {
		t.Fatal(err)
	}
	put(t, s, noon, "four")
	same(t, "after", []string{"four"}, read(t, imapmail.New(account(t, s), options(keep))))
}

func TestALongMessageIsCut(t *testing.T) {
	s := serve(t, devstack.IMAPOptions{})
	put(t, s, noon, "long\r\n\r\n"+strings.Repeat("x", incidents.MaxReturn))
	var size int
	err := imapmail.New(account(t, s), options(newShelf())).Read(t.Context(), func(_ context.Context, raw []byte, _ string) error { size = len(raw); return nil })
	if err != nil || size != incidents.MaxReturn {
		t.Errorf("%d bytes, %v", size, err)
	}
}

// Of mail without a header, or without anything, servers say NIL. It is handed over
// where all mail is wanted: nothing in a folder is passed over.
func TestMailWithoutAHeaderIsHandedOverToo(t *testing.T) {
	s, keep := serve(t, devstack.IMAPOptions{}), newShelf()
	for _, raw := range []string{"\x00\x01\xff\xfe nothing that is a mail", "From: broken\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n",
		"\r\n\r\nwords alone\r\n", "\r\n", "\r\n\r\n", "no line end"} {
		if err := s.Put("INBOX", []byte(raw), noon); err != nil {
			t.Fatal(err)
		}
		got := 0
		err := imapmail.New(account(t, s), options(keep)).Read(t.Context(), func(context.Context, []byte, string) error { got++; return nil })
		if err != nil || got != 1 {
			t.Errorf("%q is handed over %d times, %v", raw, got, err)
		}
	}
}

// Of mail that a server cannot read it may give nothing. Each such mail lies at a
// place of its own, which another reader and another look find again.
func TestMailsOfWhichTheServerGivesNothingAreToldApartByTheirPlace(t *testing.T) {
	s := serve(t, devstack.IMAPOptions{})
	for _, raw := range []string{"\x00\x01 cannot be read", "\x00\x02 can it neither", "\r\n\r\n"} {
		if err := s.Put("INBOX", []byte(raw), noon); err != nil {
			t.Fatal(err)
		}
	}
	look := func() (places []string) {
		err := imapmail.New(account(t, s), options(newShelf())).Read(t.Context(), func(_ context.Context, raw []byte, place string) error {
			if len(bytes.TrimSpace(raw)) != 0 {
				t.Errorf("the server gives %q", raw)
			}
			places = append(places, place)
			return nil
		})
		same(t, "error", nil, err)
		return places
	}
	first := look()
	if len(first) != 3 || first[0] == first[1] || first[1] == first[2] || first[0] == first[2] {
		t.Errorf("they lie at %q", first)
	}
	same(t, "another look", first, look())
}

func TestAWrongLoginIsToldApart(t *testing.T) {
	s := serve(t, devstack.IMAPOptions{})
	wrong := account(t, s)
	wrong.Password = "guess"
	err := imapmail.New(wrong, options(newShelf())).Check(t.Context())
	if !imapmail.Refused(err) || strings.Contains(err.Error(), "guess") || strings.Contains(err.Error(), "bounces@") {
		t.Errorf("%v", err)
	}
	other := account(t, s)
	other.Folder = "Nowhere"
	if err := imapmail.New(other, options(newShelf())).Check(t.Context()); imapmail.Refused(err) || !errors.Is(err, fault.Unavailable) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := imapmail.New(account(t, s), options(newShelf())).Check(t.Context()); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

// tokenOnly is a session that takes a bearer token and no password.
type tokenOnly struct{ imapserver.Session }

func (s tokenOnly) Login(string, string) error { return imapserver.ErrAuthFailed }

func (s tokenOnly) AuthenticateMechanisms() []string { return []string{sasl.OAuthBearer} }

func (s tokenOnly) Authenticate(string) (sasl.Server, error) {
	return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
		if o.Token != "t-1" || s.Session.Login(o.Username, "secret") != nil {
			return &sasl.OAuthBearerError{Status: "invalid_token"}
		}
		return nil
	}), nil
}

// given is a login by one token for ever.
type given struct{ user, token string }

func (g given) Login(context.Context, func(string) bool) (sasl.Client, error) {
	return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: g.user, Token: g.token}), nil
}

func (g given) Refused() {}

func TestALoginThatIsHandedInIsUsed(t *testing.T) {
	s := serve(t, devstack.IMAPOptions{Session: func(base imapserver.Session) imapserver.Session { return tokenOnly{base} }})
	a := account(t, s)
	for token, refused := range map[string]bool{"t-1": false, "t-2": true} {
		a.Tokens = given{a.Username, token}
		if err := imapmail.New(a, options(newShelf())).Check(t.Context()); imapmail.Refused(err) != refused || (err != nil) != refused {
			t.Errorf("token %s: %v", token, err)
		}
	}
}

// noLogin is a session at which nobody may try to log in.
type noLogin struct {
	imapserver.Session
	t *testing.T
}

func (s noLogin) Login(string, string) error {
	s.t.Error("a login was tried")
	return imapserver.ErrAuthFailed
}

func TestAServerThatCannotBeTrustedGetsNoPassword(t *testing.T) {
	s := serve(t, devstack.IMAPOptions{Session: func(base imapserver.Session) imapserver.Session { return noLogin{base, t} }})
	a := account(t, s)
	a.RootCAs = nil // the system's list
	if err := imapmail.New(a, options(newShelf())).Check(t.Context()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}

// silent is a session that answers nothing any more once its folder is opened.
type silent struct {
	imapserver.Session
	hang <-chan struct{}
}

func (s silent) Select(string, *imap.SelectOptions) (*imap.SelectData, error) {
	<-s.hang
	return nil, errors.New("gone")
}

func TestAHungServerIsCutOff(t *testing.T) {
	hang := make(chan struct{})
	s := serve(t, devstack.IMAPOptions{Session: func(base imapserver.Session) imapserver.Session { return silent{base, hang} }})
	t.Cleanup(func() { close(hang) })
	a := account(t, s)
	a.CommandTimeout = 50 * time.Millisecond
	if err := imapmail.New(a, options(newShelf())).Check(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a hung command: %v", err)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes the connection and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	b := account(t, s)
	b.Port, b.ConnectTimeout = mute.Addr().(*net.TCPAddr).Port, 50*time.Millisecond
	if err := imapmail.New(b, options(newShelf())).Check(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a mute server: %v", err)
	}
}

func TestAddressesOfMailboxesAreReadStrictly(t *testing.T) {
	a, err := imapmail.ParseURL("imaps://bounces%40example.nl@imap.example.nl/Retour", "secret")
	if err != nil || a.Username != "bounces@example.nl" || a.Host != "imap.example.nl" || a.Port != 993 || a.Folder != "Retour" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, bad := range []string{"", "imap://u@h/INBOX", "imaps://h/INBOX", "imaps://u:geheim@h/INBOX", "imaps://u@h/INBOX?x=1", "imaps://u@h:99999/", "https://u@h", "imaps:u@h"} {
		if _, err := imapmail.ParseURL(bad, "secret"); !errors.Is(err, fault.Invalid) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
