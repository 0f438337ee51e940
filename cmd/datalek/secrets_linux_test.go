package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the machine shows of the running program holds no secret, and neither its
// memory nor its environment is shown to others or written to a core file.
func TestNothingSecretIsSeenOfTheProcess(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h := &demo{t: t, dir: t.TempDir(), out: &safeBuffer{}}
	secrets := map[string]string{"smtp-password": "qx-geheim-post", "heartbeat-url": "http://127.0.0.1:1/qx-geheim-hart", "heads-url": "http://127.0.0.1:1/qx-geheim-hoofd"}
	args := []string{"-c", `ulimit -c unlimited 2>/dev/null || ulimit -c "$(ulimit -H -c)"; cd "$0" && exec "$@"`, h.dir, path, "serve", "--addr", freeAddr(t), "--data", filepath.Join(h.dir, "data"),
		"--key-file", filepath.Join(h.dir, "key"), "--smtp", "smtp://post@127.0.0.1:1?tls=none"}
	for name, secret := range secrets {
		args = append(args, "--"+name+"-file", h.secretFile(name, secret))
	}
	cmd := exec.Command("sh", args...) // #nosec G204
	cmd.Stdout, cmd.Stderr = h.out, h.out
	ordinary(t, cmd, h.dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it may have ended
	await(t, "the host answers", func() error {
		if !strings.Contains(h.out.String(), "answers on") {
			return errNot("%s", h.out)
		}
		return nil
	})
	key, err := os.ReadFile(filepath.Join(h.dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/setup/(\S+)`).FindStringSubmatch(h.out.String())[1]
	proc := fmt.Sprintf("/proc/%d/", cmd.Process.Pid)
	for _, file := range []string{"cmdline", "environ", "comm", "status"} {
		raw, err := os.ReadFile(proc + file)
		if err != nil && file != "environ" { // which is root's
			t.Fatal(err)
		}
		for _, secret := range []string{"qx-geheim", strings.TrimSpace(string(key)), link} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s shows a secret: %q", file, raw)
			}
		}
	}
	if info, err := os.Stat(proc + "environ"); err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("others of the same user may read its memory and environment: %v %v", info, err)
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil || !regexp.MustCompile(`Max core file size +0 +0 `).Match(limits) {
		t.Errorf("core files are allowed: %v\n%s", err, limits)
	}
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended: //nolint:errcheck // it was aborted
	case <-time.After(30 * time.Second):
		t.Fatalf("it did not end\n%s", h.out)
	}
	if cmd.ProcessState.Sys().(syscall.WaitStatus).CoreDump() {
		t.Error("it left a core file")
	}
	if strings.Contains(h.out.String(), "qx-geheim") {
		t.Errorf("it wrote a secret:\n%s", h.out)
	}
}

// ordinary lets a command run as a user without rights when the tests run as root.
func ordinary(t *testing.T, cmd *exec.Cmd, folder string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	for _, name := range append(filesIn(t, folder), folder) {
		if err := os.Chown(name, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{filepath.Dir(path), filepath.Dir(folder)} {
		if err := os.Chmod(way, 0o755); err != nil { // #nosec G302 -- nothing in them is secret
			t.Fatal(err)
		}
	}
}
