package pipeline

import (
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/task"
)

// What is counted is known beforehand if the options list it.
func TestCounted(t *testing.T) {
	labels := infer.Labels{"person", "dog", "dog"}
	for _, c := range []struct {
		kind task.Kind
		only []string
		want []string
		more bool
	}{
		{task.Detect, nil, nil, true},
		{task.Detect, []string{"dog", "person", "0"}, []string{"dog", "person"}, false},
		{task.Segment, []string{"dog"}, nil, false},
		{task.Classify, nil, nil, false},
	} {
		camera := Camera{look: finder(t, c.kind, labels, c.only...)}
		if got, more := camera.Counted(); !slices.Equal(got, c.want) || more != c.more {
			t.Errorf("%s of %q: counted %q, more %v (want %q, %v)", c.kind, c.only, got, more, c.want, c.more)
		}
	}
}

// maxFound is how many objects the models of finder give.
const maxFound = 10

// finder is the look of a model of a kind: one that detects has maxFound objects, one that segments 8 x 8 pixels.
func finder(t *testing.T, kind task.Kind, labels infer.Labels, only ...string) *Look {
	t.Helper()
	outs := map[task.Kind][]infer.TensorSpec{
		task.Classify: {{Shape: []int{1, len(labels)}}},
		task.Segment:  {{Shape: []int{1, 8, 8, len(labels)}}},
		task.Detect:   {{Shape: []int{1, maxFound, 4}}, {Shape: []int{1, maxFound}}, {Shape: []int{1, maxFound}}, {Shape: []int{1}}},
	}[kind]
	for i := range outs {
		outs[i].Type = infer.Float32
	}
	engine := &infertest.Fake{In: infer.TensorSpec{Shape: []int{1, 8, 8, 3}, Type: infer.Float32}, Outs: outs}
	look, err := NewLook(LookOptions{
		Model: NewModel(ModelOptions{
			Name: "found", SHA256: "00", Labels: labels, Engine: engine,
			Task: task.Options{Reading: task.Reading{Kind: kind, Outputs: [4]int{0, 1, 2, 3}, Classes: len(labels)}},
		}),
		TopK: 1, Objects: &ObjectOptions{Threshold: 0.5, MaxResults: 20, Only: only},
	})
	if err != nil {
		t.Fatal(err)
	}
	return look
}
