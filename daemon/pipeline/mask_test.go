package pipeline

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// rows is an engine that segments 4 by 4 pixels: each has the number of its row as its class.
func rows() *infertest.Fake {
	e := infertest.NewFake(4, 4)
	e.Outs = []infer.TensorSpec{{Name: "classes", Shape: []int{1, 4, 4}, Type: infer.Uint8}}
	e.Answer = func(_ context.Context, _ []byte, outs [][]byte) error {
		for i := range outs[0] {
			outs[0][i] = byte(i / 4)
		}
		return nil
	}
	return e
}

// TestMaskIsTheFrames has a wide frame: the mask lies where the model has seen it, and has none of the bars.
func TestMaskIsTheFrames(t *testing.T) {
	wide := picture.Of(&capture.Frame{Pix: make([]byte, 8*4), Format: capture.Packed(capture.GREY, 8, 4)})
	for _, c := range []struct {
		name    string
		options preprocess.Options
		box     [4]float64
		classes []uint8 // of the first pixel of each row
	}{
		{"stretch", preprocess.Options{Fit: preprocess.Stretch}, [4]float64{0, 0, 1, 1}, []uint8{0, 1, 2, 3}},
		{"letterbox", preprocess.Options{Fit: preprocess.Letterbox}, [4]float64{0, 0, 1, 1}, []uint8{1, 2}},
		{"crop", preprocess.Options{Fit: preprocess.Crop}, [4]float64{0.25, 0, 0.5, 1}, []uint8{0, 1, 2, 3}},
		{"region", preprocess.Options{Fit: preprocess.Stretch, Region: picture.Region{X: 0.5, Y: 0.5, Width: 0.5, Height: 0.5}}, [4]float64{0.5, 0.5, 0.5, 0.5}, []uint8{0, 1, 2, 3}},
	} {
		m := NewModel(ModelOptions{Name: "land", Engine: rows(), Task: task.Options{Reading: task.Reading{Kind: task.Segment, Classes: 4}}})
		look, err := NewLook(LookOptions{Model: m, TopK: 1, Preprocess: c.options, Objects: &ObjectOptions{MaxResults: 20}})
		if err != nil {
			t.Fatal(err)
		}
		if got := look.mask(); got != nil {
			t.Errorf("%s: before there was a picture: %+v", c.name, got)
		}
		if _, err := look.Answer(t.Context(), wide); err != nil {
			t.Fatal(err)
		}
		got := look.mask()
		var first []uint8
		for y := range got.Height {
			first = append(first, got.Classes[y*got.Stride])
		}
		if got.Box != c.box || got.Width != 4 || !slices.Equal(first, c.classes) {
			t.Errorf("%s: %+v, want %v with rows of %v", c.name, got, c.box, c.classes)
		}
		if n := testing.AllocsPerRun(10, func() { look.mask() }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// TestMaskIsForWatchers is not with a result that is published, and nobody who keeps a result keeps it.
func TestMaskIsForWatchers(t *testing.T) {
	r := publish.Result{Camera: "land", Task: publish.TaskSegment}
	text := r.AppendJSON(nil)
	r.Mask = &publish.Mask{Width: 1, Height: 1, Stride: 1, Classes: []uint8{1}}
	if with := r.AppendJSON(nil); !reflect.DeepEqual(with, text) {
		t.Errorf("%s, and without a mask %s", with, text)
	}
	if r.Own(new(publish.Result)); r.Mask != nil {
		t.Error("a copy has the mask of the camera")
	}
}
