package natsbus_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEmbeddedBusListensNowhere(t *testing.T) {
	embeddedRig(t)
	mine := map[string]bool{}
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(fds) == 0 {
		t.Fatalf("own files: %v, %v", fds, err)
	}
	for _, fd := range fds {
		// A file closed meanwhile reads as nothing, which is no socket.
		if target, err := os.Readlink(fd); err == nil && strings.HasPrefix(target, "socket:[") {
			mine[strings.Trim(target, "socket:[]")] = true
		}
	}
	const listening, stateAt, inodeAt = "0A", 3, 9
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		raw, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(raw), "\n")[1:] {
			f := strings.Fields(line)
			if len(f) > inodeAt && f[stateAt] == listening && mine[f[inodeAt]] {
				t.Errorf("this process listens on %s", f[1])
			}
		}
	}
}
