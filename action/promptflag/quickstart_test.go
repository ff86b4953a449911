package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/otelprompt"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
	"github.com/promptflag/promptflag/store/cloud"
)

// The functions below are the README's quick start, letter by letter; see
// TestReadmeQuickStart.
var _ = []any{start, local, ask, turn, reply}

func start(ctx context.Context) (*openfeature.Client, error) {
	bucket, err := cloud.Open(ctx, "s3://acme-prompts?region=eu-west-1") // or store.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	flags, err := unleashflags.New(unleashflags.Options{
		URL:   "https://unleash.acme.dev",
		Token: os.Getenv("UNLEASH_CLIENT_TOKEN"), // a backend token of one environment
	})
	if err != nil {
		return nil, err
	}
	err = openfeature.SetProviderAndWait(provider.New(flags, bucket, nil))
	return openfeature.NewDefaultClient(), err
}

// ask is called for every request to the model. It answers from memory.
func ask(ctx context.Context, client *openfeature.Client, user, tenant, ticket string) ([]prompts.Message, error) {
	caller := openfeature.NewEvaluationContext(user, map[string]any{"tenantId": tenant})
	value, err := client.ObjectValue(ctx, "support.triage", nil, caller)
	if err != nil {
		return nil, err // no version of this prompt was ever loaded
	}
	prompt, err := prompts.From(value) // its model, parameters, tools and output schema, too
	if err != nil {
		return nil, err
	}
	return prompt.Render(map[string]any{"ticket": ticket})
}

// local is start without servers: from the two folders that publish fills below root,
// the absolute path of the repository, until promptflag.toml names others.
func local(root string) (*openfeature.Client, error) {
	bucket, err := store.OpenDir(filepath.Join(root, ".promptflag", "bucket"))
	if err != nil {
		return nil, err
	}
	flags, err := unleashflags.New(unleashflags.Options{
		URL:         "file://" + filepath.ToSlash(root) + "/.promptflag/flags",
		Environment: "production",
	})
	if err != nil {
		return nil, err
	}
	err = openfeature.SetProviderAndWait(provider.New(flags, bucket, nil))
	return openfeature.NewDefaultClient(), err
}

// turn is one turn of a conversation; began is the ref of its first turn, if there was one.
func turn(ctx context.Context, client *openfeature.Client, user string, began prompts.Ref) (*prompts.Prompt, error) {
	if began.Name != "" {
		ctx = provider.WithPin(ctx, began)
	}
	value, err := client.ObjectValue(ctx, "support.reply", nil, openfeature.NewEvaluationContext(user, nil))
	if err != nil {
		return nil, err
	}
	return prompts.From(value) // keep its Ref() with the conversation
}

// reply calls a model and tells traces and metrics which version it used.
func reply(ctx context.Context, client *openfeature.Client, runs *otelprompt.Runs, user, ticket string) (token string, err error) {
	answer, err := client.ObjectValueDetails(ctx, "support.reply", nil, openfeature.NewEvaluationContext(user, nil))
	if err != nil {
		return "", err
	}
	prompt, err := prompts.From(answer.Value)
	if err != nil {
		return "", err
	}
	run := runs.Start(ctx, prompt, otelprompt.Served(answer.FlagMetadata))
	in, out, err := complete(ctx, prompt, ticket)
	if err != nil {
		return "", errors.Join(err, run.Fail(otelprompt.Unavailable))
	}
	return run.Token(), errors.Join(run.Tokens(in, out), run.Succeed())
}

func complete(context.Context, *prompts.Prompt, string) (in, out int64, err error) { return 0, 0, nil }
