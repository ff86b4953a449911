// Package demo tells the main story on a copy of the example repository:
// publish, a canary, dialling it up, killing it, retrying, promoting, OFF and
// rolling back. Every step is a command that it prints and that a person could
// type; after each it shows what a thousand users get, and it fails if they do
// not get exactly what was announced.
//
// Who is in the first N per cent follows from the name of the flag and the id
// of the user by the flag client's own hash, so the counts are the same on
// every machine and on every flag server.
package demo
