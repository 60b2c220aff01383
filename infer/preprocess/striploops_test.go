//go:build linux

package preprocess

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// eachStrips tests all loops for strips that this machine can run.
func eachStrips(t *testing.T, test func(g stripGuards)) {
	for _, l := range available() {
		if l.strips == nil {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			for _, atEnd := range []bool{false, true} {
				test(stripGuards{t, rand.New(rand.NewPCG(6, 1)), l.strips, atEnd})
			}
		})
	}
}

// stripGuards makes what loops for strips read and write: between guard pages.
type stripGuards struct {
	*testing.T
	*rand.Rand
	*strips
	atEnd bool
}

func (g stripGuards) bytes(n int) []byte {
	b := guard.Slice[byte](g, n, g.atEnd)
	extremes(b, g.Rand)
	return b
}

func (g stripGuards) words(n, most int) []int16 {
	w := guard.Slice[int16](g, n, g.atEnd)
	for i := range w {
		w[i] = int16(g.IntN(2*most+1) - most)
	}
	return w
}

func equal[T comparable](g stripGuards, what string, n int, got, want []T) {
	g.Helper()
	for i, v := range got {
		if v != want[i] {
			g.Fatalf("%s of %d, at the end %v: %d is %v, want %v", what, n, g.atEnd, i, v, want[i])
		}
	}
}

// TestChromaStrip holds chroma to the table of plain Go.
func TestChromaStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := g.block / 2; n <= 5*g.block/2; n += g.block / 2 {
			for _, step := range []int{1, 2, 4} {
				for _, table := range stripTablesOf() {
					cb, cr := g.bytes(n*step), g.bytes(n*step)
					g.compareChroma(table, cb, cr, step, n)
				}
			}
		}
	})
}

// namedTable is a table for strips, and that of plain Go.
type namedTable struct {
	strip *stripTable
	plain *yccTable
}

func stripTablesOf() []namedTable {
	c := newColours()
	t := newStripTables(c)
	return []namedTable{{&t.limited, c.limited}, {&t.full, c.full}}
}

func (g stripGuards) compareChroma(t namedTable, cb, cr []byte, step, n int) {
	g.Helper()
	got, want := g.words(3*n, 9), make([]int16, 3*n)
	for i := range n {
		v := t.plain.cb[cb[i*step]] + t.plain.cr[cr[i*step]]
		for p := range 3 {
			want[p*n+i] = int16(int(v>>(p*greenShift)&(1<<greenShift-1)) - (cbOffset+crOffset)<<6)
		}
	}
	g.chroma(&got[0], 2*n, &cb[0], &cr[0], step, n, &t.strip.chroma)
	equal(g, "chroma", n, got, want)
}

// TestStripTables holds all levels of luma and of both kinds of chroma to the tables of plain Go.
func TestStripTables(t *testing.T) {
	long := func(v *vector) int { return int(v[1])<<16 | int(uint16(v[0])) }
	for i, table := range stripTablesOf() {
		luma, mixed := &table.strip.luma, &table.strip.mixed
		for y, want := range table.plain.y {
			want := int(want&(1<<greenShift-1)) - yOffset<<10
			if got := (long(&luma.base) + int(luma.factor[0])*111*y) >> 13; got != want>>2 {
				t.Errorf("range %d: Y %d is %d, want %d", i, y, got, want>>2)
			}
			got := long(&mixed.base) + y*int(mixed.factor[1]) + (y+int(mixed.offset[0]))*int(uint16(mixed.part[0]))>>16
			if got != want {
				t.Errorf("range %d, mixed: Y %d is %d, want %d", i, y, got, want)
			}
		}
	}
	eachStrips(t, func(g stripGuards) {
		levels := make([]byte, 256+g.block)
		for i := range levels {
			levels[i] = byte(i)
		}
		for _, table := range stripTablesOf() {
			for at := range 256 {
				g.compareChroma(table, levels[at:], levels[256-at:], 1, g.block/2)
			}
		}
	})
}

// TestColoursStrip compares with the sums as they are.
func TestColoursStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := g.block; n <= 4*g.block; n += g.block {
			for _, step := range []int{1, 2} {
				for _, table := range stripTablesOf() {
					pitch := n/2 + 2
					luma := g.bytes(n * step)
					near, far := g.words(3*pitch, 1<<15-1), g.words(3*pitch, 1<<15-1)
					got, want := g.bytes(3*n), make([]byte, 3*n)
					coloursPlain(want, luma, step, near, near, pitch, table.plain)
					g.colours(&got[0], n, &luma[0], step, &near[0], 2*pitch, n, &table.strip.luma)
					equal(g, "colours", n, got, want)
					coloursPlain(want, luma, step, near, far, pitch, table.plain)
					g.mixed(&got[0], n, &luma[0], step, &near[0], &far[0], 2*pitch, n, &table.strip.mixed)
					equal(g, "colours of two rows", n, got, want)
				}
			}
		}
	})
}

// coloursPlain adds what the table has for luma and two rows of chroma.
func coloursPlain(dst []byte, luma []byte, step int, near, far []int16, pitch int, t *yccTable) {
	n := len(dst) / 3
	for i := range n {
		y := int(t.y[luma[i*step]]&(1<<greenShift-1)) - yOffset<<10
		for p := range 3 {
			at := func(k int) int { return 3*int(near[p*pitch+k]) + int(far[p*pitch+k]) }
			dst[p*n+ordered(i)] = byte(min(max((y+3*at(1+i/2)+at(i/2+i%2*2))>>10, 0), 255))
		}
	}
}

func TestSplitStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := g.block; n <= 4*g.block; n += g.block {
			src, want := g.bytes(3*n), make([]byte, 3*n)
			for i, v := range src {
				want[i%3*n+ordered(i/3)] = v
			}
			a, b, c := g.bytes(n), g.bytes(n), g.bytes(n)
			g.split(&a[0], &b[0], &c[0], &src[0], n)
			equal(g, "split", n, slices.Concat(a, b, c), want)
		}
	})
}

func TestOrderStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := g.block; n <= 4*g.block; n += g.block {
			src, got, want := g.bytes(n), g.bytes(n), make([]byte, n)
			for i, v := range src {
				want[ordered(i)] = v
			}
			g.order(&got[0], &src[0], n)
			equal(g, "order", n, got, want)
		}
	})
}

func TestTileStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := 16; n <= 96; n += 16 {
			src, got, want := g.bytes(g.rows*n), g.words(g.rows*n, 9), make([]int16, g.rows*n)
			for i := range n {
				for row := range g.rows {
					want[i/2*2*g.rows+2*row+i%2] = int16(src[row*n+ordered(i)])
				}
			}
			g.tile(&got[0], &src[0], n, n)
			equal(g, "tile", n, got, want)
		}
	})
}

func TestAcrossStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for cells := 1; cells <= 20; cells++ {
			for pairs := 2; pairs <= 6; pairs += 2 {
				count := cells + pairs
				tiles := g.words(3*2*g.rows*count, 255)
				firsts, weights := guard.Slice[int32](g, cells, g.atEnd), guard.Slice[int32](g, cells*pairs, g.atEnd)
				for i := range firsts {
					firsts[i] = int32(g.IntN(count - pairs + 1))
				}
				for i := range weights {
					weights[i] = int32(g.IntN(8193/pairs/2)) | int32(g.IntN(8193/pairs/2))<<16
				}
				pitch := 8 * cells
				got, want := g.words(g.rows/2*pitch, 9), make([]int16, g.rows/2*pitch)
				for i := range cells * 4 * g.rows {
					cell, c, row := i/g.rows/4, i/g.rows%4, i%g.rows
					at := row/2*pitch + (cell*4+c)*2 + row%2
					if want[at] = got[at]; c == 3 {
						continue
					}
					sum := 16
					for k := range 2 * pairs {
						w := int16(weights[cell*pairs+k/2] >> (16 * (k % 2)))
						sum += int(w) * int(tiles[2*g.rows*(c*count+int(firsts[cell])+k/2)+2*row+k%2])
					}
					want[at] = int16(min(max(sum>>5-1<<15, -1<<15), 1<<15-1))
				}
				g.across(&got[0], 2*pitch, &tiles[0], 4*g.rows*count, &firsts[0], &weights[0], pairs, cells)
				for i := range got {
					if i%8 >= 6 {
						got[i] = want[i] // the fourth of a cell is nothing
					}
				}
				equal(g, "across", cells, got, want)
			}
		}
	})
}

func TestDownStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for cells := g.block / 4; cells <= 5*g.block/4; cells += g.block / 4 {
			for rows := 1; rows <= 4; rows++ {
				ring := g.words(rows*8*cells, 1<<15-1)
				entries, left := guard.Slice[entry](g, rows, g.atEnd), 1<<16
				for i := range entries {
					a, b := g.IntN(1<<14), g.IntN(1<<14)
					if i == rows-1 {
						a, b = left/2, left-left/2
					}
					a, b = min(a, left, 1<<15-1), min(b, left-min(a, left), 1<<15-1)
					left -= a + b
					entries[i] = entry{int32(16 * cells * g.IntN(rows)), [2]int16{int16(a), int16(b)}}
				}
				flip := byte(g.Uint32())
				got, want := g.bytes(3*cells+4), make([]byte, 3*cells)
				for i := range want {
					sum := uint32(1<<31 + 1<<23)
					for _, e := range entries {
						for k, w := range e.weights {
							sum += uint32(int32(w) * int32(ring[int(e.offset)/2+i/3*8+i%3*2+k]))
						}
					}
					want[i] = byte(sum>>24) ^ flip
				}
				g.down(&got[0], &ring[0], &entries[0], rows, cells, uint32(flip)*0x01010101)
				equal(g, "down", cells, got[:3*cells], want)
			}
		}
	})
}

// TestPlanesGuarded: of a frame that ends where memory ends, or begins where it begins, nothing is read beyond.
func TestPlanesGuarded(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for _, pixel := range capture.PixelFormats() {
		if pixel == capture.MJPG {
			continue
		}
		for _, s := range [][3]int{{1, 1, 0}, {2, 3, 0}, {16, 8, 0}, {33, 9, 1}, {64, 16, 0}, {65, 17, 0}, {98, 31, 2}, {160, 24, 0}} {
			for _, atEnd := range []bool{false, true} {
				f := newVideoOrRGB(pixel, s[0], s[1], s[2])
				extremes(f.Pix, r)
				pix := guard.Slice[byte](t, len(f.Pix), atEnd)
				copy(pix, f.Pix)
				f.Pix = pix
				sameTensor(t, fmt.Sprintf("%v %v, at the end %v", pixel, s, atEnd), f, Options{}, picture.Options{})
			}
		}
	}
}
