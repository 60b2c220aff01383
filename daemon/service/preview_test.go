package service

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/publish/web"
)

// pair is a picture of a camera, and the answer to it.
type pair struct {
	picture.Picture
	result publish.Result
}

// pairOf takes the next picture of a camera, with its answer.
func (a *atWork) pairOf(camera string) *pair {
	a.t.Helper()
	one, taken := new(pair), make(chan struct{})
	var once sync.Once
	stop, err := a.service.Watch(camera, func(p *picture.Picture, r *publish.Result) {
		once.Do(func() {
			p.CopyTo(&one.Picture)
			one.result = *r
			one.result.Predictions = append([]publish.Prediction(nil), r.Predictions...)
			close(taken)
		})
	})
	if err != nil {
		a.t.Fatal(err)
	}
	defer stop()
	select {
	case <-taken:
		return one
	case <-time.After(time.Minute):
		a.t.Fatal("no picture")
		return nil
	}
}

// viewOf is what is in force of a camera.
func (a *atWork) viewOf(camera string) web.View {
	for _, c := range a.service.Cameras() {
		if c.Name == camera {
			return c.View
		}
	}
	a.t.Fatalf("no camera %s", camera)
	return web.View{}
}

// eager lets a service answer picture after picture, for tests that are not about the pace.
func (a *atWork) eager() {
	b := a.service.bench
	b.turn <- struct{}{}
	b.next = time.Time{}
	b.leave()
}

const tilted = `
mqtt: {broker: off}
cameras:
  drive: {demo: {width: 64, height: 48, interval: 20ms, seed: 3}, rotate: 90, flip: horizontal, fit: crop, region: {x: 0.25, width: 0.75},
    mask: [[0, 0, 1, 0, 1, 0.25]], threshold: 0.02, top_k: 4}
  door: {source: view, view: {of: drive}, region: {y: 0.5, height: 0.5}, fast_decode: true}
`

// With the view that is in force, a preview is the published answer, and shows the very bytes of the model's tensor.
func TestPreviewOfWhatIsInForce(t *testing.T) {
	s := startService(t, tilted)
	for _, name := range []string{"drive", "door"} {
		p := s.pairOf(name)
		s.eager()
		results := len(s.record.Results())
		got, err := s.service.Preview(t.Context(), name, &p.Picture, s.viewOf(name))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Classes, p.result.Predictions) || got.Inference <= 0 {
			t.Errorf("%s: classes %v in %v, published %v", name, got.Classes, got.Inference, p.result.Predictions)
		}
		planned := s.service.inForce.Load().plan.Cameras[name]
		engine := s.service.inForce.Load().models[0].Engine
		pre, err := preprocess.New(engine.Input(), planned.Preprocess) // as its look has it
		if err != nil {
			t.Fatal(err)
		}
		tensor := make([]byte, engine.Input().Bytes())
		if err := pre.Run(&p.Picture, tensor, nil); err != nil {
			t.Fatal(err)
		}
		if engine.Input().Type != infer.Uint8 || !bytes.Equal(got.Input, tensor) || len(got.Input) != 3*got.Width*got.Height {
			t.Errorf("%s: %dx%d, other bytes than those of the tensor", name, got.Width, got.Height)
		}
		for _, r := range s.record.Results()[results:] {
			if r.Camera == name && r.Sequence == p.result.Sequence {
				t.Errorf("%s: the preview is published", name)
			}
		}
	}
}

