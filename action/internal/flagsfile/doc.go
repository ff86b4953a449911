// Package flagsfile writes the embedded flags document: one JSON file per
// environment that stands for a flag server where there is none (a demo, a
// laptop, tests of a service, a site without network).
//
//	flags/
//	  production.json          the document, whole at every moment
//	  production.json.lock     who writes; empty, never deleted
//	  production.json.tmp      only while somebody writes, or after a crash
//
// The document keeps what the Admin API of a server keeps: every flag with its
// switch and its strategies, with id, title, order and disabled ones. Package
// provider/unleashflags makes of it the feed that a server would send. The two
// packages share the format and fixture files, no code.
//
// # Same answers as a server
//
// [File] has the methods of the Admin API writer, and follows Unleash 7.6 where
// it shows: disabling or deleting the last enabled strategy switches the
// environment OFF and enabling one again does not switch it ON; switching ON
// without an enabled strategy adds one that gives everybody no variant; equal
// sort orders are settled by id; missing parameters are filled in and weights
// add up to 1000. Ids are ULIDs, and a new id is above all ids in the document,
// so they tell which strategy is younger even when clocks differ.
//
// A server measures how often variants are served and nobody does so here:
// [File.Exposures] knows nothing, which is not zero.
//
// # Several writers, readers and crashes
//
// A change is read, decide, write under an exclusive lock on the lock file. The
// kernel gives the lock back when its process dies, so there is nothing to
// clean up. The new document is written beside the old one, synced and renamed
// over it. Readers take no lock. Every change adds 1 to the revision; what
// changes nothing writes nothing. A process waits for the lock for at most half
// a minute, or for as long as its context lives.
//
// The lock is advisory: an editor does not know it. Edit the document by hand
// when no writer runs.
//
// # Broken documents
//
// A document that is not JSON, has members that this version does not know, has
// one twice, or is above 32 MiB is an error at file:line:col and is never
// written over: whatever it holds may be the only copy. A document that does not
// exist is an environment without flags; the first change makes it.
//
// Every read reads the whole document, others may have written; every change
// writes it. A [File] keeps the bytes that it last read or wrote, decodes only
// others, and encodes only the flags that a change touched. With a thousand flags
// a change takes hundredths of a second, the first one of a process a tenth. A
// team with thousands of prompts wants a server.
package flagsfile
