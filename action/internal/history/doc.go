// Package history tells what happened to prompts: who changed what, when and
// why, and who got which version at a moment that is past.
//
// There are two sources. The release records in the bucket are what promptflag
// did, with reason, commit, pull request and verdict. The event log of the flag
// server is what happened to the flag, whoever did it. A [Site] asks both, and
// [Join] puts them together: an event that a record explains belongs to its
// operation, every other is shown by itself.
//
// # What explains an event
//
// The same flag and environment, a time from two minutes before the operation
// (clocks differ) to two minutes after its end, and an effect that the operation
// had: a strategy for the version that it made stable or candidate, with the
// commit of the record in its promptflagId, the percentage that it set, the
// candidate that it disabled, the switch that it turned. An operation without an
// end explains events for half an hour. Who carries the token does not count:
// people and promptflag may share an account.
//
// # The past of a flag
//
// Events about a strategy carry it whole, before and after. [Walk] undoes them
// one by one from the flag as it is now, and does them again from the event that
// created it. Where both ways are open and do not meet, something changed the flag
// that the log does not know, and [Who] refuses to answer about that time. The
// server keeps events for ever unless somebody deletes them.
//
// The embedded flags document has no log. There the records alone speak, each
// with the state before and after; two neighbours that do not fit say that
// somebody wrote in between. Where operations ran at the same time, each explains
// what it changed, and nothing else.
package history
