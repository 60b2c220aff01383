//go:build linux

package preprocess

import (
	"math/rand/v2"
	"slices"
	"testing"

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

// TestChromaStrip holds chroma to the table of plain Go, for all samples.
func TestChromaStrip(t *testing.T) {
	tables, plain := newStripTables(newColours()), newColours()
	eachStrips(t, func(g stripGuards) {
		for n := 16; n <= 80; n += 16 {
			for _, step := range []int{1, 2, 4} {
				for i, ycc := range []*yccTable{plain.limited, plain.full} {
					for blended := range 2 {
						cb, cr, got := g.bytes(n*step), g.bytes(n*step), g.words(6*n, 9)
						table := &tables[i][blended].chroma
						g.chroma(&got[0], 2*n, &cb[0], &cr[0], step, n, table)
						equal(g, "chroma", n, got, chromaWords(ycc, cb, cr, step, n, int(table.shift)))
					}
				}
			}
		}
	})
}

// chromaWords is what the loop chroma makes, by the tables of plain Go.
func chromaWords(t *yccTable, cb, cr []byte, step, n, shift int) []int16 {
	out := make([]int16, 6*n)
	for i := range n {
		v := t.cb[cb[i*step]] + t.cr[cr[i*step]]
		for p := range 3 {
			c := int16(int(v>>(p*greenShift)&(1<<greenShift-1)) - (cbOffset+crOffset)<<6)
			out[p*n+i], out[(3+p)*n+i] = c>>shift, c&(1<<shift-1)
		}
	}
	return out
}

// TestStripTables holds all levels of luma and of both kinds of chroma to the tables of plain Go.
func TestStripTables(t *testing.T) {
	tables, plain := newStripTables(newColours()), newColours()
	for i, ycc := range []*yccTable{plain.limited, plain.full} {
		luma := tables[i][1].luma
		for y, want := range ycc.y {
			x := uint32(y) + uint32(uint16(luma.offset[0]))
			product := x * uint32(uint16(luma.part[0]))
			got := int(luma.base[0]+luma.factor[0]*int16(x)+int16(product>>16))<<4 | int(product>>12&15)
			if got+yOffset<<10 != int(want&(1<<greenShift-1)) {
				t.Errorf("range %d: Y %d is %d, want %d", i, y, got, int(want&(1<<greenShift-1))-yOffset<<10)
			}
		}
	}
	eachStrips(t, func(g stripGuards) {
		cb, cr, got := g.bytes(256), g.bytes(256), g.words(6*256, 9)
		for i := range cb {
			cb[i], cr[i] = byte(i), byte(i)
		}
		for i, ycc := range []*yccTable{plain.limited, plain.full} {
			g.chroma(&got[0], 512, &cb[0], &cr[0], 1, 256, &tables[i][1].chroma)
			equal(g, "all levels", 256, got, chromaWords(ycc, cb, cr, 1, 256, 4))
		}
	})
}

func TestBlendStrip(t *testing.T) {
	eachStrips(t, func(g stripGuards) {
		for n := 16; n <= 96; n += 16 {
			near, far, got, want := g.words(n, 8000), g.words(n, 8000), g.words(n, 9), make([]int16, n)
			for i := range want {
				want[i] = 3*near[i] + far[i]
			}
			g.blend(&got[0], &near[0], &far[0], n)
			equal(g, "blend", n, got, want)
		}
	})
}

// TestColoursStrip compares with the loop in the comment on it.
func TestColoursStrip(t *testing.T) {
	tables := newStripTables(newColours())
	eachStrips(t, func(g stripGuards) {
		for n := 32; n <= 128; n += 32 {
			for _, step := range []int{1, 2} {
				for i := range 4 {
					table, most := &tables[i/2][i%2].luma, 16500/4
					row := n/2 + 2
					luma, chroma := g.bytes(n*step), g.words(6*row, most)
					for i, c := range chroma[3*row:] {
						chroma[3*row+i] = c & (60 >> (4 - table.shift) / 4) // at most what is left below, blended or not
					}
					got, want := g.bytes(3*n), make([]byte, 3*n)
					coloursPlain(want, n, luma, step, chroma, row, n, table)
					g.colours(&got[0], n, &luma[0], step, &chroma[0], 2*row, n, table)
					equal(g, "colours", n, got, want)
				}
			}
		}
	})
}

func coloursPlain(dst []byte, pitch int, luma []byte, step int, chroma []int16, chromaPitch, n int, t *lumaTable) {
	for i := range n {
		x := uint32(luma[i*step]) + uint32(uint16(t.offset[0]))
		product := x * uint32(uint16(t.part[0]))
		level := int(t.base[0] + t.factor[0]*int16(x) + int16(product>>16))
		near, far := 1+i/2, i/2+i%2*2
		for p := range 3 {
			c, below := chroma[p*chromaPitch:], chroma[(3+p)*chromaPitch:]
			v := level + 3*int(c[near]) + int(c[far])
			v += (int(product&0xffff>>t.rest) + 3*int(below[near]) + int(below[far])) >> t.shift
			dst[p*pitch+i] = byte(min(max(v>>6, 0), 255))
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
			for pairs := 1; pairs <= 5; pairs++ {
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
				got, want := g.bytes(4*cells), make([]byte, 4*cells)
				for i := range want {
					sum := uint32(1<<31 + 1<<23)
					for _, e := range entries {
						for k, w := range e.weights {
							sum += uint32(int32(w) * int32(ring[int(e.offset)/2+2*i+k]))
						}
					}
					want[i] = byte(sum >> 24)
				}
				g.down(&got[0], &ring[0], &entries[0], rows, cells)
				equal(g, "down", cells, got, want)
			}
		}
	})
}
