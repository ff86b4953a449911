package githubfake

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// showPull is a pull request as one answer; a list leaves out the last members.
func (f *Fake) showPull(n int, whole bool) object {
	p := f.state.Pulls[n]
	repo := func(name string) any {
		if name == "gone" {
			return nil
		}
		return object{"full_name": cmp.Or(name, f.state.Repository)}
	}
	labels := []object{}
	for _, l := range p.Labels {
		labels = append(labels, object{"name": l})
	}
	out := object{
		"number": n, "title": p.Title, "user": account(p.Author), "draft": p.Draft, "state": "open", "labels": labels,
		"html_url":         fmt.Sprintf("https://github.com/%s/pull/%d", f.state.Repository, n),
		"base":             object{"ref": cmp.Or(p.BaseRef, "main"), "sha": p.Base, "repo": repo("")},
		"head":             object{"ref": cmp.Or(p.HeadRef, "change"), "sha": p.Head, "repo": repo(p.HeadRepository)},
		"merge_commit_sha": p.MergeCommit, "merged_at": p.MergedAt,
	}
	if p.MergedAt != nil {
		out["state"] = "closed"
	}
	if whole {
		out["merged"], out["merged_by"], out["changed_files"] = p.MergedAt != nil, account(p.MergedBy), cmp.Or(p.ChangedFiles, len(p.Files))
	}
	return out
}

// withPull answers 404 where there is no such pull request.
func (f *Fake) withPull(w http.ResponseWriter, r *http.Request) *Pull {
	p := f.state.Pulls[number(r)]
	if p == nil {
		notFound(w, r)
	}
	return p
}

func (f *Fake) pull(w http.ResponseWriter, r *http.Request) {
	if f.withPull(w, r) != nil {
		reply(w, http.StatusOK, f.showPull(number(r), true))
	}
}

func (f *Fake) pullsOf(w http.ResponseWriter, r *http.Request) {
	sha := r.PathValue("sha")
	var numbers []int
	for n, p := range f.state.Pulls {
		if p.MergeCommit == sha || p.Head == sha || slices.Contains(p.Commits, sha) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	page(w, r, numbers, func(n int) any { return f.showPull(n, false) })
}

// files lists at most 3,000, as GitHub does.
func (f *Fake) files(w http.ResponseWriter, r *http.Request) {
	if p := f.withPull(w, r); p != nil {
		page(w, r, p.Files[:min(len(p.Files), 3000)], func(name string) any {
			out := object{"filename": name, "status": "modified"}
			if old := p.Renamed[name]; old != "" {
				out["previous_filename"], out["status"] = old, "renamed"
			}
			return out
		})
	}
}

func (f *Fake) reviews(w http.ResponseWriter, r *http.Request) {
	p := f.withPull(w, r)
	if p == nil {
		return
	}
	i := 0
	page(w, r, p.Reviews, func(v Review) any {
		i++
		at := v.At
		if at.IsZero() {
			at = time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC)
		}
		return object{"id": i, "user": account(v.User), "state": v.State, "commit_id": cmp.Or(v.Commit, p.Head), "submitted_at": at,
			"html_url": fmt.Sprintf("https://github.com/%s/pull/%d#pullrequestreview-%d", f.state.Repository, number(r), i)}
	})
}
