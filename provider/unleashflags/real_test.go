package unleashflags_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// realServer is a running Unleash. Flags of a test have a prefix of their own.
type realServer struct {
	t                     *testing.T
	url, admin, prod, dev string
	prefix                string
	http                  *http.Client
}

func newRealServer(t *testing.T) *realServer {
	t.Helper()
	r := &realServer{
		t:   t,
		url: os.Getenv("PROMPTFLAG_TEST_UNLEASH_URL"), admin: os.Getenv("PROMPTFLAG_TEST_UNLEASH_ADMIN_TOKEN"),
		prod: os.Getenv("PROMPTFLAG_TEST_UNLEASH_PROD_TOKEN"), dev: os.Getenv("PROMPTFLAG_TEST_UNLEASH_DEV_TOKEN"),
		prefix: fmt.Sprintf("provider%d.", time.Now().UnixNano()),
		http:   &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	if r.url == "" || r.admin == "" || r.prod == "" || r.dev == "" {
		const missing = "no Unleash server: PROMPTFLAG_TEST_UNLEASH_{URL,ADMIN_TOKEN,PROD_TOKEN,DEV_TOKEN} are not all set"
		if os.Getenv("PROMPTFLAG_STACK") == "require" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return r
}

// call makes a request to the Admin API (or, with another token, any other) and returns the answer.
func (r *realServer) call(method, path, token string, body any) []byte {
	r.t.Helper()
	var in io.Reader
	if body != nil {
		b, _ := json.Marshal(body)
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, r.url+path, in)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		r.t.Fatalf("%s %s: %s %s", method, path, resp.Status, out)
	}
	return out
}

const features = "/api/admin/projects/default/features"

// realTimeout is for requests to a server that may be busy: one that is given up and
// was counted all the same counts twice.
const realTimeout = 20 * time.Second

// lastHours asks for counts since before the test began: the server counts by the
// hour, and of one hour back leaves out what was counted before the last full one.
const lastHours = "hoursBack=2"

func (r *realServer) strategies(flag string) string {
	return features + "/" + url.PathEscape(r.prefix+flag) + "/environments/production/strategies"
}

// create makes the document's features, as a writer of the Admin API would, and
// waits until the feed has them.
func (r *realServer) create(doc object) {
	r.t.Helper()
	var made []string
	for _, f := range doc["features"].([]any) {
		f := f.(object)
		name := f["name"].(string)
		r.call("POST", features, r.admin, object{"name": r.prefix + name, "type": f["type"], "description": f["description"]})
		r.t.Cleanup(func() {
			if f["archived"] != true {
				r.call("DELETE", features+"/"+url.PathEscape(r.prefix+name), r.admin, nil)
			}
		})
		for _, s := range f["strategies"].([]any) {
			s := s.(object)
			body := object{}
			for _, key := range []string{"name", "title", "sortOrder", "disabled", "constraints", "segments", "parameters", "variants"} {
				body[key] = s[key]
			}
			r.call("POST", r.strategies(name), r.admin, body)
		}
		if f["enabled"] == true {
			r.call("POST", features+"/"+url.PathEscape(r.prefix+name)+"/environments/production/on", r.admin, nil)
		}
		if f["archived"] == true {
			r.call("DELETE", features+"/"+url.PathEscape(r.prefix+name), r.admin, nil)
			continue
		}
		made = append(made, name)
	}
	r.inFeed(made...)
}

// patch changes the strategy of flag in role.
func (r *realServer) patch(flag, role, path string, value any) {
	r.t.Helper()
	var list []object
	if err := json.Unmarshal(r.call("GET", r.strategies(flag), r.admin, nil), &list); err != nil {
		r.t.Fatal(err)
	}
	for _, s := range list {
		if s["parameters"].(object)["promptflag"] == role && s["disabled"] != true {
			r.call("PATCH", r.strategies(flag)+"/"+s["id"].(string), r.admin, []object{{"op": "replace", "path": path, "value": value}})
			return
		}
	}
	r.t.Fatalf("%s has no strategy in role %s", flag, role)
}

func (r *realServer) serve(o unleashflags.Options) *service {
	o.URL, o.Token = r.url, r.prod
	if o.RefreshInterval == 0 {
		o.RefreshInterval = 100 * time.Millisecond
	}
	o.Timeout = realTimeout
	return serve(r.t, o, newBucket(r.t), &provider.Options{FlagPrefix: r.prefix})
}

func fixture(t *testing.T, path string) (doc object) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document, made on a real server by its Admin API, is the same feed there
// as here, and gives the same answers.
func TestRealSameAsEmbedded(t *testing.T) {
	r := newRealServer(t)
	r.create(fixture(t, "testdata/embedded/production.json"))
	real, embedded := r.serve(unleashflags.Options{}), serve(t, newFlags(t, "production").options(), newBucket(t), nil)

	want := map[string]any{}
	for _, f := range fixture(t, "testdata/embedded/production.feed.json")["features"].([]any) {
		want[f.(object)["name"].(string)] = f
	}
	var feed object
	if err := json.Unmarshal(r.call("GET", "/api/client/features", r.prod, nil), &feed); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, f := range feed["features"].([]any) {
		f := f.(object)
		if name, ours := strings.CutPrefix(f["name"].(string), r.prefix); ours {
			f["name"] = name
			got[name] = f
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("feed (-embedded +server)\n%s", diff)
	}

	ctx := context.Background()
	for i := range 200 {
		tenant := []string{"acme", "globex", "initech"}[i%3]
		ec := user(fmt.Sprintf("user-%d", i), "tenantId", tenant)
		for name := range want {
			a, _ := embedded.ObjectValueDetails(ctx, name, "default", ec)
			b, _ := real.ObjectValueDetails(ctx, r.prefix+name, "default", ec)
			delete(a.FlagMetadata, "promptFeedAgeSeconds")
			delete(b.FlagMetadata, "promptFeedAgeSeconds")
			b.FlagKey = name
			if diff := cmp.Diff(fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b)); diff != "" {
				t.Fatalf("%s for %s of %s (-embedded +server)\n%s", name, "user", tenant, diff)
			}
			x, _ := embedded.BooleanValue(ctx, name, false, ec)
			y, _ := real.BooleanValue(ctx, r.prefix+name, false, ec)
			if x != y {
				t.Errorf("%s is on: %v embedded, %v on the server", name, x, y)
			}
		}
	}
}

func TestRealRelease(t *testing.T) {
	r := newRealServer(t)
	r.create(fixture(t, "testdata/embedded/production.json"))
	s := r.serve(unleashflags.Options{})
	flag := r.prefix + "support.triage"
	candidate, stable := version(t, "support.triage.2"), version(t, "support.triage.1")
	seen := func(what string, want map[string]int) {
		t.Helper()
		start := time.Now()
		eventually(t, what, func() bool { return cmp.Equal(want, s.split(flag, 1000)) })
		t.Logf("%s: seen after %v", what, time.Since(start).Round(time.Millisecond))
	}
	seen("10 %", map[string]int{candidate: 96, stable: 904})
	half := 0
	for i := range 1000 {
		if bucketOf("support.triage", fmt.Sprintf("user-%d", i)) <= 50 {
			half++
		}
	}
	r.patch("support.triage", "candidate", "/parameters/rollout", "50")
	seen("dial to 50 %", map[string]int{candidate: half, stable: 1000 - half})
	r.patch("support.triage", "candidate", "/disabled", true)
	seen("kill", map[string]int{stable: 1000})
	r.call("POST", features+"/"+flag+"/environments/production/off", r.admin, nil)
	eventually(t, "OFF", func() bool {
		a, _ := s.object(flag, user("user-3", "tenantId", "acme"))
		return a == got{ref(t, "support.triage.1"), stable, "DISABLED", ""}
	})
	if n := len(s.seen(openfeature.ProviderReady)); n != 1 {
		t.Errorf("%d READY events", n)
	}
	for _, e := range s.seen(openfeature.ProviderConfigChange) {
		for _, name := range e.flags {
			if strings.HasPrefix(name, r.prefix) && name != flag {
				t.Errorf("CONFIGURATION_CHANGED names %s, nobody changed it", name)
			}
		}
	}
}

// The server writes segments into their strategies, because we do not claim to
// know them.
func TestRealSegment(t *testing.T) {
	r := newRealServer(t)
	r.create(fixture(t, "testdata/embedded/production.json"))
	var segment object
	if err := json.Unmarshal(r.call("POST", "/api/admin/segments", r.admin, object{
		"name": r.prefix + "pro", "constraints": []any{object{"contextName": "plan", "operator": "IN", "values": []string{"pro"}}},
	}), &segment); err != nil {
		t.Fatal(err)
	}
	r.call("POST", r.strategies("support.reply"), r.admin, object{
		"name": "flexibleRollout", "sortOrder": 10, "segments": []any{segment["id"]}, "constraints": []any{},
		"parameters": object{"rollout": "100", "stickiness": "default", "groupId": "support.reply"},
		"variants":   []any{object{"name": "pro", "weight": 1000, "weightType": "variable", "stickiness": "default", "payload": object{"type": "string", "value": ref(t, "support.reply.2")}}},
	})
	t.Cleanup(func() { // after the flags that use it: cleanups run last in, first out
		for _, one := range strategyIDs(r, "support.reply") {
			r.call("DELETE", r.strategies("support.reply")+"/"+one, r.admin, nil)
		}
		r.call("DELETE", fmt.Sprintf("/api/admin/segments/%v", segment["id"]), r.admin, nil)
	})
	service := r.serve(unleashflags.Options{})
	flag := r.prefix + "support.reply"
	eventually(t, "the segment is served", func() bool {
		a, _ := service.object(flag, user("u", "plan", "pro"))
		return a == got{ref(t, "support.reply.2"), version(t, "support.reply.2"), "TARGETING_MATCH", ""}
	})
	if a, _ := service.object(flag, user("u", "plan", "free")); a.Value != ref(t, "support.reply.1") {
		t.Errorf("outside the segment: %v", a)
	}
}

func strategyIDs(r *realServer, flag string) (ids []string) {
	var list []object
	if err := json.Unmarshal(r.call("GET", r.strategies(flag), r.admin, nil), &list); err != nil {
		r.t.Fatal(err)
	}
	for _, s := range list {
		ids = append(ids, s["id"].(string))
	}
	return ids
}

// What was served is what the flag's Metrics tab says.
func TestRealExposures(t *testing.T) {
	t.Parallel() // with TestRealExposuresOfEveryRow: both wait for the server
	r := newRealServer(t)
	r.create(fixture(t, "testdata/embedded/production.json"))
	flag, app := r.prefix+"support.triage", r.prefix+"app"
	exposures := func(app string) map[string]int {
		var answer struct {
			Data []struct {
				Environment, AppName string
				Yes                  int
				Variants             map[string]int
			}
		}
		path := "/api/admin/client-metrics/features/" + url.PathEscape(flag) + "/raw?" + lastHours
		if err := json.Unmarshal(r.call("GET", path, r.admin, nil), &answer); err != nil {
			t.Fatal(err)
		}
		sum := map[string]int{}
		for _, d := range answer.Data {
			if d.Environment == "production" && d.AppName == app {
				sum["yes"] += d.Yes
				for v, n := range d.Variants {
					sum[v] += n
				}
			}
		}
		return sum
	}
	within := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !ok(); time.Sleep(200 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	// The server drops counts of flags that are not in a list of names which it keeps for ten seconds.
	within("the server knows the new flag", func() bool {
		now := time.Now().UTC()
		r.call("POST", "/api/client/metrics", r.prod, object{"appName": "warm-up", "instanceId": "one", "bucket": object{
			"start": now, "stop": now, "toggles": object{flag: object{"yes": 1, "no": 0, "variants": object{}}},
		}})
		return exposures("warm-up")["yes"] > 0
	})
	s := r.serve(unleashflags.Options{AppName: app, MetricsInterval: 100 * time.Millisecond})
	want := s.split(flag, 500)
	want["yes"] = 500
	within("what was served is counted", func() bool { return cmp.Equal(want, exposures(app)) })
	_, _ = s.object(flag, user("user-0")) // the last ones are reported by Shutdown
	_, _ = s.object(flag, user("user-0"))
	want["yes"] += 2
	want[version(t, "support.triage.1")] += 2
	if err := s.api.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	within("the last ones are counted", func() bool { return cmp.Equal(want, exposures(app)) })
	var apps object
	eventually(t, "the app is registered", func() bool {
		if err := json.Unmarshal(r.call("GET", "/api/admin/metrics/applications?query="+r.prefix, r.admin, nil), &apps); err != nil {
			t.Fatal(err)
		}
		list, _ := apps["applications"].([]any)
		return len(list) == 1
	})
}

// A token that the server does not know, and the wrong kind of token.
func TestRealRefusesToken(t *testing.T) {
	r := newRealServer(t)
	source, err := unleashflags.New(unleashflags.Options{URL: r.url, Token: "default:production.nobody"})
	if err != nil {
		t.Fatal(err)
	}
	p := provider.New(source, newBucket(t), &provider.Options{NoCache: true})
	defer p.Shutdown()
	err = p.Init(openfeature.EvaluationContext{})
	if err == nil || !strings.Contains(err.Error(), "refuses the token") || strings.Contains(err.Error(), "nobody") {
		t.Errorf("Init = %v", err)
	}
}
