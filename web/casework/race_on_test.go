//go:build race

package casework_test

// patience is how much slower than usual the race detector makes a test.
const patience = 10
