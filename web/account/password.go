package account

import (
	_ "embed" // for the list of passwords
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"datalek/incidents/fault"
)

// The length of a password, in characters.
const (
	leastPassword = 10
	mostPassword  = 200
)

// CheckPassword adds a fault when a new password is too short, too long, one of
// those that many people use, or the account's own address or name.
func CheckPassword(faults *fault.List, field, password string, known ...string) {
	n := utf8.RuneCountInString(password)
	own := func(k string) bool { return k != "" && strings.EqualFold(k, password) }
	switch {
	case n < leastPassword:
		faults.Add(field, "error.password_short", "use at least 10 characters")
	case n > mostPassword:
		faults.Add(field, "error.too_long", fmt.Sprintf("use at most %d characters", mostPassword))
	case slices.ContainsFunc(known, own):
		faults.Add(field, "error.password_known", "do not use your address or name as the password")
	case isCommon(password):
		faults.Add(field, "error.password_common", "many people use this password; choose something else, such as a sentence")
	}
}

// commonPasswords is one password a line; passwords/LICENSE.txt says whose list
// it is.
//
//go:embed passwords/common.txt
var commonPasswords string

// isCommon reports whether many people use a password: it stands on the list, in
// any case, or is one from the list with digits and signs before and after it
// ("Welkom2027!").
func isCommon(password string) bool {
	lower := strings.ToLower(strings.TrimSpace(password))
	bare := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	return listed(lower) || len(bare) > 2 && listed(bare) || sameThroughout(lower)
}

func listed(word string) bool {
	if word == "" || strings.ContainsAny(word, "\r\n") {
		return false
	}
	return strings.HasPrefix(commonPasswords, word+"\n") || strings.Contains(commonPasswords, "\n"+word+"\n")
}

// sameThroughout reports whether a password is one character again and again.
func sameThroughout(password string) bool {
	for _, r := range password {
		return strings.Trim(password, string(r)) == ""
	}
	return false
}
