package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/promptflag/promptflag/action/example"
	"github.com/promptflag/promptflag/action/internal/demo"
)

type demoCmd struct {
	Dir     string `default:"promptflag-demo" help:"Folder for the copy of the example; made anew if an earlier demonstration left it."`
	Unleash string `placeholder:"URL" help:"A real Unleash server instead of the embedded flags. Needs UNLEASH_ADMIN_TOKEN and UNLEASH_CLIENT_TOKEN_PRODUCTION."`
	Bucket  string `placeholder:"URL" help:"A real bucket instead of a folder, such as s3://test?region=…"`
}

func (c demoCmd) Run(ctx context.Context, s *session) error {
	dir := s.path(c.Dir)
	return demo.Run(ctx, demo.Options{
		Dir: dir, Files: example.FS(), Bucket: c.Bucket, Unleash: c.Unleash, Out: s.Stdout,
		Command: func(ctx context.Context, args ...string) error {
			p := s.Process
			p.Dir, p.Stderr = dir, s.Stdout
			p.Getenv = func(key string) string { return s.demoEnv(dir, key) }
			if code := p.report(p.run(ctx, args, nil), nil); code != exitDone {
				return fmt.Errorf("the command ended with exit code %d", code)
			}
			return nil
		},
		Split: func(ctx context.Context, dir, prompt, environment string, users int) ([]demo.Answer, error) {
			return s.demoSplit(ctx, dir, prompt, environment, users)
		},
		Bars: func(w io.Writer, answers []demo.Answer) error {
			out := make([]answer, len(answers))
			for i, a := range answers {
				out[i] = answer(a)
			}
			return printSplit(w, out)
		},
	})
}

// demoEnv hides what would make the commands think that they run in a
// workflow, or in the checkout around the copy.
func (s *session) demoEnv(dir, key string) string {
	switch key {
	case "GITHUB_ACTIONS", "PROMPTFLAG_DIRECTORY":
		return ""
	case "GIT_CEILING_DIRECTORIES":
		return filepath.Dir(dir)
	}
	return s.Getenv(key)
}

func (s *session) demoSplit(ctx context.Context, dir, prompt, environment string, users int) ([]demo.Answer, error) {
	inner := &session{Process: s.Process, directory: dir}
	defer inner.close()
	cfg, err := inner.config()
	if err != nil {
		return nil, err
	}
	env, ok := cfg.Lookup(environment)
	if !ok {
		return nil, errors.New("the example has no environment " + environment)
	}
	answers, err := inner.resolve(ctx, env, prompt, userIDs(users), nil)
	if err != nil {
		return nil, err
	}
	out := make([]demo.Answer, len(answers))
	for i, a := range answers {
		out[i] = demo.Answer(a)
	}
	return out, nil
}
