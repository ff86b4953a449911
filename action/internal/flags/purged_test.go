package flags

import (
	"fmt"
	"strings"
	"testing"

	"github.com/promptflag/promptflag/prompts"
)

func TestPurged(t *testing.T) {
	digest := func(i int) prompts.Digest {
		return prompts.Digest("sha256:" + fmt.Sprintf("%064x", i))
	}
	with := func(text string) Strategy { return Strategy{Parameters: map[string]string{ParamPurged: text}} }
	list := []Strategy{
		with(string(digest(1)) + ", " + string(digest(2))),
		{},
		with("no digest,,sha256:xyz," + string(digest(2)) + "," + string(digest(3))),
	}
	got := Purged(list)
	if want := fmt.Sprint([]prompts.Digest{digest(1), digest(2), digest(3)}); fmt.Sprint(got) != want {
		t.Errorf("Purged = %v, want %v", got, want)
	}
	for i := range 100 {
		got = append(got, digest(10+i))
	}
	text := PurgedText(got)
	if n := strings.Count(text, ",") + 1; n != MaxPurged || !strings.HasSuffix(text, string(digest(109))) {
		t.Errorf("PurgedText has %d digests, want the last %d", n, MaxPurged)
	}
	if again := PurgedText(Purged([]Strategy{with(text)})); again != text {
		t.Errorf("read and written again: %s, want %s", again, text)
	}
	if PurgedText(nil) != "" {
		t.Error("PurgedText(nil) is not empty")
	}
}
