package main_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fence stands between a program and its disk: it decides about each call that
// changes a file (seccomp_unotify(2)). It needs no right that an ordinary
// process lacks, so it works in containers too. Where the kernel has no such
// listener, the limit of a file's size stands in: then a full and a read-only
// disk are the same, and every folder is hit.
type fence struct {
	t       testing.TB
	mu      sync.Mutex
	rule    func(diskCall) verdict // nil lets everything pass
	pid     int                    // of the program that runs now
	limited bool                   // the stand-in is used
}

// diskCall is a call that changes a file, or tells the disk to keep it.
type diskCall struct {
	path  string
	sync  bool // the disk is told to keep what was written
	grows bool // the file needs more room
}

// verdict is what becomes of a call. The zero value lets it pass.
type verdict struct {
	delay time.Duration
	errno syscall.Errno
}

// fenceBinary builds the launcher once for all tests of the package, beside the program.
var fenceBinary = sync.OnceValues(func() (string, error) {
	program, err := binary()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(program), "fence")
	cmd := exec.Command("go", "build", "-o", path, "./testdata/fence") // #nosec G204
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the fence: %w\n%s", err, out)
	}
	return path, nil
})

// fencedByLimit asks for the stand-in even where the listener works.
const fencedByLimit = "DATALEK_TEST_DISK"

