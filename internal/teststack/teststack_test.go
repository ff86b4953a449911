package teststack

import (
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestPrefix(t *testing.T) {
	shape := regexp.MustCompile(`^testprefix-[a-z0-9]{10}\.$`)
	a, b := Prefix(t), Prefix(t)
	if a == b || !shape.MatchString(a) {
		t.Errorf("Prefix = %q, then %q", a, b)
	}
}

// TestUnleash checks the server of the stack: it is healthy, and each token
// opens what it is for.
func TestUnleash(t *testing.T) {
	s := Unleash(t)
	for _, tt := range []struct{ path, token, want string }{
		{"/health", "", "GOOD"},
		{"/api/admin/projects/default/overview", s.AdminToken, `"environments":[`},
		{"/api/client/features", s.DevelopmentToken, `"environment":"development"`},
		{"/api/client/features", s.ProductionToken, `"environment":"production"`},
		{"/api/admin/instance-admin/statistics", s.AdminToken, `"versionOSS":"` + s.Version + `"`},
	} {
		if got := fetch(t, s.URL+tt.path, tt.token); !strings.Contains(got, tt.want) {
			t.Errorf("GET %s = %.300s, want it to hold %s", tt.path, got, tt.want)
		}
	}
}

// TestStores checks that the stores answer where their URLs say.
func TestStores(t *testing.T) {
	endpoint := regexp.MustCompile(`endpoint=(http://[^&]+)`).FindStringSubmatch(S3(t))
	if endpoint == nil {
		t.Fatalf("S3 = %s, without an endpoint", S3(t))
	}
	if got := fetch(t, endpoint[1]+"/health", ""); strings.Contains(got, "Error") {
		t.Errorf("S3: %s", got)
	}
	if got := fetch(t, "http://"+os.Getenv("STORAGE_EMULATOR_HOST")+"/storage/v1/b/test", ""); GCS(t) != "gs://test" || !strings.Contains(got, `"name":"test"`) {
		t.Errorf("GCS: %s", got)
	}
	_, blob, _ := strings.Cut(os.Getenv("AZURE_STORAGE_CONNECTION_STRING"), "BlobEndpoint=")
	if got := fetch(t, strings.TrimSuffix(blob, ";")+"/test", ""); Azure(t) != "azblob://test" || !strings.HasPrefix(got, "4") {
		t.Errorf("Azure without credentials: %s, want a refusal", got)
	}
}

// TestLLM checks that the mock of models answers from the fixtures.
func TestLLM(t *testing.T) {
	url := LLM(t) + "/v1/chat/completions"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"say pong"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(b), `"pong"`) {
		t.Errorf("POST %s = %s %s, %v", url, resp.Status, b, err)
	}
}

// TestSpecification checks that the files are there.
func TestSpecification(t *testing.T) {
	b, err := fs.ReadFile(Specification(t), "index.json")
	if err != nil || !strings.Contains(string(b), ".json") {
		t.Errorf("index.json = %.100s, %v", b, err)
	}
}

// fetch returns status and body of an answer.
func fetch(t *testing.T, url, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + " " + string(b)
}
