package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Entry is one person as one line tells it.
type Entry struct {
	Line      int
	Client    registry.Client // ExternalID "" when the list has no number for him
	Guardians []string        // the practice's own numbers
	// Born is his year of birth, 0 when not told; Client has it for minors only.
	Born int
}

// fields are the values of one line.
type fields map[Field]string

// Entry reads one line; year is the present one. Faults name the field, and
// never repeat what stands there.
func (m Mapping) Entry(row Row, year int) (Entry, fault.List) {
	var faults fault.List
	if row.Fault != "" {
		faults.Add("", row.Fault, rowFault(row.Fault))
		return Entry{Line: row.Line}, faults
	}
	v := fields{}
	for i, cell := range row.Columns {
		if i < len(m) && m[i] != "" {
			v[m[i]] = strings.TrimSpace(cell)
		}
	}
	e := Entry{Line: row.Line, Born: v.born(&faults)}
	e.Guardians = strings.FieldsFunc(v[Guardians], func(r rune) bool { return strings.ContainsRune(",; |", r) })
	e.Client = registry.Client{
		Person: registry.Person{ExternalID: v[ExternalID], Name: v.name(&faults), Email: v.email(), Phone: v.phone(),
			PostalAddress: v.address(), Coach: v[Coach]},
		Language: language(v[Language]), Relation: registry.Relation(CodeOf(v[Relation])), Channel: registry.Channel(CodeOf(v[Channel])),
		HoldingsByRule: true, Guidance: v.guidance(&faults),
	}
	if e.Born != 0 && year-e.Born <= 18 {
		e.Client.BirthYear = e.Born
	}
	if registerNumber(v[ExternalID]) {
		faults.Add(string(ExternalID), "error.national_number", "a national register number is never taken; give your own number")
	}
	return e, faults
}

func rowFault(key string) string {
	if key == "error.csv_row_large" {
		return "this line is too long"
	}
	if key == "error.csv_card" {
		return "this card does not end; export it again"
	}
	return "this line is not valid; check its quotes"
}

// name prefers the parts. A line with only an organisation's name has no person.
func (v fields) name(faults *fault.List) string {
	name := WholeName(v[GivenName], v[MiddleName], v[FamilyName])
	if v[GivenName] == "" && v[FamilyName] == "" {
		name = NameOf(v[Name])
	}
	if name == "" || v[Organisation] != "" && Plain(name) == Plain(v[Organisation]) {
		faults.Add(string(Name), "error.import_no_person", "no person is named on this line; an organisation stands in the list by its contact person")
	}
	return name
}

// email takes the first of the addresses that Google puts into one cell. What
// Exchange calls its own people by inside Outlook is no address.
func (v fields) email() string {
	first, second := v[Email], v[Email2]
	if strings.HasPrefix(strings.ToLower(first), "/o=") {
		first = ""
	}
	all, _, _ := strings.Cut(cmp.Or(first, second), ":::")
	return strings.TrimPrefix(strings.TrimSpace(all), "mailto:")
}

// phone gives a number back the zero that a spreadsheet took from it: Dutch and
// Belgian numbers without it have nine digits.
func (v fields) phone() string {
	first, _, _ := strings.Cut(cmp.Or(v[Phone], v[Phone2]), ":::")
	number := strings.TrimPrefix(strings.TrimSpace(first), "tel:")
	if len(number) == 9 && number[0] != '0' && digits(number) == number {
		return "0" + number
	}
	return number
}

