// Package bar says how a change moves the rules that judge it: cases that are
// gone, checks that ask for less, gates and protection that are looser. A pull
// request that makes a prompt worse and its evaluation easier passes; people have
// to see that it does both.
//
// A change of which nobody can tell in which direction it goes, such as another
// judge or another expected answer, counts as one that loosens: somebody has to
// look at it.
package bar