// start starts the command behind the fence.
func (f *fence) start(cmd *exec.Cmd) error {
	f.limited = os.Getenv(fencedByLimit) == "limit"
	if !f.limited {
		err := f.startListening(cmd)
		if !errors.Is(err, errNoListener) {
			return err
		}
		f.limited = true
	}
	f.t.Log("the disk is held back by the limit of a file's size (setrlimit)")
	if f.rule != nil {
		cmd.Args = append([]string{"sh", "-c", `ulimit -S -f 0; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	f.begin(cmd.Process.Pid)
	return nil
}

func (f *fence) begin(pid int) {
	f.mu.Lock()
	f.pid = pid
	f.mu.Unlock()
	f.enforce()
}

var errNoListener = errors.New("the kernel hands out no listener")

func (f *fence) startListening(cmd *exec.Cmd) error {
	launcher, err := fenceBinary()
	if err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	defer func() { _ = ours.Close() }()
	fenced := *cmd
	cmd.Path, cmd.Args, cmd.ExtraFiles = launcher, append([]string{launcher, fenced.Path}, fenced.Args[1:]...), []*os.File{theirs}
	err = cmd.Start()
	_ = theirs.Close() // the child has its own
	if err != nil {
		return err
	}
	listener, err := receiveFile(ours)
	if err != nil {
		_ = cmd.Wait() // it said why, and ended
		args := fenced.Args
		*cmd = exec.Cmd{Path: fenced.Path, Args: args, Env: cmd.Env, Dir: cmd.Dir, Stdout: cmd.Stdout, Stderr: cmd.Stderr}
		return errNoListener
	}
	f.t.Log("the disk is held back by a listener on the program's calls (seccomp)")
	f.begin(cmd.Process.Pid)
	go f.listen(listener)
	return nil
}

// receiveFile takes the file descriptor that the launcher hands over.
func receiveFile(from *os.File) (int, error) {
	conn, err := net.FileConn(from)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	room, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := conn.(*net.UnixConn).ReadMsgUnix(room, rights)
	if err != nil {
		return 0, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return 0, errNoListener
	}
	list, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(list) != 1 {
		return 0, errNoListener
	}
	return list[0], nil
}

// notification and response are struct seccomp_notif and seccomp_notif_resp of
// linux/seccomp.h.
type notification struct {
	ID    uint64
	PID   uint32
	Flags uint32
	Call  int32
	Arch  uint32
	At    uint64
	Args  [6]uint64
}

type response struct {
	ID    uint64
	Value int64
	Error int32
	Flags uint32
}

const goOn = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE

// listen answers until the program has ended.
func (f *fence) listen(listener int) {
	var waiting sync.WaitGroup
	defer func() {
		waiting.Wait()
		_ = unix.Close(listener)
	}()
	for {
		ready := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if ready[0].Revents&unix.POLLIN == 0 {
			if ready[0].Revents != 0 {
				return // nobody is left who could ask
			}
			continue
		}
		var n notification
		if err := control(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)); err != nil {
			continue // whoever asked is gone
		}
		v := f.decide(n)
		if v.delay == 0 {
			answer(listener, n, v)
			continue
		}
		waiting.Go(func() {
			time.Sleep(v.delay)
			answer(listener, n, v)
		})
	}
}

func answer(listener int, n notification, v verdict) {
	r := response{ID: n.ID, Flags: goOn}
	if v.errno != 0 {
		r.Flags, r.Error = 0, -int32(v.errno)
	}
	_ = control(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r)) // whoever asked may be gone
}

func control(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, failed := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); failed != 0 {
		return failed
	}
	return nil
}

func (f *fence) decide(n notification) verdict {
	f.mu.Lock()
	rule := f.rule
	f.mu.Unlock()
	if rule == nil {
		return verdict{}
	}
	call, concerns := n.diskCall()
	if !concerns {
		return verdict{}
	}
	return rule(call)
}

// diskCall reads what the call is about; concerns is false for what is no file,
// or is not changed.
func (n notification) diskCall() (call diskCall, concerns bool) {
	switch n.Call {
	case unix.SYS_OPENAT:
		return n.opening(n.Args[1], n.Args[2])
	case 2: // open, on machines that have it; elsewhere the filter does not ask
		return n.opening(n.Args[0], n.Args[1])
	case unix.SYS_MKDIRAT:
		return diskCall{path: n.text(n.Args[1])}, true
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.PID, int32(n.Args[0])))
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/dev/") {
		return call, false
	}
	call.path = strings.TrimSuffix(path, " (deleted)")
	switch n.Call {
	case unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		call.sync = true
	case unix.SYS_WRITE:
		call.grows = true // programs write on at the end only
	case unix.SYS_PWRITE64:
		call.grows = int64(n.Args[3]+n.Args[2]) > size(path)
	case unix.SYS_FTRUNCATE:
		call.grows = int64(n.Args[1]) > size(path)
	case unix.SYS_FALLOCATE:
		call.grows = true
	}
	return call, true
}

func (n notification) opening(name, flags uint64) (diskCall, bool) {
	changes := flags&(unix.O_WRONLY|unix.O_RDWR|unix.O_CREAT) != 0
	if !changes {
		return diskCall{}, false
	}
	return diskCall{path: n.text(name)}, true
}

// text reads a text out of the memory of who asks.
func (n notification) text(at uint64) string {
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", n.PID))
	if err != nil {
		return ""
	}
	defer func() { _ = mem.Close() }()
	room := make([]byte, 512)
	count, _ := mem.ReadAt(room, int64(at)) // the page after it may be nobody's
	text, _, _ := strings.Cut(string(room[:count]), "\x00")
	return text
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// within reports whether the call is about something in one of the folders;
// none means everywhere.
func (c diskCall) within(folders []string) bool {
	for _, folder := range folders {
		if strings.HasPrefix(c.path, folder+"/") || c.path == folder {
			return true
		}
	}
	return len(folders) == 0
}

func (f *fence) set(rule func(diskCall) verdict) {
	f.mu.Lock()
	f.rule = rule
	f.mu.Unlock()
	f.enforce()
}

// full leaves the folders no more room.
func (f *fence) full(folders ...string) {
	f.set(func(c diskCall) verdict {
		if c.grows && c.within(folders) {
			return verdict{errno: syscall.ENOSPC}
		}
		return verdict{}
	})
}

// readOnly lets nothing in the folders be changed.
func (f *fence) readOnly(folders ...string) {
	f.set(func(c diskCall) verdict {
		if !c.sync && c.within(folders) {
			return verdict{errno: syscall.EROFS}
		}
		return verdict{}
	})
}

// slow lets each "keep it" take that long in the folders. The stand-in cannot.
func (f *fence) slow(delay time.Duration, folders ...string) {
	if f.limited {
		return
	}
	f.set(func(c diskCall) verdict {
		if c.sync && c.within(folders) {
			return verdict{delay: delay}
		}
		return verdict{}
	})
}

// well lets the disk be as it is.
func (f *fence) well() { f.set(nil) }

// enforce lets the stand-in follow the rule.
func (f *fence) enforce() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.limited || f.pid == 0 {
		return
	}
	var limit unix.Rlimit
	if err := unix.Prlimit(f.pid, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		return // it has ended
	}
	limit.Cur = limit.Max
	if f.rule != nil {
		limit.Cur = 0
	}
	if err := unix.Prlimit(f.pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		f.t.Errorf("limit the file size of process %s: %v", strconv.Itoa(f.pid), err)
	}
}
