package githubfake

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

// tree finds the files of a commit or branch; "" is main.
func (f *Fake) tree(ref string) (files map[string]string, commit string, ok bool) {
	commit = cmp.Or(ref, "main")
	if c, ok := f.state.Branches[strings.TrimPrefix(commit, "refs/heads/")]; ok {
		commit = c
	}
	files, ok = f.state.Trees[commit]
	return files, commit, ok
}

func (f *Fake) ref(w http.ResponseWriter, r *http.Request) {
	branch := r.PathValue("branch")
	if sha, ok := f.state.Branches[branch]; ok {
		reply(w, http.StatusOK, object{"ref": "refs/heads/" + branch, "object": object{"type": "commit", "sha": sha}})
		return
	}
	notFound(w, r)
}

func (f *Fake) branch(w http.ResponseWriter, r *http.Request) {
	branch := r.PathValue("branch")
	sha, ok := f.state.Branches[branch]
	if !ok {
		notFound(w, r)
		return
	}
	reply(w, http.StatusOK, object{"name": branch, "commit": object{"sha": sha}, "protected": f.state.Rules[branch] != nil})
}

// protection is what the token of a workflow may not read.
func (f *Fake) protection(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusForbidden, "Resource not accessible by integration")
}

func (f *Fake) rules(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, json.RawMessage(cmp.Or(string(f.state.Rules[r.PathValue("branch")]), "[]")))
}

func (f *Fake) contents(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("path")
	files, _, ok := f.tree(r.URL.Query().Get("ref"))
	if !ok {
		refuse(w, http.StatusNotFound, "No commit found for the ref "+r.URL.Query().Get("ref"))
		return
	}
	if text, ok := files[name]; ok {
		reply(w, http.StatusOK, object{"type": "file", "name": path.Base(name), "path": name, "size": len(text), "encoding": "base64",
			"sha": fmt.Sprintf("%x", sha1.Sum([]byte(text))), "content": base64.StdEncoding.EncodeToString([]byte(text))})
		return
	}
	listed := []object{}
	for file := range files {
		if rest, ok := strings.CutPrefix(file, name+"/"); ok && !strings.Contains(rest, "/") {
			listed = append(listed, object{"type": "file", "name": rest, "path": file})
		}
	}
	if len(listed) == 0 {
		notFound(w, r)
		return
	}
	reply(w, http.StatusOK, listed)
}

// tarball leads to another path, with a token of its own, as GitHub does.
func (f *Fake) tarball(w http.ResponseWriter, r *http.Request) {
	if _, _, ok := f.tree(r.PathValue("ref")); !ok {
		notFound(w, r)
		return
	}
	http.Redirect(w, r, "/_codeload/"+r.PathValue("ref")+"?token=SECRET", http.StatusFound)
}

func (f *Fake) codeload(w http.ResponseWriter, r *http.Request) {
	files, commit, ok := f.tree(r.PathValue("ref"))
	if !ok {
		notFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-gzip")
	_, _ = w.Write(Tarball(strings.ReplaceAll(f.state.Repository, "/", "-")+"-"+commit[:min(7, len(commit))], files))
}

// Tarball packs files below a folder, as git archive does.
func Tarball(folder string, files map[string]string) []byte {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	add := func(h *tar.Header, text string) {
		h.Size = int64(len(text))
		_ = archive.WriteHeader(h) // memory takes everything
		_, _ = archive.Write([]byte(text))
	}
	add(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": folder}}, "")
	add(&tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755}, "")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		add(&tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + name, Mode: 0o644}, files[name])
	}
	_ = archive.Close()
	_ = zipped.Close()
	return out.Bytes()
}
