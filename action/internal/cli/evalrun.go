package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/action/internal/evaluate"
	"github.com/promptflag/promptflag/action/internal/live"
	"github.com/promptflag/promptflag/evalkit"
	"github.com/promptflag/promptflag/evalkit/llm"
	"github.com/promptflag/promptflag/evalkit/report"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/store"
)

// evaluator is the runner of a command. bucket is where answers are recorded
// beside the repository; nil means the repository alone.
func (s *session) evaluator(cfg *config.Config, mode evaluate.Mode, bucket *store.Bucket) (*evaluate.Runner, error) {
	root, err := s.openRoot()
	if err != nil {
		return nil, err
	}
	folder, err := llm.OpenDir(s.below(cfg.Recorded))
	if err != nil {
		return nil, usageError{err}
	}
	read, write := []llm.Records{folder}, llm.Records(folder)
	if bucket != nil {
		// What runs of the default branch recorded may be used by everybody; what
		// those of a pull request did, by them alone. Others write no record into a
		// bucket.
		read = append(read, evaluate.InBucket(bucket.Recorded()))
		if n := s.pullRequest(); n > 0 {
			read = append(read, evaluate.InBucket(bucket.RecordedBy(n)))
			write = evaluate.InBucket(bucket.RecordedBy(n))
		} else if s.trust(cfg.Branch) == evalkit.Trusted {
			write = evaluate.InBucket(bucket.Recorded())
		}
	}
	switch mode {
	case evaluate.Live, evaluate.Replay:
		write = nil
	case evaluate.Refresh:
		write = folder // a bucket replaces nothing
	}
	r := &evaluate.Runner{
		FS: root.FS(), Folder: cfg.Prompts, Title: "this change", Now: s.Now, Afresh: s.runner != nil,
		Answers: evaluate.NewAnswers(cfg.Evaluation, s.Getenv, mode, read, write),
	}
	r.Answers.Now = s.Now
	return r, nil
}

// trust is who could have made up what this run says. Events that run on the
// default branch for somebody else's change, such as pull_request_target and
// workflow_run, are not of the default branch.
func (s *session) trust(branch string) evalkit.Trust {
	if s.runner == nil {
		return evalkit.Local
	}
	event := s.Getenv("GITHUB_EVENT_NAME")
	switch {
	case strings.HasPrefix(event, "pull_request"):
		return evalkit.PullRequest
	case slices.Contains([]string{"push", "schedule", "workflow_dispatch"}, event) && s.Getenv("GITHUB_REF") == "refs/heads/"+branch:
		return evalkit.Trusted
	}
	return evalkit.Local
}

