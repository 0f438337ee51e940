// Package tenant names the practice whose data something is. One host serves
// many practices, and no query, message or job goes without saying for whom.
package tenant

// ID is the id of a practice. It is a type of its own, so that no other id (a
// case's, a person's, an account's) can stand where the practice is asked, and
// a call that leaves the practice out does not compile. "" is the host's own,
// where a comment says so.
type ID string
