package page

import (
	"html/template"
	"strings"
)

// PhoneAddress returns the address that dials a number, digits and a plus sign
// alone (RFC 3966); "" when the number has no digits.
func PhoneAddress(number string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.Replace(number, "(0)", "", 1))
	if strings.Trim(digits, "+") == "" {
		return ""
	}
	return template.URL("tel:" + digits) //nolint:gosec // digits and plus signs
}
