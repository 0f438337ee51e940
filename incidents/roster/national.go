package roster

import (
	"strconv"
	"strings"
)

// digits returns text without the marks that people put between digits, "" when
// anything else stands in it.
func digits(text string) string {
	text = strings.NewReplacer(" ", "", ".", "", "-", "", "/", "").Replace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return ""
	}
	return text
}

// citizenNumber reports whether text may be a burgerservicenummer: eight or nine
// digits that pass the eleven test (elfproef: weights 9 to 2 and -1).
func citizenNumber(text string) bool {
	n := digits(text)
	if len(n) == 8 {
		n = "0" + n
	}
	if len(n) != 9 || strings.Trim(n, "0") == "" {
		return false
	}
	sum := -int(n[8] - '0')
	for i := range 8 {
		sum += (9 - i) * int(n[i]-'0')
	}
	return sum%11 == 0
}

// registerNumber reports whether text is a Belgian national register number:
// the birth date, a serial number, and 97 less the remainder of the first nine
// digits, which for who was born since 2000 stand behind a 2. Months are raised
// by 20 or 40 in the numbers of those who do not live there (bis numbers).
func registerNumber(text string) bool {
	n := digits(text)
	if len(n) != 11 {
		return false
	}
	month, _ := strconv.Atoi(n[2:4])
	if month%20 > 12 || month > 52 {
		return false
	}
	first, _ := strconv.Atoi(n[:9])
	check, _ := strconv.Atoi(n[9:])
	return 97-first%97 == check || 97-(2_000_000_000+first)%97 == check
}

// Suspect looks at the values of one column and returns why it must not be
// taken, "" when nothing speaks against it. Phone numbers are left to their header.
func Suspect(values []string) Refusal {
	filled, citizens, registered, length, lines := 0, 0, 0, 0, 0
	for _, v := range values {
		if v == "" {
			continue
		}
		filled++
		length += len(v)
		if citizenNumber(v) {
			citizens++
		}
		if registerNumber(v) {
			registered++
		}
		if len(v) > 60 && len(strings.Fields(v)) > 8 {
			lines++
		}
	}
	switch {
	case filled == 0:
		return ""
	case registered*10 >= filled*9:
		return RegisterNumber
	case citizens*10 >= filled*9:
		return CitizenNumber
	case length/filled > 80 && lines*2 > filled:
		return Notes
	}
	return ""
}

// refusedWords are parts of headers, plain, that tell what is never taken.
func refusedWords() []struct {
	why   Refusal
	words []string
} {
	return []struct {
		why   Refusal
		words []string
	}{
		{CitizenNumber, []string{"bsn", "burgerservice", "sofinummer", "sofinr", "governmentid", "socialsecurity", "ssn"}},
		{RegisterNumber, []string{"rijksregister", "insz", "niss", "registrenational", "nationalnumber", "nationalregister", "rrn", "nationaalnummer"}},
		{Diagnosis, []string{"diagnos", "dsm", "icd10", "icd11", "klacht", "medicatie", "medicijn", "medication", "hulpvraag", "anamnes", "stoornis", "symptom", "aandoening",
			"behandelplan", "treatment", "zorgvraag", "indicatie", "problematiek"}},
		{Notes, []string{"notitie", "notes", "note", "aantekening", "opmerking", "verslag", "memo", "comment", "remark", "bijzonderhed", "sessie", "session", "omschrijving", "description",
			"toelichting", "observatie", "voortgang", "dossierinhoud", "logboek"}},
	}
}

// RefusedHeader returns why a column of this name is never taken, "" for nothing.
// Short words count only when they stand by themselves.
func RefusedHeader(header string) Refusal {
	plain, own := Plain(header), words(header)
	for _, refused := range refusedWords() {
		for _, w := range refused.words {
			if len(w) > 5 && strings.Contains(plain, w) {
				return refused.why
			}
			for _, o := range own {
				if o == w || len(w) > 4 && strings.HasPrefix(o, w) {
					return refused.why
				}
			}
		}
	}
	return ""
}
