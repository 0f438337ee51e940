package registry

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// Guides reports whether the practice's list names the user as the client's own
// coach: by the address with which the user logs in, or by the name that the
// practice itself tied to the account. A name that somebody gave himself proves
// nothing.
func (p Practice) Guides(u User, c Client) bool {
	coach := strings.TrimSpace(c.Person.Coach)
	if coach == "" || c.PracticeID != p.ID {
		return false
	}
	return NormalEmail(coach) == u.Login || strings.EqualFold(coach, strings.TrimSpace(p.Details.Coaches[u.ID]))
}

// sampleShare is how many of a hundred cases fall into the sample.
const sampleShare = 25

// firstOfYear ends the reference of each year's first case.
const firstOfYear = "-0001"

// Sampled reports whether an auditor sees a case: all of them, or by the policy a
// sample, which is the first of each year and of the others one in four, by a hash
// that nobody chooses.
func (p Practice) Sampled(incident, reference string) bool {
	if !p.Policy.AuditSamples || strings.HasSuffix(reference, firstOfYear) {
		return true
	}
	sum := sha256.Sum256([]byte("datalek sample 1\x00" + string(p.ID) + "\x00" + incident))
	return binary.BigEndian.Uint64(sum[:8])%100 < sampleShare
}
