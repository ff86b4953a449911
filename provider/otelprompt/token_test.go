package otelprompt

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// TestToken: a run goes on in another process, with and without a signature.
func TestToken(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	for name, o := range map[string]Options{"signed": {Key: key}, "not signed": {}} {
		t.Run(name, func(t *testing.T) {
			here, there := newMeter(t, o), newMeter(t, o)
			run := here.Start(context.Background(), p, Served(metadata(p, "candidate")))
			token := run.Token()
			if again := run.Token(); again != token {
				t.Errorf("Token gives %s, then %s", token, again)
			}
			resumed, err := there.Resume(token)
			if err != nil {
				t.Fatal(err)
			}
			must(t, resumed.Feedback(Positive), resumed.Score("helpful", 0.5))
			set, role := "feature_flag.set.id=default/production,", ",promptflag.role=candidate"
			want := map[string]point{
				of("promptflag.feedback", p, set, ",promptflag.feedback.rating=positive"+role): {Count: 1},
				of("promptflag.score", p, set+"gen_ai.evaluation.name=helpful,", role):         {1, 0.5},
			}
			if diff := cmp.Diff(want, there.points(t)); diff != "" {
				t.Errorf("series (-want +got):\n%s", diff)
			}
			for _, err := range []error{resumed.Succeed(), resumed.Fail(Other), resumed.Tokens(1, 1), resumed.Cost(1), resumed.FirstToken()} {
				if err == nil || errors.Is(err, ErrRecorded) {
					t.Errorf("a resumed run took more than feedback and scores: %v", err)
				}
			}
			second, err := there.Resume(token)
			if err != nil || second.Feedback(Negative) == nil {
				t.Errorf("a second feedback with the same token counted (%v)", err)
			}
			if got := resumed.Token(); got != token {
				t.Errorf("Token of the resumed run = %s, want %s", got, token)
			}
			if local, err := here.Resume(token); local != run {
				t.Errorf("Resume where it began = %p, %v, want the run itself", local, err)
			}
		})
	}
}

