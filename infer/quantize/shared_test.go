package quantize_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/quantize"
	"github.com/inceptiond/inceptiond/internal/gen/stored"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// sharedModel reads a shared model.
func sharedModel(t testing.TB, name string) *model.Model {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", name+".tflite"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sharedFloat is a shared quantized model in float32.
func sharedFloat(t testing.TB, name string) *model.Model {
	t.Helper()
	m, err := stored.Convert(sharedModel(t, name), stored.Float32)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sharedPictures are parts of the shared photographs as an input of m, several of each.
func sharedPictures(t testing.TB, m *model.Model, globs ...string) [][]byte {
	t.Helper()
	in := &m.Tensors[m.Inputs[0]]
	spec := infer.TensorSpec{Name: in.Name, Shape: in.Shape, Type: infer.Uint8}
	var list [][]byte
	for _, glob := range globs {
		paths, err := filepath.Glob(filepath.Join(shared.Dir(t), glob))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", glob, err)
		}
		for _, path := range paths {
			list = append(list, parts(t, path, spec)...)
		}
	}
	return list
}

// parts cuts a photograph in overlapping parts.
func parts(t testing.TB, path string, spec infer.TensorSpec) (list [][]byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var frame capture.Frame
	if err := still.Decode(file, &frame); err != nil {
		t.Fatal(err)
	}
	for _, flip := range []picture.Flip{picture.FlipNone, picture.FlipHorizontal} {
		upright, err := picture.New(picture.Options{Flip: flip})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []preprocess.Region{{Width: 1, Height: 1}, {X: .1, Y: .1, Width: .8, Height: .8}, {X: 0, Y: .1, Width: .85, Height: .85}, {X: .15, Y: 0, Width: .85, Height: .9}} {
			p, err := preprocess.New(spec, preprocess.Options{Region: r})
			if err != nil {
				t.Fatal(err)
			}
			upright.Set(&frame)
			pixels := make([]byte, spec.Bytes())
			if err := p.Run(upright, pixels, nil); err != nil {
				t.Fatal(err)
			}
			list = append(list, pixels)
		}
	}
	return list
}

// pictures are those of list.
func pictures(list [][]byte) quantize.Pictures {
	return quantize.Pictures{N: len(list), Read: func(i int, pixels []byte) (bool, error) {
		return copy(pixels, list[i]) == len(pixels), nil
	}}
}

// halves are every second picture and the others.
func halves(list [][]byte) (a, b [][]byte) {
	for i, p := range list {
		if i/8%2 == 0 {
			a = append(a, p)
		} else {
			b = append(b, p)
		}
	}
	return a, b
}
