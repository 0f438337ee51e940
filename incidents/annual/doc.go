// Package annual makes the anonymous report of a practice's breaches in one year.
//
// It counts cases and hides every count below five, and as many others as it
// takes so that no hidden count can be worked out from those that are shown,
// also by somebody who knows how the hiding is done: see Table. What it keeps
// while it counts does not grow with the number of cases.
package annual
