package pipeline

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// newScene is a picture of coloured noise that is smooth enough for a JPEG, in one format.
func newScene(t *testing.T, pixel capture.PixelFormat, w, h int, random *rand.Rand) *capture.Frame {
	t.Helper()
	f := &capture.Frame{Format: capture.Packed(pixel, w, h), Sequence: 1}
	if pixel == capture.MJPG {
		m := image.NewRGBA(image.Rect(0, 0, w, h))
		var c color.RGBA
		for i := range w * h {
			if i%7 == 0 {
				c = color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255}
			}
			m.Set(i%w, i/w, c)
		}
		var data bytes.Buffer
		if err := jpeg.Encode(&data, m, nil); err != nil {
			t.Fatal(err)
		}
		f.Pix = data.Bytes()
		return f
	}
	n, err := f.Format.Size()
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		f.Pix = append(f.Pix, byte(random.Uint32()))
	}
	return f
}

// seeing is a model that sees pictures of that size, and whose classes are the first bytes of them.
func seeing(height, width, channels int) *Model {
	return NewModel(ModelOptions{Name: "net", Engine: &infertest.Fake{
		In:   infer.TensorSpec{Name: "in", Shape: []int{1, height, width, channels}, Type: infer.Uint8, Scale: 0.5, ZeroPoint: 3},
		Outs: []infer.TensorSpec{{Name: "out", Shape: []int{1, 9}, Type: infer.Uint8, Scale: 1. / 256}},
		Answer: func(_ context.Context, in []byte, outs [][]byte) error {
			copy(outs[0], in)
			return nil
		},
	}})
}

// What a trial shows is byte for byte what the model of a camera with the same options gets, and so is the answer.
func TestTrialSeesWhatTheModelSees(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	formats := []capture.PixelFormat{capture.MJPG, capture.YUYV, capture.MJPG, capture.NV12, capture.RGB24}
	for i := range 60 {
		channels := 3 - i%4/3*2
		o := LookOptions{Model: seeing(5+random.IntN(8), 5+random.IntN(8), channels), TopK: 4, Preprocess: preprocess.Options{
			Fit: preprocess.Fit(random.IntN(3)), FastDecode: preprocess.FastDecode(i % 3),
		}}
		if i%2 == 0 {
			o.Preprocess.Region = picture.Region{X: random.Float64() / 2, Y: random.Float64() / 2, Width: 0.5, Height: 0.25 + random.Float64()/4}
		}
		p, err := picture.New(picture.Options{Rotate: 90 * random.IntN(4), Flip: picture.Flip(random.IntN(4)), Mask: []picture.Polygon{{0, 0, 0.3, 0.1, 0.2, 0.6}}})
		if err != nil {
			t.Fatal(err)
		}
		p.Set(newScene(t, formats[i%len(formats)], 2*(20+random.IntN(60)), 2*(20+random.IntN(40)), random))
		look, err := NewLook(o)
		if err != nil {
			t.Fatal(err)
		}
		want, err := look.Answer(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		trial, err := NewTrial(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := trial.Answer(t.Context(), p)
		if err != nil || !reflect.DeepEqual(got.Predictions, want.Predictions) {
			t.Errorf("%+v: %v, want %v; %v", o.Preprocess, got.Predictions, want.Predictions, err)
		}
		rgb, w, h, err := trial.Pixels(p)
		seen := look.Input()
		if channels == 1 {
			var wide []byte
			for _, v := range seen {
				wide = append(wide, v, v, v)
			}
			seen = wide
		}
		if err != nil || len(rgb) != 3*w*h || !bytes.Equal(rgb, seen) {
			t.Errorf("%+v: other pixels than the model's, %dx%d, %v", o.Preprocess, w, h, err)
		}
	}
}

// A trial takes the model's turn as cameras do, and waits until the model has rested.
func TestTrialTakesItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := seeing(4, 4, 3)
		m.Rest = func(time.Duration) time.Duration { return 2 * time.Second }
		trial, err := NewTrial(LookOptions{Model: m, TopK: 1})
		if err != nil {
			t.Fatal(err)
		}
		f := capture.Frame{Format: capture.Packed(capture.RGB24, 4, 4), Pix: slices.Repeat([]byte{9}, 48)}
		p := picture.Of(&f)
		begin := time.Now()
		for range 3 {
			if _, err := trial.Answer(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("three answers with 2 s of rest after each took %v", took)
		}
		time.Sleep(2 * time.Second)
		m.turn <- struct{}{} // somebody else has the model
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := trial.Answer(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while others have it: %v", err)
		}
		m.endTurn()
	})
}

// A model that is fed by no picture is refused, with its name.
func TestTrialRefuses(t *testing.T) {
	m := seeing(4, 4, 3)
	m.Engine.(*infertest.Fake).In.Shape = []int{1, 16}
	if _, err := NewTrial(LookOptions{Model: m, TopK: 1}); err == nil {
		t.Error("a model without a picture is taken")
	}
	if _, err := NewTrial(LookOptions{Model: seeing(4, 4, 3), TopK: 1, Preprocess: preprocess.Options{Region: picture.Region{X: 2}}}); err == nil {
		t.Error("a region outside is taken")
	}
	trial, err := NewTrial(LookOptions{Model: seeing(4, 4, 3), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := picture.Of(&capture.Frame{Format: capture.Packed(capture.RGB24, 4, 4)})
	if _, _, _, err := trial.Pixels(p); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("a damaged frame: %v", err)
	}
}
