package authority

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

//go:embed forms/*.json
var files embed.FS

// FormID names a sheet.
type FormID string

// The sheets.
const (
	AP   FormID = "ap"   // the form of the Autoriteit Persoonsgegevens
	GBA  FormID = "gba"  // for the Gegevensbeschermingsautoriteit / APD
	EDPB FormID = "edpb" // the common template, as data
)

// FormOf returns the sheet for a practice's authority.
func FormOf(a registry.Authority) FormID {
	if a == registry.GBA {
		return GBA
	}
	return AP
}

// Texts are the same words by language.
type Texts map[string]string

// Question is one question of a form.
type Question struct {
	Number string `json:"number"` // as the form writes it, "4.1.1"; "" when it has none
	Key    string `json:"key"`    // the same in every form
	Label  Texts  `json:"label"`
	// Unseen says that the label is ours: the form's own was not seen.
	Unseen bool `json:"unseen"`
}

// Section is a part of a form.
type Section struct {
	Number    string     `json:"number"`
	Title     Texts      `json:"title"`
	Questions []Question `json:"questions"`
}

// Form is one edition of an authority's form.
type Form struct {
	ID      FormID `json:"id"`
	Version string `json:"version"` // "AP 2022-08"
	From    string `json:"from"`    // first day of the edition
	// Hours is the law's term as the form's own words name it; 0 when they name none.
	// Where another holds for a case, those words are ours.
	Hours int `json:"hours"`
	// OfficialOrder is false when the order and the labels are ours.
	OfficialOrder bool      `json:"official_order"`
	Languages     []string  `json:"languages"` // the first is the usual one
	Gaps          []string  `json:"gaps"`      // numbers of questions that were not seen
	Sections      []Section `json:"sections"`
	// Words are the form's own options by code; others are in our words.
	Words map[string]Texts `json:"words"`
	// ours are the words for every form.
	ours map[string]Texts
}

// LoadForm returns the newest edition of a sheet.
func LoadForm(id FormID) (Form, error) {
	edition, known := map[FormID]string{AP: "AP 2022-08", GBA: "GBA 2026-11"}[id]
	if !known {
		return Form{}, fault.NotFound
	}
	return LoadEdition(edition)
}

// LoadEdition returns the edition of a form that a rule of law names, such as
// "AP 2022-08".
func LoadEdition(version string) (Form, error) {
	name := strings.ReplaceAll(strings.ToLower(version), " ", "-") + ".json"
	known, err := fs.Glob(files, "forms/*-*.json")
	if err != nil || !slices.Contains(known, "forms/"+name) {
		return Form{}, fault.NotFound
	}
	var f Form
	if err := read(strings.TrimSuffix(name, ".json"), &f); err != nil {
		return Form{}, err
	}
	return f, read("words", &f.ours)
}

// AuthorityOf returns whose form it is.
func (id FormID) AuthorityOf() registry.Authority {
	if id == GBA {
		return registry.GBA
	}
	return registry.AP
}

func read(name string, into any) error {
	raw, err := files.ReadFile("forms/" + name + ".json")
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read form %s: %w", name, err)
	}
	return nil
}

// Language returns the language of the sheet: the one that was asked for where
// the authority takes it, else the usual one.
func (f Form) Language(wanted string) string {
	if slices.Contains(f.Languages, wanted) {
		return wanted
	}
	return f.Languages[0]
}

// word returns an option in the form's own words, or in ours with unseen set when
// the form is an official one whose wording was not seen.
func (f Form) word(code, language string) (text string, unseen bool) {
	if text = f.Words[code][language]; text != "" {
		return text, false
	}
	return f.ours[code][language], f.OfficialOrder
}
