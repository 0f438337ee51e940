package graph

import (
	"encoding/json"
	"strings"
	"time"

	"datalek/incidents/registry"
)

// content is what one page holds.
type content struct {
	posts  []registry.FeedPost // those about data privacy
	seen   int                 // all that are on it
	odd    int                 // of them without a number or a time that can be read
	newest time.Time
	next   string // address of the next page; "" after the last
}

// decode reads a page. A post that is not as it should be costs no other one: it is
// counted, and kept all the same when it is about data privacy.
func decode(raw []byte) (content, error) {
	var p struct {
		Value *[]json.RawMessage `json:"value"`
		Next  *string            `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal(raw, &p); err != nil || p.Value == nil {
		return content{}, wrong(registry.FeedUnreadable, "a page is no list of posts")
	}
	c := content{seen: len(*p.Value)}
	if p.Next != nil {
		c.next = *p.Next
	}
	for _, item := range *p.Value {
		post, private := postOf(item)
		if post.ID == "" || post.Changed.IsZero() {
			c.odd++
		} else if post.Changed.After(c.newest) {
			c.newest = post.Changed
		}
		if private {
			c.posts = append(c.posts, post)
		}
	}
	return c, nil
}

// postOf makes out which post it is, and whether Microsoft marked it as data privacy.
func postOf(raw json.RawMessage) (registry.FeedPost, bool) {
	var fields struct {
		ID      json.RawMessage `json:"id"`
		Changed json.RawMessage `json:"lastModifiedDateTime"`
		Tags    any             `json:"tags"`
	}
	post := registry.FeedPost{Raw: raw}
	if json.Unmarshal(raw, &fields) != nil {
		return post, false
	}
	var id, changed string
	_ = json.Unmarshal(fields.ID, &id) // another form counts as none
	_ = json.Unmarshal(fields.Changed, &changed)
	post.ID = strings.TrimSpace(id)
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(changed)); err == nil && at.Year() >= 2000 && at.Year() < 10_000 {
		post.Changed = at.UTC()
	}
	return post, private(fields.Tags)
}

// private reports whether a tag says data privacy, however it is written: Graph's
// own samples disagree about small and capital letters.
func private(tags any) bool {
	switch v := tags.(type) {
	case string:
		plain := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(v))
		return strings.Contains(plain, "dataprivacy")
	case []any:
		for _, tag := range v {
			if private(tag) {
				return true
			}
		}
	}
	return false
}
