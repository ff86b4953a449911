// Package faultmatrix holds tests only: what the provider answers, and which
// events it emits, under every fault of its flag server, its bucket, its disk and
// its flags, on a real Unleash and a real S3 server. Servers that hang or answer
// nonsense are real ones behind internal/faultproxy.
//
// Each row is a fault, each column a start: a process that was running before,
// and new ones with the last good state on disk, with a bundle, with nothing. A
// cell waits for the answers and events of its row, watches that no evaluation
// in between gave the caller's default while a valid copy was known, and then
// lifts the fault: two polls may pass until all is as the flags ask.
//
// The table is testdata/faults.md; UPDATE=1 writes it.
package faultmatrix
