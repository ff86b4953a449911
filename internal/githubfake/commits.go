package githubfake

import (
	"net/http"
	"slices"
	"time"
)

// Commit is one of State.History: a commit of main whose parent is the one
// before it.
type Commit struct {
	SHA   string
	Files []string // that it changed
}

// at counts upwards: the place in the history is the time.
func (f *Fake) at(i int) string {
	return time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC3339)
}

func (f *Fake) place(sha string) int {
	if head, ok := f.state.Branches[sha]; ok {
		sha = head
	}
	return slices.IndexFunc(f.state.History, func(c Commit) bool { return c.SHA == sha })
}

// commits lists them from one backwards, of one file if a path is asked for.
func (f *Fake) commits(w http.ResponseWriter, r *http.Request) {
	last, path := f.place(r.URL.Query().Get("sha")), r.URL.Query().Get("path")
	if last < 0 {
		notFound(w, r)
		return
	}
	var found []int
	for i := last; i >= 0; i-- {
		if path == "" || slices.Contains(f.state.History[i].Files, path) {
			found = append(found, i)
		}
	}
	page(w, r, found, func(i int) any {
		return object{"sha": f.state.History[i].SHA, "commit": object{"committer": object{"date": f.at(i)}}}
	})
}

func (f *Fake) commit(w http.ResponseWriter, r *http.Request) {
	i := f.place(r.PathValue("sha"))
	if i < 0 {
		notFound(w, r)
		return
	}
	parents := []object{}
	if i > 0 {
		parents = append(parents, object{"sha": f.state.History[i-1].SHA})
	}
	reply(w, http.StatusOK, object{"sha": f.state.History[i].SHA, "parents": parents})
}
