package teststack

import (
	"crypto/rand"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Variables that the command exports and this package reads.
const (
	EnvStack          = "PROMPTFLAG_STACK" // "require" or absent
	EnvUnleashURL     = "PROMPTFLAG_TEST_UNLEASH_URL"
	EnvUnleashVersion = "PROMPTFLAG_TEST_UNLEASH_VERSION"
	EnvUnleashAdmin   = "PROMPTFLAG_TEST_UNLEASH_ADMIN_TOKEN"
	EnvUnleashDev     = "PROMPTFLAG_TEST_UNLEASH_DEV_TOKEN"
	EnvUnleashProd    = "PROMPTFLAG_TEST_UNLEASH_PROD_TOKEN"
	EnvS3             = "PROMPTFLAG_TEST_S3_URL"
	EnvGCS            = "PROMPTFLAG_TEST_GCS_URL"
	EnvAzure          = "PROMPTFLAG_TEST_AZURE_URL"
	EnvLLM            = "PROMPTFLAG_TEST_LLM_URL"
	EnvGitHub         = "PROMPTFLAG_TEST_GITHUB_URL"
	EnvAct            = "PROMPTFLAG_TEST_ACT"
	EnvSpecification  = "PROMPTFLAG_TEST_SPECIFICATION"
)

// Server is a running Unleash with project default and the environments
// development and production. It is shared by all tests of the run.
type Server struct {
	URL        string // without /api and without a final slash
	Version    string
	AdminToken string
	// Backend tokens, one per environment.
	DevelopmentToken, ProductionToken string
}

// Unleash returns the Unleash of this test run. Without one the test is
// skipped, or fails when PROMPTFLAG_STACK is require.
func Unleash(t testing.TB) Server {
	t.Helper()
	return Server{
		URL:              need(t, EnvUnleashURL),
		Version:          need(t, EnvUnleashVersion),
		AdminToken:       need(t, EnvUnleashAdmin),
		DevelopmentToken: need(t, EnvUnleashDev),
		ProductionToken:  need(t, EnvUnleashProd),
	}
}

// S3 returns the URL of an existing bucket for gocloud's s3blob; credentials
// are in the environment. Like Unleash it skips or fails without a server.
func S3(t testing.TB) string { t.Helper(); return need(t, EnvS3) }

// GCS is S3 for gocloud's gcsblob.
func GCS(t testing.TB) string { t.Helper(); return need(t, EnvGCS) }

// Azure is S3 for gocloud's azureblob.
func Azure(t testing.TB) string { t.Helper(); return need(t, EnvAzure) }

// LLM returns the URL of a mock of models, without a final slash. What it
// answers is in npm/aimock/fixtures.json. Sequences and chaos
// (POST URL/__aimock/chaos) are per X-Test-Id: a test sends a Prefix of its own
// by that header. POST URL/__aimock/fixtures adds answers, for
// all tests: only to messages that hold the Prefix. A message that no fixture knows is answered with 503. Like
// Unleash it skips or fails without a server.
func LLM(t testing.TB) string { t.Helper(); return need(t, EnvLLM) }

// GitHub returns the URL of a server, without a final slash, that answers every
// request as GitHub's own OpenAPI description says, with examples from there. The
// header sl-violations lists what is wrong with the request, and with the
// example. It knows the calls that we make (npm/openapi.go), keeps nothing, takes
// no Accept header but application/json, and a parameter in a path is one
// segment. Like Unleash it skips or fails without a server.
func GitHub(t testing.TB) string { t.Helper(); return need(t, EnvGitHub) }

// Runner returns the path of act, a program that runs GitHub's workflows: on
// this machine with -P ubuntu-latest=-self-hosted. It runs composite actions
// and scripts, not containers. Like Unleash it skips or fails without one; it
// needs no other server.
func Runner(t testing.TB) string { t.Helper(); return need(t, EnvAct) }

// Specification returns the files of Unleash's client specification 6.1.0:
// index.json names the others. Like Unleash it skips or fails without a stack;
// no server is asked.
func Specification(t testing.TB) fs.FS {
	t.Helper()
	return os.DirFS(need(t, EnvSpecification))
}

func need(t testing.TB, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v != "" {
		return v
	}
	if os.Getenv(EnvStack) == "require" {
		t.Fatalf("%s is not set and %s is require", name, EnvStack)
	}
	t.Skipf("%s is not set: run the tests through internal/teststack/cmd/teststack", name)
	return ""
}

// Prefix returns a prefix for names of flags and keys that no other test uses,
// such as "testpublish-mz3kq7a2xw.". It is URL friendly, and short enough that
// a prompt's name of 60 characters fits behind it into a flag's name.
func Prefix(t testing.TB) string {
	var b strings.Builder
	for _, r := range strings.ToLower(t.Name()) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
		if b.Len() == 24 {
			break
		}
	}
	return b.String() + "-" + strings.ToLower(rand.Text()[:10]) + "."
}
