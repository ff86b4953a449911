package unleashv6_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"go.uber.org/goleak"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
	"github.com/promptflag/promptflag/provider/unleashflags/unleashv6"
	"github.com/promptflag/promptflag/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A flag for the tenants that a pattern names: the default engine does not know
// the operator REGEX.
func Example() {
	ctx := context.Background()
	flags, err := os.MkdirTemp("", "promptflag-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(flags)
	document := `{"promptflagFlags": 1, "environment": "production", "revision": 1, "features": [
		{"name": "checkout.beta", "project": "default", "enabled": true, "strategies": [
			{"id": "1", "name": "default", "constraints": [{"contextName": "tenantId", "operator": "REGEX", "value": "^acme(-.*)?$"}]}]}]}`
	if err := os.WriteFile(filepath.Join(flags, "production.json"), []byte(document), 0o600); err != nil {
		log.Fatal(err)
	}
	bucket, err := store.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	source, err := unleashflags.New(unleashflags.Options{
		URL:         "file://" + filepath.ToSlash(flags), // or https://unleash.acme.dev
		Environment: "production",                        // or Token: os.Getenv("UNLEASH_CLIENT_TOKEN")
		Engine:      unleashv6.Engine{},
	})
	if err != nil {
		log.Fatal(err)
	}
	api := isolated.NewAPI()
	defer api.Shutdown(ctx)
	if err := api.SetProviderAndWait(ctx, provider.New(source, bucket, &provider.Options{NoCache: true})); err != nil {
		log.Fatal(err)
	}
	for _, tenant := range []string{"acme", "acme-labs", "globex"} {
		caller := openfeature.NewEvaluationContext("", map[string]any{"tenantId": tenant})
		on, err := api.NewClient().BooleanValue(ctx, "checkout.beta", false, caller)
		fmt.Println(tenant, on, err)
	}
	// Output:
	// acme true <nil>
	// acme-labs true <nil>
	// globex false <nil>
}
