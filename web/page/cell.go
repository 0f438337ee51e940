package page

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// afterEnd is a formula after what a spreadsheet may take for the end of a cell:
// where people write 1,5 it splits a line at each semicolon, quoted or not.
var afterEnd = regexp.MustCompile(`([;\t\r\n][ "]*)([=+\-@])`)

// Cell returns text for a cell of a CSV file, so that no spreadsheet takes it or
// a part of it for a formula (CWE-1236).
func Cell(text string) string {
	text = afterEnd.ReplaceAllString(text, "$1'$2")
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}
