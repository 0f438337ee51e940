// Package registry holds what a practice knows before anything goes wrong: who
// it is and what it promised, which systems keep personal data, who processes
// it, which people it guides, and what each system holds about each of them.
//
// It is pure: standard library only, no I/O, no time.Now. Times are UTC
// instants; guidance days are calendar dates in the practice's own time zone.
package registry
