package incidents_test

import (
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func TestNoNoticeGoesByItselfFromABarredAddress(t *testing.T) {
	senders := []registry.Sender{{Email: "anna@gmail.com"}, {Email: "anna@mail.lindehof.example"}}
	for _, tt := range []struct {
		name   string
		barred []string
		want   string
	}{
		{"none is barred", nil, "anna@gmail.com"},
		{"the first is barred", []string{"GMAIL.com"}, "anna@mail.lindehof.example"},
		{"all are barred", []string{"gmail.com", "lindehof.example"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := registry.Practice{Policy: registry.Policy{BarredSenders: tt.barred}, Details: registry.Details{Senders: senders}}
			got, some := incidents.PreliminarySender(p, incidents.Facts{Systems: []string{"agenda"}})
			if got.Email != tt.want || some != (tt.want != "") {
				t.Errorf("sender %q, %t; want %q", got.Email, some, tt.want)
			}
		})
	}
}
