package graph_test

import (
	"encoding/json"
	"testing"

	"datalek/services/graph"
)

// Whatever a page holds: it is read or refused, and what is kept is on it.
func FuzzDecodePage(f *testing.F) {
	for _, seed := range []string{"", "null", "[]", "{}", `{"value":null}`, `{"value":[]}`, `{"value":[null,1,"x",[],{}]}`, `{"VALUE":[{"ID":"MC1","TAGS":"dataPrivacy"}]}`,
		`{"value":[{"id":"MC1","lastModifiedDateTime":"2027-03-05T16:10:06.843Z","tags":["Data privacy"]}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/x?$skip=100"}`,
		`{"value":[{"id":1,"lastModifiedDateTime":-1,"tags":[["data-privacy"]]}],"@odata.nextLink":7}`, `{"value":[{"tags":["\u0044ata\u0020Privacy"]}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		posts, seen, err := graph.Decode(raw)
		if err != nil && (seen != 0 || posts != nil) {
			t.Errorf("a page that is refused gives %d posts", seen)
		}
		if len(posts) > seen {
			t.Errorf("%d of %d posts are kept", len(posts), seen)
		}
		for _, p := range posts {
			if !json.Valid(p.Raw) || p.Changed.Location().String() != "UTC" {
				t.Errorf("a post is %q of %s", p.Raw, p.Changed)
			}
		}
	})
}
