package prompts

import (
	"encoding/json"
	"math"
	"testing"
)

// The fast way to write canonical JSON agrees with the careful one, and leaves
// to it whatever is to be refused.
func TestCanonicalFastAgrees(t *testing.T) {
	for _, v := range []any{
		nil, true, "", "a\b\t\n\f\r\"\\/\x00\x1f\x7f<>&\u2028é😀", 0, -1, int64(1 << 53), int64(-1 << 53), int64(1<<53 + 1), int64(math.MinInt64),
		0.0, math.Copysign(0, -1), 1.5, 1e21, 1e20, 123456789012345680000.0, 5e-324, 1e-7, 1e-6, math.MaxFloat64, float64(1 << 60), math.NaN(), math.Inf(1),
		[]any{}, []any(nil), map[string]any{}, map[string]any(nil), "\xff", map[string]any{"\xff": 1},
		map[string]any{"\ue000": 1, "😀": 2, "a": 3, "\u20ac": 4, "": 5, "\r": 6, "A": 7, "1": 8},
		[]any{map[string]any{"x": []any{1, "y", nil, false}}}, json.Number("1"), []string{"a"}, struct{ A int }{1}, uint(7), float32(0.1),
	} {
		fast, ok := appendCanonical(nil, v, 0)
		careful, err := canonicalByParts(v)
		if ok && (err != nil || string(fast) != string(careful)) {
			t.Errorf("%#v: fast %s, careful %s, %v", v, fast, careful, err)
		}
		got, err2 := canonical(v)
		if string(got) != string(careful) || (err == nil) != (err2 == nil) {
			t.Errorf("%#v: canonical %s, %v, want %s, %v", v, got, err2, careful, err)
		}
	}
}

// FuzzCanonical: both ways agree on whatever JSON says.
func FuzzCanonical(f *testing.F) {
	for _, file := range seeds(f, "golden/*.artifact.json") {
		f.Add(file)
	}
	f.Add([]byte(`{"😀":1,"\ue000":2,"a":[1e21,-0,0.1,"\u2028\u0001\ud800"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if json.Unmarshal(data, &v) != nil {
			return
		}
		fast, ok := appendCanonical(nil, v, 0)
		careful, err := canonicalByParts(v)
		if ok && (err != nil || string(fast) != string(careful)) {
			t.Errorf("%q: fast %s, careful %s, %v", data, fast, careful, err)
		}
	})
}
