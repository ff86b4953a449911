// Package flags is the shape of a prompt flag on the flag server, as the
// action reads and writes it: one flag per prompt, and in each environment two
// ordered strategies of ours among any number of other people's.
//
//	order  title                          rollout  variant       payload
//	900    candidate 3f9a2c1b04de · why   5 %      3f9a2c1b04de  support.triage@sha256:3f9a…
//	1000   stable 77ab01c2d3e4 · why      100 %    77ab01c2d3e4  support.triage@sha256:77ab…
//
// The first strategy that matches a caller wins. Ours carry two extra
// parameters, which the server and its UI keep: promptflag is the role,
// promptflagId says for which flag, environment and commit the strategy was
// made. Titles are for people and are not in the feed that services read.
//
// The package holds values and rules only. Package unleashadmin and package
// flagsfile move these values to and from a real server and the embedded
// document; package plan decides.
package flags
