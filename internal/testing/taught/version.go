package taught

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Class is a class of pictures of one colour.
type Class struct {
	Label  string
	Colour color.RGBA
}

// shades are how much brighter the pictures of a class are than its colour.
func shades() []int { return []int{-12, -6, 0, 6, 12} }

// Version teaches a Base to tell colours, and has the version be in use as name in the folder of a store, where its pictures
// are too. It returns the ID of the version.
func Version(t testing.TB, folder, name string, classes ...Class) string {
	t.Helper()
	s := store.Open(folder, store.Limits{})
	n, err := s.Name(name)
	if errors.Is(err, store.ErrNone) {
		n, err = s.New(name, store.Base{Name: "base.tflite", File: "base.tflite", SHA256: strings.Repeat("0", 64)})
	}
	if err != nil {
		t.Fatal(err)
	}
	var ins [][]byte
	var pictures []task.TaughtPicture
	labels := make([]string, len(classes))
	for c, class := range classes {
		labels[c] = class.Label
		for _, shade := range shades() {
			lit := lighter(class.Colour, shade)
			id, _, err := n.Add(store.Pictures, class.Label, Picture(t, 32, 24, lit), store.Note{})
			if err != nil {
				t.Fatal(err)
			}
			ins = append(ins, bytes.Repeat([]byte{lit.R, lit.G, lit.B}, 12*12))
			pictures = append(pictures, task.TaughtPicture{ID: id, Class: c})
		}
	}
	file := taughtFile(t, name, labels, ins)
	id, err := n.Commit(store.Files{
		Model: file, Report: []byte("{}"), Embeddings: embeddings(t, file, labels, pictures, ins), Labels: []byte(strings.Join(labels, "\n") + "\n"),
	})
	if err == nil {
		err = n.Use(id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// File writes a Base to a file, and returns its path.
func File(t testing.TB) string {
	t.Helper()
	data, err := write.Model(Base(model.Uint8))
	path := filepath.Join(t.TempDir(), "base.tflite")
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Picture is a JPEG of one colour.
func Picture(t testing.TB, width, height int, c color.RGBA) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{c.R, c.G, c.B, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func lighter(c color.RGBA, by int) color.RGBA {
	add := func(v uint8) uint8 { return uint8(min(max(int(v)+by, 0), 255)) }
	return color.RGBA{add(c.R), add(c.G), add(c.B), 255}
}

// taughtFile is a Base that tells inputs by the class whose mean is nearest. Inputs of a class follow each other.
func taughtFile(t testing.TB, name string, labels []string, ins [][]byte) []byte {
	t.Helper()
	text, err := write.Model(Base(model.Uint8))
	if err != nil {
		t.Fatal(err)
	}
	base, err := model.Parse(text, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	at, err := base.Head()
	if err != nil {
		t.Fatal(err)
	}
	maps := Maps(t, base, ins)
	h := graft.Head{Labels: labels, Name: name}
	each := len(ins) / len(labels)
	for c := range labels {
		mean := make([]float64, Features)
		for _, m := range maps[c*each : (c+1)*each] {
			for i, v := range m {
				mean[i%Features] += float64(v) * Features / float64(len(m)*each)
			}
		}
		square := 0.0
		for d, v := range mean {
			square += v * v
			mean[d] = 2 * v
		}
		h.Weights, h.Bias = append(h.Weights, mean), append(h.Bias, -square)
	}
	sharpen(&h, maps)
	for _, m := range maps {
		logits, cam := Logits(h, m)
		for _, v := range logits {
			h.LogitMin, h.LogitMax = min(h.LogitMin, 1.1*v), max(h.LogitMax, 1.1*v)
		}
		for _, v := range cam {
			h.CamMin, h.CamMax = min(h.CamMin, 1.25*v), max(h.CamMax, 1.25*v)
		}
	}
	file, err := graft.Taught(base, at, h)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// sharpen has the logits of different classes be about 6 apart.
func sharpen(h *graft.Head, maps [][]float32) {
	least := math.Inf(1)
	for i, m := range maps {
		logits, _ := Logits(*h, m)
		own := i * len(h.Labels) / len(maps)
		for c, v := range logits {
			if c != own {
				least = min(least, logits[own]-v)
			}
		}
	}
	for c := range h.Weights {
		for d := range h.Weights[c] {
			h.Weights[c][d] *= 6 / least
		}
		h.Bias[c] *= 6 / least
	}
}

// embeddings is what a taught model says of its own pictures, as a file.
func embeddings(t testing.TB, file []byte, labels []string, pictures []task.TaughtPicture, ins [][]byte) []byte {
	t.Helper()
	m, err := model.Parse(file, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(m, cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	spec, zero := e.Outputs()[2], 0
	var codes []byte
	for _, in := range ins {
		outs, own := [][]byte{nil, nil, make([]byte, spec.Bytes())}, make([]byte, spec.Elements())
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		if zero, err = task.Codes(own, outs[2], spec); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, own...)
	}
	taught, err := task.NewTaught(labels, pictures, codes, zero, nearest(pictures, codes, zero))
	if err != nil {
		t.Fatal(err)
	}
	data, err := taught.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// nearest is how far each picture is from the nearest other of its class.
func nearest(pictures []task.TaughtPicture, codes []byte, zero int) (own []float64) {
	n := len(codes) / len(pictures)
	for i := range pictures {
		least := math.Inf(1)
		for j := range pictures {
			if i != j && pictures[i].Class == pictures[j].Class {
				least = min(least, task.Distance(codes[i*n:(i+1)*n], codes[j*n:(j+1)*n], zero))
			}
		}
		own = append(own, least)
	}
	return own
}
