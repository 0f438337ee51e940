package main

import "os"

// standalone reports whether a test lets the MongoDB store use a server without
// a replica set. No production setting does: such a server ignores the write
// concerns that make an answer durable.
func standalone() bool { return os.Getenv("DATALEK_TEST_MONGODB_STANDALONE") == "1" }
