package smtpmail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// minRSA is the shortest RSA key that signs (RFC 8301 section 3.2 asks for 2048
// bits where one can).
const minRSA = 2048

var selectorPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// DKIM signs the mail of some sender domains (RFC 6376). Its public half stands
// in DNS, where Name says and as TXT returns it.
type DKIM struct {
	selector string
	domains  []string
	key      crypto.Signer
}

// NewDKIM reads the private key from PEM (PKCS #8, or PKCS #1 for RSA): RSA of at
// least 2048 bits, or Ed25519. Mail from one of the domains, or from under one of
// them, is signed; other mail is not.
func NewDKIM(pemBytes []byte, selector string, domainNames []string) (*DKIM, error) {
	key, err := readDKIMKey(pemBytes)
	if err != nil {
		return nil, err
	}
	d := &DKIM{selector: strings.ToLower(selector), key: key}
	if !selectorPattern.MatchString(d.selector) {
		return nil, errors.New("dkim selector: it is a name such as mail2027, of letters, digits and dashes")
	}
	for _, name := range domainNames {
		ascii, err := domains.ToASCII(strings.TrimSpace(name))
		if err != nil || !strings.Contains(ascii, ".") {
			return nil, errors.New("dkim domain: it is a name such as praktijk.example")
		}
		d.domains = append(d.domains, strings.ToLower(ascii))
	}
	if len(d.domains) == 0 {
		return nil, errors.New("dkim domain: name at least one domain that mail comes from")
	}
	return d, nil
}

// readDKIMKey never repeats what stands in the file.
func readDKIMKey(pemBytes []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(pemBytes)
	if block == nil {
		return nil, errors.New("dkim key: the file holds no PEM block")
	}
	if block.Type == "RSA PRIVATE KEY" {
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("dkim key: the RSA key cannot be read")
		}
		return longEnough(key)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("dkim key: it is not a private key in PKCS #8")
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		return longEnough(key)
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errors.New("dkim key: it is neither RSA nor Ed25519")
}

func longEnough(key *rsa.PrivateKey) (crypto.Signer, error) {
	if key.N.BitLen() < minRSA {
		return nil, fmt.Errorf("dkim key: %d bits are too few; make one of %d", key.N.BitLen(), minRSA)
	}
	return key, nil
}

// Name is where in DNS the public key for a domain stands.
func (d *DKIM) Name(domain string) string { return d.selector + "._domainkey." + domain }

// TXT is the record that Name must have.
func (d *DKIM) TXT() (string, error) {
	if key, ok := d.key.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key), nil
	}
	der, err := x509.MarshalPKIXPublicKey(d.key.Public())
	if err != nil {
		return "", fmt.Errorf("dkim record: %w", err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), nil
}

// Domain is the one of the signing domains that covers mail from this domain, ""
// when none does. One above the sender's counts as his own (RFC 7489 section 3.1.1).
func (d *DKIM) Domain(sender string) string {
	if d == nil {
		return ""
	}
	best := ""
	for _, own := range d.domains {
		covers := strings.EqualFold(sender, own) || strings.HasSuffix(strings.ToLower(sender), "."+own)
		if covers && len(own) > len(best) {
			best = own
		}
	}
	return best
}

// sign puts a signature before the message when its sender is of our domains.
func (d *DKIM) sign(msg *message, from string) error {
	sender, err := domains.ToASCII(from[strings.LastIndexByte(from, '@')+1:])
	if err != nil {
		return fmt.Errorf("sign mail: the sender's domain: %w", err)
	}
	domain := d.Domain(sender)
	if domain == "" {
		return nil
	}
	signer, err := dkim.NewSigner(&dkim.SignOptions{
		Domain: domain, Selector: d.selector, Signer: d.key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: signedFields(),
	})
	if err != nil {
		return fmt.Errorf("sign mail: %w", err)
	}
	_, err = signer.Write(msg.raw)
	if err := errors.Join(err, signer.Close()); err != nil {
		return fmt.Errorf("sign mail: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(signer.Signature())
	b.Write(msg.raw)
	msg.raw = b.Bytes()
	return nil
}

// signedFields names what the signature covers. Those named twice cannot be added
// a second time on the way (RFC 6376 section 8.15).
func signedFields() []string {
	return []string{
		"From", "From", "To", "To", "Subject", "Subject", "Date", "Date", "Reply-To", "Reply-To", "Message-ID", "Message-ID",
		"MIME-Version", "Content-Type", "Content-Type", "Content-Transfer-Encoding", "Content-Transfer-Encoding",
		"Content-Language", "Auto-Submitted",
	}
}
