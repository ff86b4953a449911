// Package unleashadmin reads and writes prompt flags through the Admin API of
// an Unleash server, one project and one environment per [Client].
//
// # What is sent
//
//	Export     POST features-batch/export         all flags at once, no order
//	Read       GET  projects/P/features/F         one flag in evaluation order
//	Create     POST projects/P/features           and its tag
//	Add        POST …/environments/E/strategies
//	Patch      PATCH …/strategies/ID              json-patch with a test operation
//	Reorder    POST …/strategies/set-sort-order
//	Delete     DELETE …/strategies/ID
//	Switch     POST …/environments/E/on, /off
//	Link       POST …/features/F/link
//	Exposures  GET  client-metrics/features/F/raw
//	Ping       GET  projects/P/overview
//
// It never sends a PUT: the server would take it as the whole truth and erase
// what it does not mention. The environment of a flag goes OFF by itself when
// its last enabled strategy is deleted or disabled, and going ON without an
// enabled strategy adds one that serves everybody nothing: add before you
// delete and before you switch.
//
// # What the server does not check
//
// A strategy id is enough for it: PATCH and DELETE reach a strategy through
// the URL of another environment, Unleash 7 reorders ids that it does not find
// without a word, and strategies can be added to archived flags. Ids must come
// from [Client.Read] of the same Client. The test operation of a patch guards
// against a stale read, not against a write at the same moment: run one writer
// at a time and read back.
//
// # What is repeated
//
// GET, PATCH, DELETE and those POSTs that say how something is to be (export,
// switch, order, tag) are repeated up to three times after transport errors,
// 429, 502, 503 and 504, with growing, random pauses; a Retry-After is obeyed
// up to ten seconds. A POST that makes something is repeated by itself only if
// it surely did not arrive. If its answer is lost the flag is read again, three
// times with growing pauses: what was made is taken, else it is an error, and the
// next run goes on from what is there. Context deadlines bound all of it.
//
// # Errors
//
// An [Error] says what was being done, what the server said, and in one
// sentence what to do. Those that callers branch on wrap flags.ErrNotFound,
// flags.ErrArchived, flags.ErrOtherProject or flags.ErrConflict. Tokens are
// never part of an error, even if a server repeats one.
package unleashadmin
