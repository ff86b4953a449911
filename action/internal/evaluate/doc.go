// Package evaluate runs the suite of a prompt of a repository: it says which live
// versions it is compared with, calls the endpoints of promptflag.toml or reads
// records, and keeps the answers of an unfinished run in a journal.
package evaluate
