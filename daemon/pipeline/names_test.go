package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// Those who wait for labels of a detector name what it counts; of models that decide nothing they can name nothing.
func TestFindClasses(t *testing.T) {
	plain, grouped, ignoring := votes(1, 1), votes(1, 1), votes(1, 1)
	grouped.Groups = map[string][]string{"pets": {"dog", "cat"}}
	ignoring.Ignore = []string{"cat"}
	both := []string{"dog", "person"}
	for _, c := range []struct {
		kind        task.Kind
		only        []string
		rules       decide.Options
		entry, want string
	}{
		{task.Detect, nil, plain, "dog", "dog"},
		{task.Detect, nil, plain, "D*", "dog"},
		{task.Detect, nil, plain, "*", "person dog cat"},
		{task.Detect, nil, plain, "2", "cat"},
		{task.Detect, nil, plain, "rat", `no class or group is called "rat" (the nearest is "cat")`},
		{task.Detect, nil, ignoring, "cat", `"cat" is ignored, and never decided`},
		{task.Detect, both, plain, "DOG", "dog"},
		{task.Detect, both, plain, "*", "dog person"},
		{task.Detect, both, plain, "0-2", "person dog"},
		{task.Detect, both, plain, "cat", `"cat" is not counted: counted are dog, person`},
		{task.Detect, both, plain, "rat", `"rat" is not counted: counted are dog, person`},
		{task.Detect, both, plain, "different", `"different" is not counted: counted are dog, person`},
		{task.Detect, both, grouped, "pets", "pets"},
		{task.Detect, both, grouped, "dog", `"dog" is not counted: counted are pets, person`},
		{task.Detect, []string{"cat"}, ignoring, "cat", `"cat" is not counted: all of objects.only is in decision.ignore`},
		{task.Segment, nil, plain, "dog", `the model's task is segment: no class is decided, and nothing counted (remove "dog")`},
		{task.Pose, nil, plain, "person", `the model's task is pose`},
		{task.Classify, nil, plain, "dog", "dog"},
	} {
		camera := newCamera(t, Options{Look: finder(t, c.kind, ObjectOptions{Only: c.only}), Opener: openers(), Decide: c.rules})
		found, err := camera.FindClasses(c.entry)
		got := strings.Join(found, " ")
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "classes: ")
		}
		if got != c.want && (err == nil || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%q of %s, %q: %s, want %s", c.entry, c.kind, c.only, got, c.want)
		}
	}
	camera := newCamera(t, Options{Look: finder(t, task.Detect, ObjectOptions{Only: []string{"dog"}}), Opener: openers(), Decide: plain, Normal: true})
	if found, err := camera.FindClasses("Different"); err != nil || !slices.Equal(found, []string{publish.LabelDifferent}) {
		t.Errorf("%q, %v", found, err)
	}
}

// An error does not list a thousand labels.
func TestFew(t *testing.T) {
	labels := strings.Split(strings.Repeat("x ", maxNamed+2), " ")
	if got := few(labels[:maxNamed+2]); !strings.HasSuffix(got, "x and 2 others") {
		t.Error(got)
	}
}

// The areas that may come are all classes of the model, but for its background.
func TestAreas(t *testing.T) {
	for _, background := range []bool{true, false} {
		look := finder(t, task.Segment, ObjectOptions{})
		look.options.Model.Task.Background = background
		camera := newCamera(t, Options{Look: look, Opener: openers(), Decide: votes(1, 1)})
		want := []string{"person", "dog", "cat"}
		if background {
			want = want[1:]
		}
		if got := camera.Areas(); !slices.Equal(got, want) {
			t.Errorf("background %v: %q", background, got)
		}
	}
	if got := newCamera(t, Options{Look: finder(t, task.Detect, ObjectOptions{}), Opener: openers(), Decide: votes(1, 1)}).Areas(); got != nil {
		t.Errorf("of a detector: %q", got)
	}
}
