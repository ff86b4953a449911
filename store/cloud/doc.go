// Package cloud opens buckets of Amazon S3 (and servers that speak its
// protocol), Google Cloud Storage and Azure Blob Storage for package store. It is
// the only package of promptflag that links their SDKs, through gocloud.dev/blob:
// a program that reads from a directory or a CDN does not import it.
//
// [Open] takes the URLs of gocloud.dev and everything store.Open takes:
//
//	s3://bucket?region=eu-west-1
//	s3://bucket?endpoint=https://minio.acme.dev&use_path_style=true&region=us-east-1
//	gs://bucket
//	azblob://container
//	mem://  file:///abs/dir
//
// ?prefix=team/ puts everything below a prefix. Credentials come from where the
// SDKs look for them (AWS_*, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_*,
// workload identity), never from the URL; each Open looks anew, without sending
// anything to the bucket. Errors name the key and hold no URL query, signature
// or account key.
//
// # What a cloud answers
//
// store.ErrNotFound is what the service calls a missing key. S3 says "access
// denied" instead to somebody who may read and not list: that is fs.ErrPermission,
// never ErrNotFound, as is every other refusal (gocloud.dev itself reports Google's
// refusals and an unknown Azure host as missing; this package does not). Both
// are worth a retry.
//
// Writes are conditional on the service's side (If-None-Match, generation 0). When
// S3 answers 409 ConditionalRequestConflict, because another writer is in the
// middle of the same key, the write is repeated until it can be told who won.
//
// # Deadlines
//
// No driver has a timeout: against a server that accepts and never answers, a
// call lasts until its context ends, and Google's SDK retries a refused connection
// until then too. Give every call a context with a deadline.
package cloud
