//go:build !race

package casework_test

// patience is how much slower than usual a test may be.
const patience = 1
