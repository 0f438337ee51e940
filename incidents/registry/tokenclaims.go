package registry

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
