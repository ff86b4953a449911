// Package policy says what is owed before a version may reach more users in an
// environment: approvals of the pull request that brought it, the word of a code
// owner of each file that it changed, and that no freeze is on.
//
// It only judges. The caller reads the settings and the code owners of the
// commit before the change, so that a change does not loosen the rules by which
// it is judged, and asks GitHub for the rest. What GitHub did not answer is a
// refusal that says so, and never a yes.
//
// Nothing here is asked by what takes a version back: rollback, off, dialling
// down, and the restore and withdraw of publish, which are a git revert.
package policy
