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
		for n := 16; n <= 80; n += 16 {
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
	low, high := 127, -128
	for i := range n {
		v := t.plain.cb[cb[i*step]] + t.plain.cr[cr[i*step]]
		for p := range 3 {
			want[p*n+i] = int16(int(v>>(p*greenShift)&(1<<greenShift-1)) - (cbOffset+crOffset)<<6)
		}
		low, high = min(low, int(cb[i*step])-128), max(high, int(cb[i*step])-128)
	}
	gotLow, gotHigh := g.chroma(&got[0], 2*n, &cb[0], &cr[0], step, n, &t.strip.chroma)
	equal(g, "chroma", n, got, want)
	if gotLow != low || gotHigh != high {
		g.Fatalf("Cb of %d from %d to %d, want %d to %d", n, gotLow, gotHigh, low, high)
	}
}

// TestStripTables holds all levels of luma and of both kinds of chroma to the tables of plain Go.
func TestStripTables(t *testing.T) {
	for i, table := range stripTablesOf() {
		luma := table.strip.luma
		for y, want := range table.plain.y {
			x := uint32(y) + uint32(uint16(luma.offset[0]))
			product := x * uint32(uint16(luma.part[0]))
			got := int(luma.base[0]+luma.factor[0]*int16(x)+int16(product>>16))<<4 | int(product>>12&15)
			if got+yOffset<<10 != int(want&(1<<greenShift-1)) {
				t.Errorf("range %d: Y %d is %d, want %d", i, y, got, int(want&(1<<greenShift-1))-yOffset<<10)
			}
		}
	}
	eachStrips(t, func(g stripGuards) {
		cb := g.bytes(256)
		for i := range cb {
			cb[i] = byte(i)
		}
		for _, table := range stripTablesOf() {
			g.compareChroma(table, cb, cb, 1, 256)
			for at := range 256 - 16 {
				g.compareChroma(table, cb[at:], cb[at:], 1, 16)
			}
		}
	})
}

func TestBlendStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := 16; n <= 96; n += 16 {
			near, far, got, want := g.words(3*n, 16383), g.words(3*n, 16383), g.words(4*n, 9), make([]int16, 4*n)
			for i := range 3 * n {
				v := 3*int(near[i]) + int(far[i])
				want[i] = int16(v >> 2)
				want[3*n+i%n] |= int16(v & 3 << (i / n * 5))
			}
			g.blend(&got[0], &near[0], &far[0], 2*n, n)
			equal(g, "blend", n, got, want)
		}
	})
}

// TestColoursStrip compares with the sums as they are.
func TestColoursStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := 32; n <= 128; n += 32 {
			for _, step := range []int{1, 2} {
				for _, table := range stripTablesOf() {
					for bits, loop := range map[int]func(*byte, int, *byte, int, *int16, int, int, *lumaTable){2: g.colours, 4: g.blended} {
						row := n/2 + 2
						luma, chroma := g.bytes(n*step), g.words((2+bits/2)*row, 16383)
						for i := 3 * row; i < len(chroma); i++ {
							chroma[i] = int16(g.IntN(4) | g.IntN(4)<<5 | g.IntN(4)<<10)
						}
						got, want := g.bytes(3*n), make([]byte, 3*n)
						coloursPlain(want, luma, step, chroma, row, bits, table.plain)
						loop(&got[0], n, &luma[0], step, &chroma[0], 2*row, n, &table.strip.luma)
						equal(g, "colours", n, got, want)
					}
				}
			}
		}
	})
}

// coloursPlain adds what the table has for luma and chroma, of which the weights add up to 1<<bits.
func coloursPlain(dst []byte, luma []byte, step int, chroma []int16, pitch, bits int, t *yccTable) {
	n := len(dst) / 3
	for i := range n {
		y := int(t.y[luma[i*step]]&(1<<greenShift-1)) - yOffset<<10
		for p := range 3 {
			at := func(k int) int {
				c := int(chroma[p*pitch+k])
				if bits == 4 {
					return c<<2 + int(chroma[3*pitch+k]>>(5*p)&3)
				}
				return c << 2
			}
			dst[p*n+i] = byte(min(max((y+3*at(1+i/2)+at(i/2+i%2*2))>>10, 0), 255))
		}
	}
}

func TestSplitStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := 32; n <= 128; n += 32 {
			src, want := g.bytes(3*n), [3][]byte{}
			for i, v := range src {
				want[i%3] = append(want[i%3], v)
			}
			a, b, c := g.bytes(n), g.bytes(n), g.bytes(n)
			g.split(&a[0], &b[0], &c[0], &src[0], n)
			equal(g, "split", n, slices.Concat(a, b, c), slices.Concat(want[:]...))
		}
	})
}

func TestTileStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := 16; n <= 96; n += 16 {
			src, got, want := g.bytes(8*n), g.words(8*n, 9), make([]int16, 8*n)
			for i := range n {
				for row := range 8 {
					want[i/2*16+2*row+i%2] = int16(src[row*n+i])
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
				tiles := g.words(3*16*count, 255)
				firsts, weights := guard.Slice[int32](g, cells, g.atEnd), guard.Slice[int32](g, cells*pairs, g.atEnd)
				for i := range firsts {
					firsts[i] = int32(g.IntN(count - pairs + 1))
				}
				for i := range weights {
					weights[i] = int32(g.IntN(8193/pairs/2)) | int32(g.IntN(8193/pairs/2))<<16
				}
				pitch := 8 * cells
				got, want := g.words(4*pitch, 9), make([]int16, 4*pitch)
				for i := range cells * 4 * 8 {
					cell, c, row := i/32, i/8%4, i%8
					at := row/2*pitch + (cell*4+c)*2 + row%2
					if want[at] = got[at]; c == 3 {
						continue
					}
					sum := 16
					for k := range 2 * pairs {
						w := int16(weights[cell*pairs+k/2] >> (16 * (k % 2)))
						sum += int(w) * int(tiles[c*16*count+(int(firsts[cell])+k/2)*16+2*row+k%2])
					}
					want[at] = int16(min(max(sum>>5-1<<15, -1<<15), 1<<15-1))
				}
				g.across(&got[0], 2*pitch, &tiles[0], 32*count, &firsts[0], &weights[0], pairs, cells)
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
		for cells := 8; cells <= 40; cells += 8 {
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
