// Package store keeps every version of everything for ever, in an object bucket.
//
// A [Bucket] holds these kinds of objects, and none is ever changed:
//
//	blobs/sha256/<hex>                      bytes under their own SHA-256
//	releases/<name>/<time>-<environment>-<action>-<version>-<id>-<phase>.json
//	                                        who did what to a version, and why
//	evals/sha256/<blob hex>/<suite hex>/<receipt hex>.json
//	                                        evaluations, under their own SHA-256
//	recorded/<request hex>.json             answers of models; may expire
//	pr/<number>/recorded/<request hex>.json the same, from runs of a pull request
//	pr/0/doctor/<id>.json                   what TryWrite wrote; may expire
//	leases/<environment>/<number>.json      who may write to an environment, and
//	leases/<environment>/<number>.done      that they are done; may expire
//	tombstones/sha256/<hex>.json            a blob that was purged and stays away
//	attestations/sha256/<blob hex>/<key id>.json
//	                                        signatures of others; a purge deletes them
//
// There is no index and no pointer to a newest version: what is current is said
// elsewhere (in flags), by digest. So nothing in a bucket can be stale, a cache
// may keep a blob as long as it likes, and writers of one bucket need no lock.
//
// # Blobs
//
// [Bucket.Put] names bytes by their digest, sha256:<64 lower-case hex digits>,
// and writes them if that name is free. That it was taken is success. [Bucket.Get]
// returns bytes only after they hashed to the digest that was asked for, and
// reads at most [MaxBlob]. This holds for every backend, because it is not theirs
// to do.
//
// A blob that is missing now ([ErrNotFound]) may be there in a second, and a
// service without the right to list gets a refusal from S3 for a missing key
// (fs.ErrPermission): both are worth a retry, neither is proof. [ErrCorrupt] is
// final until somebody removes the object by hand: Put does not overwrite it.
//
// Blobs are JSON (application/json) with Cache-Control public,
// max-age=31536000, immutable, so any CDN may stand in front.
//
// # Records
//
// An operation writes a [Record] of phase [Intent] before it changes anything,
// and the same with phase [Done] after, under one ID. Keys begin with the time
// at fixed width, so they sort by age, and they carry environment, action and
// version, so [Bucket.RecordKeys] answers most questions with one listing.
//
// # Leases
//
// What is said elsewhere, in flags, wants one writer at a time. [Bucket.AcquireLease]
// makes this process the one of an environment: it creates the object with the
// next number, which one of many can. The newest number decides. It expires two
// minutes after it was written, so that a writer that was killed is in the way for
// two and a half; it is renewed by the next number, and given back by an object
// beside it. Numbers count down, so the newest is the first line of a listing and
// nobody minds the old ones.
//
// Safety does not rest on clocks. Whoever wrongly loses a lease, to a clock that
// is wrong or to an emergency, finds a newer number when asking, by [Lease.Hold],
// before the next write.
//
// # Deleting
//
// Nothing here deletes but [Bucket.Purge], for a version that must not exist (a
// leaked secret), and [Bucket.Remove], for what nobody needs any more. Both need
// a backend that is a [Deleter], and credentials that may delete, which neither
// a service nor the publisher should have. A purged blob leaves a [Tombstone];
// whoever puts blobs asks [Bucket.Purged] first. Records and tombstones are never
// removed, and neither are receipts and signatures of what was not purged.
//
// # Backends
//
// [Open] takes mem:// ([Mem]) and file:///abs/dir ([Dir]); package store/cloud
// takes s3://, gs:// and azblob:// too, and is the only one that links the SDKs.
// A driver of your own implements [Backend], passes the suite in store/storetest,
// and is used by [New].
//
// There are no timeouts in this package but those of [Bucket.Within], and of a lease
// that is given up. The context of a call is its deadline;
// the cloud drivers wait for as long as it lets them. A reader on a service's
// path wants two or three seconds.
//
// # Directories
//
// [Dir] writes a temporary file beside the target (.tmp-…), syncs it, hard-links
// it to its name, which fails if the name is taken, and syncs the directory. Where
// there are no hard links (FAT, some network shares) it renames under an exclusive
// claim file (.claim-…) instead. In both cases an object is whole from the moment
// it can be seen. A process that is killed leaves at most such a hidden file,
// which no listing shows; they can be deleted when no writer runs. A full or
// read-only disk is an error that names the key, and leaves nothing.
//
// Paths go through [os.Root]: no key and no symbolic link leads out of the
// directory. It need not exist before the first write, so a wrong path reads as
// an empty bucket; the error of Get then says that the directory is missing.
package store
