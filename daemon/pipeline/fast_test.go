package pipeline

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
)

// snap is a JPEG, and the part of it that a model sees.
type snap struct {
	name string
	data []byte
	pre  preprocess.Options
}

// TestFastDecodeAuto holds several models to the same best class with fast_decode: auto as with full decoding: of the shared
// photographs, whole and in parts, and of photographs that were enlarged until auto reduces them for a model of 224. A class that
// is not better than the next one, or that no camera lists with the usual threshold, is no answer.
func TestFastDecodeAuto(t *testing.T) {
	const threshold = 0.1
	dir := shared.Dir(t)
	snaps := photographs(t, filepath.Join(dir, "pictures"))
	reduced := 0
	for _, name := range []string{
		"googlenet_224_uint8", "mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq", "mobilenet_v1_0.25_128_quant",
	} {
		m, err := engines.Load(t.Context(), "net", engines.Options{File: filepath.Join(dir, "models", name+".tflite"), Engine: engines.CPU, Threads: 2}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		model := NewModel(ModelOptions{Name: name, Engine: m.Engine, Mean: m.Mean, Std: m.Std, Task: m.Task()})
		for _, s := range snaps {
			if bytes.Equal(s.input(t, model, preprocess.FastNever), s.input(t, model, preprocess.FastAuto)) {
				continue
			}
			reduced++
			full, auto := s.answer(t, model, preprocess.FastNever), s.answer(t, model, preprocess.FastAuto)
			want, next := full[0], full[1]
			if want.Score >= threshold && want.Score > next.Score && auto[0].Index != want.Index {
				t.Errorf("%s, %s: class %d, in full %d (%.3f, the next one %.3f)", name, s.name, auto[0].Index, want.Index, want.Score, next.Score)
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d of %d were reduced", reduced, 4*len(snaps))
	if reduced < 50 {
		t.Errorf("only %d pictures were decoded at a reduced size", reduced)
	}
}

// input is what m gets of s.
func (s *snap) input(t *testing.T, m *Model, fast preprocess.FastDecode) []byte {
	t.Helper()
	s.pre.FastDecode = fast
	pre, err := preprocess.New(m.Engine.Input(), s.pre)
	if err != nil {
		t.Fatal(err)
	}
	in := make([]byte, m.Engine.Input().Bytes())
	if err := pre.Run(s.picture(), in, nil); err != nil {
		t.Fatal(err)
	}
	return in
}

func (s *snap) picture() *picture.Picture {
	return picture.Of(&capture.Frame{Pix: s.data, Format: capture.Format{Pixel: capture.MJPG, Width: 1, Height: 1}})
}

// answer is the two best classes that m sees in s.
func (s *snap) answer(t *testing.T, m *Model, fast preprocess.FastDecode) []publish.Prediction {
	t.Helper()
	s.pre.FastDecode = fast
	look, err := NewLook(LookOptions{Model: m, TopK: 2, Preprocess: s.pre})
	if err != nil {
		t.Fatal(err)
	}
	a, err := look.Answer(t.Context(), s.picture())
	if err != nil {
		t.Fatal(err)
	}
	return a.Predictions
}

// photographs are those of a folder, in every fit, in parts, and enlarged.
func photographs(t *testing.T, dir string) (list []snap) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d pictures: %v", len(files), err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		for fit := preprocess.Stretch; fit <= preprocess.Letterbox; fit++ {
			list = append(list, snap{name: fmt.Sprint(name, " ", fit), data: data, pre: preprocess.Options{Fit: fit}})
		}
		for _, r := range []preprocess.Region{
			{Width: 0.9, Height: 0.95}, {X: 0.1, Y: 0.05, Width: 0.9, Height: 0.95}, {X: 0.25, Width: 0.5, Height: 1}, {X: 0.15, Width: 0.85, Height: 1},
		} {
			list = append(list, snap{name: fmt.Sprint(name, " ", r), data: data, pre: preprocess.Options{Region: r}})
		}
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, snap{name: name + " enlarged", data: enlarged(t, m, 1504, 1128), pre: preprocess.Options{Fit: preprocess.Crop}})
	}
	return list
}

// enlarged is a JPEG of w by h pixels of the middle of m, with edges.
func enlarged(t *testing.T, m image.Image, w, h int) []byte {
	t.Helper()
	b := m.Bounds()
	scale := min(float64(b.Dx())/float64(w), float64(b.Dy())/float64(h))
	left, top := (float64(b.Dx())-scale*float64(w))/2, (float64(b.Dy())-scale*float64(h))/2
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetRGBA(x, y, between(m, left+(float64(x)+0.5)*scale-0.5, top+(float64(y)+0.5)*scale-0.5))
		}
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, out, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// between is the colour at a place between pixels: halfway between two of them it changes fast.
func between(m image.Image, x, y float64) color.RGBA {
	b := m.Bounds()
	x, y = min(max(x, 0), float64(b.Dx()-1)), min(max(y, 0), float64(b.Dy()-1))
	left, top := int(x), int(y)
	right, down := min(left+1, b.Dx()-1), min(top+1, b.Dy()-1)
	ease := func(f float64) float64 { return f * f * (3 - 2*f) }
	fx, fy := ease(x-float64(left)), ease(y-float64(top))
	var sum [3]float64
	for _, corner := range []struct {
		x, y  int
		share float64
	}{{left, top, (1 - fx) * (1 - fy)}, {right, top, fx * (1 - fy)}, {left, down, (1 - fx) * fy}, {right, down, fx * fy}} {
		r, g, bl, _ := m.At(b.Min.X+corner.x, b.Min.Y+corner.y).RGBA()
		for i, v := range []uint32{r, g, bl} {
			sum[i] += corner.share * float64(v) / 257
		}
	}
	return color.RGBA{uint8(sum[0] + 0.5), uint8(sum[1] + 0.5), uint8(sum[2] + 0.5), 255}
}
