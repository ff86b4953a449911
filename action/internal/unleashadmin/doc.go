// Package unleashadmin reads and writes prompt flags through the Admin API of
// an Unleash server, one project and one environment per Client.
//
// It never sends a PUT: the server would take it as the whole truth and erase
// what it does not mention. A strategy is added, patched in single members or
// deleted. Requests that can be repeated without harm are, a few times and
// with growing pauses; a POST whose answer was lost is not, the flag is read
// again instead. Errors are one sentence that says what to do; tokens are
// never part of them.
//
// The server has no conditional writes that hold under concurrency, so the
// caller reads back what it wrote.
package unleashadmin
