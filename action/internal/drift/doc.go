// Package drift compares git, bucket and flags, object by object, and says what
// differs, what should be, and how to mend it.
//
// Each environment is read with one export of its flags; single flags are read
// when something about them is not as publish leaves it, or when their order
// counts. Of the bucket it reads the versions that flags name, the keys of the
// records of the prompts, and the tombstones.
//
// What could not be read is listed by itself, and is never "no drift". Repair
// mends what can be mended without anybody getting another version.
package drift
