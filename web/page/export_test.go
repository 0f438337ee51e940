package page

import "io/fs"

// NewWith is New over other files, for tests.
func NewWith(opts Options, pages, texts, files fs.FS) (*Site, error) {
	return newSite(opts, pages, texts, files)
}

// PageNames lists the pages among the templates.
func PageNames(files fs.FS) ([]string, error) { return pageNames(files) }

// Parse parses one page.
func (s *Site) Parse(name string) error {
	_, err := s.pages.parse(name, &voice{}, s.files)
	return err
}
