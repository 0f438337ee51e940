package checkup_test

import (
	"context"
	"testing"

	"datalek/services/checkup"
)

// oneRecord is a DNS in which every name has one TXT record.
type oneRecord string

func (r oneRecord) LookupTXT(context.Context, string) ([]string, error) {
	return []string{string(r)}, nil
}

// Whoever holds a domain writes its records: whatever stands there, the check
// ends with a finding.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"", "v=spf1 -all", "v=spf1 +all", "v=spf1 include:", "v=DMARC1; p=none", "v=DMARC1;p", "v=DKIM1; k=rsa; p=AAAA", "v=DKIM1; p=", ";;=;=", "v=DMARC1; v=spf1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, check := range []checkup.Check{checkup.SPF(oneRecord(text), "voorbeeld.example"), checkup.DMARC(oneRecord(text), "post.voorbeeld.example"), checkup.DKIM(oneRecord(text), "voorbeeld.example", "s._domainkey.voorbeeld.example", "v=DKIM1; p=AAAA")} {
			if found := check.Run(t.Context()); found.State == "" {
				t.Errorf("%s found nothing of %q", check.Name, text)
			}
		}
	})
}
