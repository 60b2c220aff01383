package bench

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// floats are the bytes of a tensor.
func floats(values ...float32) (data []byte) {
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

// TestCompare: numbers of all outputs count, each by what is the greatest of its output.
func TestCompare(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	specs := []infer.TensorSpec{{Shape: []int{1, 4}, Type: infer.Float32}, {Shape: []int{1, 2}, Type: infer.Int8, Scale: 0.5}}
	for _, c := range []struct {
		name string
		a, b [][]byte
		want agreement
	}{
		{"same", [][]byte{floats(1, -4, nan, inf), {1, 2}}, [][]byte{floats(1, -4, nan, inf), {1, 2}}, agreement{Numbers: 6}},
		{"one differs", [][]byte{floats(1, -4, 0, 0), {1, 2}}, [][]byte{floats(1, -3, 0, 0), {1, 2}}, agreement{Numbers: 6, Differing: 1, Largest: 0.25}},
		{"levels", [][]byte{floats(0, 0, 0, 0), {10, 254}}, [][]byte{floats(0, 0, 0, 0), {10, 251}}, agreement{Numbers: 6, Differing: 1, Largest: 0.3}},
		{"no number", [][]byte{floats(nan, 0, 0, 0), {1, 2}}, [][]byte{floats(1, 0, 0, 0), {1, 2}}, agreement{Numbers: 6, Differing: 1, Largest: 1}},
	} {
		got, err := compare(specs, c.a, c.b)
		if err != nil || math.Abs(got.Largest-c.want.Largest) > 1e-6 || got.Numbers != c.want.Numbers || got.Differing != c.want.Differing {
			t.Errorf("%s: %+v, %v (want %+v)", c.name, got, err, c.want)
		}
	}
	if _, err := compare(specs, [][]byte{floats(1, 2, 3, 4), {1, 2}}, [][]byte{floats(1, 2, 3, 4)}); err == nil {
		t.Error("an output is missing, and it compares")
	}
}

// TestAllTasks: models of any task are timed, also those whose outputs nobody can read, and give the same answer with one
// thread and two.
func TestAllTasks(t *testing.T) {
	dir := shared.Dir(t)
	for _, name := range []string{
		"ssd_mobilenet_v1_coco", "posenet_mobilenet_v1_075_353_481", "gen_unet_mobilenet_v2_w25_int8", "blazeface_front_128", "ssd_slim_face_120x160_gray",
		"face_recognition_resnet_int8", "movenet_lightning", "split_concat",
	} {
		path := filepath.Join(dir, "models/zoo", name+".tflite")
		var out strings.Builder
		o := Options{Models: []string{path}, Engines: []string{engines.CPU}, Threads: []int{1, 2}, Runs: 1, JSON: true}
		if err := Run(t.Context(), &out, o); err != nil {
			t.Error(err)
			continue
		}
		var r report
		if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Contenders) != 2 || r.Contenders[0].Agreement != nil {
			t.Fatalf("%s: %s", name, out.String())
		}
		if a := r.Contenders[1].Agreement; a == nil || a.Differing > 0 || a.Numbers == 0 || a.With != engines.CPU {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestAgreements says each thing once, and nothing of a contender that agrees with its own engine.
func TestAgreements(t *testing.T) {
	row := func(engine string, a *agreement) *contender {
		return &contender{Model: "a/b.tflite", Engine: engine, Kernels: "k", Agreement: a}
	}
	r := report{Contenders: []*contender{
		row("cpu", nil), row("cpu", &agreement{With: "cpu", Numbers: 9}), row("tflite", &agreement{With: "cpu", Numbers: 9}), row("tflite", &agreement{With: "cpu", Numbers: 9}),
		row("cpu", &agreement{With: "cpu", Numbers: 9, Differing: 3, Largest: 0.0123}),
	}}
	var out strings.Builder
	if err := r.printAgreements(&out); err != nil {
		t.Fatal(err)
	}
	const want = "b.tflite: tflite (k) and cpu: the same answer, to the last bit\nb.tflite: cpu (k) and cpu: 3 of 9 numbers differ, by 1.2 % of the greatest at most\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}
