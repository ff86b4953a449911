// Package plan holds what is going to be done to the flags and buckets of some
// environments, as values that can be printed before anything happens, and
// carries it out.
//
// An Item is one prompt in one environment: what is live now, what will be
// live, why, how many users move, and the Steps that lead there. Package
// publish makes items from a tree of prompts, package rollout from a command
// of a person. Neither writes; Apply does, in this order:
//
//	leases     the right to write, of each environment that has writes
//	blobs      every version that a flag will name, if no flag names it yet
//	intents    a record of what is about to be done, per version
//	flags      the steps of each item, after reading the flag once more
//	read back  the flag must now say what the item promised
//	dones      the same records again, as done
//	release    of the leases
//
// Apply may be killed anywhere. Preparing and applying again then ends in the
// state that an uninterrupted run would have reached, because every item is
// computed from what is there and because, inside one flag, what is new is
// added before what is old is deleted.
package plan
