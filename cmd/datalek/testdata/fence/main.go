//go:build linux

// Command fence starts a program whose calls to the disk another process
// decides about. Tests make a disk full, read-only or slow with it: no right
// that an ordinary process lacks is needed, and the program is the real one.
//
// File descriptor 3 is a socket on which the listener of the filter is handed
// over (seccomp_unotify(2)); the arguments are the program and its own.
package main

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "fence:", err)
		os.Exit(125)
	}
}

func run(args []string) error {
	runtime.LockOSThread() // the filter is this thread's, and goes on through exec
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("renounce new rights: %w", err)
	}
	listener, err := install(filter())
	if err != nil {
		return fmt.Errorf("install filter: %w", err)
	}
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("hand over listener: %w", err)
	}
	unix.CloseOnExec(3)
	unix.CloseOnExec(listener)
	return unix.Exec(args[0], args, os.Environ())
}

// filter asks about the calls that change a file, and lets all others pass.
func filter() []unix.SockFilter {
	calls := []uint32{unix.SYS_OPENAT, unix.SYS_MKDIRAT, unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC}
	if runtime.GOARCH == "amd64" {
		calls = append(calls, 2) // open, which newer machines do not have
	}
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the call's number
	for i, call := range calls {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jt: uint8(len(calls) - i)})
	}
	return append(program,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
}

func install(list []unix.SockFilter) (listener int, err error) {
	program := unix.SockFprog{Len: uint16(len(list)), Filter: &list[0]}
	fd, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	if failed != 0 {
		return 0, failed
	}
	return int(fd), nil
}
