package demomodel_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	scenes "github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	generator "github.com/inceptiond/inceptiond/internal/gen/demo"
)

func TestLabels(t *testing.T) {
	want := strings.Join(scenes.Labels(), "\n") + "\n"
	if got := string(demomodel.Labels()); got != want {
		t.Errorf("labels.txt holds %q, but the camera draws %q", got, want)
	}
}

// trial is how a model did on some scenes.
type trial struct {
	scenes, right, sure int            // sure: right, with a score above one half
	wrong               map[string]int // by what was drawn and what was seen
}

func (r trial) String() string {
	return fmt.Sprintf("%d of %d right, %d of them above 0.5; wrong: %v", r.right, r.scenes, r.sure, r.wrong)
}

// try runs the model on fresh scenes, as the daemon does.
func try(t *testing.T, seed uint64, count int, o preprocess.Options) trial {
	t.Helper()
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	p, err := preprocess.New(e.Input(), o)
	if err != nil {
		t.Fatal(err)
	}
	labels := scenes.Labels()
	rng := rand.New(rand.NewPCG(seed, 0))
	var f capture.Frame
	in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
	r := trial{scenes: count, wrong: map[string]int{}}
	for i := range count {
		scenes.Draw(rng, i%len(labels), 640, 480, &f)
		if err := p.Run(picture.Of(&f), in, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(context.Background(), in, outs); err != nil {
			t.Fatal(err)
		}
		out, best := outs[0], 0
		for c, score := range out {
			if score > out[best] {
				best = c
			}
		}
		switch {
		case labels[best] != f.Name:
			r.wrong[f.Name+" seen as "+labels[best]]++
		case float64(out[best])*float64(e.Outputs()[0].Scale) > 0.5:
			r.sure++
			fallthrough
		default:
			r.right++
		}
	}
	return r
}

// TestAccuracy asks for 95 % of scenes that the training never saw, by the daemon's default fit and cropped.
func TestAccuracy(t *testing.T) {
	tests := []struct {
		fit   preprocess.Fit
		count int
	}{{preprocess.Stretch, 500}, {preprocess.Crop, 240}}
	for _, tt := range tests {
		t.Run(tt.fit.String(), func(t *testing.T) {
			if testing.Short() || race {
				tt.count = 60
			}
			r := try(t, 0xfe11, tt.count, preprocess.Options{Fit: tt.fit})
			t.Log(r)
			if 100*r.right < 95*tt.count {
				t.Errorf("%v; want 95 %%", r)
			}
			if 10*r.sure < 9*r.right {
				t.Errorf("%v; want nine of ten right answers above 0.5", r)
			}
		})
	}
}

func TestSmall(t *testing.T) {
	if n := len(demomodel.Model()); n >= 1e6 {
		t.Errorf("model.tflite has %d bytes, want less than 1 MB", n)
	}
}

// TestGenerated: the files are what the generator writes.
func TestGenerated(t *testing.T) {
	if testing.Short() || race {
		t.Skip("training takes the better part of a minute; skipped with -short and -race")
	}
	file, labels, err := generator.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, demomodel.Model()) || !bytes.Equal(labels, demomodel.Labels()) {
		t.Error("the files are not what internal/gen/demo makes now: run go generate ./infer/demomodel")
	}
}
