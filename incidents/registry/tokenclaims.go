package registry

import (
	"slices"
	"strings"
	"unicode"

	"datalek/incidents/fault"
)

// The doors that ask a token besides the address.
const (
	DoorEntra  Door = "entra"  // Microsoft's: the secure webhook of Azure alerts
	DoorGoogle Door = "google" // Google's: the push of Pub/Sub
)

// AsksToken reports whether a sender shows a token at the door.
func (d Door) AsksToken() bool { return d == DoorEntra || d == DoorGoogle }

// TokenRefusal is why a sender's token opens nothing. It is an error, and the label
// under which the door counts it.
type TokenRefusal string

// Why a token opens nothing.
const (
	TokenForged        TokenRefusal = "forged"         // there is none, or its issuer did not sign it
	TokenStale         TokenRefusal = "stale"          // signed, for another time than now
	TokenWrongTenant   TokenRefusal = "wrong_tenant"   // signed, for another organisation
	TokenWrongAudience TokenRefusal = "wrong_audience" // signed, for another receiver
	TokenWrongSender   TokenRefusal = "wrong_sender"   // signed, of another app or account
)

func (r TokenRefusal) Error() string { return "the sender's token opens nothing here: " + string(r) }

const (
	mostSubscriptions = 50
	mostClaim         = 254 // characters of an audience, and of an account's address
)

// Checked returns the claims as an address with the door keeps them, or every fault
// in them at once.
func (t TokenClaims) Checked(door Door) (TokenClaims, error) {
	var faults fault.List
	if door == DoorGoogle {
		kept := TokenClaims{Audience: strings.TrimSpace(t.Audience), Sender: strings.ToLower(strings.TrimSpace(t.Sender))}
		if !oneWord(kept.Audience) {
			faults.Add("audience", "error.token_audience", "give the audience as the Pub/Sub subscription has it, without blanks")
		}
		if name, host, found := strings.Cut(kept.Sender, "@"); !found || name == "" || !strings.Contains(host, ".") || !oneWord(kept.Sender) {
			faults.Add("sender", "error.token_account", "give the email address of the service account")
		}
		return kept, faults.Err()
	}
	if door != DoorEntra {
		faults.Add("door", "error.token_door", "choose entra or google")
		return t, faults.Err()
	}
	kept := TokenClaims{Tenant: plainID(t.Tenant), Audience: plainID(t.Audience), Sender: plainID(t.Sender)}
	for _, id := range t.Subscriptions {
		kept.Subscriptions = append(kept.Subscriptions, plainID(id))
	}
	for field, wrong := range map[string]bool{"tenant": !guid.MatchString(kept.Tenant), "audience": !guid.MatchString(kept.Audience), "sender": kept.Sender != "" && !guid.MatchString(kept.Sender),
		"subscriptions": len(kept.Subscriptions) > mostSubscriptions || slices.ContainsFunc(kept.Subscriptions, func(id string) bool { return !guid.MatchString(id) })} {
		if wrong {
			faults.Add(field, "error.token_guid", "give an id of 36 characters, such as 11111111-2222-3333-4444-555555555555")
		}
	}
	slices.SortFunc(faults, func(x, y *fault.Error) int { return strings.Compare(y.Field, x.Field) }) // as on the form: tenant first
	return kept, faults.Err()
}

// Same reports whether two senders must show the same.
func (t TokenClaims) Same(as TokenClaims) bool {
	return t.Issuer == as.Issuer && t.Audience == as.Audience && t.Tenant == as.Tenant && t.Sender == as.Sender && slices.Equal(t.Subscriptions, as.Subscriptions)
}

func plainID(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// oneWord reports whether a text is short and has neither blanks nor control characters.
func oneWord(s string) bool {
	return s != "" && len(s) <= mostClaim && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || unicode.IsSpace(r) || unicode.IsControl(r) })
}
