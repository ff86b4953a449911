package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/action/internal/config"
	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// answer is what one user gets.
type answer struct {
	User    string `json:"user"`
	Version string `json:"version"`
	Role    string `json:"role,omitempty"`
	Reason  string `json:"reason"`
}

// startTimeout is how long a service would wait for its first feed.
const startTimeout = 20 * time.Second

// resolve asks for a prompt once per user, the way a service does: through
// OpenFeature, promptflag's provider and Unleash's own client.
func (s *session) resolve(ctx context.Context, env config.Environment, name string, users []string, attributes map[string]any) ([]answer, error) {
	if _, embedded := env.Embedded(); !embedded && s.clientToken(env) == "" {
		_, variable := s.namedToken("UNLEASH_CLIENT_TOKEN", env)
		return nil, usageError{fmt.Errorf("no client token: set %s to a backend token of project %s and environment %s, as services have", variable, env.Project, env.UnleashEnvironment)}
	}
	source, err := unleashflags.New(unleashflags.Options{
		URL: env.UnleashURL, Token: s.clientToken(env), Environment: env.UnleashEnvironment, Project: env.Project,
		AppName: "promptflag-split",
	})
	if err != nil {
		return nil, usageError{err}
	}
	bucket, err := s.bucket(ctx, env.Bucket)
	if err != nil {
		return nil, err
	}
	api := isolated.NewAPI()
	start, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	p := provider.New(source, bucket, &provider.Options{FlagPrefix: env.FlagPrefix, Prompts: []string{name}, NoCache: true})
	defer shutdown(p)
	if err := api.SetProviderAndWait(start, p); err != nil {
		return nil, fmt.Errorf("start the provider: %w", err)
	}
	client := api.NewClient()
	answers := make([]answer, len(users))
	for i, user := range users {
		d, err := client.ObjectValueDetails(ctx, env.Flag(name), nil, openfeature.NewEvaluationContext(user, attributes))
		if d.ErrorCode == openfeature.FlagNotFoundCode {
			return nil, refusal{hinted(fmt.Errorf("%s is not published in %s yet", name, env.Name), s.meantPrompt(name))}
		}
		if err != nil {
			return nil, fmt.Errorf("ask for %s: %w", name, err)
		}
		got, err := prompts.From(d.Value)
		if err != nil {
			return nil, fmt.Errorf("ask for %s: %w", name, err)
		}
		role, _ := d.FlagMetadata["promptRole"].(string)
		answers[i] = answer{User: user, Version: got.Version(), Role: role, Reason: string(d.Reason)}
	}
	return answers, nil
}

// shutdown sends the last exposures; it does not hold up a command for long.
func shutdown(p *provider.Provider) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	p.ShutdownWithContext(ctx)
}

// clientToken is the backend token of an environment.
func (s *session) clientToken(e config.Environment) string {
	return s.token("UNLEASH_CLIENT_TOKEN", e)
}
