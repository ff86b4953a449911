package unleashflags_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/provider/unleashflags"
)

// What a strategy names as purged is read; what is no digest is nothing.
func TestPurgedOfFeed(t *testing.T) {
	src, err := unleashflags.New(unleashflags.Options{URL: "http://127.0.0.1:1", Token: "default:production.x"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := "sha256:"+strings.Repeat("a", 64), "sha256:"+strings.Repeat("b", 64)
	many := strings.Repeat(a+",", 1000)
	for text, want := range map[string]string{
		"":                         "[]",
		a:                          "[" + a + "]",
		a + ", " + b:               "[" + a + " " + b + "]",
		"x,,sha256:1," + b + ",\x00": "[" + b + "]",
	} {
		feed, err := src.Decode(feedWith(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(feed.Flags[0].Strategies[0].Purged); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	feed, err := src.Decode(feedWith(many))
	if err != nil || len(feed.Flags[0].Strategies[0].Purged) != 100 {
		t.Errorf("a list without end: %d, %v; want 100", len(feed.Flags[0].Strategies[0].Purged), err)
	}
}

func feedWith(purged string) []byte {
	return fmt.Appendf(nil, `{"version":2,"features":[{"name":"a","enabled":true,"strategies":[{"name":"flexibleRollout",
		"parameters":{"rollout":"100","stickiness":"default","groupId":"a","promptflag":"stable","promptflagPurged":%q}}]}]}`, purged)
}
