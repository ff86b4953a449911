// Package gc finds what nobody needs any more in a bucket, and deletes it when
// asked to.
//
//	blobs      that no flag of any environment names, ON or OFF, enabled or not;
//	           that are none of the newest versions of a prompt; that no record of
//	           the time to keep is about, and no operation that did not finish
//	recorded   answers of models, past the time to keep
//	pr         what runs of pull requests wrote, past the time to keep
//	leases     that are over for a day, but never the newest of an environment
//
// Release records, receipts, signatures and tombstones are never touched, and
// neither is what was written in the last 24 hours: a publish stores a version
// some time before a record or a flag names it.
//
// It sees the flags of the environments that it is given. A bucket that others
// share is cleaned up by whoever knows all of their flags.
package gc
