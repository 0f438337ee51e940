package smtpmail_test

import (
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
)

// A copy that is made later shows by its hash that it is what was handed over, also
// when that was signed and encrypted; one of another mail does not.
func TestACopyShowsByItsHashWhatWasHandedOver(t *testing.T) {
	key, err := openpgp.NewEntity("Klant", "", "klant@example.nl", nil)
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, devstack.SMTPOptions{})
	a := account(t, server.Addr())
	a.Encrypt = seal(key)
	if a.DKIM, err = smtpmail.NewDKIM(pkcs8(t, ed25519Key(t)), "post", []string{"lindehof.example"}); err != nil {
		t.Fatal(err)
	}
	m := notice()
	m.EncryptTo, m.From.Email = "the key", "praktijk@lindehof.example"
	got := sender(t, a).Send(t.Context(), m)
	if got.Kind != incidents.Accepted || !got.ComposedAt.Equal(m.At) {
		t.Fatalf("answer %+v", got)
	}
	m.EncryptTo = ""
	if _, hash, err := smtpmail.Copy(m); err != nil || hash != got.MailHash {
		t.Errorf("the copy has %s (%v), handed over was %s", hash, err, got.MailHash)
	}
	m.Text += "."
	if _, hash, err := smtpmail.Copy(m); err != nil || hash == got.MailHash {
		t.Errorf("the copy of another mail has %s, %v", hash, err)
	}
}
