package doctor

// words is the catalogue of texts.
type words interface {
	T(lang, key string, pairs ...any) string
}

// Line is a finding in words.
type Line struct {
	State     string // "well", "note", "unwell" or "unchecked"
	StateText string
	Name      string // what was looked at
	Subject   string // which of several
	Text      string // what was found
	Do        string // what to do; empty when all is well
	Detail    string // what a server or the system said; empty when it adds nothing
}

// Say puts a finding into words.
func Say(w words, lang string, f Finding) Line {
	line := Line{State: f.State, StateText: w.T(lang, "doctor.state."+f.State), Name: w.T(lang, "doctor.check."+f.Check), Subject: f.Subject,
		Text: w.T(lang, "doctor."+f.Code, f.Blanks...), Detail: f.Detail}
	if f.State != "well" {
		line.Do = w.T(lang, "doctor."+f.Code+"_do", f.Blanks...)
	}
	return line
}