// TestTokenIsFrozen: tokens live in browsers and databases, so later versions
// must read this one.
func TestTokenIsFrozen(t *testing.T) {
	const token = "eyJ2IjoxLCJydW4iOiJBQUVDQXdRRkJnY0lDUW9MREEwT0R3IiwicHJvbXB0Ijoic3VwcG9ydC50cmlhZ2UiLCJ2ZXJzaW9uIjoiM2Y5YTJjMWIwNGRlIiwicm9sZSI6ImNhbmRpZGF0ZSIsInNldCI6ImRlZmF1bHQvcHJvZHVjdGlvbiJ9"
	const mac = "8e_n-KfESX6Rku2FCO1ycyafpiv5QhEkGC5kC6fSbLs"
	want := subject{"support.triage", "3f9a2c1b04de", "candidate", "default/production"}
	for name, m := range map[string]*meter{"not signed": newMeter(t, Options{}), "signed": newMeter(t, Options{Key: key})} {
		text := token
		if name == "signed" {
			text += "." + mac
		}
		run, err := m.Resume(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if run.subject != want {
			t.Errorf("%s: subject = %v, want %v", name, run.subject, want)
		}
		if got := run.Token(); got != text {
			t.Errorf("%s: Token = %s, want %s", name, got, text)
		}
	}
}

// TestTokenSize: the longest token fits.
func TestTokenSize(t *testing.T) {
	p := newPrompt(t, strings.Repeat("a", 100), "one")
	m := newMeter(t, Options{Key: key})
	run := m.Start(context.Background(), p, RunOptions{Role: "candidate", Set: strings.Repeat("s", maxSet)})
	token := run.Token()
	if len(token) > maxToken || !regexp.MustCompile(`^[A-Za-z0-9_.-]+$`).MatchString(token) {
		t.Errorf("token of %d bytes, want at most %d: %s", len(token), maxToken, token)
	}
	if _, err := newMeter(t, Options{Key: key}).Resume(token); err != nil {
		t.Error(err)
	}
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestResumeRefuses(t *testing.T) {
	const good = `{"v":1,"run":"AAECAwQFBgcICQoLDA0ODw","prompt":"support.triage","version":"3f9a2c1b04de"}`
	if _, err := newMeter(t, Options{}).Resume(encode(good)); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	edit := func(old, new string) string { return encode(strings.Replace(good, old, new, 1)) }
	for name, token := range map[string]string{
		"empty":           "",
		"not base64":      "%%%" + secretText,
		"padded":          encode(good) + "=",
		"loose bits":      "eyJ2IjoxLCJydW4iOiJBQUVDQXdRRkJnY0lDUW9MREEwT0R3IiwicHJvbXB0IjoicyIsInZlcnNpb24iOiIzZjlhMmMxYjA0ZGUifR",
		"not JSON":        encode("hello " + secretText),
		"JSON and more":   encode(good + "{}"),
		"another version": edit(`"v":1`, `"v":2`),
		"no version":      edit(`"v":1,`, ``),
		"short id":        edit("AAECAwQFBgcICQoLDA0ODw", "AAEC"),
		"id of a user":    edit("AAECAwQFBgcICQoLDA0ODw", userID),
		"bad name":        edit("support.triage", "Support Triage"),
		"bad digits":      edit("3f9a2c1b04de", "3f9a2c1b04dg"),
		"digest":          edit("3f9a2c1b04de", "sha256:3f9a2c1b04de"),
		"bad role":        edit(`"v":1`, `"v":1,"role":"admin"`),
		"bad set":         edit(`"v":1`, `"v":1,"set":"a\nb"`),
		"long set":        edit(`"v":1`, `"v":1,"set":"`+strings.Repeat("s", maxSet+1)+`"`),
		"wrong type":      edit(`"v":1`, `"v":"1"`),
		"too long":        encode(good + strings.Repeat(" ", maxToken)),
		"huge":            strings.Repeat("A", 10<<20),
	} {
		m := newMeter(t, Options{})
		run, err := m.Resume(token)
		switch {
		case run != nil || !errors.Is(err, ErrToken):
			t.Errorf("%s: %v, %v, want ErrToken", name, run, err)
		case strings.Contains(err.Error(), secretText) || strings.Contains(err.Error(), userID) || len(err.Error()) > 200:
			t.Errorf("%s: %v repeats the token", name, err)
		}
	}
}

func TestResumeSigned(t *testing.T) {
	p := newPrompt(t, "support.triage", "one")
	signer := newMeter(t, Options{Key: key})
	token := signer.Start(context.Background(), p, RunOptions{Role: "stable"}).Token()
	body, mac, _ := strings.Cut(token, ".")
	forged := encode(`{"v":1,"run":"AAECAwQFBgcICQoLDA0ODw","prompt":"support.triage","version":"3f9a2c1b04de"}`)
	for name, token := range map[string]string{
		"no signature": body, "empty signature": body + ".", "of another": forged + "." + mac, "cut": token[:len(token)-1], "more": token + ".x",
	} {
		if _, err := newMeter(t, Options{Key: key}).Resume(token); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %v, want ErrToken", name, err)
		}
	}
	if _, err := newMeter(t, Options{Key: []byte("another key, also long enough")}).Resume(token); !errors.Is(err, ErrToken) {
		t.Errorf("another key: %v, want ErrToken", err)
	}
	if _, err := newMeter(t, Options{}).Resume(token); err != nil {
		t.Errorf("a process without a key cannot check, and takes it: %v", err)
	}
}

// TestResumeOtherPrompt: an id cannot be taken to another prompt.
func TestResumeOtherPrompt(t *testing.T) {
	const token = `{"v":1,"run":"AAECAwQFBgcICQoLDA0ODw","prompt":"support.triage","version":"%s"}`
	m := newMeter(t, Options{})
	if _, err := m.Resume(encode(fmt.Sprintf(token, "3f9a2c1b04de"))); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Resume(encode(fmt.Sprintf(token, "000000000000"))); !errors.Is(err, ErrToken) {
		t.Errorf("the same run with another version: %v, want ErrToken", err)
	}
}

// forge returns a token that nobody signed, of run and prompt number n.
func forge(run, prompt int) string {
	id := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%016d", run)))
	return encode(fmt.Sprintf(`{"v":1,"run":"%s","prompt":"forged","version":"%012x"}`, id, prompt))
}

// TestResumeOutside: forged tokens cannot make series without end, and do not
// take the place of real ones where tokens are signed.
func TestResumeOutside(t *testing.T) {
	m := newMeter(t, Options{MaxOutside: 3})
	taken := 0
	for i := range 20 {
		run, err := m.Resume(forge(i, i))
		if err != nil {
			continue
		}
		taken++
		must(t, run.Feedback(Negative))
	}
	if got := len(m.points(t)); got != 3 || taken != 3 {
		t.Errorf("%d tokens taken, %d series, want 3", taken, got)
	}
	if _, err := m.Resume(forge(100, 1)); err != nil {
		t.Errorf("another run of a prompt that is known: %v", err)
	}
	p := newPrompt(t, "support.triage", "one")
	run := m.Start(context.Background(), p, RunOptions{})
	if again, err := m.Resume(run.Token()); again != run {
		t.Errorf("a run of this process: %v", err)
	}

	signed, other := newMeter(t, Options{Key: key, MaxOutside: -1}), newMeter(t, Options{Key: key})
	if _, err := signed.Resume(other.Start(context.Background(), p, RunOptions{}).Token()); err != nil {
		t.Errorf("a signed token: %v", err)
	}
}

// TestRecent: a process remembers the last runs and not all.
func TestRecent(t *testing.T) {
	m := newMeter(t, Options{})
	first, err := m.Resume(forge(0, 0))
	must(t, err)
	for i := 1; i < maxRecent; i++ {
		if _, err := m.Resume(forge(i, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if again, _ := m.Resume(forge(0, 0)); again != first {
		t.Error("forgotten too early")
	}
	for i := maxRecent; i < 3*maxRecent; i++ {
		if _, err := m.Resume(forge(i, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if again, _ := m.Resume(forge(0, 0)); again == first {
		t.Error("never forgotten")
	}
	if got := len(m.recent.runs); got != maxRecent || len(m.recent.order) != maxRecent {
		t.Errorf("%d runs and %d ids are remembered, want %d", got, len(m.recent.order), maxRecent)
	}
}

// FuzzResume: a token is refused with ErrToken, or gives a run that makes the
// same subject again.
func FuzzResume(f *testing.F) {
	f.Add(forge(1, 1))
	f.Add(forge(1, 1) + ".AAAA")
	f.Add(encode(`{"v":1}`))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		m := newMeter(t, Options{})
		run, err := m.Resume(token)
		if err != nil {
			if !errors.Is(err, ErrToken) || len(err.Error()) > 200 {
				t.Fatalf("Resume(%q) = %v", token, err)
			}
			return
		}
		made := run.Token()
		id, who, err := m.decode(made)
		if err != nil || len(made) > maxToken || who != run.subject || id != run.id {
			t.Fatalf("Resume(%q) makes %q: %v, %v", token, made, who, err)
		}
	})
}
