package checkup_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"datalek/services/checkup"
	"datalek/services/devstack/nameserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serveDNS returns a resolver that asks a server with this table.
func serveDNS(t *testing.T, table map[string][]string) *net.Resolver {
	t.Helper()
	server, err := nameserver.Start(table)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return checkup.Resolver(server.Addr())
}

func TestTheRecordsOfADomain(t *testing.T) {
	long := strings.Repeat("A", 392)
	resolver := serveDNS(t, map[string][]string{
		"good.example":                     {"google-site-verification=x", "v=spf1 include:spf.host.example -all"},
		"bare.example":                     {"v=spf10 is another thing"},
		"twice.example":                    {"v=spf1 -all", "v=spf1 mx -all"},
		"open.example":                     {"v=spf1 mx +all"},
		"_dmarc.good.example":              {"v=DMARC1; p=reject; rua=mailto:x@good.example"},
		"_dmarc.watch.example":             {"v=DMARC1;p=none"},
		"_dmarc.sub.example":               {"v=DMARC1; p=reject; sp=none"},
		"_dmarc.odd.example":               {"v=DMARC1; p=maybe"},
		"_dmarc.twice.example":             {"v=DMARC1; p=none", "v=DMARC1; p=reject"},
		"s1._domainkey.good.example":       {"v=DKIM1; k=rsa; p=" + long[:300] + " " + long[300:]},
		"s1._domainkey.other.example":      {"v=DKIM1; k=rsa; p=QkJC"},
		"s1._domainkey.gone.example":       {"v=DKIM1; k=rsa; p="},
		"google._domainkey.theirs.example": {"v=DKIM1; k=rsa; p=QkJC"},
	})
	record := "v=DKIM1; k=rsa; p=" + long
	own := func(domain string) checkup.Check {
		return checkup.DKIM(resolver, domain, "s1._domainkey."+domain, record)
	}
	for _, tt := range []struct {
		name  string
		check checkup.Check
		state checkup.State
		code  string
	}{
		{"one list of servers among other records", checkup.SPF(resolver, "good.example"), checkup.Well, "spf_well"},
		{"another kind of record is no list of servers", checkup.SPF(resolver, "bare.example"), checkup.Unwell, "spf_missing"},
		{"a domain that does not exist", checkup.SPF(resolver, "nowhere.example"), checkup.Unwell, "spf_missing"},
		{"two lists of servers", checkup.SPF(resolver, "twice.example"), checkup.Unwell, "spf_many"},
		{"a list of the whole world", checkup.SPF(resolver, "open.example"), checkup.Unwell, "spf_open"},
		{"DNS that fails says nothing about the domain", checkup.SPF(resolver, "broken.example"), checkup.Unchecked, "dns_silent"},
		{"refuse what is forged", checkup.DMARC(resolver, "good.example"), checkup.Well, "dmarc_well"},
		{"only watching", checkup.DMARC(resolver, "watch.example"), checkup.Note, "dmarc_none"},
		{"the domain above counts", checkup.DMARC(resolver, "post.good.example"), checkup.Well, "dmarc_well"},
		{"the domain above asks less of those under it", checkup.DMARC(resolver, "post.sub.example"), checkup.Note, "dmarc_none"},
		{"a word nobody knows", checkup.DMARC(resolver, "odd.example"), checkup.Unwell, "dmarc_broken"},
		{"two wishes", checkup.DMARC(resolver, "twice.example"), checkup.Unwell, "dmarc_many"},
		{"no wish", checkup.DMARC(resolver, "bare.example"), checkup.Unwell, "dmarc_missing"},
		{"our key, in several strings", own("good.example"), checkup.Well, "dkim_well"},
		{"another key than ours", own("other.example"), checkup.Unwell, "dkim_other"},
		{"our key withdrawn", own("gone.example"), checkup.Unwell, "dkim_other"},
		{"our key is not there", own("bare.example"), checkup.Unwell, "dkim_missing"},
		{"the provider's key under a usual name", checkup.DKIM(resolver, "theirs.example", "", ""), checkup.Well, "dkim_provider"},
		{"no key under any usual name", checkup.DKIM(resolver, "bare.example", "", ""), checkup.Note, "dkim_unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := checkup.Run(t.Context(), []checkup.Check{tt.check})[0]
			if got.State != tt.state || got.Code != tt.code || got.Subject != tt.check.Subject {
				t.Errorf("finding = %+v, want %s %s", got, tt.state, tt.code)
			}
		})
	}
}

func TestASilentDNSServerEndsInTime(t *testing.T) {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	resolver := checkup.Resolver(packets.LocalAddr().String())
	got := checkup.Run(ctx, []checkup.Check{checkup.SPF(resolver, "a.example"), checkup.DKIM(resolver, "a.example", "", "")})
	for _, f := range got {
		if f.State == checkup.Well {
			t.Errorf("finding = %+v, want no good news from silence", f)
		}
	}
	if diff := cmp.Diff(2, len(got)); diff != "" {
		t.Error(diff)
	}
}
