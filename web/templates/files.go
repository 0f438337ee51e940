// Package templates holds the page templates: layout.html is the frame,
// parts/ the shared partials, and one folder per area its pages.
package templates

import "embed"

// Files are all templates by their path below this folder. A file whose name
// begins with an underscore is shared by the pages of its folder.
//
//go:embed layout.html */*.html
var Files embed.FS
