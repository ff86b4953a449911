// Package publish compares a tree of prompts with the flags of some
// environments and says, as a plan, what has to be done so that they agree.
//
// One request reads all flags of an environment. A flag that already serves
// the version in the tree is settled by that; of every other one, the flag is
// read by itself and, where the rules need it, its release records are listed.
// Package rollout holds the rules, package plan carries the plan out. Prepare
// writes nothing.
package publish
