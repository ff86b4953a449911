// Package lease takes the leases of package store for a command: it says who
// asks, how long to wait, and whether who has it has certainly ended.
//
// A run of a CI system that is repeated has ended before: the attempt with a
// higher number takes over at once. So does a command on the computer on which
// the holder ran, when that process is gone (Linux only: elsewhere nobody can
// tell for certain). For everybody else a killed process is in the way until its
// lease expires.
//
// Commands wait for five minutes. An emergency, which is a rollback, waits for
// some seconds and then takes over; and where the bucket does not give a lease,
// it goes on without.
package lease
