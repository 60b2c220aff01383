//go:build linux && !purego

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
	needsAVX2(t)
	for _, kind := range []struct{ couples, turns bool }{{}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("couples=%v,turns=%v", kind.couples, kind.turns), func(t *testing.T) {
			k := Tiling{
				Group: 3, Panel: Panel, Element: 1, Step: stepSize, Line: copyLine, Run: runSteps,
				List: func(p *listPacker, c *Columns) []uint8 { return p.steps.pack(c, kind.couples, kind.turns) },
			}
			r := rand.New(rand.NewPCG(16, 1))
			for count := 1; count <= 9; count++ {
				for _, segment := range []int{1, 3, 4, 7, 8, 21, 32} {
					c := tilesCase{&k, r, true, count, 1 + r.IntN(3), segment, 1 + r.IntN(Panel), r.IntN(5)}
					c.test(t)
				}
			}
		})
	}
}

// runSteps is what kernels do for a Tiling of such lists.
func runSteps(t *Tiles) {
	list := listOf(t)
	for _, tile := range unsafe.Slice(t.List, t.Count) {
		for p := range t.Pixels {
			at, pixel := int(tile.A)+p*t.Spacing, int(tile.PixelA)+p
			if half := (t.Pixels + 1) / 2; p >= half {
				at, pixel = int(tile.B)+(p-half)*t.Spacing, int(tile.PixelB)+p-half
			}
			sums := t.Block.bias
			for _, step := range list {
				for c := range sums {
					for k, from := range step.elements {
						x := *(*uint8)(unsafe.Add(unsafe.Pointer(t.Lines), at+from))
						sums[c] += int32(x) * step.weights[c][k]
					}
				}
			}
			t.store(pixel, &sums)
		}
	}
}

// listedStep is a step of a list, of any kind: where its elements lie, and their weights.
type listedStep struct {
	elements [stepSize]int
	weights  [Panel][stepSize]int32
}

// listOf reads the panel of t.
func listOf(t *Tiles) []listedStep {
	byteSteps := t.Steps + t.Turned
	size := byteSteps*stepBytes + t.Words*stepWords
	panel := unsafe.Slice(t.Panel, size+4*t.Steps+8*t.Turned+4*t.Words)
	offsets := panel[size:]
	list := make([]listedStep, byteSteps+t.Words)
	for i := range list {
		s := &list[i]
		order := []uint8{0, 1, 2, 3}
		from := int(binary.LittleEndian.Uint32(offsets))
		if offsets = offsets[4:]; i >= t.Steps && i < byteSteps {
			order, offsets = offsets[:4], offsets[4:]
		}
		for k := range stepSize {
			s.elements[k] = from + int(order[k])
			for c := range Panel {
				if i < byteSteps {
					s.weights[c][k] = int32(int8(panel[c*stepSize+k]))
				} else {
					s.weights[c][k] = int32(int16(binary.LittleEndian.Uint16(panel[k%2*stepBytes+(c*2+k/2)*2:])))
				}
			}
		}
		if panel = panel[stepBytes:]; i >= byteSteps {
			panel = panel[stepWords-stepBytes:]
		}
	}
	return list
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
