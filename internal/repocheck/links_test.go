package repocheck

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// links says what a program that imports the packages must not contain, all
// dependencies of dependencies counted. Paths are prefixes, whole elements.
var links = []struct {
	name     string
	tags     string
	packages string // as the go command takes them
	never    string
}{
	{
		"a service that imports the provider", "", "./provider/...",
		"gocloud.dev cloud.google.com github.com/aws github.com/Azure google.golang.org/api google.golang.org/grpc " +
			"go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters github.com/google/go-github " +
			"github.com/sethvargo/go-githubactions github.com/alecthomas/kong testing " +
			Module + "/action " + Module + "/evalkit " + Module + "/store/cloud " + Module + "/internal",
	},
	{
		"a provider without traces", "", "./provider ./provider/unleashflags",
		"go.opentelemetry.io " + Module + "/provider/otelprompt",
	},
	{
		"a service on the default engine", "", "./provider/unleashflags",
		"github.com/Unleash/unleash-go-sdk github.com/launchdarkly github.com/hashicorp/golang-lru",
	},
	{
		"prompts and store by themselves", "", "./prompts ./store",
		"gocloud.dev cloud.google.com github.com/aws github.com/Azure google.golang.org net/http " +
			"github.com/open-feature github.com/Unleash testing",
	},
	{
		"the binary without clouds", "nocloud", "./action/promptflag",
		"gocloud.dev cloud.google.com github.com/aws github.com/Azure google.golang.org testing " +
			Module + "/store/cloud " + Module + "/internal",
	},
	{
		"the binary", "", "./action/promptflag",
		"testing github.com/google/go-cmp github.com/rogpeppe/go-internal go.uber.org/goleak " + Module + "/internal",
	},
}

func TestLinks(t *testing.T) {
	// Load reads all files, so that the test cache knows of them.
	if _, err := Load(os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		t.Run(strings.ReplaceAll(l.name, " ", "_"), func(t *testing.T) {
			deps := goList(t, l.tags, strings.Fields(l.packages))
			if len(deps) < 10 {
				t.Fatalf("go list names %d packages only", len(deps))
			}
			for _, dep := range linked(deps, l.never) {
				t.Errorf("%s links %s", l.packages, dep)
			}
		})
	}
}

// linked returns what of deps lies under one of the paths.
func linked(deps []string, never string) []string {
	return slices.DeleteFunc(slices.Clone(deps), func(dep string) bool {
		return !slices.ContainsFunc(strings.Fields(never), func(module string) bool { return under(dep, module) })
	})
}

func goList(t *testing.T, tags string, packages []string) []string {
	t.Helper()
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"list", "-deps", "-tags=" + tags}, packages...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	return strings.Fields(string(out))
}

func TestLinked(t *testing.T) {
	deps := []string{"fmt", "gocloud.dev/blob", "gocloud.developers/x", "google.golang.org/grpc", "google.golang.org/grpcx"}
	if got, want := linked(deps, "gocloud.dev google.golang.org/grpc"), []string{"gocloud.dev/blob", "google.golang.org/grpc"}; !slices.Equal(got, want) {
		t.Errorf("linked = %q, want %q", got, want)
	}
}
