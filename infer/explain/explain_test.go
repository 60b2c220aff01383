package explain_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/explain"
)

func TestWhere(t *testing.T) {
	cells := func(width int, cells ...float32) *explain.Map {
		return &explain.Map{Width: width, Height: len(cells) / width, Cells: cells}
	}
	for _, test := range []struct {
		m    *explain.Map
		want string
	}{
		{cells(3, 1, 0, 0, 0, 0, 0, 0, 0, 0), "mostly the upper left"},
		{cells(3, 0, 1, 0, 0, 0, 0, 0, 0, 0), "mostly the upper middle"},
		{cells(3, 0, 0, 0, 0, 1, 0, 0, 0, 0), "mostly the middle"},
		{cells(3, 0, 0, 0, 0, 0, 1, 0, 0, 0), "mostly the right"},
		{cells(3, 0, 0, 0, 0, 0, 0, 0, 0, 1), "mostly the lower right"},
		{cells(3, 0, 0, 0, 0, 0, 0, 1, 1, 1), "mostly the lower part"},
		{cells(3, 0, 0, 0, 1, 1, 1, 0, 0, 0), "mostly the middle, from left to right"},
		{cells(3, 1, 0, 0, 1, 0, 0, 1, 0, 0), "mostly the left"},
		{cells(3, 0, 1, 0, 0, 1, 0, 0, 1, 0), "mostly the middle, from top to bottom"},
		{cells(1, 1), "all over the picture"},
		{cells(3, 1, 1, 1, 1, 1, 1, 1, 1, 1), "all over the picture"},
		{cells(2, -1, -1, -1, -1), "nothing in particular"},
		{cells(2, 0, 0, 0, 0), "nothing in particular"},
	} {
		if got := test.m.Where(); got != test.want {
			t.Errorf("%v: %q, want %q", test.m.Cells, got, test.want)
		}
	}
}

// TestOcclude hides parts of an input from a classifier that looks at one pixel.
func TestOcclude(t *testing.T) {
	const width, height = 28, 14
	in := explain.Input{Data: make([]byte, 3*width*height), Width: width, Height: height, Pixel: 3}
	seen := 3 * (2*width + 24) // x 24, y 2
	in.Data[seen] = 200
	before := slices.Clone(in.Data)
	runs := 0
	logit := func(_ context.Context, in []byte) (float64, error) {
		runs++
		return float64(in[seen]), nil
	}
	var m explain.Map
	if err := explain.Occlude(t.Context(), &m, in, make([]byte, len(in.Data)), logit); err != nil {
		t.Fatal(err)
	}
	if runs != 50 || m.Width != 7 || m.Height != 7 || !slices.Equal(in.Data, before) {
		t.Errorf("%d runs, a map of %dx%d, input changed: %v", runs, m.Width, m.Height, !slices.Equal(in.Data, before))
	}
	for i, c := range m.Cells {
		x, y := (float64(i%7)+0.5)*4, (float64(i/7)+0.5)*2
		inside := math.Abs(x-24.5) < 4 && math.Abs(y-2.5) < 2
		outside := math.Abs(x-24.5) > 5 || math.Abs(y-2.5) > 3
		if inside && c != 200 || outside && c != 0 {
			t.Errorf("cell %d: %v", i, c)
		}
	}
	if got := m.Where(); got != "mostly the upper right" {
		t.Error(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := explain.Occlude(ctx, &m, in, make([]byte, len(in.Data)), logit); err == nil {
		t.Error("goes on when it shall end")
	}
	if err := explain.Occlude(t.Context(), &m, in, nil, logit); err == nil {
		t.Error("takes a grey input of another size")
	}
}

func TestPicture(t *testing.T) {
	m := explain.Map{Width: 2, Height: 1, Cells: []float32{-1, 3}}
	rgb := make([]byte, 3*10*10)
	for i := range rgb {
		rgb[i] = 100
	}
	p := m.Picture(rgb, 10, 10, 25)
	if b := p.Bounds(); b.Dx() != 68 || b.Dy() != 30 {
		t.Fatalf("%v", b)
	}
	plain, cold, warm := p.RGBAAt(5, 5), p.RGBAAt(38+2, 15), p.RGBAAt(38+28, 15)
	if plain.R != 100 || cold.R > 40 || warm.R < 150 || warm.B > 60 {
		t.Errorf("plain %v, cold %v, warm %v", plain, cold, warm)
	}
}
