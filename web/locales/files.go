// Package locales holds the texts of the pages, one file per area and
// language: core.nl.json, core.en.json.
package locales

import "embed"

// Files are the catalogues of texts.
//
//go:embed *.json
var Files embed.FS
