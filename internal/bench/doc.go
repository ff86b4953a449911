// Package bench measures what promptflag promises and prints it:
//
//	make bench
//
// One line a figure on standard output, name<TAB>value unit<TAB>goal<TAB>ok or
// short, and nothing else; progress goes to standard error. A goal of "-" means
// that the figure is there to be read. The command ends with 1 when a figure is
// short, with 2 when one could not be measured, else with 0. A figure whose
// name ends in _stretch is a wish: short is printed and does not count. (make
// itself ends with 2 whenever the command does not end with 0.)
//
// The harness is in this package, the figures are in its tests: they import
// what nothing else here may, the Unleash client as it is sold for example. The
// test binary prints them with -figures; go test alone tests the harness, and
// asserts the figures that are the same in every run (allocations, bytes,
// requests).
//
// # How costs are measured
//
// Costs are process CPU time (getrusage), not wall time: the machine may be
// shared. The subjects take turns in many short rounds of one run, in another
// order each round, so that what disturbs one disturbs the others. A ratio is
// taken inside each round; the figure is the median of the rounds' ratios.
//
// The ratio depends on the garbage collector more than on anything of ours. In
// an empty process that collects every 4 MB half of the time is the collector's,
// and ratios are those of the bytes allocated. Costs are therefore measured with
// 128 MB to allocate from one collection to the next, as a service has; the
// figure _small_heap is the same in an empty process.
//
// The floor is what no provider on Unleash can avoid: the client's GetVariant
// on the same feed (metrics off, one context reused) plus an ObjectValue of the
// OpenFeature SDK with a provider that returns a prompt and three metadata keys
// that it has already.
//
// Memory is the heap in use after a collection, less what was in use before,
// over the bytes of the artifacts: spans with the free room inside them. _live is
// the same for the objects alone, _rendered after every prompt was rendered once.
//
// check_10000 is a whole run of the program in a repository of 10,000 prompts
// that is written for it: wall time, CPU time and peak resident memory are those
// of its process (rusage). check_one is the package prompts alone, warm. On a
// machine that does other work too, look at the CPU time: on two cores the wall
// time is little more than half of it.
//
// publish_nothing_1000 and plan_nothing_1000 are whole runs of the program, its
// requests counted by proxies on the way; publish_blobs_10000 is what the first
// publish of 10,000 prompts does to the bucket, and its ratio the median of the
// rounds in which rclone took turns with it. Without rclone it is not measured.
//
// Durations (ready, propagation) are wall time, there is no other way to say
// them: medians for ready, the 99th percentile for propagation.
package bench
