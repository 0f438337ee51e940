package register

// Row is an entry as it lies in the store, for who checks the register: one that
// is damaged is told of instead of being an error.
type Row struct {
	// Seq is the number by which the store finds it.
	Seq   int64
	Entry Entry
	// Branch is what it added to the tree; none for an entry of an older program.
	Branch []Hash
	// Fault says what is wrong with the row itself, "" for nothing; then Entry is
	// what could be read of it. It holds no personal data.
	Fault string
}
