package secrets_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzFind(f *testing.F) {
	d := detector(f)
	m := newMaker(9)
	for _, k := range m.kinds()[:20] {
		f.Add("key: " + k.token + ".")
	}
	for _, s := range sentences[:20] {
		f.Add(s)
	}
	f.Add("-----BE" + "GIN PRIVATE" + " KEY-----" + strings.Repeat("a", 100))
	f.Add("curl -u \"a:b\xff\xfe\" \x00 token=\xe2\x84\xaa" + strings.Repeat("9", 20))
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, s := range d.Find(text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("%+v after %d in %d bytes", s, end, len(text))
			}
			end = s.End
			shown, ok := strings.CutSuffix(s.Redacted(text), "…")
			if !ok || utf8.RuneCountInString(shown) > 4 || !strings.HasPrefix(text[s.Start:s.End], shown) {
				t.Fatalf("Redacted = %q", shown)
			}
			if strings.Contains(s.What+s.Rule, text[s.Start:s.End]) {
				t.Fatalf("%+v repeats the secret", s)
			}
		}
	})
}

// TestLargeTexts runs what is worst for the shortcut on up to 1 MiB: it must come to
// an end, which go test's own time limit sees to, with offsets in the text.
func TestLargeTexts(t *testing.T) {
	d := detector(t)
	m := newMaker(11)
	for name, unit := range map[string]string{
		"one word":          "k3y",
		"keywords":          "key=token:secret/password.",
		"keywords, words":   "key = a1b2c3d4e5 ",
		"all names":         "discord twitter facebook heroku key sk ey s. sg. curl aws 1234567890abcdef ",
		"curl":              "curl -H x -u y:z\n",
		"begin":             "-----BEGIN PRIVATE" + " KEY-----\n",
		"open URL":          "https://a:b",
		"digits":            "0123456789",
		"bytes":             "\xff\xfe\x80key=\xc3\x28",
		"kubernetes secret": "kind: Secret data: ",
	} {
		size := 1 << 18
		if name == "keywords" || name == "one word" {
			size = 1 << 20
		}
		text := strings.Repeat(unit, size/len(unit))
		found := d.Find(text[:len(text)-2] + m.of(alnum, 2))
		for _, s := range found {
			if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
				t.Fatalf("%s: %+v", name, s)
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	d := detector(b)
	m := newMaker(1)
	prose := make([]string, 100)
	for i := range prose {
		prose[i] = cleanProse(m, 4096)
	}
	kinds := cleanKinds()
	run := func(name string, texts []string) {
		b.Run(name, func(b *testing.B) {
			size := 0
			for _, text := range texts {
				size += len(text)
			}
			b.SetBytes(int64(size / len(texts)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				d.Find(texts[i%len(texts)])
			}
		})
	}
	run("prose", prose)
	for _, name := range []string{"mixed", "outputs", "uuids", "urls", "code"} {
		var texts []string
		for range 50 {
			var t strings.Builder
			for t.Len() < 4096 {
				t.WriteString(kinds[name](m) + "\n")
			}
			texts = append(texts, t.String())
		}
		run(name, texts)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		detector(b)
	}
}
