package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// healthcheckCmd asks a running server whether it is ready.
type healthcheckCmd struct {
	URL string `name:"url" help:"Address of /readyz." default:"http://127.0.0.1:8080/readyz"`
}

// Run fails unless the answer is 200.
func (h *healthcheckCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", h.URL, err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", h.URL, err)
	}
	defer func() { _ = answer.Body.Close() }() // read only
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", h.URL, answer.Status)
	}
	return nil
}
