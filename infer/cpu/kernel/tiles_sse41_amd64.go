//go:build !purego

package kernel

// sseTiling multiplies bytes of pixels by bytes of weights where that is exact, else words: 4 pixels by 4 columns by 8
// elements, of which the 16 columns of a panel take four turns.
func sseTiling() *Tiling {
	return &Tiling{
		Group: 2, Panel: 16, Element: 1, Step: sseStep, Products: 1 << 20,
		Line: copyLine, Size: sseSize, Pack: packSSE, Run: runSSE,
	}
}

func runSSE(t *Tiles) {
	if t.Count > 0 {
		tilesSSE(t)
	}
}

// tilesSSE is, with p the pixels of all tiles, at(p) where they lie, and turn[i] what pack_sse41_amd64.go says,
//
//	for p := range … {
//		line := t.Lines[at(p):]
//		for c := range t.Width {
//			sum := bias[c]
//			for step, weights := range turn[c/4].steps { // of all three kinds
//				for k := range 8 {
//					sum += line[turn[c/4].offsets[step]+k] * weights[c%4][k]
//				}
//			}
//			t.Dst[p*t.Stride+c] = … // see Block
//		}
//	}
//
//go:noescape
func tilesSSE(t *Tiles)
