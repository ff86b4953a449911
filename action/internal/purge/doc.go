// Package purge makes a version that must not exist any more go away: one with a
// leaked secret in it. It is the only thing that deletes what was published, and
// it leaves a tombstone that says who did it, when and why.
//
// No flag may name the version any more. Then, in this order, so that a run that
// died at any point can be repeated:
//
//	tombstone    in every bucket; from now on nobody publishes these bytes again
//	flags        the stable strategy of the prompt says it, and services forget it
//	recorded     answers of models to questions that hold the version's text
//	blob         with its receipts and signatures
//
// What it cannot reach it names: git, copies that others made, backups.
package purge