// An unsaved view is what a camera shows once it is saved, but that what is masked stays so.
func TestPreviewOfAnUnsavedView(t *testing.T) {
	s := startService(t, tilted)
	p := s.pairOf("drive")
	for name, change := range map[string]func(v *web.View){
		"region":  func(v *web.View) { v.Region = web.Region{X: 0.1, Y: 0.2, Width: 0.3, Height: 0.8} },
		"all":     func(v *web.View) { v.Region = web.Region{} },
		"fit":     func(v *web.View) { v.Fit = "letterbox" },
		"rotate":  func(v *web.View) { v.Rotate = 270 },
		"flip":    func(v *web.View) { v.Rotate, v.Flip = 0, "vertical" },
		"mask":    func(v *web.View) { v.Mask = append(v.Mask, []float64{0.5, 0.5, 1, 0.5, 1, 1, 0.5, 1}) },
		"no mask": func(v *web.View) { v.Mask = nil },
	} {
		view := s.viewOf("drive")
		change(&view)
		s.eager()
		got, err := s.service.Preview(t.Context(), "drive", &p.Picture, view)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		flip, _ := picture.ParseFlip(view.Flip)
		fit, _ := preprocess.ParseFit(view.Fit)
		upright, err := picture.New(picture.Options{Rotate: view.Rotate, Flip: flip, Mask: view.Mask})
		if err != nil {
			t.Fatal(err)
		}
		f := *p.Frame() // masked
		f.Pix = bytes.Clone(f.Pix)
		upright.Set(&f)
		engine := s.service.inForce.Load().models[0].Engine
		pre, err := preprocess.New(engine.Input(), preprocess.Options{Region: picture.Region(view.Region), Fit: fit})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, engine.Input().Bytes())
		if err := pre.Run(upright, want, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Input, want) {
			t.Errorf("%s: other pixels than those of such a camera", name)
		}
	}
}

// What cannot be is said as in the file; and what there is none of.
func TestPreviewRefuses(t *testing.T) {
	s := startService(t, tilted)
	s.service.options.CheckView = wiring.CheckView
	p := s.pairOf("drive")
	for _, c := range []struct {
		change func(v *web.View)
		want   web.Problem
	}{
		{func(v *web.View) { v.Region.X = 0.5 }, web.Problem{Key: "cameras.drive.region.width", Message: "x 0.5 and width 0.75 reach beyond the frame (want a sum of at most 1)"}},
		{func(v *web.View) { v.Fit = "squeeze" }, web.Problem{Key: "cameras.drive.fit"}},
		{func(v *web.View) { v.Rotate = 45 }, web.Problem{Key: "cameras.drive.rotate", Message: "45 is not possible (want 0, 90, 180 or 270)"}},
		{func(v *web.View) { v.Mask = [][]float64{{0, 1}} }, web.Problem{Key: "cameras.drive.mask[0]"}},
		{func(v *web.View) { v.Model = "else" }, web.Problem{Key: "cameras.drive.model", Message: "model else: there is none of that name"}},
	} {
		view := s.viewOf("drive")
		c.change(&view)
		_, err := s.service.Preview(t.Context(), "drive", &p.Picture, view)
		var bad *web.ConfigError
		if !errors.As(err, &bad) || len(bad.Problems) != 1 || bad.Problems[0].Key != c.want.Key || !strings.Contains(bad.Problems[0].Message, c.want.Message) {
			t.Errorf("%v %+v, want %+v", err, bad, c.want)
		}
	}
	if _, err := s.service.Preview(t.Context(), "none", &p.Picture, web.View{}); !errors.Is(err, web.ErrNone) {
		t.Errorf("no camera: %v", err)
	}
	if _, err := s.service.TryModel(t.Context(), "none", nil); !errors.Is(err, web.ErrNone) {
		t.Errorf("no model: %v", err)
	}
	cut := &pair{}
	p.CopyTo(&cut.Picture)
	cut.Frame().Pix = cut.Frame().Pix[:10]
	if _, err := s.service.Preview(t.Context(), "drive", &cut.Picture, s.viewOf("drive")); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("a damaged frame: %v", err)
	}
}

// All share one answer a second; who asks for the same gets the same.
func TestPreviewPace(t *testing.T) {
	s := startService(t, tilted)
	p, view := s.pairOf("drive"), s.viewOf("drive")
	s.eager()
	begin := time.Now()
	first, err := s.service.Preview(t.Context(), "drive", &p.Picture, view)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.service.Preview(t.Context(), "drive", &p.Picture, view)
	if err != nil || &again.Input[0] != &first.Input[0] {
		t.Errorf("the same is answered anew: %v", err)
	}
	view.Fit = "stretch"
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.service.Preview(short, "drive", &p.Picture, view); time.Since(begin) < tryEvery && (!errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "no answer in time: ")) {
		t.Errorf("before its time: %v", err)
	}
	if _, err := s.service.Preview(t.Context(), "drive", &p.Picture, view); err != nil || time.Since(begin) < tryEvery {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
}

