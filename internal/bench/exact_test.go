//go:build unix

package bench

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/promptflag/promptflag/provider"
	"github.com/promptflag/promptflag/provider/unleashflags"
)

// What an ObjectValue allocates in the canonical layout, for nine callers of
// ten. It is the same in every run.
var exact = map[string]struct{ objects, bytes uint64 }{
	"v4": {27, 2900},
	"v6": {20, 2500},
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ctx := context.Background()
	for _, e := range engines() {
		var first uint64
		for _, n := range []int{10, 1000} {
			c := newCorpus(n)
			s := open(t, e, c)
			subject := s.object(ctx, "", c.flags[0])
			objects, bytes := Allocs(1000, func() { subject.Run(1) })
			if most := exact[e.name]; objects > most.objects || bytes > most.bytes {
				t.Errorf("%s, %d prompts: %d allocs, %d B; want at most %d and %d", e.name, n, objects, bytes, most.objects, most.bytes)
			}
			if first == 0 {
				first = objects
			}
			if objects != first {
				t.Errorf("%s: %d allocs with %d prompts, %d with 10", e.name, objects, n, first)
			}
		}
	}
}

// A service that uses few prompts asks for no others, and polls once for all.
func TestRequests(t *testing.T) {
	c := newCorpus(100)
	server, err := serveFlags(c.feed())
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	po := providerOptions()
	po.Prompts = three()
	p, err := newProvider(flagOptions(unleashflags.Options{}, server.url), c, po)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newService(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for range 100 {
		if v, err := s.client.ObjectValue(context.Background(), c.flags[1], nil, caller()); v == nil || err != nil {
			t.Fatal(v, err)
		}
	}
	if gets, polls := c.gets.Load(), server.polls.Load(); gets != 4 || polls != 1 {
		t.Errorf("%d blobs and %d polls, want 4 (one of three prompts has a candidate) and 1", gets, polls)
	}
}

// slow is a provider that does everything twenty times.
type slow struct{ *provider.Provider }

func (p slow) ObjectEvaluation(ctx context.Context, flag string, def any, caller openfeature.FlattenedContext) (d openfeature.InterfaceResolutionDetail) {
	for range 20 {
		d = p.Provider.ObjectEvaluation(ctx, flag, def, caller)
	}
	return d
}

// The figures of a call are short for an implementation that is.
func TestSlowProviderIsShort(t *testing.T) {
	ctx, c := context.Background(), newCorpus(10)
	server, err := serveFlags(c.feed())
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	p, err := newProvider(flagOptions(unleashflags.Options{}, server.url), c, providerOptions())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newService(ctx, slow{p})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var out bytes.Buffer
	r := NewReport(&out, figures())
	if err := callOf(ctx, r, engines()[0].name, c, s, Rounds{Clock: ProcessCPU, Count: 5, Ops: 200}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.Contains(line, "\t-\t") && !strings.HasSuffix(line, "\tshort\n") {
			t.Errorf("twenty times the work: %q", line)
		}
	}
	if n := strings.Count(out.String(), "\tshort\n"); n != 5 || r.Code() != 1 {
		t.Errorf("%d figures are short and the code is %d, want 5 and 1:\n%s", n, r.Code(), out.String())
	}
}

// The same for a cost that grows with the number of prompts, for a provider
// that hoards, and for one answer in thirty that comes late.
func TestOtherGoalsAreShort(t *testing.T) {
	var out bytes.Buffer
	r := NewReport(&out, figures())
	clock := &fakeClock{}
	costs := Rounds{Clock: clock.now, Count: 20, Ops: 1000}.Run(clock.costs("10", 100), clock.costs("10000", 112))
	const raw = 1 << 20
	before := ReadHeap()
	kept := make([]byte, 3*raw)
	hoarded := ReadHeap().Since(before)
	runtime.KeepAlive(kept)
	took := make([]float64, changes)
	took[7] = 1601
	if err := printAll(r, "", nil,
		value{"growth_cpu_10000_v4", Median(costs.Ratio("10000", "10"))},
		value{"memory_10000", float64(hoarded.InUse) / raw},
		value{"propagation_p99_500ms", Percentile(took, 99)},
		value{"ready_disk_1000_blobs", 1},
	); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\tshort\n"); n != 4 {
		t.Errorf("%d of 4 are short:\n%s", n, out.String())
	}
}

func TestAllocsCounts(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	var keep [][]byte
	objects, bytes := Allocs(100, func() { keep = [][]byte{make([]byte, 1024), make([]byte, 1024)} })
	if objects != 3 || bytes != 2*1024+48 || len(keep) != 2 {
		t.Errorf("%d objects, %d B; want 3 and %d", objects, bytes, 2*1024+48)
	}
}

// open is engine.open for a test.
func open(t *testing.T, e engine, c *corpus) *service {
	t.Helper()
	s, err := e.open(context.Background(), c, providerOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := s.check(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCorpus(t *testing.T) {
	c := newCorpus(20)
	if c.rawBytes != 21*artifactSize {
		t.Errorf("%d bytes, want 21 artifacts of %d", c.rawBytes, artifactSize)
	}
	for data := range c.all {
		if len(data) != artifactSize {
			t.Errorf("an artifact of %d bytes", len(data))
		}
	}
	s := open(t, engines()[0], c)
	d, err := s.client.ObjectValueDetails(context.Background(), c.flags[0], nil, caller())
	if err != nil || d.Variant != c.refs[0].Version() || d.Reason != openfeature.SplitReason {
		t.Errorf("the measured call is to pass the candidate and get the stable version: %+v, %v", d, err)
	}
}
