// Package doctor looks whether everything that promptflag works with is there
// and lets it do its work: configuration, flag servers and their tokens,
// buckets, git, GitHub, clocks and the keys of models.
//
// A [Check] is a value: what was looked at, what was found, and what to do
// about it. The groups of checks run side by side, each within a time of its
// own, so that one service that is away hides nothing about the others. What
// could not be found out is CannotTell and never OK; what was not asked,
// because it would write or because there is no token to ask with, is a Warn
// that says how to ask.
//
// Nothing is written unless Input.Write is set: then one small object under
// pr/0/doctor/ of each bucket, one flag per environment that is made and
// deleted again, and one empty file beside embedded flags. Keys and tokens are
// looked at and never part of a Check.
package doctor