// A reload waits for nobody who tries something, and leaves nobody with a model that is gone.
func TestPreviewDuringReloads(t *testing.T) {
	s := startService(t, tilted)
	p, view := s.pairOf("drive"), s.viewOf("drive")
	done := make(chan struct{})
	var viewers sync.WaitGroup
	for i := range 3 {
		viewers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				view := view
				view.Region = web.Region{Width: 1 - float64(n%50)/100, Height: 1 - float64(i)/10}
				if _, err := s.service.Preview(t.Context(), "drive", &p.Picture, view); err != nil && !errors.Is(err, errExchanged) {
					t.Error(err)
				}
			}
		})
	}
	begin := time.Now()
	for range 5 {
		s.reload(strings.Replace(tilted, "mqtt:", "models: {demo: {threads: 2}}\nmqtt:", 1))
		s.reload(tilted)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("10 reloads took %v", took)
	}
	close(done)
	viewers.Wait()
}

// A still picture is answered by any model of the file, also by one that no camera uses: that is loaded for a while.
func TestTryModel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spare.tflite")
	if err := os.WriteFile(file, demomodel.Model(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(tilted, "mqtt:", "models: {spare: {file: "+file+", threads: 1}}\nmqtt:", 1)
	s := startService(t, text)
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 1200 {
		m.Set(i%40, i/40, color.RGBA{200, 30, 30, 255})
	}
	var data bytes.Buffer
	if err := png.Encode(&data, m); err != nil {
		t.Fatal(err)
	}
	var all []web.Preview
	for _, name := range []string{"demo", "spare"} {
		s.eager()
		v, err := s.service.TryModel(t.Context(), name, data.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Classes) != triedClasses || len(v.Input) != 3*v.Width*v.Height || !bytes.Equal(v.Input[:3], []byte{200, 30, 30}) {
			t.Errorf("%s: %+v, %dx%d, %v", name, v.Classes, v.Width, v.Height, v.Input[:3])
		}
		all = append(all, v)
	}
	for i := range all[0].Classes {
		if a, b := all[0].Classes[i], all[1].Classes[i]; a.Index != b.Index || a.Score != b.Score {
			t.Errorf("the same file, and %v and %v", a, b)
		}
	}
	if s.service.bench.spare == nil {
		t.Error("the spare model is gone at once")
	}
	s.reload(text + "\n")
	if s.service.bench.spare != nil {
		t.Error("a spare model outlives a reload")
	}
	s.eager()
	if _, err := s.service.TryModel(t.Context(), "spare", data.Bytes()); err != nil {
		t.Error(err)
	}
	s.service.bench.idle.Reset(1)
	publishtest.Eventually(t, "the spare model to go", func() bool {
		s.service.bench.turn <- struct{}{}
		defer s.service.bench.leave()
		return s.service.bench.spare == nil
	})
	for _, rubbish := range []string{"", "GIF89a", data.String()[:60]} {
		if _, err := s.service.TryModel(t.Context(), "demo", []byte(rubbish)); !errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("%.10q: %v", rubbish, err)
		}
	}
}

// A model is not loaded where memory is short.
func TestAffordable(t *testing.T) {
	const mib = 1 << 20
	if err := affordable(50*mib, 0); err != nil {
		t.Errorf("nobody knows what is free: %v", err)
	}
	if err := affordable(50*mib, 132*mib); err != nil {
		t.Error(err)
	}
	if err := affordable(50*mib, 131*mib); err == nil || !strings.HasPrefix(err.Error(), "memory is short: it needs about 132 MiB, and 131 MiB are free") {
		t.Errorf("%v", err)
	}
}
