package cli

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/promptflag/promptflag/action/internal/config"
)

// strange are the places that only the change's promptflag.toml names, in words:
// servers, buckets and models' endpoints to which this run would send secrets.
// Whoever may push a branch would get them that way, without a review. A secret
// belongs to its place: the same server with another variable is another place.
func (p *pull) strange() (out []string) {
	if p.runner == nil {
		return nil // a person's own secrets, and their own file
	}
	var old config.Config
	if p.base.config != nil {
		old = *p.base.config
	}
	servers, buckets := map[[2]string]bool{}, map[string]bool{}
	for _, e := range old.Environments {
		_, variable := p.namedToken("UNLEASH_ADMIN_TOKEN", e)
		servers[[2]string{e.UnleashURL, variable}], buckets[e.Bucket] = true, true
	}
	for _, e := range p.config.Environments {
		if _, variable := p.namedToken("UNLEASH_ADMIN_TOKEN", e); !servers[[2]string{e.UnleashURL, variable}] && !p.inside(e.UnleashURL) {
			out = append(out, "unleash.url of "+e.Name)
		}
		if !buckets[e.Bucket] && !p.inside(e.Bucket) {
			out = append(out, "the bucket of "+e.Name)
		}
	}
	if p.base.config == nil {
		old.Evaluation.Endpoints = config.Vendors()
	}
	for _, e := range p.config.Evaluation.Endpoints {
		known := slices.ContainsFunc(old.Evaluation.Endpoints, func(o config.Endpoint) bool {
			return o.Family == e.Family && o.BaseURL == e.BaseURL && o.KeyEnv == e.KeyEnv && maps.Equal(o.Headers, e.Headers)
		})
		if !known && e.KeyEnv != "-" {
			out = append(out, "the endpoint "+strconv.Quote(e.Name))
		}
	}
	return out
}

// inside: a folder of the checkout, which the change could write to anyway.
func (p *pull) inside(raw string) bool {
	dir, ok := (config.Environment{UnleashURL: raw}).Embedded()
	if !ok {
		return false
	}
	rel, err := filepath.Rel(p.dir(), dir)
	return err == nil && filepath.IsLocal(rel)
}

// noSecretsThere says which places get no secrets before a merge.
func noSecretsThere(places []string) string {
	const most = 5
	list := strings.Join(places[:min(len(places), most)], ", ")
	if n := len(places) - most; n > 0 {
		list += fmt.Sprintf(" and %d more", n)
	}
	return "this pull request brings new places to " + config.FileName + " (" + list + "), and no secret is sent to them before a merge"
}
