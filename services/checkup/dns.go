package checkup

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
)

// resolver is what asks DNS; *net.Resolver is one.
type resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// records returns the TXT records under a name that are of a kind; found is the
// finding when DNS gave no answer at all.
func records(ctx context.Context, dns resolver, name string, kind func(string) bool) ([]string, *Finding) {
	all, err := dns.LookupTXT(ctx, strings.TrimSuffix(name, ".")+".")
	var failure *net.DNSError
	if errors.As(err, &failure) && failure.IsNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, &Finding{State: Unchecked, Code: "dns_silent", Blanks: []any{"name", name}}
	}
	return slices.DeleteFunc(all, func(r string) bool { return !kind(r) }), nil
}

// SPF looks for the list of servers that may send for a domain (RFC 7208).
func SPF(dns resolver, domain string) Check {
	return Check{Name: "spf", Subject: domain, Run: func(ctx context.Context) Finding {
		list, silent := records(ctx, dns, domain, func(r string) bool {
			first, _, _ := strings.Cut(r, " ")
			return strings.EqualFold(first, "v=spf1")
		})
		blanks := []any{"domain", domain}
		switch {
		case silent != nil:
			return *silent
		case len(list) == 0:
			return Finding{State: Unwell, Code: "spf_missing", Blanks: blanks}
		case len(list) > 1:
			return Finding{State: Unwell, Code: "spf_many", Blanks: blanks}
		case opensToAll(list[0]):
			return Finding{State: Unwell, Code: "spf_open", Blanks: blanks, Detail: list[0]}
		}
		return Finding{State: Well, Code: "spf_well", Blanks: blanks, Detail: list[0]}
	}}
}

// opensToAll reports a record that lets the whole world send.
func opensToAll(spf string) bool {
	return slices.ContainsFunc(strings.Fields(strings.ToLower(spf)), func(term string) bool { return term == "all" || term == "+all" })
}

// usualSelectors are the names under which large providers put their keys:
// Microsoft, Google, Proton, Fastmail, Mailjet and the common control panels.
func usualSelectors() []string {
	return []string{"selector1", "selector2", "google", "default", "dkim", "mail", "s1", "s2", "k1", "protonmail", "fm1", "mailjet", "x", "transip-a", "key1"}
}

// DKIM looks for the public key of the signature (RFC 6376). With an own key the
// record under name must hold exactly that; without one the provider signs, and
// only the usual names can be tried.
func DKIM(dns resolver, domain, name, record string) Check {
	return Check{Name: "dkim", Subject: domain, Run: func(ctx context.Context) Finding {
		if name == "" {
			return providersKey(ctx, dns, domain)
		}
		list, silent := records(ctx, dns, name, func(string) bool { return true })
		blanks := []any{"domain", domain, "name", name, "record", record}
		switch {
		case silent != nil:
			return *silent
		case len(list) == 0:
			return Finding{State: Unwell, Code: "dkim_missing", Blanks: blanks}
		case !slices.ContainsFunc(list, func(r string) bool { return keyOf(r) != "" && keyOf(r) == keyOf(record) }):
			return Finding{State: Unwell, Code: "dkim_other", Blanks: blanks}
		}
		return Finding{State: Well, Code: "dkim_well", Blanks: blanks}
	}}
}

func providersKey(ctx context.Context, dns resolver, domain string) Finding {
	silent := 0
	for _, selector := range usualSelectors() {
		name := selector + "._domainkey." + domain
		list, failed := records(ctx, dns, name, func(r string) bool { return keyOf(r) != "" })
		if failed != nil {
			silent++
		}
		if len(list) > 0 {
			return Finding{State: Well, Code: "dkim_provider", Blanks: []any{"domain", domain, "name", name}}
		}
		if ctx.Err() != nil {
			break
		}
	}
	if silent > 0 {
		return Finding{State: Unchecked, Code: "dns_silent", Blanks: []any{"name", "_domainkey." + domain}}
	}
	return Finding{State: Note, Code: "dkim_unknown", Blanks: []any{"domain", domain}}
}

// keyOf is the key in a DKIM record, "" when there is none or it was withdrawn.
func keyOf(record string) string { return tag(record, "p") }

// tag returns a tag's value without spaces (RFC 6376 section 3.2).
func tag(record, name string) string {
	for part := range strings.SplitSeq(record, ";") {
		key, value, _ := strings.Cut(part, "=")
		if strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}

// DMARC looks what others are asked to do with mail that only says it comes from
// the domain (RFC 7489). A record of the domain above counts for those under it.
func DMARC(dns resolver, domain string) Check {
	return Check{Name: "dmarc", Subject: domain, Run: func(ctx context.Context) Finding {
		for at := domain; strings.Contains(at, "."); _, at, _ = strings.Cut(at, ".") {
			list, silent := records(ctx, dns, "_dmarc."+at, func(r string) bool { return tag(r, "v") == "DMARC1" })
			if silent != nil {
				return *silent
			}
			if len(list) > 0 {
				return policy(domain, at, list)
			}
		}
		return Finding{State: Unwell, Code: "dmarc_missing", Blanks: []any{"domain", domain}}
	}}
}

func policy(domain, at string, list []string) Finding {
	blanks := []any{"domain", domain, "name", "_dmarc." + at}
	asked := tag(list[0], "p")
	if sub := tag(list[0], "sp"); at != domain && sub != "" {
		asked = sub
	}
	switch {
	case len(list) > 1:
		return Finding{State: Unwell, Code: "dmarc_many", Blanks: blanks}
	case asked == "quarantine" || asked == "reject":
		return Finding{State: Well, Code: "dmarc_well", Blanks: blanks, Detail: list[0]}
	case asked == "none":
		return Finding{State: Note, Code: "dmarc_none", Blanks: blanks, Detail: list[0]}
	}
	return Finding{State: Unwell, Code: "dmarc_broken", Blanks: blanks, Detail: list[0]}
}

// Resolver asks the DNS server at host:port, or those of the system when server
// is empty.
func Resolver(server string) *net.Resolver {
	if server == "" {
		return &net.Resolver{}
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}
}
