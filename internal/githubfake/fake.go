// Package githubfake is a hand-made fake of the part of GitHub's API that
// promptflag uses, because what tells whether a story works, such as a comment
// that is edited the second time, is kept by no mock of GitHub's description,
// and github.com is no place for tests. That the calls are the right ones is
// shown elsewhere, on GitHub's own description (teststack.GitHub).
//
//	fake := githubfake.New("acme/prompts")
//	fake.Change(func(s *githubfake.State) {
//		s.Pulls[7] = &githubfake.Pull{Author: "ann", BaseRef: "main", Head: head, Files: []string{"prompts/a.toml"}}
//		s.Trees[head] = map[string]string{"prompts/a.toml": "…"}
//	})
//	server := httptest.NewServer(fake) // its URL is GITHUB_API_URL
//	… fake.Comments(7) …
//
// Paths may begin with /api/v3. Any token is taken; without one the answer is
// 401. GET /_fake/state shows everything and PUT replaces it, for tests in
// other processes; cmd/githubfake is the fake as a program.
package githubfake

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// State is what the fake knows. Names of accounts with [bot] are those of apps.
type State struct {
	Repository  string                       // "owner/name"
	Login       string                       // whom every token belongs to; "" is github-actions[bot]
	Pulls       map[int]*Pull                // by number
	Issues      map[int]*Issue               // by number; pull requests have none here
	Comments    map[int][]*Comment           // by number of the issue or pull request, oldest first
	Branches    map[string]string            // branch -> commit
	Trees       map[string]map[string]string // commit -> path -> text
	History     []Commit                     // of main, oldest first
	Permissions map[string]string            // login -> admin, write, read; others are none
	Teams       map[string][]string          // "org/slug" -> logins; others are refused, as to the token of a workflow
	Rules       map[string]json.RawMessage   // branch -> what GitHub answers to rules/branches/{branch}
	Locked      map[int]bool                 // conversations that take no comment
	ReadOnly    bool                         // writing is refused, as to the token of a fork's run
	NextID      int64
}

// Pull is a pull request. Zero values are filled in: the repository of the head
// is that of the base, the branches are main and change.
type Pull struct {
	Title, Author  string
	BaseRef, Base  string
	HeadRef, Head  string
	HeadRepository string // "gone": it was deleted
	Draft          bool
	MergedBy       string
	MergedAt       *time.Time
	MergeCommit    string
	Commits        []string // that the request brought, with MergeCommit and Head
	Files          []string
	Renamed        map[string]string // file -> its name before
	ChangedFiles   int               // 0: as many as Files
	Labels         []string
	Reviews        []Review
}

// Review of a pull request. At counts upwards where it is zero.
type Review struct {
	User, State, Commit string
	At                  time.Time
}

// Issue is one that is not a pull request.
type Issue struct {
	Title, Body, User, State string
	Labels                   []string
}

// Comment on an issue or a pull request.
type Comment struct {
	ID         int64
	User, Body string
	Edited     int // how often
}

// Fault is what happens to one request instead of the answer.
type Fault struct {
	Status int               // of the answer; 0: none, the connection is cut
	Header map[string]string // of the answer
	Body   string            // of the answer; "" is a message of the status
	Done   bool              // the request is carried out nevertheless
}

// Fake implements http.Handler. It may be used by several goroutines.
type Fake struct {
	// Fault is asked before every request; nil, or a nil answer, means that all
	// is well. It is set before the first request.
	Fault func(r *http.Request) *Fault

	mu       sync.Mutex
	state    State
	requests []string
}

// New returns an empty repository with the branch main.
func New(repository string) *Fake {
	f := &Fake{}
	f.set(State{Repository: repository})
	return f
}

func (f *Fake) set(s State) {
	s.Pulls, s.Issues, s.Comments = made(s.Pulls), made(s.Issues), made(s.Comments)
	s.Branches, s.Trees, s.Permissions = made(s.Branches), made(s.Trees), made(s.Permissions)
	s.Teams, s.Rules, s.Locked = made(s.Teams), made(s.Rules), made(s.Locked)
	if s.Login == "" {
		s.Login = "github-actions[bot]"
	}
	f.state = s
}

func made[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

// Change changes the state while no request is answered.
func (f *Fake) Change(change func(*State)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.state)
	f.set(f.state)
}

// Comments are the comments on a number, oldest first.
func (f *Fake) Comments(number int) []Comment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Comment
	for _, c := range f.state.Comments[number] {
		out = append(out, *c)
	}
	return out
}

// Issues are the issues by number.
func (f *Fake) Issues() map[int]Issue {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[int]Issue{}
	for n, i := range f.state.Issues {
		out[n] = *i
	}
	return out
}

// Requests are the requests so far that begin with one of the methods, all
// without one: "POST /repos/acme/prompts/issues/7/comments".
func (f *Fake) Requests(methods ...string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, r := range f.requests {
		method, _, _ := strings.Cut(r, " ")
		if len(methods) == 0 || slices.Contains(methods, method) {
			out = append(out, r)
		}
	}
	return out
}

// ServeHTTP implements http.Handler.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api/v3")
	f.mu.Lock()
	fault := f.Fault
	if !strings.HasPrefix(r.URL.Path, "/_fake/") {
		f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	}
	f.mu.Unlock()
	var wrong *Fault
	if fault != nil {
		wrong = fault(r)
	}
	if wrong == nil {
		f.answer(w, r)
		return
	}
	if wrong.Done {
		f.answer(discard{http.Header{}}, r)
	}
	if wrong.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, value := range wrong.Header {
		w.Header().Set(name, value)
	}
	if wrong.Body == "" {
		refuse(w, wrong.Status, http.StatusText(wrong.Status))
		return
	}
	w.WriteHeader(wrong.Status)
	_, _ = w.Write([]byte(wrong.Body))
}

// discard is where an answer goes that gets lost.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func (f *Fake) answer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case r.URL.Path == "/_fake/state" && r.Method == http.MethodGet:
		reply(w, http.StatusOK, f.state)
	case r.URL.Path == "/_fake/state" && r.Method == http.MethodPut:
		var s State
		if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		f.set(s)
		reply(w, http.StatusOK, f.state)
	case r.Header.Get("Authorization") == "":
		refuse(w, http.StatusUnauthorized, "Requires authentication")
	default:
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "4000")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		f.routes().ServeHTTP(w, r)
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that went away has no use for it
}

func refuse(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest"})
}
