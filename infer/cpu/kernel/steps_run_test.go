//go:build linux && !arm64

package kernel

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestLists packs lists of steps as every kind of kernel wants them, and multiplies in plain Go.
func TestLists(t *testing.T) {
	for _, couples := range []bool{false, true} {
		t.Run(fmt.Sprintf("couples=%v", couples), func(t *testing.T) {
			k := &Tiling{Listed: true, Couples: couples, Group: 3, Panel: Panel, Element: 1, Step: stepSize,
				Line: func(dst, src []uint8) { copy(dst, src) }}
			k.Pack, k.Run = k.packSteps, runSteps
			r := rand.New(rand.NewPCG(16, 1))
			for count := 1; count <= 9; count++ {
				for _, segment := range []int{1, 3, 4, 7, 8, 21, 32} {
					c := tilesCase{k, r, true, count, 1 + r.IntN(3), segment, 1 + r.IntN(Panel), r.IntN(5)}
					c.test(t)
				}
			}
		})
	}
}

// runSteps is what kernels do for a Tiling that is Listed.
func runSteps(t *Tiles) {
	steps := t.Steps + t.Words
	panel := unsafe.Slice(t.Panel, t.Steps*stepBytes+t.Words*stepWords+4*steps)
	offsets := panel[t.Steps*stepBytes+t.Words*stepWords:]
	for _, tile := range unsafe.Slice(t.List, t.Count) {
		for p := range t.Pixels {
			at, pixel := int(tile.A)+p*t.Spacing, int(tile.PixelA)+p
			if half := (t.Pixels + 1) / 2; p >= half {
				at, pixel = int(tile.B)+(p-half)*t.Spacing, int(tile.PixelB)+p-half
			}
			sums := t.Block.bias
			for i := range steps {
				from := at + int(binary.LittleEndian.Uint32(offsets[4*i:]))
				four := unsafe.Slice((*uint8)(unsafe.Add(unsafe.Pointer(t.Lines), from)), stepSize)
				for c := range sums {
					for k, x := range four {
						sums[c] += int32(x) * weightAt(panel, t.Steps, i, c, k)
					}
				}
			}
			t.store(pixel, &sums)
		}
	}
}

// weightAt is weight k of column c in step i of a list, of which the first so many are of bytes.
func weightAt(panel []uint8, bytes, i, c, k int) int32 {
	if i < bytes {
		return int32(int8(panel[i*stepBytes+c*stepSize+k]))
	}
	words := panel[bytes*stepBytes+(i-bytes)*stepWords:]
	return int32(int16(binary.LittleEndian.Uint16(words[k%2*stepBytes+(c*2+k/2)*2:])))
}

// store writes the results of a pixel.
func (t *Tiles) store(pixel int, sums *[Panel]int32) {
	if t.Raw != nil {
		copy(unsafe.Slice(t.Raw, (pixel+1)*Panel)[pixel*Panel:], sums[:])
		return
	}
	dst, b := unsafe.Slice(t.Dst, pixel*t.Stride+t.Width)[pixel*t.Stride:], t.Block
	for c := range dst {
		mult, add := b.multEven[c/2], b.addEven[c/2]
		if c%2 == 1 {
			mult, add = b.multOdd[c/2], b.addOdd[c/2]
		}
		y := int32((int64(sums[c])*mult+add)>>32) >> b.shift[c]
		dst[c] = Clamp(y, int32(b.lo[0]), int32(b.hi[0]))
	}
}
