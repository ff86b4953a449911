package githubfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

type object = map[string]any

// routes is made for each request: the name of the repository is state.
func (f *Fake) routes() *http.ServeMux {
	mux := http.NewServeMux()
	repo := "/repos/" + f.state.Repository
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /user":                                         f.user,
		"POST /graphql":                                     f.viewer,
		"POST /api/graphql":                                 f.viewer,
		"GET /orgs/{org}/teams/{slug}/members":              f.team,
		"GET " + repo + "/pulls/{number}":                   f.pull,
		"GET " + repo + "/pulls/{number}/files":             f.files,
		"GET " + repo + "/pulls/{number}/reviews":           f.reviews,
		"GET " + repo + "/commits/{sha}/pulls":              f.pullsOf,
		"GET " + repo + "/commits":                         f.commits,
		"GET " + repo + "/git/commits/{sha}":               f.commit,
		"GET " + repo + "/collaborators/{login}/permission": f.permission,
		"GET " + repo + "/issues":                           f.issues,
		"POST " + repo + "/issues":                          f.open,
		"PATCH " + repo + "/issues/{number}":                f.editIssue,
		"GET " + repo + "/issues/{number}/comments":         f.comments,
		"POST " + repo + "/issues/{number}/comments":        f.comment,
		"PATCH " + repo + "/issues/comments/{id}":           f.editComment,
		"DELETE " + repo + "/issues/comments/{id}":          f.deleteComment,
		"GET " + repo + "/git/ref/heads/{branch...}":        f.ref,
		"GET " + repo + "/branches/{branch}":                f.branch,
		"GET " + repo + "/branches/{branch}/protection":     f.protection,
		"GET " + repo + "/rules/branches/{branch}":          f.rules,
		"GET " + repo + "/contents/{path...}":               f.contents,
		"GET " + repo + "/tarball/{ref...}":                 f.tarball,
		"GET /_codeload/{ref...}":                           f.codeload,
		"/":                                                 notFound,
	} {
		mux.HandleFunc(pattern, h)
	}
	return mux
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "Not Found")
}

// may refuses to write where the token is read-only.
func (f *Fake) may(w http.ResponseWriter) bool {
	if f.state.ReadOnly {
		w.Header().Set("X-Accepted-GitHub-Permissions", "issues=write; pull_requests=write")
		refuse(w, http.StatusForbidden, "Resource not accessible by integration")
	}
	return !f.state.ReadOnly
}

func account(login string) any {
	if login == "" {
		return nil
	}
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	return object{"login": login, "type": kind, "id": 1}
}

// page writes the part of a list that was asked for, and where the next is.
func page[T any](w http.ResponseWriter, r *http.Request, all []T, show func(T) any) {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	if size <= 0 {
		size = 30
	}
	size = min(size, 100)
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	n = max(n, 1)
	from := min((n-1)*size, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(n+1))
		next.RawQuery = q.Encode()
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	out := make([]any, 0, to-from)
	for _, v := range all[from:to] {
		out = append(out, show(v))
	}
	reply(w, http.StatusOK, out)
}

