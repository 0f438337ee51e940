// Package record is the stored form of each aggregate, shared by both stores.
//
// A record has explicit names for JSON (SQLite) and BSON (MongoDB), so that a
// renamed Go field never changes what is on disk, and a Schema number, so that a
// later program can read what an earlier one wrote. What names or reaches a
// person, and free text, is one sealed blob per aggregate, bound to its
// collection, practice and id; what matching and lists need stays plain.
//
// FromX makes a record of a domain value, ToX gives the value back. Both keep
// nil and empty lists apart (no systems known is not "no systems"), and cut
// times to milliseconds in UTC, which is what both engines keep. Version, and in
// Request the state, are copied as they are: the store counts versions up.
package record
