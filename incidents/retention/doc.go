// Package retention computes what a practice must destroy, when, in which system
// and by which of its rules, and records that it was done.
//
// The calendar is computed anew each time from the practice's rules, its systems and
// the days of its people; nothing of it is stored. What is stored is somebody's word:
// that what was due in a system is gone, and about whom it is not.
//
// The package is pure: standard library only, no time.Now; stores come in through
// small interfaces.
package retention
