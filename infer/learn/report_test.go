package learn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestReportFitsItsSchema with everything in it that there may be, and nothing that the schema does not name.
func TestReportFitsItsSchema(t *testing.T) {
	set := drawings(12, "lying", "standing")
	again := slices.Clone(drawing("lying", 2))
	again[60] ^= 1
	set = append(set, pictureOf(again, "lying"), pictureOf(drawing("standing", 3), "lying"), pictureOf([]byte("x"), "standing"))
	set[len(set)-1].Name = "x.jpg"
	o := Defaults()
	o.Name, o.BaseFile, o.Program, o.MaxPictures = "gate", "small.tflite", "1.0", 12
	o.Preprocess.Mean, o.Preprocess.Std = []float32{127.5}, []float32{127.5}
	v := trained(t, smallBase(t, model.Float32), set, o)
	fitsSchema(t, &v.Report)
}

// fitsSchema holds a report to its schema, which names all that is in it.
func fitsSchema(t *testing.T, r *Report) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(shared.Root(t), "docs", "schema", "teach-report.json")
	schema, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for key := range keysOf(value) {
		if !strings.Contains(string(text), fmt.Sprintf("%q: {", key)) {
			t.Errorf("%s does not name %s", file, key)
		}
	}
	for _, w := range r.Warnings {
		if !strings.Contains(string(text), w.Kind) {
			t.Errorf("%s does not name the warning %s", file, w.Kind)
		}
	}
}

// keysOf is the names of all fields.
func keysOf(value any) map[string]bool {
	keys := map[string]bool{}
	switch v := value.(type) {
	case map[string]any:
		for key, inside := range v {
			keys[key] = true
			maps.Copy(keys, keysOf(inside))
		}
	case []any:
		for _, inside := range v {
			maps.Copy(keys, keysOf(inside))
		}
	}
	return keys
}
