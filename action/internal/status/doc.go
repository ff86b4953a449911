// Package status reads what is live: per prompt and environment the versions
// that callers get and at which share, since when and from which commit, how
// often they were served in the last hour or two, and what the environment's OFF
// switch would serve.
//
// What cannot be told is absent, never zero: a flag server that measures
// nothing has no exposures, and a version without a release record has no
// date.
package status
