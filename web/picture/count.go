package picture

import "strconv"

// Count is a number of people, written with its thousands apart.
type Count int

// Int returns the count as a plain number.
func (c Count) Int() int { return int(c) }

// Figure writes the count as the language does: "98.214" in Dutch and German,
// "98,214" in English, "98\u202f214" in French. Four digits
// are parted too, so that columns of figures line up.
func (c Count) Figure(lang string) string {
	digits := strconv.Itoa(int(c))
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + mark(lang) + digits[at:]
	}
	return digits
}

func mark(lang string) string {
	switch lang {
	case "en":
		return ","
	case "fr":
		return "\u202f"
	default:
		return "."
	}
}
