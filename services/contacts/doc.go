// Package contacts reads lists of people from what practices have: Outlook's and
// Google's CSV, vCards of every version, and CSV and XLSX of any shape.
//
// Rows come one by one and nothing but the first hundred of them is held, so that
// memory stays flat; only a spreadsheet, which is a ZIP file, is opened whole,
// within a limit. Lines that cannot be read come as rows with a fault, and the
// reading goes on behind them. Nothing is written to the disk.
//
// vCards are read by this package itself: the library at hand neither knows
// version 2.1 nor keeps escaped separators (RFC 6350 section 3.4) apart.
package contacts