func (f *Fake) user(w http.ResponseWriter, _ *http.Request) {
	if strings.HasSuffix(f.state.Login, "[bot]") {
		refuse(w, http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	reply(w, http.StatusOK, account(f.state.Login))
}

func (f *Fake) viewer(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, object{"data": object{"viewer": object{"login": f.state.Login}}})
}

func (f *Fake) team(w http.ResponseWriter, r *http.Request) {
	logins, ok := f.state.Teams[r.PathValue("org")+"/"+r.PathValue("slug")]
	if !ok {
		refuse(w, http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	page(w, r, logins, account)
}

func (f *Fake) permission(w http.ResponseWriter, r *http.Request) {
	level := f.state.Permissions[r.PathValue("login")]
	if level == "" {
		level = "none"
	}
	reply(w, http.StatusOK, object{"permission": level, "role_name": level, "user": account(r.PathValue("login"))})
}

// body reads what is sent, and refuses what GitHub refuses.
func body(w http.ResponseWriter, r *http.Request) (in struct {
	Title, Body, State *string
	Labels             []string
}, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "Problems parsing JSON")
		return in, false
	}
	if in.Body != nil && utf8.RuneCountInString(*in.Body) > 65_536 {
		reply(w, http.StatusUnprocessableEntity, object{"message": "Validation Failed", "errors": []object{
			{"resource": "IssueComment", "field": "body", "code": "unprocessable", "message": "body is too long (maximum is 65536 characters)"}}})
		return in, false
	}
	return in, true
}

func number(r *http.Request) int {
	n, _ := strconv.Atoi(r.PathValue("number"))
	return n
}

func (f *Fake) showComment(n int, c *Comment) any {
	return object{"id": c.ID, "body": c.Body, "user": account(c.User),
		"html_url": fmt.Sprintf("https://github.com/%s/pull/%d#issuecomment-%d", f.state.Repository, n, c.ID)}
}

func (f *Fake) known(n int) bool { return f.state.Pulls[n] != nil || f.state.Issues[n] != nil }

func (f *Fake) comments(w http.ResponseWriter, r *http.Request) {
	n := number(r)
	if !f.known(n) {
		notFound(w, r)
		return
	}
	page(w, r, f.state.Comments[n], func(c *Comment) any { return f.showComment(n, c) })
}

func (f *Fake) comment(w http.ResponseWriter, r *http.Request) {
	n := number(r)
	in, ok := body(w, r)
	switch {
	case !ok || !f.may(w):
	case !f.known(n):
		notFound(w, r)
	case f.state.Locked[n]:
		refuse(w, http.StatusForbidden, "Unable to create comment because issue is locked.")
	case in.Body == nil || *in.Body == "":
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed")
	default:
		f.state.NextID++
		c := &Comment{ID: f.state.NextID, User: f.state.Login, Body: *in.Body}
		f.state.Comments[n] = append(f.state.Comments[n], c)
		reply(w, http.StatusCreated, f.showComment(n, c))
	}
}

// find is the place of a comment.
func (f *Fake) find(r *http.Request) (n, i int, ok bool) {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	for n, list := range f.state.Comments {
		if i := slices.IndexFunc(list, func(c *Comment) bool { return c.ID == id }); i >= 0 {
			return n, i, true
		}
	}
	return 0, 0, false
}

func (f *Fake) editComment(w http.ResponseWriter, r *http.Request) {
	in, ok := body(w, r)
	if !ok || !f.may(w) {
		return
	}
	n, i, ok := f.find(r)
	if !ok || in.Body == nil {
		notFound(w, r)
		return
	}
	c := f.state.Comments[n][i]
	c.Body = *in.Body
	c.Edited++
	reply(w, http.StatusOK, f.showComment(n, c))
}

func (f *Fake) deleteComment(w http.ResponseWriter, r *http.Request) {
	if !f.may(w) {
		return
	}
	n, i, ok := f.find(r)
	if !ok {
		notFound(w, r)
		return
	}
	f.state.Comments[n] = slices.Delete(f.state.Comments[n], i, i+1)
	w.WriteHeader(http.StatusNoContent)
}

func (f *Fake) showIssue(n int) any {
	i := f.state.Issues[n]
	labels := []object{}
	for _, l := range i.Labels {
		labels = append(labels, object{"name": l})
	}
	return object{"number": n, "title": i.Title, "body": i.Body, "state": i.State, "user": account(i.User), "labels": labels,
		"html_url": fmt.Sprintf("https://github.com/%s/issues/%d", f.state.Repository, n)}
}

// issues lists pull requests too, as GitHub does, newest first.
func (f *Fake) issues(w http.ResponseWriter, r *http.Request) {
	var numbers []int
	for n, i := range f.state.Issues {
		if i.State == "open" || r.URL.Query().Get("state") == "all" {
			numbers = append(numbers, n)
		}
	}
	for n, p := range f.state.Pulls {
		if p.MergedAt == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	page(w, r, numbers, func(n int) any {
		if p := f.state.Pulls[n]; p != nil {
			return object{"number": n, "title": p.Title, "state": "open", "user": account(p.Author), "pull_request": object{"url": "https://github.com"}}
		}
		return f.showIssue(n)
	})
}

func (f *Fake) open(w http.ResponseWriter, r *http.Request) {
	in, ok := body(w, r)
	if !ok || !f.may(w) {
		return
	}
	if in.Title == nil || in.Body == nil {
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	n := 1
	for f.known(n) {
		n++
	}
	f.state.Issues[n] = &Issue{Title: *in.Title, Body: *in.Body, User: f.state.Login, State: "open", Labels: in.Labels}
	reply(w, http.StatusCreated, f.showIssue(n))
}

func (f *Fake) editIssue(w http.ResponseWriter, r *http.Request) {
	in, ok := body(w, r)
	if !ok || !f.may(w) {
		return
	}
	i := f.state.Issues[number(r)]
	if i == nil {
		notFound(w, r)
		return
	}
	for to, from := range map[*string]*string{&i.Title: in.Title, &i.Body: in.Body, &i.State: in.State} {
		if from != nil {
			*to = *from
		}
	}
	reply(w, http.StatusOK, f.showIssue(number(r)))
}
