package idtoken_test

import (
	"encoding/base64"
	"testing"
)

// Whatever stands in the header and in the parts of a token, nothing that the issuer
// did not sign opens a door, and nothing is asked for over and over.
func FuzzToken(f *testing.F) {
	d := newDesk(f)
	good := d.keys.Token(d.entra(nil), nil)
	f.Add("Bearer ", []byte(`{"alg":"RS256","kid":"key-1"}`), []byte(`{"aud":"x"}`), []byte("signature"))
	f.Add("bearer  ", []byte(`{"alg":"none"}`), []byte(`{}`), []byte(nil))
	f.Add("Bearer "+good+" ", []byte(`{"alg":"RS256","kid":"key-1","crit":["b64"],"b64":false}`), []byte(`{"exp":1e400,"aud":[[]]}`), []byte{0})
	f.Add("", []byte(`{"alg":"HS256","jwk":{"kty":"oct","k":""}}`), []byte("\xff"), []byte{0xff})
	f.Fuzz(func(t *testing.T, scheme string, head, claims, signature []byte) {
		part := base64.RawURLEncoding.EncodeToString
		token := part(head) + "." + part(claims) + "." + part(signature)
		if scheme+token != "Bearer "+good && d.azure(t, scheme+token) == nil || d.azure(t, token) == nil || d.pushed(t, scheme+token) == nil {
			t.Errorf("%q opens the door", scheme+token)
		}
		if n := len(d.keys.Asked()); n > 2 {
			t.Errorf("keys were asked for %d times", n)
		}
	})
}

// Claims that the issuer did sign are read whatever they are, and open the door only
// when they are the ones that are asked.
func FuzzClaims(f *testing.F) {
	d := newDesk(f)
	f.Add("iss", "x", int64(0), uint8(0))
	f.Add("aud", ours, int64(1<<62), uint8(2))
	f.Add("email_verified", "", int64(-1), uint8(4))
	f.Add("_claim_names", "y", int64(5), uint8(3))
	f.Fuzz(func(t *testing.T, name, word string, number int64, kind uint8) {
		values := []any{word, number, []any{word, number}, object{name: word}, word == "", float64(number) * 1e10}
		value := values[int(kind)%len(values)]
		entra, google := "Bearer "+d.keys.Token(d.entra(object{name: value}), nil), "Bearer "+d.keys.Token(d.google(object{name: value}), nil)
		_, _ = d.azure(t, entra), d.pushed(t, google)
		if d.azure(t, google) == nil || d.pushed(t, entra) == nil {
			t.Errorf("%q = %v opens the other door", name, value)
		}
		if wrong := d.entra(object{name: object{}}); asked(name) && d.azure(t, "Bearer "+d.keys.Token(wrong, nil)) == nil {
			t.Errorf("%q that is no such thing opens the door", name)
		}
	})
}

// asked says whether it is one of the claims without which no token opens Azure's door.
func asked(name string) bool {
	switch name {
	case "iss", "aud", "azp", "roles", "exp":
		return true
	}
	return false
}
