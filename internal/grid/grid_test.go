package grid

import (
	"slices"
	"testing"
)

func TestSmall(t *testing.T) {
	for _, c := range []struct {
		tell                        string
		src                         []uint8
		stride, width, height, side int
		want                        []uint8
		w, h                        int
	}{
		{"fits", []uint8{1, 2, 3, 4}, 2, 2, 2, 2, []uint8{1, 2, 3, 4}, 2, 2},
		{"a part of wider rows", []uint8{1, 2, 99, 3, 4}, 3, 2, 2, 9, []uint8{1, 2, 3, 4}, 2, 2},
		{"middles of three", []uint8{1, 2, 3, 4, 5, 6}, 6, 6, 1, 2, []uint8{2, 5}, 2, 1},
		{"one side is longer", []uint8{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 4, 2, []uint8{3, 4, 7, 8}, 2, 2},
		{"one cell", []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3, 3, 1, []uint8{5}, 1, 1},
		{"nothing", nil, 0, 0, 0, 5, nil, 0, 0},
	} {
		got, w, h := Small(nil, c.src, c.stride, c.width, c.height, c.side)
		if !slices.Equal(got, c.want) || w != c.w || h != c.h {
			t.Errorf("%s: %v, %d x %d (want %v, %d x %d)", c.tell, got, w, h, c.want, c.w, c.h)
		}
	}
}
