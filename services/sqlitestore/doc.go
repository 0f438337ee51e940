// Package sqlitestore keeps everything in one SQLite file in the data folder:
// the default, and good enough to be one practice's production for years.
//
// One goroutine writes. It gathers the writes that wait and commits them
// together (WAL, synchronous=FULL), each in a savepoint of its own, so that one
// that fails takes no other with it; a caller returns when its write is on the
// disk. Readers have connections of their own and never wait for the writer.
//
// An update reads, changes and seals outside the writer, and writes under the
// version it read. Queries that the engine would plan wrongly, because it cannot
// know how long a list given as JSON is, name their index. Within the process updates of one aggregate wait for each
// other; another process cannot open the folder.
package sqlitestore
