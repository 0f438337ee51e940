package traces_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"datalek/incidents/traces"
)

func TestFind(t *testing.T) {
	names := []string{"Anneke van der Voorbeeld", "Jan Proef", "Zoë D'Hondt-Proefmans", "Li"}
	for _, tt := range []struct{ name, text, want string }{
		{"nothing in plain words", "Op 5 maart 2027 om 16.42 uur zag ik het, na 48 uur en 120 e-mails.", ""},
		{"a mail address", "Stuur het aan jan.proef+x@post.voorbeeld.nl.", "email:jan.proef+x@post.voorbeeld.nl"},
		{"an address of another alphabet", "Aan zoë@bücher.example, graag", "email:zoë@bücher.example"},
		{"a mobile number", "Bel 06-12345678 of 06 1234 5678", "phone:06-12345678 phone:06 1234 5678"},
		{"a number with its country", "Bel +31 (0)20 123 45 67 nu", "phone:+31 (0)20 123 45 67"},
		{"a Belgian number", "Bel 0470 12 34 56", "phone:0470 12 34 56"},
		{"an IBAN with right digits", "Naar NL91 ABNA 0417 1643 00, vandaag", "iban:NL91 ABNA 0417 1643 00"},
		{"an IBAN with a word behind", "NL91ABNA0417164300 is weg", "iban:NL91ABNA0417164300"},
		{"no IBAN with wrong digits", "NL92ABNA0417164300", ""},
		{"a BSN", "BSN 111222333 stond erin", "bsn:111222333"},
		{"a BSN with dots", "nummer 1112.22.333", "bsn:1112.22.333"},
		{"no BSN with wrong digits", "zaak 111222334", ""},
		{"a register number of the last century", "Nummer 85.07.30-033.28", "register:85.07.30-033.28"},
		{"a register number of this century", "Nummer 01.01.01-001.26 hoort erbij", "register:01.01.01-001.26"},
		{"no register number with wrong digits", "85.07.30-033.29", ""},
		{"the number of a case", "Kenmerk MS-2027-0042, melding 2027-0007", ""},
		{"a date with its time", "Tussen 05-03-2027 17 en 06-03-2027", ""},
		{"a whole name", "Dat was anneke van der voorbeeld zelf", "name:anneke van der voorbeeld"},
		{"a part of a name", "Mevrouw Voorbeeld en Jan", "name:Voorbeeld name:Jan"},
		{"a word that is a part of a name", "Dit is een voorbeeld van een proef", ""},
		{"a name of two letters is a word", "Li", ""},
		{"a name with an apostrophe", "Zoë D'Hondt-Proefmans belde", "name:Zoë D'Hondt-Proefmans"},
		{"all at once", "Jan Proef (jan@proef.example, 0612345678)", "name:Jan Proef email:jan@proef.example phone:0612345678"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range traces.Find(tt.text, names) {
				got = append(got, string(f.Kind)+":"+f.Text(tt.text))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("found %q, want %q", strings.Join(got, " "), tt.want)
			}
		})
	}
}

func TestWhatIsFoundStandsInOrderAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"jan@proef.example", "06-12345678", "111222333", "NL91ABNA0417164300", "Jan", "Proef", " ", "\xff", "é", "+", "(", "@", "."})
		text := strings.Join(rapid.SliceOf(rapid.OneOf(part, rapid.String())).Draw(t, "text"), "")
		end := 0
		for _, f := range traces.Find(text, []string{"Jan Proef", ""}) {
			if f.From < end || f.To <= f.From || f.To > len(text) {
				t.Fatalf("%+v in %q", f, text)
			}
			end = f.To
			if utf8.ValidString(text) && !utf8.ValidString(f.Text(text)) {
				t.Fatalf("%q cuts a letter of %q", f.Text(text), text)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("Jan Proef (jan@proef.example, 0612345678) NL91 ABNA 0417 1643 00", "Jan Proef")
	f.Fuzz(func(t *testing.T, text, name string) {
		for _, found := range traces.Find(text, []string{name}) {
			_ = found.Text(text)
		}
	})
}
