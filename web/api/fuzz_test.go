package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/web/api"
)

// A body is read, or refused as the sender's fault; a deep one ends.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "{}", "{} {}", "null", `{"at":"2027-03-05T12:00:00+01:00","on":"2027-03-05","of":["a"],"more":[{"of":""}]}`, `{"at":1,"on":[],"of":{}}`, `{"nothing":1}`, `{"name":"\ud800"}`,
		strings.Repeat(`{"more":[`, 5000), strings.Repeat("[", 20000), `{"at":"0000-01-01T00:00:00Z"}`, `{"at":"2027-03-05T24:00:00Z"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := echo.New().NewContext(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), httptest.NewRecorder())
		if _, err := api.Decode(c); err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%.200q is answered %v", body, err)
		}
	})
}
