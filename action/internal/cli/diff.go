package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/prompts/compare"
)

type diffCmd struct {
	A           string   `arg:"" optional:"" default:"HEAD" help:"The old side: a file, a folder, a revision of git, NAME@VERSION, or \"live\"; default: HEAD."`
	B           string   `arg:"" optional:"" default:"." help:"The new side, in the same forms; default: the files here."`
	Prompt      []string `short:"p" placeholder:"NAME" help:"Only these prompts."`
	Environment string   `short:"e" placeholder:"NAME" env:"INPUT_ENVIRONMENT" help:"Where NAME@VERSION is looked up, if the environments have several buckets, and NAME@stable; the only one of \"live\"."`
	Format      string   `enum:"text,markdown,json" default:"text" help:"text, markdown, or json."`
	JSON        bool     `name:"json" help:"The same as --format json."`
	Color       string   `enum:"auto,always,never" default:"auto" help:"Colours in text: auto, always or never."`
	ExitCode    bool     `help:"Exit with 1 when there is a difference."`
}

// difference is one prompt on both sides.
type difference struct {
	Prompt string `json:"prompt"`
	From   string `json:"from,omitempty"` // which version of the old side, in words
	To     string `json:"to,omitempty"`
	compare.Changes
}

func (c diffCmd) Run(ctx context.Context, s *session) error {
	if c.JSON {
		c.Format = "json"
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	o := opener{session: s, ctx: ctx, cfg: cfg, environment: c.Environment}
	defer o.close()
	a, err := o.open(c.A)
	if err != nil {
		return err
	}
	b, err := o.open(c.B)
	if err != nil {
		return err
	}
	differences := pair(a, b, c.Prompt)
	faults := slices.Concat(a.faults, b.faults)
	if len(differences) > 0 || len(faults) == 0 || c.Format == "json" {
		if err := c.print(s.Stdout, s, differences, c.A, c.B); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		faults.Sort()
		return cannotTell{fmt.Errorf("not compared, because of findings:\n%w", faults)}
	}
	if c.ExitCode && len(differences) > 0 {
		return refusal{errPrinted}
	}
	return nil
}

// pair compares what both sides have by name. One prompt on each side is
// compared whatever the names are; several versions on one side, each.
func pair(a, b side, only []string) (out []difference) {
	if len(a.versions) == 1 && len(b.versions) == 1 && a.single && b.single {
		for name, from := range a.versions {
			for other, to := range b.versions {
				if name != other {
					return []difference{{other, from[0].where, to[0].where, compare.Diff(from[0].prompt, to[0].prompt)}}
				}
			}
		}
	}
	names := map[string]bool{}
	for _, s := range []side{a, b} {
		for name := range s.versions {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		// A side of one prompt says nothing about the others.
		if len(only) > 0 && !slices.Contains(only, name) || a.single && a.versions[name] == nil || b.single && b.versions[name] == nil {
			continue
		}
		for _, from := range orNone(a.versions[name]) {
			for _, to := range orNone(b.versions[name]) {
				if from.prompt != nil && to.prompt != nil && from.prompt.Digest() == to.prompt.Digest() || a.faulty(name) || b.faulty(name) {
					continue
				}
				out = append(out, difference{name, from.where, to.where, compare.Diff(from.prompt, to.prompt)})
			}
		}
	}
	return out
}

// orNone is one version that is not there, when there are none.
func orNone(versions []sideVersion) []sideVersion {
	if len(versions) == 0 {
		return []sideVersion{{}}
	}
	return versions
}

func (c diffCmd) print(w io.Writer, s *session, differences []difference, a, b string) error {
	if c.Format == "json" {
		return writeJSON(w, append([]difference{}, differences...))
	}
	if len(differences) == 0 {
		_, err := fmt.Fprintf(w, "no difference between %s and %s\n", a, b)
		return err
	}
	for i, d := range differences {
		if i > 0 {
			fmt.Fprintln(w)
		}
		var err error
		if c.Format == "markdown" {
			fmt.Fprintf(w, "### %s\n\n", d.Prompt)
			err = d.Markdown(w, nil)
		} else {
			fmt.Fprintf(w, "%s  %s\n", d.Prompt, sides(d))
			err = d.Text(w, &compare.TextOptions{Color: c.Color == "always" || c.Color == "auto" && s.isTerminal()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sides is "77ab01c2d3e4 (HEAD) → 3f9a2c1b04de (.)".
func sides(d difference) string {
	word := func(ref, where string) string {
		r, err := prompts.ParseRef(ref)
		if err != nil {
			return "–"
		}
		return fmt.Sprintf("%s (%s)", r.Version(), where)
	}
	return word(d.Old, d.From) + " → " + word(d.New, d.To)
}

// isTerminal says whether a person reads the output: not in CI, not in a file.
func (s *session) isTerminal() bool {
	f, ok := s.Stdout.(*os.File)
	if !ok || s.Getenv("NO_COLOR") != "" || s.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// side is one side of a comparison.
type side struct {
	versions map[string][]sideVersion
	folder   string           // of the definitions
	single   bool             // it is about one prompt, and silent about others
	faults   prompts.Findings // why some prompts are not there
}

type sideVersion struct {
	prompt *prompts.Prompt
	where  string
}

// faulty says whether a prompt is there and cannot be read.
func (s side) faulty(name string) bool {
	return slices.ContainsFunc(s.faults, func(f prompts.Finding) bool {
		return prompts.NameOf(s.folder, f.File, prompts.Extension) == name
	})
}

var errNoSide = errors.New("neither a file, a folder, a revision of git, NAME@VERSION nor \"live\"")
