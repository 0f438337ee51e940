// Package authority makes the answer sheets for the supervisory authorities' own
// forms out of one record: the Dutch form in its order and with its labels, a
// Belgian sheet, and the EDPB's common template.
//
// Every answer is marked: recorded, derived, or missing. What leaked is never
// guessed from what the practice holds. Forms are data with a date.
package authority
