// Package cli is the command line of promptflag, which is also what the GitHub
// Action runs. It reads flags and environment, opens configuration, prompts,
// bucket and flag server, calls the package of the job, prints what came of it
// and turns it into an exit code:
//
//	0  done, or left to the head of the branch
//	1  a finding or a rule said no; nothing was published for it
//	2  wrong usage or configuration
//	3  a service failed: flag server, bucket, GitHub; running again converges
//	4  could not tell; what depends on it was not done
//
// It is the only package that knows all the others.
package cli
