package main

import (
	"testing"

	"datalek/incidents/registry"
	"datalek/web/page"
)

func TestReadersAreSentOnlyWhereTheyCanCome(t *testing.T) {
	p := registry.Practice{PublicCode: "code"}
	for _, tt := range []struct {
		name, base string
		demo       bool
		want       string
	}{
		{"a public address", "https://datalek.example.nl", false, "https://datalek.example.nl/p/code/lees"},
		{"an address in the house's network", "http://192.168.1.4:8080", false, "http://192.168.1.4:8080/p/code/lees"},
		{"none", "", false, ""},
		{"localhost", "http://localhost:8081", false, ""},
		{"a loopback address", "http://127.0.0.1:8081", false, ""},
		{"a loopback address of IPv6", "http://[::1]:8081", false, ""},
		{"the demo's own", "http://127.0.0.1:8081", true, "http://127.0.0.1:8081/p/code/lees"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &app{cfg: config{BaseURL: tt.base}, reachable: fromElsewhere(tt.base)}
			if tt.demo {
				a.demo = &page.Demo{}
			}
			if got := a.readingAt(p); got != tt.want {
				t.Errorf("readingAt = %q, want %q", got, tt.want)
			}
		})
	}
}
