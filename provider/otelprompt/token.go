package otelprompt

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"github.com/promptflag/promptflag/prompts"
)

// ErrToken is in every error of Resume: the token is not one of ours.
var ErrToken = errors.New("not a valid resumption token")

const (
	tokenVersion = 1
	maxToken     = 640  // bytes; the longest that Token makes is shorter
	idBytes      = 16   // of chance, so that nobody meets another's run
	maxRecent    = 4096 // runs that a process remembers for their tokens
)

// token is the JSON inside a resumption token.
type token struct {
	V       int    `json:"v"`
	Run     string `json:"run"`
	Prompt  string `json:"prompt"`
	Version string `json:"version"`
	Role    string `json:"role,omitempty"`
	Set     string `json:"set,omitempty"`
}

func encoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }

// Token returns what Resume takes to add feedback and scores to this run, in
// this process or another: at most 640 bytes of letters, digits, '-', '_' and
// '.', the base64url of a JSON document with a random id, the prompt's name and
// version, role and flag set, and with Options.Key its signature. It holds
// nothing of a user and is not encrypted. A run without a prompt has "".
func (r *Run) Token() string {
	if r.runs == nil {
		return ""
	}
	s := r.subject
	body, err := json.Marshal(token{tokenVersion, r.identify(), s.name, s.version, s.role, s.set})
	if err != nil {
		return "" // strings and a number: cannot be
	}
	return r.runs.sign(encoding().EncodeToString(body))
}

// identify returns the id of the run, which it has from its first token on.
// From then on it is remembered, before anybody can hand that token in.
func (r *Run) identify() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.id == "" {
		chance := make([]byte, idBytes)
		_, _ = rand.Read(chance) // never fails, by its documentation
		r.id = encoding().EncodeToString(chance)
		r.runs.recent.add(r.id, r)
	}
	return r.id
}

func (r *Runs) sign(body string) string {
	if r.key == nil {
		return body
	}
	return body + "." + encoding().EncodeToString(r.mac(body))
}

func (r *Runs) mac(body string) []byte {
	m := hmac.New(sha256.New, r.key)
	m.Write([]byte(body))
	return m.Sum(nil)
}

// Resume returns the run that token is of, to add feedback and scores. The
// token may come from anybody: it is checked, and with Options.Key it must be
// signed. The error wraps ErrToken and has nothing of the token in it.
//
// The same run gives the same Run while this process is one of those that
// resumed or began it and not more than 4096 others followed, so that a second
// feedback is known as one. Nobody knows what was counted in other processes,
// or before that: there a token that is handed in again counts again.
func (r *Runs) Resume(token string) (*Run, error) { return r.resume(context.Background(), token) }

func (r *Runs) resume(ctx context.Context, token string) (*Run, error) {
	id, who, err := r.decode(token)
	if err != nil {
		return nil, fmt.Errorf("resume: %w: %w", ErrToken, err)
	}
	run, ok := r.recent.get(id)
	if !ok {
		if r.key == nil && !r.outside.admit(who) {
			return nil, fmt.Errorf("resume: %w: %w", ErrToken, r.outsideFull())
		}
		run = r.recent.add(id, &Run{runs: r, subject: who, id: id, resumed: true, span: trace.SpanContextFromContext(ctx)})
	}
	if run.subject != who {
		return nil, fmt.Errorf("resume: %w: the run had another prompt", ErrToken)
	}
	return run, nil
}

// decode checks all of a token. Errors carry nothing of it.
func (r *Runs) decode(text string) (id string, who subject, err error) {
	if len(text) > maxToken {
		return "", who, errors.New("too long")
	}
	body, mac, signed := strings.Cut(text, ".")
	if r.key != nil {
		given, err := encoding().DecodeString(mac)
		if !signed || err != nil || !hmac.Equal(given, r.mac(body)) {
			return "", who, errors.New("the signature is missing or wrong")
		}
	}
	raw, err := encoding().DecodeString(body)
	if err != nil {
		return "", who, errors.New("not base64url")
	}
	var t token
	if json.Unmarshal(raw, &t) != nil {
		return "", who, errors.New("not the JSON of a token")
	}
	who = subject{t.Prompt, t.Version, t.Role, t.Set}
	chance, err := encoding().DecodeString(t.Run)
	switch {
	case t.V != tokenVersion:
		return "", who, errors.New("another version of the format")
	case err != nil || len(chance) != idBytes:
		return "", who, errors.New("not the id of a run")
	case prompts.ValidName(t.Prompt) != nil || !versionPattern.MatchString(t.Version):
		return "", who, errors.New("not a prompt")
	case t.Role != "" && !validRole(t.Role), t.Set != "" && !validSet(t.Set):
		return "", who, errors.New("not a role and flag set")
	}
	return t.Run, who, nil
}

// recent remembers the last runs whose token was made or resumed here. It may
// be shared by goroutines.
type recent struct {
	mu    sync.Mutex
	runs  map[string]*Run // guarded by mu
	order []string        // guarded by mu; a ring once it is full
	next  int             // guarded by mu; the oldest in the ring
}

func (m *recent) get(id string) (*Run, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	run, ok := m.runs[id]
	return run, ok
}

// add returns the run that has the id: run, or one that came before it.
func (m *recent) add(id string, run *Run) *Run {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, ok := m.runs[id]; ok {
		return first
	}
	if m.runs == nil {
		m.runs = map[string]*Run{}
	}
	if len(m.order) < maxRecent {
		m.order = append(m.order, id)
	} else {
		delete(m.runs, m.order[m.next])
		m.order[m.next] = id
		m.next = (m.next + 1) % maxRecent
	}
	m.runs[id] = run
	return run
}
