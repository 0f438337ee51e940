package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// defaulted is compose's ${NAME:-default}.
var defaulted = regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`)

func TestTheProgramTakesWhatComposeTellsIt(t *testing.T) {
	for name, service := range readCompose(t).Services {
		if !service.runsDatalek() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			environ := os.Environ()
			for variable, value := range service.Environment {
				value = defaulted.ReplaceAllString(value, "$1")
				t.Setenv(variable, value)
				environ = append(environ, variable+"="+value)
			}
			_, c, err := parse(service.Command, environ)
			if err != nil {
				t.Fatalf("datalek %s: %v", strings.Join(service.Command, " "), err)
			}
			if err := c.Serve.validate(); err != nil {
				t.Errorf("datalek %s: %v", strings.Join(service.Command, " "), err)
			}
			if got, want := c.Serve.Mode, service.Environment["DATALEK_MODE"]; got != want {
				t.Errorf("mode = %q, want %q", got, want)
			}
			check := service.Healthcheck.Test
			if len(check) < 2 || !slices.Equal(check[:2], []string{"CMD", "/datalek"}) {
				t.Fatalf("the health check does not ask the program itself: %q", check)
			}
			if _, _, err := parse(check[2:], environ); err != nil {
				t.Errorf("health check: %v", err)
			}
		})
	}
}

// imageSetting is a variable that the Dockerfile sets.
var imageSetting = regexp.MustCompile(`\b(DATALEK_[A-Z_]+)=`)

func TestTheProgramKnowsWhatTheImageSets(t *testing.T) {
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	found := imageSetting.FindAllStringSubmatch(string(readRoot(t, "Dockerfile")), -1)
	if len(found) == 0 {
		t.Fatal("the Dockerfile sets no DATALEK variable")
	}
	for _, match := range found {
		if !slices.Contains(variables(parser.Model), match[1]) {
			t.Errorf("the Dockerfile sets %s, which the program does not know", match[1])
		}
	}
}
