// Package calendar knows the public holidays of the Netherlands and Belgium, and
// writes deadlines as an iCalendar file (RFC 5545).
//
// The holidays stand beside a deadline as background and move none: no clock and
// no warning may use them (GDPR Art. 33(1) counts hours).
package calendar
