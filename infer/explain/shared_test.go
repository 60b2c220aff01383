package explain_test

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// run is a model that explains itself, and what it says of an input.
type run struct {
	*engines.Model
	activation *explain.Activation
	outs       [][]byte
}

func load(t *testing.T, name, engine string) *run {
	t.Helper()
	m, err := engines.Load(t.Context(), name, engines.Options{
		File: filepath.Join(shared.Dir(t), "models", name+".tflite"), Engine: engine, Explain: true,
	}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	a, err := m.Activation()
	if (err == nil) != (m.Why.Map > 0) {
		t.Fatal(err)
	}
	return &run{m, a, infer.Buffers(m.Engine.Outputs())}
}

// inputs are photographs as tensors of 224 pixels.
func inputs(t *testing.T) (list [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(shared.Dir(t), "pictures", "*.[jb][pm][gp]"))
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pictures: %v", len(names), err)
	}
	spec := infer.TensorSpec{Type: infer.Uint8, Shape: []int{1, 224, 224, 3}}
	pre, err := preprocess.New(spec, preprocess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		list = append(list, make([]byte, spec.Bytes()))
		if err := pre.Run(picture.Of(read(t, name)), list[len(list)-1], nil); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func read(t *testing.T, name string) *capture.Frame {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frame := new(capture.Frame)
	if err := still.Decode(f, frame); err != nil {
		t.Fatal(err)
	}
	return frame
}

// answer is the best class.
func (r *run) answer(t *testing.T, in []byte) (best int) {
	t.Helper()
	if _, err := r.Engine.Run(t.Context(), in, r.outs); err != nil {
		t.Fatal(err)
	}
	for i, p := range r.outs[0] {
		if p > r.outs[0][best] {
			best = i
		}
	}
	return best
}

// TestMapIsTheLogit compares what the map sums up to with the logit that the model has rounded: it is never a step away.
func TestMapIsTheLogit(t *testing.T) {
	for _, name := range []string{"googlenet_224_uint8", "googlenet_224_int8"} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name, engines.CPU)
			spec := r.Engine.Outputs()[r.Why.Logits]
			real, err := explain.Reals(spec)
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for _, in := range inputs(t) {
				best := r.answer(t, in)
				off := r.activation.Logit(r.outs[r.Why.Map], best) - real(r.outs[r.Why.Logits], best)
				worst = max(worst, off, -off)
			}
			t.Logf("worst %.3f, a step is %.3f", worst, spec.Scale)
			if worst > float64(spec.Scale) {
				t.Errorf("the map and the logit are %.3f apart, a step is %.3f", worst, spec.Scale)
			}
		})
	}
}

// TestMapMatters takes away what the map says matters most, and shows nothing but that: the areas below both curves (Petsiuk
// and others, RISE, 2018).
func TestMapMatters(t *testing.T) {
	r := load(t, "googlenet_224_uint8", engines.CPU)
	grey := make([]byte, 3*224*224)
	for i := range grey {
		grey[i] = 117
	}
	var deletion, insertion float64
	pictures := inputs(t)
	for _, in := range pictures {
		best := r.answer(t, in)
		var m explain.Map
		if err := r.activation.Explain(&m, r.outs[r.Why.Map], best); err != nil {
			t.Fatal(err)
		}
		deletion += r.area(t, in, grey, &m, best)
		insertion += r.area(t, grey, in, &m, best)
	}
	deletion, insertion = deletion/float64(len(pictures)), insertion/float64(len(pictures))
	t.Logf("deletion %.3f, insertion %.3f of %d pictures", deletion, insertion, len(pictures))
	if deletion > 0.25 || insertion < 0.62 {
		t.Errorf("deletion %.3f (want 0.25 at most), insertion %.3f (want 0.62 at least)", deletion, insertion)
	}
}

// area is the mean probability of a class while from becomes to, the cells that matter most first.
func (r *run) area(t *testing.T, from, to []byte, m *explain.Map, class int) float64 {
	t.Helper()
	const side, patch = 224, 32
	type place struct {
		x, y  int
		value float64
	}
	var places []place
	for y := 0; y < side; y += patch {
		for x := 0; x < side; x += patch {
			places = append(places, place{x, y, m.At((float64(x)+patch/2)/side, (float64(y)+patch/2)/side)})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(b.value, a.value) })
	const steps = 7
	in, sum := slices.Clone(from), 0.0
	for step := range steps + 1 {
		if _, err := r.Engine.Run(t.Context(), in, r.outs); err != nil {
			t.Fatal(err)
		}
		p := float64(r.outs[0][class]) / 255
		if step == 0 || step == steps {
			p /= 2 // trapezoids
		}
		sum += p
		for _, p := range places[min(len(places), step*len(places)/steps):min(len(places), (step+1)*len(places)/steps)] {
			for y := p.y; y < p.y+patch; y++ {
				copy(in[3*(y*side+p.x):3*(y*side+p.x+patch)], to[3*(y*side+p.x):])
			}
		}
	}
	return sum / steps
}

// TestEnginesExplain has the worker give the same map.
func TestEnginesExplain(t *testing.T) {
	shared.WorkerInPath(t)
	own, other := load(t, "googlenet_224_uint8", engines.CPU), load(t, "googlenet_224_uint8", engines.TFLite)
	in := inputs(t)[0]
	own.answer(t, in)
	other.answer(t, in)
	for i := range own.outs {
		if !slices.Equal(own.outs[i], other.outs[i]) {
			t.Errorf("output %d differs", i)
		}
	}
}

func TestWithoutMap(t *testing.T) {
	r := load(t, "inception_v3_nsfw_299_int8", engines.CPU)
	if r.activation != nil || r.Why.NoMap == nil || r.Why.Logits < 0 {
		t.Errorf("%+v", r.Why)
	}
}
