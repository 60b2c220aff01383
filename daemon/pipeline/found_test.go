package pipeline

import (
	"bytes"
	"image"
	"image/png"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// What a model finds is listed with its labels, and nothing of the frame before is left; the second time nothing is allocated.
func TestFoundLists(t *testing.T) {
	labels := infer.Labels{"person", "", "dog"}
	box := task.Box{X: 0.1, Y: 0.2, Width: 0.3, Height: 0.4}
	f := task.Findings{
		Objects:  []task.Object{{Index: 2, Score: 0.9, Box: box}, {Index: 1, Score: 0.8}, {Index: 2, Score: 0.7}},
		Areas:    []task.Area{{Index: 0, Share: 0.25, Box: box}},
		Postures: []task.Posture{{Score: 0.5, Keypoints: [task.Keypoints]task.Keypoint{16: {X: 0.1, Y: 0.2, Score: 0.3}}}},
	}
	var found Found
	found.list(&f, labels, nil)
	want := Found{
		Detections: []publish.Detection{
			{Index: 2, Label: "dog", Score: 0.9, Box: [4]float64{0.1, 0.2, 0.3, 0.4}}, {Index: 1, Score: 0.8}, {Index: 2, Label: "dog", Score: 0.7},
		},
		Counts:   []publish.Count{{Label: "dog", N: 2}, {Label: "1", N: 1}},
		Segments: []publish.Segment{{Index: 0, Label: "person", Share: 0.25, Box: [4]float64{0.1, 0.2, 0.3, 0.4}}},
		Poses:    []publish.PoseFound{{Score: 0.5, Keypoints: [17][3]float32{16: {0.1, 0.2, 0.3}}}},
		seen:     []decide.Seen{{Label: "dog", Score: 0.9}, {Label: "1", Score: 0.8}, {Label: "dog", Score: 0.7}, {Label: "person", Score: 0.25}},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("listed %+v, want %+v", found, want)
	}
	if n := testing.AllocsPerRun(10, func() { found.list(&f, labels, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	found.list(&task.Findings{}, nil, nil)
	if len(found.Detections)+len(found.Counts)+len(found.Segments)+len(found.Poses)+len(found.seen) != 0 {
		t.Errorf("left of the frame before: %+v", found)
	}
}

// What is set for nothing is an error that says so.
func TestObjectOptions(t *testing.T) {
	labels := infer.Labels{"person", "bicycle", "dog"}
	for _, c := range []struct {
		kind task.Kind
		o    ObjectOptions
		want string // of the error
	}{
		{task.Detect, ObjectOptions{Threshold: 0.4, MaxResults: 7, Only: []string{"dog", "0"}, Set: []string{"threshold"}}, ""},
		{task.Segment, ObjectOptions{SegmentMap: true, MaxResults: 1, Set: []string{"segment_map"}}, ""},
		{task.Classify, ObjectOptions{Threshold: 0.5, MaxResults: 20}, ""},
		{task.Classify, ObjectOptions{Only: []string{"dog"}, Set: []string{"only"}}, "objects.only: the model's task is classify"},
		{"", ObjectOptions{Set: []string{"threshold"}}, "objects.threshold: the model's task is classify"},
		{task.Embed, ObjectOptions{Set: []string{"max_results"}}, "objects.max_results: the model's task is embed"},
		{task.Detect, ObjectOptions{SegmentMap: true, Set: []string{"segment_map"}}, "objects.segment_map: the model's task is detect"},
		{task.Detect, ObjectOptions{Only: []string{"cat"}, Set: []string{"only"}}, `objects.only: no class is called "cat"`},
	} {
		options := task.Options{Reading: task.Reading{Kind: c.kind}}
		err := c.o.apply(&options, labels)
		if c.want != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s, %+v: error %v (want %q)", c.kind, c.o, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %+v: %v", c.kind, c.o, err)
		}
		if c.kind == task.Detect && (options.Threshold != 0.4 || options.MaxResults != maxCounted || !reflect.DeepEqual(options.Only, []int{2, 0})) {
			t.Errorf("the task gets %+v", options)
		}
	}
}

// The numbers of a segment map's pixels are those of the classes, in the colours that Pascal VOC gives them.
func TestSegmentMap(t *testing.T) {
	data, err := segmentMap(&task.Map{Width: 3, Height: 2, Classes: []uint8{0, 1, 15, 20, task.Void, 3}})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	pixels := picture.(*image.Paletted)
	if want := []uint8{0, 1, 15, 20, task.Void, 3}; !bytes.Equal(pixels.Pix, want) {
		t.Errorf("pixels %v, want %v", pixels.Pix, want)
	}
	for class, want := range map[int][3]uint32{0: {}, 1: {128, 0, 0}, 15: {192, 128, 128}, 20: {0, 64, 128}} { // background, aeroplane, person, tvmonitor
		r, g, b, _ := pixels.Palette[class].RGBA()
		if got := [3]uint32{r >> 8, g >> 8, b >> 8}; got != want {
			t.Errorf("class %d is %v, want %v", class, got, want)
		}
	}
}

// A map comes at most once a second.
func TestMapsAreRare(t *testing.T) {
	m := mapping{on: true}
	var times []time.Duration
	for now := 5 * time.Second; now < 8*time.Second; now += 300 * time.Millisecond {
		if m.due(now) {
			times = append(times, now)
		}
	}
	if want := []time.Duration{5 * time.Second, 6200 * time.Millisecond, 7400 * time.Millisecond}; !reflect.DeepEqual(times, want) {
		t.Errorf("maps at %v, want %v", times, want)
	}
	if (&mapping{}).due(time.Hour) {
		t.Error("a map that nobody wants")
	}
}
