//go:build !purego

package kernel

// avx2Tiling multiplies bytes of pixels by bytes of weights where that is exact, else by words: 6 pixels by 16 columns.
func avx2Tiling() *Tiling {
	return &Tiling{
		Group: 3, Panel: 16, Element: 1, Step: stepSize, Products: 1 << 22, Line: copyLine, Run: runner(tilesAVX2),
		List: func(p *listPacker, c *Columns) []uint8 { return p.steps.pack(c, true, true) },
	}
}

// avxvnniTiling is avx2Tiling with dot products of 4 bytes, which add in 32 bits: all steps are of bytes whose weights are.
func avxvnniTiling() *Tiling {
	t := avx2Tiling()
	t.List = func(p *listPacker, c *Columns) []uint8 { return p.steps.pack(c, false, false) }
	t.Run = runner(tilesAVXVNNI)
	return t
}

// tilesAVX2 is, with p the pixels of all tiles, at(p) where they lie, and panel what packsteps_amd64.go says,
//
//	for p := range … {
//		line := t.Lines[at(p):]
//		sum := bias
//		for s := range t.Steps {
//			for k := range 4 {
//				for c := range 16 {
//					sum[c] += line[panel.offsets[s]+k] * panel.bytes[s][c][k]
//				}
//			}
//		}
//		… // turned steps, in the same way
//		for s := range t.Words {
//			for k := range 4 {
//				for c := range 16 {
//					sum[c] += line[panel.offsets[t.Steps+t.Turned+s]+k] * panel.words[s][k%2][c][k/2]
//				}
//			}
//		}
//		for c := range t.Width {
//			t.Dst[p*t.Stride+c] = … // see Block
//		}
//	}
//
//go:noescape
func tilesAVX2(t *Tiles)

// tilesAVXVNNI is tilesAVX2.
//
//go:noescape
func tilesAVXVNNI(t *Tiles)
