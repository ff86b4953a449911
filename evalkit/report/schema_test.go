package report

import (
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/promptflag/promptflag/evalkit"
)

// TestSchema: what JSON writes is what the schema says, and the schema forbids
// what it does not name, so that a member added to Report is added to it.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	full := example("triage", 200, 2).report
	full.Unpriced = 3
	full.Arms[1].Versus.Same = true
	if empty := empties(full); len(empty) > 0 {
		t.Errorf("the example never has %s", strings.Join(empty, ", "))
	}
	for name, r := range map[string]*evalkit.Report{"full": full, "small": example("triage", 3, 0).report} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, func(w io.Writer) error { return JSON(w, r) })))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		value.(map[string]any)["more"] = 1
		if schema.Validate(value) == nil {
			t.Errorf("%s: a member that is not in the schema is valid", name)
		}
	}
}

// empties are the members of a report that are empty.
func empties(r *evalkit.Report) (found []string) {
	v := reflect.ValueOf(*r)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			found = append(found, v.Type().Field(i).Name)
		}
	}
	return found
}
