package llm

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/evalkit/chat"
)

func TestEndpointMistakes(t *testing.T) {
	for _, tt := range []struct {
		e    Endpoint
		want []string
	}{
		{Endpoint{Name: "x"}, []string{`endpoint "x"`, `family "": have openai, azure and anthropic`}},
		{Endpoint{Family: "github"}, []string{`family "github"`}},
		{Endpoint{Family: Azure}, []string{"base_url is missing", "api_version is missing"}},
		{Endpoint{Family: OpenAI, APIVersion: "1"}, []string{"api_version: only"}},
		{Endpoint{Family: OpenAI, BaseURL: "ftp://x"}, []string{"base_url: want http"}},
		{Endpoint{Family: OpenAI, BaseURL: "localhost:11434/v1"}, []string{"base_url: want http"}},
		{Endpoint{Family: OpenAI, BaseURL: "https://user:" + key + "@x"}, []string{"base_url holds a user"}},
		{Endpoint{Family: OpenAI, BaseURL: "https://x?key=" + key}, []string{"base_url holds a user, a query"}},
		{Endpoint{Family: OpenAI, BaseURL: "https://x:" + key}, []string{"base_url is not a URL"}},
		{Endpoint{Family: OpenAI, Concurrency: -1, TokensPerMinute: -1, RequestsPerMinute: -1, Timeout: -1}, []string{"concurrency", "tokens_per_minute", "requests_per_minute", "timeout"}},
		{Endpoint{Family: OpenAI, Headers: map[string]string{"X": key + "\r\nHost: evil"}}, []string{`header "X"`}},
		{Endpoint{Family: OpenAI, Headers: map[string]string{"X Y": "1"}}, []string{`header "X Y"`}},
	} {
		_, err := New(tt.e, nil)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), key) {
				t.Errorf("%+v: error %v, want %q", tt.e, err, want)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		_, _ = io.WriteString(w, openaiOK)
	}))
	defer srv.Close()
	env := map[string]string{"THE_KEY": " from-env\n", "BROKEN": "a\nb"}
	for _, tt := range []struct {
		e          Endpoint
		want, says string
	}{
		{Endpoint{}, "", ""},
		{Endpoint{Key: key}, "Bearer " + key, ""},
		{Endpoint{KeyEnv: "THE_KEY"}, "Bearer from-env", ""},
		{Endpoint{KeyEnv: "THE_KEY", Key: key, Headers: map[string]string{"authorization": "other"}}, "Bearer " + key, ""},
		{Endpoint{Headers: map[string]string{"authorization": "Basic x"}}, "Basic x", ""},
		{Endpoint{KeyEnv: "NO_KEY"}, "", "environment variable NO_KEY is not set"},
		{Endpoint{KeyEnv: "BROKEN"}, "", "characters that cannot be sent"},
	} {
		got = ""
		tt.e.Family, tt.e.BaseURL = OpenAI, srv.URL
		c, err := New(tt.e, &Options{Getenv: func(name string) string { return env[name] }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Complete(t.Context(), ask())
		c.Close()
		if tt.says == "" && err != nil || got != tt.want {
			t.Errorf("%v: sent %q, %v; want %q", tt.e, got, err, tt.want)
		}
		if tt.says != "" {
			if e, ok := err.(*chat.Error); !ok || e.Fault != chat.Unauthorized || e.Attempts != 0 || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		}
	}
}

// TestSecret: an endpoint can be printed.
func TestSecret(t *testing.T) {
	e := Endpoint{Key: key}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", e.Key, "endpoint", e)
	for _, got := range []string{fmt.Sprint(e), fmt.Sprintf("%+v %#v %s %q %x", e, e, e.Key, e.Key, e.Key), string(data), out.String()} {
		if strings.Contains(got, key) || strings.Contains(got, fmt.Sprintf("%x", key)) {
			t.Errorf("it prints %s", got)
		}
	}
}

// TestKeyIsNotRepeated: an endpoint that says the key as an identifier.
func TestKeyIsNotRepeated(t *testing.T) {
	c := client(t, Endpoint{}, Options{}, status(400, `{"error":{"type":"t","code":"`+key+`"}}`))
	if _, err := c.Complete(t.Context(), ask()); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("error %v", err)
	}
}

// TestCertificate: a certificate that nobody vouches for is not asked for again.
func TestCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	c, err := New(Endpoint{Family: OpenAI, BaseURL: srv.URL, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Complete(t.Context(), ask())
	if e, ok := err.(*chat.Error); !ok || e.Fault != chat.Unavailable || e.Attempts != 1 || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %v", err)
	}
}