// pullRequest is the number of the one that this run is for, or 0.
func (s *session) pullRequest() int {
	if s.runner == nil || s.Getenv("GITHUB_EVENT_NAME") != "pull_request" {
		return 0
	}
	ref, ok := strings.CutPrefix(s.Getenv("GITHUB_REF"), "refs/pull/")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(ref, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// lookup says what a version is compared with, and why that is not known.
type lookup = func(head *prompts.Prompt) ([]evalkit.Version, string)

// baselines finds what prompts are compared with. done gives back what it opened.
func (s *session) baselines(ctx context.Context, cfg *config.Config, against string, names []string) (find lookup, done func(), err error) {
	done = func() {}
	var unknown error
	switch {
	case against == "none":
		return func(*prompts.Prompt) ([]evalkit.Version, string) { return nil, "--against none" }, done, nil
	case against == liveWord:
		return s.againstTraffic(ctx, cfg, names), done, nil
	case len(names) == 1 && versionDigits(against):
		p, err := s.anywhere(ctx, cfg, names[0], against)
		if no := (refusal{}); errors.As(err, &no) {
			unknown = err // commits have such names, too
			break
		}
		if err != nil {
			return nil, done, err
		}
		return func(head *prompts.Prompt) ([]evalkit.Version, string) {
			return other(head, evalkit.Version{Prompt: p, Title: "version " + p.Version(), Gates: true}), ""
		}, done, nil
	}
	a, done, err := s.against(ctx, cfg, against)
	if err != nil && unknown != nil {
		return nil, done, unknown
	}
	if err != nil {
		return nil, done, err
	}
	return func(head *prompts.Prompt) (list []evalkit.Version, unknown string) {
		for _, v := range a.Versions[head.Name()] {
			if v.Prompt == nil {
				return nil, v.Fault
			}
			list = append(list, other(head, evalkit.Version{Prompt: v.Prompt, Title: against, Gates: true})...)
		}
		return list, ""
	}, done, nil
}

// other is the version, unless it is the one that is evaluated.
func other(head *prompts.Prompt, v evalkit.Version) []evalkit.Version {
	if v.Prompt.Digest() == head.Digest() {
		return nil
	}
	return []evalkit.Version{v}
}

// againstTraffic compares the prompts with every version that has traffic. Servers
// and buckets are asked when the first comes.
func (s *session) againstTraffic(ctx context.Context, cfg *config.Config, names []string) lookup {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	read := sync.OnceValues(func() (map[string][]live.Version, error) {
		return s.liveVersions(ctx, cfg.Environments, func(name string) bool { return wanted[name] })
	})
	return func(head *prompts.Prompt) ([]evalkit.Version, string) {
		served, err := read()
		switch {
		case err != nil:
			return nil, notServed + err.Error()
		case !wanted[head.Name()]:
			return nil, head.Name() + " was not looked up"
		}
		return evaluate.Baselines(head.Digest(), served[head.Name()])
	}
}

// notServed is why there is nothing to compare with; rules that need it say so.
const notServed = "what production serves is not known: "

// versionDigits reports whether a text can only be the digits of a version, or a
// digest.
func versionDigits(s string) bool {
	s = strings.TrimPrefix(s, "sha256:")
	return len(s) >= minVersion && strings.Trim(s, "0123456789abcdef") == ""
}

// anywhere looks for a version in the buckets of all environments.
func (s *session) anywhere(ctx context.Context, cfg *config.Config, name, version string) (*prompts.Prompt, error) {
	var failed error
	for _, e := range cfg.Environments {
		b, err := s.bucket(ctx, e.Bucket)
		if err != nil {
			return nil, fmt.Errorf("environment %s: %w", e.Name, err)
		}
		p, err := fetch(ctx, b, name, version)
		if err == nil {
			return p, nil
		}
		failed = err
	}
	return nil, s.orMeant(failed, name)
}

// results opens the lines of a prompt.
func results(r *evaluate.Runner) report.Open {
	return func(prompt string) (io.ReadCloser, error) { return os.Open(r.ResultsFile(prompt)) }
}

// writeReports writes the results beside the lines.
func (s *session) writeReports(r *evaluate.Runner, reports []*evalkit.Report) error {
	open := results(r)
	dir, err := os.OpenRoot(r.Dir)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	defer dir.Close()
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"report.json", func(w io.Writer) error { return writeJSON(w, reports) }},
		{"junit.xml", func(w io.Writer) error { return report.JUnit(w, reports, open) }},
		{"report.md", func(w io.Writer) error {
			for _, one := range reports {
				if err := report.Markdown(w, one, open, nil); err != nil {
					return err
				}
			}
			return nil
		}},
		{"report.html", func(w io.Writer) error { return report.HTML(w, reports, open, nil) }},
	} {
		var b bytes.Buffer
		err := file.write(&b)
		if err == nil {
			err = replaceFile(dir, file.name, b.Bytes())
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(r.Dir, file.name), err)
		}
	}
	return nil
}

// sharedRecords is the bucket whose records runs in a workflow use; nil
// elsewhere, where those of the repository do.
func (s *session) sharedRecords(ctx context.Context, cfg *config.Config) *store.Bucket {
	if s.runner == nil || len(cfg.Environments) == 0 {
		return nil
	}
	b, err := s.bucket(ctx, cfg.Environments[0].Bucket)
	if err != nil {
		return nil
	}
	return b
}
