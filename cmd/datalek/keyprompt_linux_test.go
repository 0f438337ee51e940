package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pseudoTerminal returns both ends of a terminal.
func pseudoTerminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
}

func TestAPassphraseIsAskedForUnseen(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := pseudoTerminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "practice", "add", "--data", filepath.Join(t.TempDir(), "data"), "--key-from", "prompt",
		"--name", "Proef", "--contact", "A", "--email", "a@voorbeeldpost.example") // #nosec G204
	var out safeBuffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = shown.ReadFrom(ours) }) // ends with the terminal
	const phrase = "vier losse woorden samen"
	for _, question := range []string{"Key or passphrase: ", "The same again"} {
		await(t, "the program asks", func() error {
			if !strings.Contains(out.String(), question) {
				return errNot("%s", out.String())
			}
			return nil
		})
		if _, err := ours.WriteString(phrase + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "API token") {
		t.Errorf("ended with %v and wrote %s", err, out.String())
	}
	_ = theirs.Close() // ends the reading
	reading.Wait()
	if strings.Contains(shown.String(), "woorden") || strings.Contains(out.String(), "woorden") {
		t.Error("the passphrase was shown")
	}
}
