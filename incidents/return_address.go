package incidents

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"regexp"
	"strings"

	"datalek/incidents/tenant"
)

// deliveryID is how the id of every delivery looks: see fingerprint.
var deliveryID = regexp.MustCompile(`^[0-9a-f]{24}$`)

const (
	macBytes   = 10 // 80 bits: nobody guesses one before the 30 days are over
	tokenSize  = 24 + 1 + 16
	mostLocal  = 64 // octets, RFC 5321 section 4.5.3.1.1
	leastKey   = 16
	macContext = "datalek return address 1"
)

var macText = base32.StdEncoding.WithPadding(base32.NoPadding)

// ReturnToken returns what stands in the envelope sender of one delivery's mail
// (a variable envelope return path): the delivery and a keyed proof that we made
// it. Both are lower case, since servers on the way may change it.
func ReturnToken(key []byte, practice tenant.ID, delivery string) string {
	if len(key) < leastKey || !deliveryID.MatchString(delivery) {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(macContext + "\x00" + string(practice) + "\x00" + delivery))
	return delivery + "-" + strings.ToLower(macText.EncodeToString(mac.Sum(nil)[:macBytes]))
}

// DeliveryOfToken returns the delivery that a token names, unproven; "" when the
// text is no token.
func DeliveryOfToken(token string) string {
	token = strings.ToLower(token)
	if len(token) != tokenSize || token[24] != '-' || !deliveryID.MatchString(token[:24]) {
		return ""
	}
	return token[:24]
}

// ProvesReturn reports whether token is the one made for this delivery.
func ProvesReturn(key []byte, practice tenant.ID, token string) bool {
	want := ReturnToken(key, practice, DeliveryOfToken(token))
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(token))) == 1
}

// ReturnAddress puts a token into the practice's or host's return address:
// bounces@example.nl becomes bounces+TOKEN@example.nl (RFC 5233). It is "" when
// there is no token, or the address would be longer than mail servers take.
func ReturnAddress(address, token string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || token == "" || at+1+len(token) > mostLocal {
		return ""
	}
	return address[:at] + "+" + token + address[at:]
}
