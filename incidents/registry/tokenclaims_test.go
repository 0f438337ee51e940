package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

func TestTheClaimsOfATokenAreCheckedBeforeTheyAreKept(t *testing.T) {
	const id, other = "11111111-2222-3333-4444-55555555abcd", "aaaaaaaa-2222-3333-4444-555555555555"
	for _, tt := range []struct {
		name   string
		door   registry.Door
		given  registry.TokenClaims
		want   registry.TokenClaims
		faults []string
	}{
		{"Entra", registry.DoorEntra, registry.TokenClaims{Tenant: " " + strings.ToUpper(id), Audience: other, Subscriptions: []string{other + " "}, Issuer: "https://evil.example"},
			registry.TokenClaims{Tenant: id, Audience: other, Subscriptions: []string{other}}, nil},
		{"Entra with another sender", registry.DoorEntra, registry.TokenClaims{Tenant: id, Audience: other, Sender: other}, registry.TokenClaims{Tenant: id, Audience: other, Sender: other}, nil},
		{"Entra with nothing", registry.DoorEntra, registry.TokenClaims{}, registry.TokenClaims{}, []string{"tenant", "audience"}},
		{"Entra with everything wrong", registry.DoorEntra, registry.TokenClaims{Tenant: "common", Audience: id + "x", Sender: "x", Subscriptions: []string{"all"}}, registry.TokenClaims{}, []string{"tenant", "subscriptions", "sender", "audience"}},
		{"Entra with too many subscriptions", registry.DoorEntra, registry.TokenClaims{Tenant: id, Audience: id, Subscriptions: strings.Split(strings.Repeat(id+",", 50)+id, ",")}, registry.TokenClaims{}, []string{"subscriptions"}},
		{"Google", registry.DoorGoogle, registry.TokenClaims{Audience: " datalek ", Sender: "Push@Proef.iam.example", Tenant: "x"}, registry.TokenClaims{Audience: "datalek", Sender: "push@proef.iam.example"}, nil},
		{"Google with nothing", registry.DoorGoogle, registry.TokenClaims{}, registry.TokenClaims{}, []string{"audience", "sender"}},
		{"Google with blanks and no address", registry.DoorGoogle, registry.TokenClaims{Audience: "two words", Sender: "@"}, registry.TokenClaims{}, []string{"audience", "sender"}},
		{"Google with a line break", registry.DoorGoogle, registry.TokenClaims{Audience: "a\u2028b", Sender: "a@b.c\nd"}, registry.TokenClaims{}, []string{"audience", "sender"}},
		{"a door that asks no token", registry.DoorAddress, registry.TokenClaims{}, registry.TokenClaims{}, []string{"door"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.given.Checked(tt.door)
			var fields []string
			for _, f := range fault.Fields(err) {
				fields = append(fields, f.Field)
			}
			if diff := cmp.Diff(tt.faults, fields); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got); err == nil && diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}
