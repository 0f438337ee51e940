package suppliermail

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-message"
	"github.com/emersion/go-msgauth/dkim"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

// mostSignatures of one mail are checked: each costs a question to a server that
// the sender names.
const mostSignatures = 5

// resolver is what asks DNS; *net.Resolver is one.
type resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

func systemDNS() resolver { return &net.Resolver{} }

// sign checks the signatures of a mail and notes what came of it.
func (r *Reader) sign(ctx context.Context, raw []byte, h message.Header, m *incidents.SupplierMail) {
	m.Signing = incidents.SigningNone
	if len(h.Values("Dkim-Signature")) == 0 {
		return
	}
	if m.Cut {
		m.Signing = incidents.SigningUnchecked // the rest is signed too
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	asked := &keys{ctx: ctx, dns: r.dns, missed: map[string]bool{}}
	checks, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: asked.lookup, MaxVerifications: mostSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		m.Signing = incidents.SigningUnchecked
		return
	}
	doubled := isDoubled(h)
	for _, c := range checks {
		m.Signatures = append(m.Signatures, asked.outcome(c, m.Domain, doubled))
	}
	m.Signing = together(m.Signatures)
}

// isDoubled reports whether a mail names its sender, subject or time twice: then
// a signature may be about the one that no reader sees.
func isDoubled(h message.Header) bool {
	for _, name := range []string{"From", "Subject", "Date"} {
		if len(h.Values(name)) > 1 {
			return true
		}
	}
	return false
}

// keys asks for the keys of one mail's signatures and remembers which did not come.
type keys struct {
	ctx    context.Context
	dns    resolver
	mu     sync.Mutex // signatures are checked side by side
	missed map[string]bool
}

func (k *keys) lookup(name string) ([]string, error) {
	texts, err := k.dns.LookupTXT(k.ctx, name)
	if err != nil || len(texts) == 0 {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.missed[domainAsked(name)] = true
	}
	return texts, err
}

// domainAsked is the signer's domain in the name of its key.
func domainAsked(name string) string {
	_, domain, _ := strings.Cut(name, "._domainkey.")
	return domain
}

// outcome is what came of one signature. A key that is not there any more says
// nothing about the mail: senders change them.
func (k *keys) outcome(c *dkim.Verification, from string, doubled bool) incidents.MailSignature {
	own := registered(c.Domain)
	s := incidents.MailSignature{Domain: advisory.OneLine(c.Domain, mostAddress), State: incidents.SigningGood, Aligned: own != "" && own == from}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case c.Err == nil && !doubled:
	case c.Err != nil && (dkim.IsTempFail(c.Err) || k.missed[c.Domain]):
		s.State = incidents.SigningUnchecked
	default:
		s.State = incidents.SigningBad
	}
	return s
}

// together is what the signatures say as one: the best of them counts.
func together(all []incidents.MailSignature) incidents.Signing {
	said := incidents.SigningBad
	for _, s := range all {
		switch {
		case s.State == incidents.SigningGood && s.Aligned:
			return incidents.SigningGood
		case s.State == incidents.SigningGood:
			said = incidents.SigningOther
		case s.State == incidents.SigningUnchecked && said == incidents.SigningBad:
			said = incidents.SigningUnchecked
		}
	}
	return said
}
