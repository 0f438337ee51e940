package graph

import "datalek/incidents/registry"

// Decode reads a page.
func Decode(raw []byte) (posts []registry.FeedPost, seen int, err error) {
	c, err := decode(raw)
	return c.posts, c.seen, err
}
