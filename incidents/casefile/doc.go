// Package casefile is one case as one file for an authority (GDPR Art. 33(5)): a
// ZIP with everything that is known of it, as data and on paper, what came in and
// what went out as it was, and the proof that the register had each of the case's
// entries. A signed list of what is in it says which part was changed, removed or
// added; whoever has the host's key checks it with nothing else at hand.
//
// The package is pure: it writes to and reads from what it is given.
package casefile
