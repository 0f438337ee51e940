// Package register is the memory of a practice that nobody can bend unseen: the
// events of its cases (GDPR Art. 33(5)) as entries of one hash chain.
//
// The personal part of an entry is kept apart and enters the chain only as a
// salted hash, so that erasing a person leaves the chain whole. The package is
// pure: standard library only, no I/O, no time.Now.
package register
