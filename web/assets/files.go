// Package assets holds what browsers load beside the pages: the style sheet,
// the scripts and the sign. ../assets_src/build.sh makes them.
package assets

import "embed"

// Files are the assets by name, and their licences.
//
//go:embed *.css *.js *.svg *.txt
var Files embed.FS
