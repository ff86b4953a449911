package suite_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptflag/promptflag/evalkit/suite"
)

const manySuite = `
[defaults]
vars = { product = "Acme" }
[[defaults.assert]]
type = "not-equals"
value = ""
[[defaults.assert]]
type = "contains"
value = "answer"
metric = "form"
`

// watched is a file system whose files report the live heap at their end, where
// the reader holds the most.
type watched struct {
	fs.FS
	most *uint64
}

type watchedFile struct {
	fs.File
	most *uint64
}

func (w watched) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	return watchedFile{f, w.most}, err
}

func (f watchedFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	if err == io.EOF {
		*f.most = max(*f.most, liveHeap())
	}
	return n, err
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func manyJSONL(n int) []byte {
	var b strings.Builder
	b.WriteString("\ufeff")
	for i := range n {
		fmt.Fprintf(&b, `{"vars":{"ticket":"My order %d has not come, and I have waited for %d days. Where is it?","n":%d},"tags":["t%d"],"assert":[{"type":"equals","value":"order-%d","metric":"accuracy"}]}`+"\r\n", i, i%9, i, i%10, i)
	}
	return []byte(b.String())
}

func manyCSV(n int) []byte {
	var b strings.Builder
	b.WriteString("\ufeffticket,__expected,__metric\r\n")
	for i := range n {
		fmt.Fprintf(&b, "\"My order %d has not come,\r\nand I have waited. Where is it?\",equals: order-%d,accuracy\r\n", i, i)
	}
	return []byte(b.String())
}

func TestManyCases(t *testing.T) {
	for name, cases := range map[string][]byte{"many.cases.jsonl": manyJSONL(manyCases), "many.cases.csv": manyCSV(manyCases)} {
		t.Run(name, func(t *testing.T) {
			var most uint64
			fsys := watched{fstest.MapFS{"many.eval.toml": {Data: []byte(manySuite)}, name: {Data: cases}}, &most}
			before := liveHeap()
			s, err := suite.Load(fsys, ".", "many.eval.toml")
			if err != nil {
				t.Fatal(err)
			}
			loading, kept := most-before, liveHeap()-before
			most = 0
			n := 0
			for c, err := range s.All() {
				if err != nil {
					t.Fatal(err)
				}
				if n++; len(c.Assert) != 3 || c.Vars["product"] != "Acme" {
					t.Fatalf("case %d is %+v", n, c)
				}
			}
			reading := most - before
			if n != manyCases || s.Cases != manyCases {
				t.Errorf("All yields %d cases, Cases is %d, want %d", n, s.Cases, manyCases)
			}
			t.Logf("%d cases, %.1f MB: live heap at the end of Load %.1f MB, kept %.2f MB, at the end of All %.1f MB",
				n, mb(uint64(len(cases))), mb(loading), mb(kept), mb(reading))
			if most := 40.0; mb(loading) > most || mb(reading) > most {
				t.Errorf("more than %v MB live", most)
			}
		})
	}
}

func mb(n uint64) float64 { return float64(int64(n)) / 1e6 }

func BenchmarkLoad(b *testing.B) {
	const n = 10_000
	for name, cases := range map[string][]byte{"many.cases.jsonl": manyJSONL(n), "many.cases.csv": manyCSV(n)} {
		fsys := fstest.MapFS{"many.eval.toml": {Data: []byte(manySuite)}, name: {Data: cases}}
		b.Run(name+"/load", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(cases)))
			for b.Loop() {
				if _, err := suite.Load(fsys, ".", "many.eval.toml"); err != nil {
					b.Fatal(err)
				}
			}
		})
		s, err := suite.Load(fsys, ".", "many.eval.toml")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/all", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(cases)))
			for b.Loop() {
				for _, err := range s.All() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// TestChanged changes the cases after they were checked.
func TestChanged(t *testing.T) {
	const suiteFile, casesFile = "a.eval.toml", "a.cases.jsonl"
	good := `{"id":"a","assert":[{"type":"equals","value":"x"}]}` + "\n" + `{"id":"b","assert":[{"type":"equals","value":"x"}]}` + "\n"
	for _, test := range []struct {
		name, cases, want string
		yielded           int
	}{
		{"same", good, "", 2},
		{"one more", good + `{"id":"c","assert":[{"type":"equals","value":"x"}]}`, "a.cases.jsonl is not what it was", 3},
		{"other text", strings.Replace(good, `"x"`, `"y"`, 1), "a.cases.jsonl is not what it was", 2},
		{"wrong", strings.Replace(good, `"id":"b"`, `"id":3`, 1), "a.cases.jsonl:2:2: id: want a string", 1},
		{"wrong first", strings.Replace(good, `"id":"a"`, `"id":3`, 1), "a.cases.jsonl:1:2: id: want a string", 0},
		{"gone", "", "file does not exist", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			fsys := fstest.MapFS{suiteFile: {}, casesFile: {Data: []byte(good)}}
			s, err := suite.Load(fsys, ".", suiteFile)
			if err != nil {
				t.Fatal(err)
			}
			fsys[casesFile] = &fstest.MapFile{Data: []byte(test.cases)}
			if test.cases == "" {
				delete(fsys, casesFile)
			}
			n, said := 0, ""
			for c, err := range s.All() {
				switch {
				case said != "":
					t.Errorf("something comes after the error: %v, %v", c, err)
				case err != nil:
					said = err.Error()
				default:
					n++
				}
			}
			if !strings.Contains(said, test.want) || (said == "") != (test.want == "") || n != test.yielded {
				t.Errorf("All yields %d cases and the error %q, want %d and %q", n, said, test.yielded, test.want)
			}
		})
	}
}

// broken is a file system whose files of cases cannot be read to the end.
type broken struct{ fs.FS }

type brokenFile struct{ fs.File }

var errBroken = errors.New("the disk is on fire")

func (b broken) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if strings.Contains(name, ".cases.") {
		f = brokenFile{f}
	}
	return f, err
}

func (f brokenFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	if err == io.EOF {
		err = errBroken
	}
	return n, err
}

func TestUnreadable(t *testing.T) {
	for _, name := range []string{"a.cases.jsonl", "a.cases.csv"} {
		fsys := fstest.MapFS{"a.eval.toml": {Data: []byte(manySuite)}, name: {Data: []byte("{\n}\n")}}
		if _, err := suite.Load(broken{fsys}, ".", "a.eval.toml"); !errors.Is(err, errBroken) {
			t.Errorf("Load with an unreadable %s = %v", name, err)
		}
	}
	if _, err := suite.Load(fstest.MapFS{}, ".", "a.eval.toml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of nothing = %v", err)
	}
}
