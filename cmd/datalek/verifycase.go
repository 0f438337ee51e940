package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"datalek/incidents/casefile"
)

// checkCaseFile checks the file of a case and says what is wrong with which part.
func checkCaseFile(t *terminal, in io.ReaderAt, size int64, key string) error {
	c, err := casefile.Verify(in, size, key)
	if err != nil {
		return err
	}
	m := c.Manifest
	if len(c.Faults) > 0 {
		lines := make([]string, 0, len(c.Faults)+1)
		for n, fault := range c.Faults {
			if n == mostCaseFaults {
				lines = append(lines, fmt.Sprintf("case %s: and %d faults more", m.Reference, len(c.Faults)-n))
				break
			}
			lines = append(lines, fmt.Sprintf("case %s: %s", m.Reference, fault))
		}
		return errors.New(strings.Join(lines, "\n"))
	}
	t.printf("case %s of practice %s: whole; made on %s by %s\n", m.Reference, m.Practice, m.Made.At.UTC().Format(time.RFC3339), strings.TrimSpace(string(m.Made.Kind)+" "+m.Made.ID+" "+m.Made.Name))
	t.printf("  %d parts are as they were signed\n", len(m.Files))
	t.printf("  %d entries stand in the register of %d entries, whose head was signed on %s\n", c.Events, c.Size, c.HeadAt.UTC().Format(time.RFC3339))
	if c.OwnKey {
		t.printf("  checked by the file's own key %s: nobody without that key's secret changed the file.\n  Whose key it is, the file cannot prove: compare it with the one you know, or give that by --key\n", c.Key)
	}
	return nil
}

// mostCaseFaults is how many faults of a case's file are told.
const mostCaseFaults = 50
