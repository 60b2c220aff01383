//go:build linux

package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// TestArrange wants every pixel in one tile, and tiles of sizes that kernels have.
func TestArrange(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for range 500 {
		tiling := Tiling{Group: 1 + r.IntN(7)}
		const spacing = 5
		var runs []Run
		at, pixel := 0, 0
		for range 1 + r.IntN(4) {
			n := 1 + r.IntN(40)
			runs = append(runs, Run{at, pixel, n})
			at, pixel = at+spacing*n+r.IntN(3), pixel+n
		}
		seen := make([]int, pixel)
		for _, l := range tiling.Arrange(runs, spacing) {
			if l.Pixels < 1 || l.Pixels > 2*tiling.Group {
				t.Fatalf("a tile of %d pixels in groups of %d", l.Pixels, tiling.Group)
			}
			for _, tile := range l.Tiles {
				for i := range l.Pixels {
					p, at := int(tile.PixelA)+i, int(tile.A)+i*spacing
					if half := (l.Pixels + 1) / 2; i >= half {
						p, at = int(tile.PixelB)+i-half, int(tile.B)+(i-half)*spacing
					}
					seen[p]++
					n, _ := slices.BinarySearchFunc(runs, p, func(r Run, p int) int { return r.Pixel + r.Count - 1 - p })
					if want := runs[n].At + (p-runs[n].Pixel)*spacing; at != want {
						t.Fatalf("pixel %d lies at %d (want %d)", p, at, want)
					}
				}
			}
		}
		if i := slices.IndexFunc(seen, func(n int) bool { return n != 1 }); i >= 0 {
			t.Fatalf("pixel %d of %v is in %d tiles, groups of %d", i, runs, seen[i], tiling.Group)
		}
	}
}

// TestTiles compares with GEMM: rows of all lengths past two tiles, segments of all lengths, panels of all widths.
func TestTiles(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(1, 1))
		for count := 1; count <= 31; count++ {
			for _, segments := range []int{1, 2, 3} {
				for _, segment := range []int{1, 2, 3, 4, 7, 8, 16, 21, 32, 33, 48} {
					c := tilesCase{s.Tiling, r, atEnd, count, segments, segment, 1 + r.IntN(s.Tiling.Panel), r.IntN(5)}
					if r.IntN(3) == 0 {
						c.n = s.Tiling.Panel
					}
					c.test(t)
				}
			}
		}
	})
}

// tilesCase is a product of count pixels, spacing bytes apart, in two runs, and n columns.
type tilesCase struct {
	*Tiling
	r                                  *rand.Rand
	atEnd                              bool
	count, segments, segment, n, space int
}

func (c *tilesCase) test(t *testing.T) {
	t.Helper()
	k, pitch, r := c.segments*c.segment, c.segment+c.r.IntN(4), c.r
	bytes := extremes(r, (c.count-1)*c.space+(c.segments-1)*pitch+c.segment)
	weights, bias, out := extremes(r, c.n*k), anyBias(r, c.n), anyOutput(r, c.n)
	za, zw := int32(extremes(r, 1)[0]), int32(extremes(r, 1)[0])
	if r.IntN(2) == 0 {
		mild(r, weights, zw)
	}
	// The last step of a segment may reach beyond the line; what lies there must not matter.
	beyond := c.Steps(c.segment)*c.Step - c.segment
	lines := guard.Slice[uint8](t, (len(bytes)+beyond)*c.Element, c.atEnd)
	c.Line(lines, slices.Concat(bytes, extremes(r, beyond)))

	var quicks []Quick
	if c.Quick && r.IntN(2) == 0 {
		for i := range bias {
			bias[i] >>= 8
		}
		most := 1<<24 + int64(k)*255*255
		quicks = out.Quicks(HalfUp, most, func(int) (lo, hi int64) { return -most, most })
	}
	flip := []uint8{0, 0x80}[r.IntN(2)]
	stored := slices.Clone(weights)
	for i := range stored {
		stored[i] ^= flip
	}
	columns := Columns{Weights: cloned(t, stored, c.atEnd), Flip: flip, Segments: c.segments, Segment: c.segment,
		Pitch: pitch, Width: c.n, Vectors: (c.n + Panel - 1) / Panel, Zero: zw}
	own := !c.Sums || r.IntN(2) == 0 && columns.Fits()
	if !own {
		columns.Zero = 128
	}
	columns.Apart = c.Pairs && (columns.Clashes(c.Step) || r.IntN(4) == 0)
	panel := cloned(t, new(Packer).Pack(c.Tiling, &columns), c.atEnd)
	gemm := NewGEMM(k, c.n, weights, bias, za, zw, out)
	lineZero := int32(0)
	if c.Signed {
		lineZero = 128
	}
	sumBias := NewGEMM(k, c.n, weights, bias, za-lineZero, zw, out).bias
	var blocks []Block
	for i := 0; i < c.n; i += Panel {
		end := min(i+Panel, c.n)
		o := out
		o.Mult = out.Mult[i:end]
		blocks = append(blocks, NewBlock(sumBias[i:end], o))
		if quicks != nil {
			blocks[i/Panel].Quicken(quicks[i:end])
		}
	}
	rows, starts := make([][]uint8, c.count), make([]int32, c.count)
	for p := range rows {
		for s := range c.segments {
			at := p*c.space + s*pitch
			rows[p] = append(rows[p], bytes[at:at+c.segment]...)
		}
		if !own {
			starts[p] = (128 - zw) * (sum(rows[p]) - int32(k)*lineZero)
		}
	}
	stride := c.n + r.IntN(4)
	dst := guard.Slice[uint8](t, (c.count-1)*stride+c.n, c.atEnd)
	Fill(dst, 77)
	args := Tiles{
		Lines: &lines[0], Spacing: c.space * c.Element, Panel: &panel[0], Block: &cloned(t, blocks, c.atEnd)[0], Starts: &cloned(t, starts, c.atEnd)[0],
		Dst: &dst[0], Stride: stride,
	}
	if c.Bare && own && r.IntN(2) == 0 {
		args.Starts = nil
	}
	c.Describe(&args, &columns)
	var table *[256]uint8
	if c.Maps && r.IntN(3) == 0 {
		table = (*[256]uint8)(cloned(t, extremes(r, 256), c.atEnd))
		args.Table = table
	}
	var raw []int32
	if quicks == nil && !out.Plain() {
		raw = guard.Slice[int32](t, c.count*columns.Vectors*Panel, c.atEnd)
		args.Raw = &raw[0]
	}
	first := 1 + r.IntN(c.count)
	runs := []Run{{0, 0, first}, {first * c.space * c.Element, first, c.count - first}}
	for _, l := range c.Arrange(runs, args.Spacing) {
		list := cloned(t, l.Tiles, c.atEnd)
		args.List, args.Count, args.Pixels = &list[0], len(list), l.Pixels
		before := args
		c.Run(&args)
		before.Ahead = args.Ahead
		if args != before {
			t.Fatal("changed its arguments")
		}
	}
	if raw != nil {
		out.FromSums(dst, stride, raw, c.count, HalfUp)
		table = nil
	}
	want, tile := slices.Repeat([]uint8{77}, len(dst)), NewRowTile(k)
	for p, row := range rows {
		gemm.Rows(want[p*stride:], stride, &[TileRows][]uint8{row}, 1, tile)
		if table != nil {
			Map(want[p*stride:p*stride+c.n], want[p*stride:p*stride+c.n], table)
		}
	}
	if !slices.Equal(dst, want) {
		t.Fatalf("%d pixels, %d segments of %d, %d columns: %v (want %v)", c.count, c.segments, c.segment, c.n, dst, want)
	}
}

