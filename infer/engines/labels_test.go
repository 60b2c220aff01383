package engines

import (
	"errors"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/task"
)

// TestTakeLabels gives the classes of each kind of model their labels.
func TestTakeLabels(t *testing.T) {
	note := errors.New("line 3 is empty")
	two := infer.Labels{"cat", "dog"}
	for _, c := range []struct {
		name       string
		kind       task.Kind
		classes    int
		labels     infer.Labels
		rest       error
		background bool
		want       infer.Labels
		isNone     bool // class 0 is a background
		fails      bool
	}{
		{name: "a detector", kind: task.Detect, classes: 2, labels: two, want: two},
		{name: "with the background that it leaves out", kind: task.Detect, classes: 2, labels: infer.Labels{"???", "cat", "dog"}, want: two},
		{name: "nobody knows how many", kind: task.Detect, labels: infer.Labels{"background", "cat", "dog"}, want: two},
		{name: "one too few", kind: task.Detect, classes: 3, labels: two, fails: true},
		{name: "areas", kind: task.Segment, classes: 2, labels: two, want: two},
		{name: "areas and a background", kind: task.Segment, classes: 3, labels: infer.Labels{"background", "cat", "dog"}, want: infer.Labels{"background", "cat", "dog"}, isNone: true},
		{name: "areas, a background left out", kind: task.Segment, classes: 3, labels: two, background: true, want: infer.Labels{"background", "cat", "dog"}, isNone: true},
		{name: "areas without labels", kind: task.Segment, classes: 3, isNone: true},
		{name: "areas, a note behind the labels", kind: task.Segment, classes: 2, labels: two, rest: note, want: two},
		{name: "an empty line among the labels", kind: task.Classify, classes: 3, labels: two, rest: note, fails: true},
		{name: "a pose", kind: task.Pose, labels: two, fails: true},
		{name: "a pose without", kind: task.Pose},
	} {
		m := Meaning{Reading: task.Reading{Kind: c.kind, Classes: c.classes}}
		err := m.takeLabels(labelList{names: c.labels, from: "labels.txt", rest: c.rest}, c.background)
		if (err != nil) != c.fails || !slices.Equal(m.Labels, c.want) || m.Reading.Background != c.isNone {
			t.Errorf("%s: %q, background %v, %v", c.name, m.Labels, m.Reading.Background, err)
		}
		if c.fails && c.rest != nil && !errors.Is(err, c.rest) {
			t.Errorf("%s: %v (want %v)", c.name, err, c.rest)
		}
		inside := Meaning{Reading: task.Reading{Kind: c.kind, Classes: c.classes}}
		if err := inside.takeLabels(labelList{names: c.labels, from: "labels.txt inside the model", inside: true, rest: c.rest}, c.background); err != nil {
			t.Errorf("%s, inside the model: %v", c.name, err)
		}
	}
}
