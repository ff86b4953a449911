// Package rollout decides what happens to one prompt in one environment: the
// publish rules for a version that git wants there, and the commands with
// which people dial, promote, kill and roll back. Everything here is a
// function of what is there; package plan carries it out.
//
// S is the stable version, C the candidate and H the head, the version in the
// tree:
//
//	no flag yet                   S := H at 100 %, switched on
//	H = S                         C goes away: git revert of a canary is its rollback
//	H = C, active                 nothing: the dial belongs to people
//	H = C, disabled               held: somebody rejected this version
//	H rejected, or deleted by
//	hand, according to records    held
//	H was stable here before,
//	not rejected since            restore: S := H at once, what it replaces is held
//	otherwise                     H becomes the candidate; a C that was at
//	                              100 % becomes S first
//
// A candidate at 100 % whose stable strategy somebody deleted counts as stable.
// That a version is rejected, replaced or folded holds from the intent record
// on, so that a run that died does not undo it.
//
// An environment that a person switched off stays off. Strategies of people
// are never touched.
package rollout
