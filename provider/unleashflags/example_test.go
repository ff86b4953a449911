package unleashflags_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/promptflag/promptflag/prompts"
	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/store"
)

// A service that serves its prompts from the embedded default. With an Unleash
// server and a cloud bucket, the first two calls are the only ones that differ.
func Example() {
	ctx := context.Background()
	flags, _ := filepath.Abs("testdata/embedded")

	bucket, err := store.OpenDir(exampleBucket()) // or cloud.Open(ctx, "s3://acme-prompts?region=eu-west-1")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	source, err := unleashflags.New(unleashflags.Options{
		URL:         "file://" + filepath.ToSlash(flags), // or https://unleash.acme.dev
		Environment: "production",                        // or Token: os.Getenv("UNLEASH_CLIENT_TOKEN")
	})
	if err != nil {
		log.Fatal(err)
	}
	api := isolated.NewAPI() // or the package openfeature itself: openfeature.SetProviderWithContextAndWait
	defer api.Shutdown(ctx)
	if err := api.SetProviderAndWait(ctx, provider.New(source, bucket, nil)); err != nil {
		log.Fatal(err)
	}
	client := api.NewClient()

	// At every call of the model:
	caller := openfeature.NewEvaluationContext("user-3", map[string]any{"tenantId": "globex"})
	value, err := client.ObjectValue(ctx, "support.triage", nil, caller)
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := prompts.From(value)
	if err != nil {
		log.Fatal(err)
	}
	messages, err := prompt.Render(map[string]any{"ticket": "My card was charged twice"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prompt.Version(), prompt.Model(), prompt.Parameters()["temperature"])
	for _, m := range messages {
		fmt.Printf("%s: %s\n", m.Role, m.Content)
	}
	// Output:
	// 7f4803157e75 gpt-4o-mini 0.2
	// system: You sort tickets. Be brief.
	// user: My card was charged twice
}
