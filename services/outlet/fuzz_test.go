package outlet_test

import (
	"net/url"
	"testing"

	"datalek/services/outlet"
)

// An address that is taken leads somewhere by HTTP.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"", "https://x.example", "http:///x", "file:///etc/passwd", "javascript:x", "https://[::1", "gopher://x", "https://a:b@x.example/%zz", "//x.example", "HTTPS://x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if outlet.CheckURL(address) != nil {
			return
		}
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q is taken", address)
		}
	})
}
