package api

import (
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
)

// order holds one of each kind of value that the API reads itself.
type order struct {
	Name string  `json:"name"`
	At   instant `json:"at"`
	On   day     `json:"on"`
	Of   list    `json:"of"`
	More []order `json:"more"`
}

// Decode reads a body as the calls do, and returns the times that it found.
func Decode(c echo.Context) ([]string, error) {
	var read order
	if err := decode(c, &read); err != nil {
		return nil, err
	}
	var faults fault.List
	times := []string{}
	if at := read.At.time(&faults, "at"); at != nil {
		times = append(times, at.String())
	}
	if on := read.On.date(&faults, "on"); !on.IsZero() {
		times = append(times, on.String())
	}
	return append(times, strings.Join(read.Of, " ")), faults.Err()
}
