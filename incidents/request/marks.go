package request

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datalek/incidents/registry"
)

// Marks are what names one person: whole names and addresses that can be looked
// for in free text, and the ids under which records know him.
type Marks struct {
	IDs        []string // of the client, random
	Emails     []string // normalised
	ExternalID string   // the practice's own number
	Texts      []string // name, addresses, phone, as they stand in his row
}

// fewestRunes is how long a name of one word must be to be looked for in texts: a
// shorter one would be found in other people's.
const fewestRunes = 6

// MarksOf returns what names the person of a request; c is his row, nil for
// somebody who is no client, or whose row is gone.
func MarksOf(p Person, c *registry.Client) Marks {
	var m Marks
	m.add(p.Name, p.Email, "", p.Reach)
	if c != nil {
		m.IDs, m.ExternalID = []string{c.ID}, c.Person.ExternalID
		m.add(c.Person.Name, c.Person.Email, c.Person.Phone, c.Person.PostalAddress)
	}
	slices.SortFunc(m.Texts, func(a, b string) int { return len(b) - len(a) }) // the longest first: it may hold a shorter one
	m.Texts = slices.Compact(m.Texts)
	return m
}

func (m *Marks) add(name, email, phone, reach string) {
	if email = registry.NormalEmail(email); email != "" && !slices.Contains(m.Emails, email) {
		m.Emails = append(m.Emails, email)
	}
	texts := []string{email, phone, reach}
	if name = strings.TrimSpace(name); strings.ContainsAny(name, " -") || utf8.RuneCountInString(name) >= fewestRunes {
		texts = append(texts, name)
	}
	texts = append(texts, strings.Split(strings.ReplaceAll(reach, "\r\n", "\n"), "\n")...)
	for _, t := range texts {
		if t = strings.TrimSpace(t); utf8.RuneCountInString(t) >= fewestRunes && !slices.Contains(m.Texts, t) {
			m.Texts = append(m.Texts, t)
		}
	}
}

// Has reports whether an address is his.
func (m Marks) Has(email string) bool {
	return email != "" && slices.Contains(m.Emails, registry.NormalEmail(email))
}

// Finder looks for a person in texts.
type Finder struct {
	marks   Marks
	pattern *regexp.Regexp // nil: nothing can be looked for
	instead string
}

// Finder returns what finds the person; instead stands in the place of his name.
func (m Marks) Finder(instead string) Finder {
	var any []string
	for _, t := range m.Texts {
		words := strings.Fields(t)
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		any = append(any, strings.Join(words, `\s+`))
	}
	f := Finder{marks: m, instead: instead}
	if len(any) > 0 {
		f.pattern = regexp.MustCompile(`(?i)` + strings.Join(any, "|"))
	}
	return f
}

// In reports whether a text names the person.
func (f Finder) In(text string) bool { return f.pattern != nil && f.pattern.MatchString(text) }

// InWords reports whether one of the words of an event names him.
func (f Finder) InWords(words map[string]string) bool {
	for _, w := range words {
		if f.In(w) {
			return true
		}
	}
	return false
}

// Without returns the text with the word for a removed name in the place of his.
func (f Finder) Without(text string) string {
	if f.pattern == nil {
		return text
	}
	return f.pattern.ReplaceAllLiteralString(text, f.instead)
}

// Clean takes the person out of every text inside v, a pointer, and reports whether
// it found him. Lists are copied before they change.
func (f Finder) Clean(v any) bool { return f.clean(reflect.ValueOf(v).Elem()) }

func (f Finder) clean(v reflect.Value) (found bool) {
	if _, isTime := v.Interface().(time.Time); isTime {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		if f.In(v.String()) {
			v.SetString(f.Without(v.String()))
			return true
		}
	case reflect.Pointer:
		return !v.IsNil() && f.clean(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				found = f.clean(v.Field(i)) || found
			}
		}
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return false
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			found = f.clean(own.Index(i)) || found
		}
		if found {
			v.Set(own)
		}
	case reflect.Map:
		return f.cleanMap(v)
	default:
	}
	return found
}

func (f Finder) cleanMap(v reflect.Value) (found bool) {
	if v.IsNil() {
		return false
	}
	own := reflect.MakeMapWithSize(v.Type(), v.Len())
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		found = f.clean(value) || found
		own.SetMapIndex(key, value)
	}
	if found {
		v.Set(own)
	}
	return found
}
