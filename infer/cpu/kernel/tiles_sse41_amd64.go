//go:build !purego

package kernel

// sseTiling multiplies bytes of pixels by bytes of weights where that is exact, else words: 4 pixels by 4 columns by 8
// elements, of which the 16 columns of a panel take four turns.
func sseTiling() *Tiling {
	return &Tiling{
		Group: 2, Panel: 16, Element: 1, Step: sseStep, Products: 1 << 20, Line: copyLine, Run: runSSE,
		List: func(p *listPacker, c *Columns) []uint8 { return p.sse.pack(c) },
	}
}

func runSSE(t *Tiles) {
	if t.Count > 0 {
		s := newSSEScale(t.Block)
		tilesSSE(t, &s)
	}
}

// tilesSSE is, with p the pixels of all tiles, at(p) where they lie, and turn[i] what pack_sse41_amd64.go says,
//
//	for p := range … {
//		line := t.Lines[at(p):]
//		for c := range t.Width {
//			sum := bias[c]
//			for step, weights := range turn[c/4].steps { // of all kinds
//				for k := range 8 {
//					sum += line[turn[c/4].offsets[step]+k] * weights[c%4][k]
//				}
//			}
//			t.Dst[p*t.Stride+c] = … // see Block
//		}
//	}
//
//go:noescape
func tilesSSE(t *Tiles, s *sseScale)

// sseScale is how the upper halves of a block's products are shifted: SSE has no shift of each number by its own distance.
// Assembly knows the order of the fields.
type sseScale struct {
	// Products can stand in for it, by -2^(31-distance).
	powers [Panel]int32
	// Where the distances of four columns are nearly the same, all are shifted by 2 less than the least one, and the rest is
	// the upper half of a product of 16 bits, by 2^(16-rest). What does not fit 16 bits then is out of a byte's range yet.
	factors [Panel / 4][8]int16 // of two pixels
	counts  [Panel / 4][2]int64 // -1: they are not
}

// maxRestSSE leaves 255 in a number of 16 bits.
const maxRestSSE = 7

func newSSEScale(b *Block) sseScale {
	var s sseScale
	for i, distance := range b.shift {
		s.powers[i] = -1 << (31 - distance)
	}
	for i := range s.factors {
		four := b.shift[4*i:][:4]
		count := min(four[0], four[1], four[2], four[3]) - 2
		if s.counts[i][0] = int64(count); count < 0 || max(four[0], four[1], four[2], four[3])-count > maxRestSSE {
			s.counts[i][0] = -1
			continue
		}
		for j := range s.factors[i] {
			s.factors[i][j] = 1 << (16 - four[j%4] + count)
		}
	}
	return s
}
