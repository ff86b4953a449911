// Package evalkit runs the suite of a prompt against a new version and against
// the versions that production serves, and says pass, fail or inconclusive.
//
// # A run
//
// Run takes a Plan: a suite (package suite), the new version, its baselines, and
// perhaps other models. Each of them is an arm: a version under a model. Every arm
// is asked every case, as often as the suite repeats it; one answer is a Sample.
// Services give the models, the prices and the budget; results are written as Lines
// while they come, and a Report says what they mean. Nothing is called but through
// Services, so package llm can answer from records and call for the rest. Check
// finds cases that a version cannot be rendered with before anything is paid for.
//
// # Samples and cases
//
// A sample passes when all its assertions with a weight above 0 pass or, where the
// case has a threshold, when their weighted mean reaches it. Weight 0 measures and
// decides nothing, with all that is inside of a set. A sample that could not be
// asked or checked is an error: neither pass nor fail. The value of a case is the
// mean of its samples, never the best of them; a case with one error has none.
// Where a case counts as one or the other, for regressions and flips, it passes
// when more than half of its samples do.
//
// # Gates
//
// Without a gate, every case has to pass. There are two kinds of rules:
//
//   - about these cases: min, max_regressions, latency_p95_ms, cost_per_call and
//     cost_increase hold for what was observed, or do not;
//   - about what is likely: min_lower passes when the confidence interval of the
//     mean lies above the limit; margin when that of the paired difference to a
//     baseline lies above −margin. They fail when the interval lies below the
//     limit, or below 0, and are inconclusive otherwise.
//
// A margin fails only after Holm's correction over all comparisons of the run: many
// metrics must not fail an equal version by chance. To pass, all rules must, which
// needs no correction. The intervals are those of stats.Compare for differences,
// Wilson's for cases that are 0 or 1, else t; none is narrower than what equal
// cases of that number leave open.
//
// # Three verdicts
//
// The verdict of a run is the worst of its rules: Fail, then Inconclusive, then
// Pass. Inconclusive means that nobody could tell, and is never taken for one of
// the others. Nothing passes while evidence is missing:
//
//   - a case without an answer, as when a model is not asked any more because it
//     refuses the key or failed 32 times in a row: a rule about it cannot pass, and
//     fails only when it would whatever the answer had been; when no rule is about
//     it, the run itself does not pass (rule "answers");
//   - a price, a token count or a time that is not known: never 0;
//   - a baseline that serves and cannot be read (Plan.Unknown): what the readable
//     ones say is not enough;
//   - no case that a rule is about;
//   - a run that was cancelled: it has no report. Who records answers loses none.
//
// The table of faults and verdicts is testdata/faults.md. A version that no other
// is compared with because production serves none passes rules about baselines.
//
// # Further samples
//
// With max_repeat above repeat, undecided rules ask again: all cases that they are
// about, of all arms that they compare, one sample at a time, until every rule has
// decided, one has failed or an answer is missing. To ask only the cases that
// differ would draw the difference to zero. Each look at the data gets its share of
// the error (stats.LookConfidence), so looking often makes no verdict easier.
//
// # Budget
//
// A Meter belongs between records and clients. It sets aside what a call may cost at
// most before it is made, so calls at the same time do not pass the budget together;
// what it refuses is an error of the case, like any other. An answer that was lost
// after it may have been paid for stays set aside. It also stops asking a model that
// cannot answer; what is recorded is read all the same.
//
// # Receipts and trust
//
// Report.Receipt is what is kept of a run beside the version: the hashes of what
// was asked (suite, cases, rules, judge, model, parameters), the gates with their
// numbers, and who ran it. The caller says how much it is worth: only what a run of
// the default branch says counts for others (Trusted). Deciding chooses the newest
// of those that pass or fail; Answers and Compares report whether it is about what
// is asked and served now.
//
// The same answers give the same report, in whatever order they come.
package evalkit
