package main

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/colours"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// hint is how the hint about the range of a model's input begins.
const hint = "the answer hardly changes between"

// saveModel writes a model with metadata.
func saveModel(t *testing.T, m *model.Model, about *write.Metadata) string {
	t.Helper()
	var metadata []byte
	if about != nil {
		var err error
		if metadata, err = about.Bytes(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := write.ModelWithMetadata(m, metadata)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.tflite")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// savePictures draws n pictures of 64 blocks of colour: as pictures that have nothing in common, or as one scene in
// another light each.
func savePictures(t *testing.T, n int, scene bool) []string {
	t.Helper()
	dir := t.TempDir()
	var list []string
	for i := range n {
		r, light := rand.New(rand.NewPCG(uint64(i), 3)), 1.0
		if scene {
			r, light = rand.New(rand.NewPCG(0, 3)), 1/(1+float64(i))
		}
		tint := [3]float64{}
		tint[i%3] = 0.7
		img := image.NewRGBA(image.Rect(0, 0, 64, 64))
		for y := 0; y < 64; y += 8 {
			for x := 0; x < 64; x += 8 {
				v := r.Float64()
				level := func(k int) uint8 { return uint8(255 * light * min(0.6*v+tint[k]*0.5, 1)) }
				for k := range 64 {
					img.SetRGBA(x+k%8, y+k/8, color.RGBA{level(0), level(1), level(2), 255})
				}
			}
		}
		path := filepath.Join(dir, fmt.Sprintf("%02d.png", i))
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, img); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		list = append(list, path)
	}
	return list
}

// TestRangeHintOfClassify gives a model that wants 0 to 255 its pictures in that range, and in others.
func TestRangeHintOfClassify(t *testing.T) {
	plain := saveModel(t, colours.Float(colours.Options{Ends: model.OpSoftmax}), nil)
	logits := saveModel(t, colours.Float(colours.Options{}), nil)
	told := saveModel(t, colours.Float(colours.Options{Ends: model.OpSoftmax}), &write.Metadata{Mean: []float32{0}, Std: []float32{1}})
	pictures := savePictures(t, 6, false)
	for _, c := range []struct {
		flags    string
		pictures []string
		hint     bool
		assumed  bool
	}{
		{"--model " + plain, pictures, true, true},
		{"--model " + logits, pictures, true, true},
		{"--model " + plain + " --mean 0 --std 255", pictures, true, false},
		{"--model " + plain + " --mean 0 --std 1", pictures, false, false},
		{"--model " + logits + " --mean 0 --std 1", pictures, false, false},
		{"--model " + told, pictures, false, false},
		{"--model " + told + " --mean 127.5 --std 127.5", pictures, true, false},
		{"--model " + plain, pictures[:2], false, true},
		{"--model " + plain, []string{pictures[0], pictures[0], pictures[0], pictures[0]}, false, true},
		{"--model " + logits + " --scores raw", pictures, false, true},
		{"", pictures, false, false},
	} {
		for _, form := range []string{"", " --json"} {
			_, stderr, code := inceptiond(t, append(append([]string{"classify"}, strings.Fields(c.flags+form)...), c.pictures...)...)
			if code != exitOK || strings.Contains(stderr, hint) != c.hint || strings.Contains(stderr, "-1 to 1 is assumed") != c.assumed {
				t.Errorf("%s, %d pictures: ended with %d: %s", c.flags+form, len(c.pictures), code, stderr)
			}
		}
	}
}

// TestRangeHintOfTheDaemon looks for the hint in the log: once for a model that two cameras share, and not for one
// scene in many lights.
func TestRangeHintOfTheDaemon(t *testing.T) {
	file := saveModel(t, colours.Float(colours.Options{Ends: model.OpSoftmax}), nil)
	for _, c := range []struct {
		name, model string
		scene       bool
		hints       int
	}{
		{"wrong", "", false, 1},
		{"right", "mean: [0]\n    std: [1]", false, 0},
		{"one scene", "", true, 0},
	} {
		pictures := savePictures(t, 12, c.scene)
		config := filepath.Join(t.TempDir(), "inceptiond.yaml")
		text := fmt.Sprintf("mqtt: {broker: off}\nmodels:\n  m:\n    file: %s\n    %s\ncameras:\n", file, c.model)
		for _, name := range []string{"a", "b"} {
			text += fmt.Sprintf("  %s: {source: files, files: {paths: [%s], interval: 0s}, model: m}\n", name, filepath.Dir(pictures[0]))
		}
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, stderr, code := inceptiond(t, "run", "--config", config, "--output", "none")
		if code != exitOK || strings.Count(stderr, hint) != c.hints {
			t.Errorf("%s: ended with %d, %d hints (want %d): %s", c.name, code, strings.Count(stderr, hint), c.hints, stderr)
		}
		if assumed := strings.Count(stderr, "-1 to 1 is assumed"); assumed != map[bool]int{true: 1}[c.model == ""] {
			t.Errorf("%s: the log says %d times what is assumed: %s", c.name, assumed, stderr)
		}
	}
}

// TestRangeHintOfRealNetworks does it with real networks in float: one that wants 0 to 255 less a mean, two that want
// -1 to 1 and 0 to 1. No right range may get a hint, also where all pictures show the same class.
func TestRangeHintOfRealNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("large networks")
	}
	dir := shared.Dir(t)
	var pictures []string
	for _, name := range []string{"parrot.jpg", "BellPeppers.jpg", "mug.jpg"} {
		pictures = append(pictures, filepath.Join(dir, "pictures", name))
	}
	for _, c := range []struct {
		model, flags string
		hint         bool
	}{
		{"googlenet_224_uint8", "", true},
		{"googlenet_224_uint8", "--mean 117 --std 1", false},
		{"mobilenet_v1_0.25_128_quant", "", false},
		{"mobilenet_v1_0.25_128_quant", "--mean 127.5 --std 25500", true},
		{"inception_v3_nsfw_299_int8", "--mean 0 --std 255", false}, // all of them Neutral
	} {
		data, err := os.ReadFile(filepath.Join(dir, "models", c.model+".tflite"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := model.Parse(data, model.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		file := saveModel(t, inFloat(m), nil)
		_, stderr, code := inceptiond(t, append(append([]string{"classify", "--model", file}, strings.Fields(c.flags)...), pictures...)...)
		if code != exitOK || strings.Contains(stderr, hint) != c.hint {
			t.Errorf("%s %s: ended with %d: %s", c.model, c.flags, code, stderr)
		}
	}
}

// inFloat makes a quantized model one that computes in float32. It changes m.
func inFloat(m *model.Model) *model.Model {
	same := map[int]int{} // tensors that only another storage told from others
	of := func(i int) int {
		for next, ok := same[i]; ok; next, ok = same[i] {
			i = next
		}
		return i
	}
	var kept []model.Operator
	for _, o := range m.Operators {
		if o.Op == model.OpQuantize || o.Op == model.OpDequantize {
			same[o.Outputs[0]] = o.Inputs[0]
			continue
		}
		for k, i := range o.Inputs {
			o.Inputs[k] = of(i)
		}
		o.Version = 0
		kept = append(kept, o)
	}
	m.Operators = kept
	for k, i := range m.Outputs {
		m.Outputs[k] = of(i)
	}
	for i := range m.Tensors {
		if t := &m.Tensors[i]; t.Quant != nil {
			if t.Data != nil {
				t.Data = dequantized(t)
			}
			t.Type, t.Quant = model.Float32, nil
		}
	}
	return m
}

// dequantized is the constant t in float32.
func dequantized(t *model.Tensor) []byte {
	stride, data := 1, []byte(nil)
	for _, d := range t.Shape[min(len(t.Shape), t.Quant.Axis+1):] {
		stride *= d
	}
	for i := range t.Elements() {
		var q int64
		switch t.Type {
		case model.Uint8:
			q = int64(t.Data[i])
		case model.Int8:
			q = int64(int8(t.Data[i]))
		case model.Int32:
			q = int64(int32(binary.LittleEndian.Uint32(t.Data[4*i:])))
		}
		c := 0
		if n := len(t.Quant.Scale); n > 1 {
			c = i / stride % n
		}
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(t.Quant.Scale[c]*float32(q-int64(t.Quant.ZeroPoint[c]))))
	}
	return data
}
