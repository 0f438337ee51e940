// Package roster is a list of people as a practice brings it, from whatever
// program it comes: its columns, what each is taken for, what is never taken,
// and how one line becomes one person.
//
// Only what finds and reaches a person is taken (GDPR Art. 5(1)(c)). Columns
// that look like notes, a diagnosis or a national number are refused by name.
package roster
