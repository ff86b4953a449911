package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Options of Run.
type Options struct {
	// Dir is where the copy of the repository goes; it must not exist, or be
	// one that an earlier demonstration made.
	Dir string
	// Files is the example repository.
	Files fs.FS
	// Bucket and Unleash replace the embedded default of the example.
	Bucket, Unleash string
	// Command runs promptflag with these arguments in Dir.
	Command func(ctx context.Context, args ...string) error
	// Split tells which version and role each user has now.
	Split func(ctx context.Context, dir, prompt, environment string, users int) ([]Answer, error)
	// Bars draws answers.
	Bars func(io.Writer, []Answer) error
	Out  io.Writer
}

// Answer is what one user gets.
type Answer struct{ User, Version, Role, Reason string }

// demo is one run of the story.
type demo struct {
	Options
	versions []string        // in the order they appeared
	had      map[string]bool // users who had the second version
}

// marker tells a folder of ours from one that must not be overwritten.
const marker = ".promptflag-demo"

// Run tells the story. It returns an error as soon as a command fails or users
// get something else than announced.
func Run(ctx context.Context, o Options) error {
	d := &demo{Options: o, had: map[string]bool{}}
	if err := d.copyFiles(); err != nil {
		return err
	}
	d.commit(ctx, "first three prompts")
	if err := d.story(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "\nEvery count was as announced. The repository is in %s: go on there.\n", d.Dir)
	return nil
}

// copyFiles lays out the repository in an empty folder.
func (d *demo) copyFiles() error {
	if _, err := os.Stat(d.Dir); err == nil {
		if _, err := os.Stat(filepath.Join(d.Dir, marker)); err != nil {
			return fmt.Errorf("%s exists and is not from an earlier demonstration: name another folder", d.Dir)
		}
		if err := os.RemoveAll(d.Dir); err != nil {
			return err
		}
	}
	if err := os.CopyFS(d.Dir, d.Files); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.Dir, marker), nil, 0o644); err != nil {
		return err
	}
	return d.useServers()
}

// useServers writes real servers into promptflag.toml.
func (d *demo) useServers() error {
	for old, url := range map[string]string{"file://.promptflag/bucket": d.Bucket, "file://.promptflag/flags": d.Unleash} {
		if url == "" {
			continue
		}
		if err := d.edit("promptflag.toml", old, url); err != nil {
			return err
		}
	}
	return nil
}

// edit replaces one piece of text in a file of the repository.
func (d *demo) edit(file, old, new string) error {
	path := filepath.Join(d.Dir, filepath.FromSlash(file))
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if strings.Count(string(data), old) != 1 {
		return fmt.Errorf("%s: %q is not there exactly once", file, old)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o644)
}

// change edits the prompt, as a merged pull request would have.
func (d *demo) change(ctx context.Context) error {
	const (
		file = "prompts/support/triage.toml"
		old  = "If you are not sure, look the\nproblem up in the knowledge base first."
		new  = "Look the problem up in the knowledge\nbase first. Refunds are always billing, urgency 3 or more."
	)
	d.say("Somebody improves " + file + ":")
	if err := d.edit(file, old, new); err != nil {
		return err
	}
	for _, line := range strings.Split(old, "\n") {
		fmt.Fprintln(d.Out, "  - "+line)
	}
	for _, line := range strings.Split(new, "\n") {
		fmt.Fprintln(d.Out, "  + "+line)
	}
	d.commit(ctx, "triage: refunds are billing")
	return nil
}

// commit makes the copy a git repository, so that titles and records carry a
// commit. Without git they stay without.
func (d *demo) commit(ctx context.Context, message string) {
	commands := [][]string{
		{"init", "-q", "-b", "main"},
		{"config", "user.name", "Ada"},
		{"config", "user.email", "ada@promptflag.invalid"},
		{"add", "-A"},
		{"-c", "commit.gpgsign=false", "commit", "-q", "-m", message},
	}
	for _, args := range commands {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = d.Dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1")
		if cmd.Run() != nil {
			return
		}
	}
}

func (d *demo) say(text string) { fmt.Fprintf(d.Out, "\n# %s\n", text) }

// run prints a command and runs it.
func (d *demo) run(ctx context.Context, args ...string) error {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if strings.ContainsAny(a, " ") {
			quoted[i] = "\"" + a + "\""
		}
	}
	fmt.Fprintf(d.Out, "$ promptflag %s\n", strings.Join(quoted, " "))
	return d.Command(ctx, args...)
}

// patience is how long a change may take to reach clients: a real flag server
// makes its feed anew once a second.
const patience = 15 * time.Second

// expect shows what users get and compares it with what was announced.
func (d *demo) expect(ctx context.Context, text string, w want) error {
	deadline := time.Now().Add(patience)
	for {
		answers, err := d.Split(ctx, d.Dir, prompt, environment, users)
		if err != nil {
			return err
		}
		problem := d.compare(answers, w)
		if problem != nil && time.Now().Before(deadline) && ctx.Err() == nil {
			wait(ctx, 200*time.Millisecond)
			continue
		}
		fmt.Fprintf(d.Out, "\n$ promptflag split %s -e %s          # %s\n", prompt, environment, text)
		if err := d.Bars(d.Out, answers); err != nil {
			return err
		}
		return problem
	}
}

func wait(ctx context.Context, t time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(t):
	}
}

// compare counts the versions. The first two that appear are the story's
// first and second version.
func (d *demo) compare(answers []Answer, w want) error {
	counts, has := map[string]int{}, map[string]bool{}
	for _, a := range answers {
		counts[a.Version]++
	}
	for v := range counts {
		if !contains(d.versions, v) && len(d.versions) < 2 {
			d.versions = append(d.versions, v)
		}
	}
	first, second := d.version(0), d.version(1)
	if counts[first] != w.first || counts[second] != w.second {
		return fmt.Errorf("expected %v, but counted %d and %d", w, counts[first], counts[second])
	}
	for _, a := range answers {
		has[a.User] = a.Version == second && second != ""
	}
	if w.grows {
		for user, had := range d.had {
			if had && !has[user] {
				return errors.New("a user lost the second version although it was dialled up")
			}
		}
	}
	d.had = has
	return nil
}

func (d *demo) version(i int) string {
	if i < len(d.versions) {
		return d.versions[i]
	}
	return ""
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
