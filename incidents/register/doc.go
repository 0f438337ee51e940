// Package register is the memory of a practice that nobody can bend unseen: the
// events of its cases (GDPR Art. 33(5)) as entries of one hash chain, and beside
// the chain a Merkle tree over them (RFC 6962), whose signed heads leave the house.
//
// The personal part of an entry is kept apart and enters chain and tree only as a
// salted hash, so that erasing a person leaves both whole. The package is pure:
// the standard library and the tree's own (golang.org/x/mod/sumdb), no I/O, no
// time.Now.
package register
