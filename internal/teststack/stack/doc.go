// Package stack installs, starts and stops the servers of package teststack.
// It runs on Linux and macOS.
//
// Every server is a process group of its own, logging to a file in the
// stack's temporary folder. A guard, a second process of the same program,
// knows the groups and the folder; when it notices that its parent is gone,
// killed without a chance to clean up, it ends and removes what was left.
package stack
