//go:build !linux

package main

// hush keeps memory out of files on Linux alone; elsewhere whoever runs the
// program sees to that.
func hush() error { return nil }
