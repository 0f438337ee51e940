package openpgp_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	pgp "github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"datalek/incidents/fault"
	"datalek/services/openpgp"
)

func now() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }

// newKey makes a person's keys a month before now; life 0 never ends.
func newKey(t *testing.T, life time.Duration) *pgp.Entity {
	t.Helper()
	made := now().AddDate(0, -1, 0)
	key, err := pgp.NewEntity("Klant", "", "klant@example.nl", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA,
		KeyLifetimeSecs: uint32(life.Seconds()), Time: func() time.Time { return made }})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func armored(t *testing.T, kind string, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func public(t *testing.T, keys ...*pgp.Entity) string {
	return armored(t, pgp.PublicKeyType, func(w io.Writer) error {
		var err error
		for _, k := range keys {
			err = errors.Join(err, k.Serialize(w))
		}
		return err
	})
}

func TestAKeyIsTakenOrRefusedWithClearWords(t *testing.T) {
	good, signsOnly, withdrawn := newKey(t, 0), newKey(t, 0), newKey(t, 0)
	signsOnly.Subkeys = nil
	if err := withdrawn.RevokeKey(packet.KeyCompromised, "", &packet.Config{Time: now}); err != nil {
		t.Fatal(err)
	}
	private := func(kind string) string {
		return armored(t, kind, func(w io.Writer) error { return good.SerializePrivateWithoutSigning(w, nil) })
	}
	for name, tt := range map[string]struct{ key, want string }{
		"a good key":                        {public(t, good), ""},
		"with blanks around it":             {"\n  " + public(t, good) + "\n\n", ""},
		"a private key":                     {private(pgp.PrivateKeyType), "error.openpgp_private"},
		"a private key under another title": {private(pgp.PublicKeyType), "error.openpgp_private"},
		"an expired key":                    {public(t, newKey(t, 24*time.Hour)), "error.openpgp_expired"},
		"a withdrawn key":                   {public(t, withdrawn), "error.openpgp_revoked"},
		"a key that only signs":             {public(t, signsOnly), "error.openpgp_no_encryption"},
		"two keys":                          {public(t, good, newKey(t, 0)), "error.openpgp_many"},
		"half a key":                        {public(t, good)[:200], "error.openpgp_unreadable"},
		"no key":                            {"sleutel", "error.openpgp_unreadable"},
		"nothing":                           {"", "error.openpgp_unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			err := openpgp.Check(tt.key, now())
			var f *fault.Error
			if got := errors.As(err, &f); got != (tt.want != "") || got && (f.Key != tt.want || f.Field != "openpgp_key" || f.Code != fault.Invalid) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if _, err := openpgp.Encrypt(tt.key, []byte("geheim"), now()); (err == nil) != (tt.want == "") {
				t.Errorf("encrypting says %v", err)
			}
		})
	}
}

func TestOnlyTheOwnerReadsTheWords(t *testing.T) {
	key, plain := newKey(t, 0), strings.Repeat("Er is iets gebeurd: é € ñ.\r\n", 400)
	out, err := openpgp.Encrypt(public(t, key), []byte(plain), now())
	if err != nil {
		t.Fatal(err)
	}
	read := func(keys pgp.EntityList) (string, error) {
		block, err := armor.Decode(bytes.NewReader(out))
		if err != nil {
			return "", err
		}
		m, err := pgp.ReadMessage(block.Body, keys, nil, &packet.Config{Time: now})
		if err != nil {
			return "", err
		}
		raw, err := io.ReadAll(m.UnverifiedBody)
		return string(raw), err
	}
	if got, err := read(pgp.EntityList{key}); err != nil || got != plain {
		t.Errorf("the owner reads %.40q, %v", got, err)
	}
	if _, err := read(pgp.EntityList{newKey(t, 0)}); err == nil {
		t.Error("somebody else can read it")
	}
}