func (v fields) address() string {
	if v[Address] != "" {
		return v[Address]
	}
	var lines []string
	for _, line := range []string{v[Street] + " " + v[HouseNumber], v[Postcode] + " " + v[City], v[Country]} {
		if line = oneLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 1 && lines[0] == oneLine(v[Country]) {
		return "" // a country alone reaches nobody
	}
	return strings.Join(lines, "\n")
}

// born reads a year, or the year of a whole date in any order. "--02-29" and
// Outlook's "0/0/00" tell none.
func (v fields) born(faults *fault.List) int {
	if text := v[BirthYear]; text != "" {
		year, err := strconv.Atoi(text)
		if err != nil || year < 1900 || year > 2100 {
			faults.Add(string(BirthYear), "error.birth_year", "give a year such as 2014")
			return 0
		}
		return year
	}
	text := v[BirthDate]
	if len(text) == 8 && digits(text) == text { // 20140403 (ISO 8601, basic)
		text = text[:4]
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if year, err := strconv.Atoi(part); err == nil && len(part) == 4 && year >= 1900 && year <= 2100 {
			return year
		}
	}
	return 0
}

func (v fields) guidance(faults *fault.List) []registry.Guidance {
	if v[From] == "" && v[Until] == "" {
		return nil
	}
	return []registry.Guidance{{From: day(v[From], From, faults), Until: day(v[Until], Until, faults)}}
}

// day reads 2025-03-01, 1-3-2025 or 01/03/2025: in the Netherlands and Belgium
// the day stands before the month.
func day(text string, field Field, faults *fault.List) registry.Date {
	if text == "" {
		return registry.Date{}
	}
	date, _, _ := strings.Cut(strings.Replace(text, "T", " ", 1), " ") // a spreadsheet may add midnight
	if d, err := registry.ParseDate(date); err == nil {
		return d
	}
	parts := strings.FieldsFunc(date, func(c rune) bool { return c == '-' || c == '/' || c == '.' })
	if len(parts) == 3 && len(parts[2]) == 4 {
		if d, err := registry.ParseDate(fmt.Sprintf("%s-%02s-%02s", parts[2], parts[1], parts[0])); err == nil {
			return d
		}
	}
	faults.Add(string(field), "error.csv_date", "give a date such as 2025-03-01 or 1-3-2025")
	return registry.Date{}
}

// language reads a word or a tag such as "nl-BE" (RFC 5646).
func language(text string) string {
	code := CodeOf(text)
	if len(code) > 2 && (code[2] == '-' || code[2] == '_') {
		code = code[:2]
	}
	return code
}

// CodeOf returns the program's own word for what people write in a column of
// choices, and what it does not know as it stands, in lower case.
func CodeOf(word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	for code, list := range map[string]string{
		"nl": "nederlands|dutch|vlaams", "en": "engels|english", "fr": "frans|french|français", "de": "duits|german|deutsch",
		"client": "cliënt|klant", "trainee": "leerling|stagiair", "organisation_contact": "contactpersoon|contact", "parent": "ouder|voogd|guardian",
		"complainant": "melder|klager",
		"accused":     "beklaagde|aangeklaagde", "referrer": "verwijzer|doorverwijzer", "employee": "medewerker|staff",
		"enquirer": "belangstellende|vrager", "prospect": "potentiële klant|potentiële cliënt|potentieel", "customer": "projectklant|opdrachtgever", "newsletter": "nieuwsbrief", "other": "anders|overig",
		"email": "e-mail|mail", "phone": "telefoon|telephone", "letter": "brief|post", "message": "bericht|messenger|signal|xmpp|matrix", "encrypted_email": "versleutelde e-mail|encrypted e-mail",
	} {
		if slices.Contains(strings.Split(list, "|"), word) {
			return code
		}
	}
	return word
}

// Onto lays what the list tells about somebody over what is stored: a column
// that is not there changes nothing, an empty cell empties. Language and
// relation are never empty, so that there an empty cell changes nothing.
func (m Mapping) Onto(stored, told registry.Client) registry.Client {
	c := stored
	for _, part := range []struct {
		fields []Field
		lay    func()
		must   bool // the cell says something
	}{
		{[]Field{Name, GivenName, FamilyName}, func() { c.Person.Name = told.Person.Name }, true},
		{[]Field{Email, Email2}, func() { c.Person.Email = told.Person.Email }, true},
		{[]Field{Phone, Phone2}, func() { c.Person.Phone = told.Person.Phone }, true},
		{[]Field{Address, Street, City, Postcode}, func() { c.Person.PostalAddress = told.Person.PostalAddress }, true},
		{[]Field{Coach}, func() { c.Person.Coach = told.Person.Coach }, true},
		{[]Field{BirthYear, BirthDate}, func() { c.BirthYear = told.BirthYear }, true},
		{[]Field{Channel}, func() { c.Channel = told.Channel }, true},
		{[]Field{Language}, func() { c.Language = told.Language }, told.Language != ""},
		{[]Field{Relation}, func() { c.Relation = told.Relation }, told.Relation != ""},
		{[]Field{From}, func() { c.Guidance = guided(c.Guidance, told.Guidance[0], m.Has(Until)) }, len(told.Guidance) > 0},
	} {
		if m.Has(part.fields...) && part.must {
			part.lay()
		}
	}
	return c
}

// guided adds the span that a list tells to the stored ones. It replaces the
// one that began on the same day, or the only one.
func guided(stored []registry.Guidance, told registry.Guidance, ends bool) []registry.Guidance {
	spans := slices.Clone(stored)
	at := slices.IndexFunc(spans, func(g registry.Guidance) bool { return g.From == told.From })
	if at < 0 && len(spans) == 1 {
		at = 0
	}
	if at < 0 {
		return append(spans, told)
	}
	if !ends {
		told.Until = spans[at].Until
	}
	spans[at] = told
	return spans
}
