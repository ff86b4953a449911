// Package retire archives the flag of a prompt that nobody needs any more: its
// file is gone, and no service asks for it.
//
// A flag server has one archive for a flag and all its environments, so every
// environment is asked first, and none is touched while a service still asks in
// one of them, unless somebody insists. Services that ask later get their last
// version for a day. Versions and records stay, and a person may revive the flag.
package retire
