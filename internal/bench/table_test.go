//go:build unix

package bench

import (
	"context"
	"fmt"
	"slices"

	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
)

// engine is one evaluation engine of the flag source, and what a call may cost on it.
type engine struct {
	name    string
	allocs  float64 // of an ObjectValue: hit, targeting key and two attributes
	bytes   float64
	options func() unleashflags.Options // what selects it
}

// engines has one line for each engine.
func engines() []engine {
	return []engine{
		{"v4", 30, 3400, func() unleashflags.Options { return unleashflags.Options{} }},
		{"v6", 22, 3400, func() unleashflags.Options { return unleashflags.Options{Engine: unleashv6.Engine{}} }},
	}
}

// figures is all that make bench prints, with the goals of the project.
func figures() []Figure {
	var out []Figure
	for _, e := range engines() {
		out = append(out,
			Figure{"object_value_allocs_" + e.name, "allocs/op", e.allocs},
			Figure{"object_value_bytes_" + e.name, "B/op", e.bytes},
			Figure{"object_value_cpu_" + e.name, "x floor", 1.35},
			Figure{"object_value_cpu_" + e.name + Stretch, "x floor", 1.25},
			Figure{"object_value_cpu_" + e.name + "_context_per_call", "x floor", 0},
			Figure{"object_value_cpu_" + e.name + "_small_heap", "x floor", 0},
			Figure{"object_value_cpu_ns_" + e.name, "ns/op", 0},
			Figure{"object_value_cpu_parallel_" + e.name, "x floor", 1.35},
			Figure{"growth_cpu_1000_" + e.name, "x 10 prompts", 1.1},
			Figure{"growth_cpu_10000_" + e.name, "x 10 prompts", 1.1},
			Figure{"growth_cpu_3_of_10000_" + e.name, "x 10 prompts", 1.1},
			Figure{"growth_cpu_10000_all_in_turn_" + e.name, "x 10 prompts", 0},
		)
	}
	for _, n := range []int{20, 50, 100, 200} {
		goal := 0.0
		if n == 100 {
			goal = 5
		}
		for _, kind := range []string{"pass_worse", "fail_equal"} {
			name := fmt.Sprintf("eval_false_%s_%d", kind, n)
			out = append(out, Figure{name, "%", goal}, Figure{name + "_naive_bootstrap", "%", 0})
		}
	}
	return slices.Concat(out, []Figure{
		{"eval_1000_time", "x ideal", 1 / 0.9},
		{"eval_replay_1000", "s", 2},
		{"eval_100000_peak", "MB", 300},
		{"eval_statistics_10000", "s", 1},
		{"check_10000", "s", 3},
		{"check_10000_cpu", "s", 0},
		{"check_10000_peak", "MB", 400},
		{"check_growth", "x 1000 prompts", 11},
		{"check_one", "ms", 50},
		{"publish_first_1000", "s", 0},
		{"plan_nothing_1000", "s", 5},
		{"publish_nothing_1000", "s", 5},
		{"publish_nothing_1000_unleash", "requests", 1},
		{"publish_nothing_1000_bucket", "requests", noBlobs},
		{"publish_blobs_10000", "s", 0},
		{"publish_blobs_10000_rclone", "s", 0},
		{"publish_blobs_10000_ratio", "x rclone", 0.5},
		{"render_3_messages", "x library", 2},
		{"render_3_messages_ns", "ns/op", 0},
		{"memory_10000", "x raw", 2.5},
		{"memory_10000_live", "x raw", 0},
		{"memory_10000_rendered", "x raw", 0},
		{"memory_10000_decoded_only", "x raw", 0},
		{"used_3_of_10000_heap", "MB", 0},
		{"used_3_of_10000_blobs", "blobs", 4}, // one of the three has a candidate
		{"used_3_of_10000_feed_change_cpu", "ms", 0},
		{"ready_bucket_1000", "ms", 1500},
		{"ready_disk_1000", "ms", 150},
		{"ready_disk_1000_blobs", "blobs", noBlobs},
		{"ready_dead_1000", "ms", 350},
		{"ready_hung_1000", "ms", 350},
		{"propagation_p99_500ms", "ms", 500 + 1000 + 100},
		{"propagation_median_500ms", "ms", 0},
		{"propagation_p99_3s", "ms", 3000 + 1000 + 100},
		{"propagation_median_3s", "ms", 0},
		{"polls_per_interval", "requests", 1},
		{"polls_not_modified_per_interval", "304", 0},
		{"polls_body_per_change", "200", 0},
	})
}

// noBlobs is the goal of a count that must be zero: a goal of 0 is none.
const noBlobs = 0.5

// suite prints some of the figures.
type suite struct {
	name string
	run  func(ctx context.Context, r *Report) error
}

// suites is everything, in this order: check first, which starts processes and
// must be small itself; memory while the heap holds nothing else; costs before
// what starts other work.
func suites() []suite {
	out := []suite{{"check", check}, {"evaluation", evaluation}, {"verdicts", verdicts}, {"memory", memory}, {"render", render}}
	for _, e := range engines() {
		out = append(out,
			suite{"call " + e.name, func(ctx context.Context, r *Report) error { return call(ctx, r, e) }},
			suite{"growth " + e.name, func(ctx context.Context, r *Report) error { return growth(ctx, r, e) }},
		)
	}
	return append(out,
		suite{"ready bucket", readyBucket},
		suite{"ready disk", readyDisk},
		suite{"propagation", propagation},
		suite{"publish nothing", publishNothing},
		suite{"publish blobs", publishBlobs},
	)
}