// mild makes weights of which most neighbours add to at most 128 from the zero point, often just that.
func mild(r *rand.Rand, weights []uint8, zero int32) {
	pairs := [][2]int32{{64, 64}, {127, 1}, {-128, 0}, {-64, -64}, {127, -128}, {1, -2}, {3, 0}}
	for i := range weights {
		x := pairs[r.IntN(len(pairs))][i%2]
		if i%2 == 1 && r.IntN(40) > 0 { // fits the one before it
			x = min(max(x, -128-int32(weights[i-1])+zero), 128-int32(weights[i-1])+zero)
		}
		weights[i] = uint8(min(max(zero+x, 0), 255))
	}
}

// wantSums is what Tiling.SumPixels makes.
func wantSums(dst []int32, src []uint8, channels int, signed bool) {
	SumPixels(dst, src, channels)
	for i := range dst {
		for _, x := range src[i*channels : (i+1)*channels] {
			if signed && x >= 128 {
				dst[i] -= 256
			}
		}
	}
}

// TestSums compares sums of pixels of 1 to past two vectors of channels.
func TestSums(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if !s.Tiling.Sums {
			t.Skip("needs no sums")
		}
		r := rand.New(rand.NewPCG(9, 1))
		for channels := 1; channels <= 130; channels++ {
			for _, n := range []int{0, 1, 2, 15, 16, 17, 31, 32, 33} {
				src := cloned(t, extremes(r, n*channels), atEnd)
				got, want := guard.Slice[int32](t, n, atEnd), make([]int32, n)
				Fill(got, -1)
				s.Tiling.SumPixels(got, src, channels)
				wantSums(want, src, channels, s.Tiling.Signed)
				if !slices.Equal(got, want) {
					t.Fatalf("%d pixels of %d channels: %v (want %v)", n, channels, got, want)
				}
				more := cloned(t, anyBias(r, n), atEnd)
				s.Tiling.AddInts(got, more)
				AddInts(want, more)
				if !slices.Equal(got, want) {
					t.Fatalf("%d numbers more: %v (want %v)", n, got, want)
				}
			}
		}
	})
}

// TestClashes: -128 meets -128 where two steps of 8 are added, in one column and segment.
func TestClashes(t *testing.T) {
	const step = 8
	for _, c := range []struct {
		segment int
		at      []int // weights that are -128
		want    bool
	}{
		{32, nil, false},
		{32, []int{3}, false},
		{32, []int{3, 11}, true},
		{32, []int{3, 12}, false},
		{32, []int{8, 16}, false},
		{32, []int{23, 31}, true},
		{32, []int{0, 4, 5, 16, 24, 25}, true},
		{15, []int{7, 15}, false}, // another segment's
		{15, []int{6, 14}, true},
		{8, []int{0, 8}, false},
	} {
		for _, flip := range []uint8{0, 0x80} {
			for _, zero := range []int32{128, 200, 255} {
				w := Columns{Weights: make([]uint8, 64/c.segment*c.segment), Flip: flip, Segment: c.segment, Zero: zero}
				Fill(w.Weights, uint8(zero)^flip)
				for _, i := range c.at {
					w.Weights[i] = uint8(zero-128) ^ flip
				}
				if got := w.Clashes(step); got != c.want {
					t.Errorf("segments of %d, -128 at %v, flip %d, zero %d: %v (want %v)", c.segment, c.at, flip, zero, got, c.want)
				}
			}
		}
	}
	if w := (Columns{Weights: make([]uint8, 64), Segment: 64, Zero: 127}); w.Clashes(step) {
		t.Error("-127 clashes")
	}
}
