//go:build !purego

package kernel

import (
	"bytes"
	"unsafe"
)

// sseDepth is the channels of a block of a depthwise convolution.
const sseDepth = Panel

// sseHead is what a panel of a depthwise convolution begins with, before the weights: pairs of taps, of 16 channels each, as
// words. Assembly knows the order of the fields.
type sseHead struct {
	Block
	scale sseScale
	away  [2]int64 // 0 if rounding half up makes no difference, and sums need no care
}

// newSSEPanel makes a [Depthwise.Panel].
func newSSEPanel(n int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) DepthPanel {
	var sums [sseDepth]int32
	var p DepthPanel
	words := make([]int16, 0, (len(weights)/n+1)*sseDepth)
	for tap := 0; tap < len(weights)/n; tap += 2 {
		for i := range sseDepth {
			var pair [2]int16
			for j := range min(2, len(weights)/n-tap) {
				pair[j] = weights[(tap+j)*n+channel(i)]
				sums[i] += int32(pair[j])
			}
			words = append(words, pair[0], pair[1])
		}
		p.Taps = append(p.Taps, tap, min(tap+1, len(weights)/n-1))
	}
	own := *out
	own.Mult = nil
	for i := range sums {
		own.Mult = append(own.Mult, out.Mult[channel(i)])
		sums[i] = bias[channel(i)] - za*sums[i]
	}
	head := sseHead{Block: NewBlock(sums[:], own)}
	head.scale = newSSEScale(&head.Block)
	// Only numbers below zero round differently, and these may be limited to lo.
	if out.Lo < out.Zero {
		head.away[0] = 1
	}
	p.Panel = bytes.Join([][]byte{
		unsafe.Slice((*byte)(unsafe.Pointer(&head)), unsafe.Sizeof(head)),
		unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 2*len(words)),
	}, nil)
	return p
}

// depthSSE is, for at least 1 pixel and pair of taps, with weight(t, c) in Panel,
//
//	for p := range t.Count {
//		for c := range t.Width {
//			sum := bias[c]
//			for tap := range 2 * t.Groups {
//				sum += Lines[p*t.Step+t.Taps[tap]+c] * weight(tap, c)
//			}
//			t.Dst[p*t.Stride+c] = Clamp(mult[c].HalfAway(sum)+zero, lo, hi)
//		}
//	}
//
//go:noescape
func depthSSE(t *DepthBytes)

// sseAdder is how sums of the tables' numbers become bytes, see AwayBlock. Assembly knows the order of the fields.
type sseAdder struct {
	mult, add, shift int64
	lo, hi           [8]uint8
}

// minAddedSSE is the fewest bytes that addSSE adds.
const minAddedSSE = 8

// adderSSE adds by the Adder's tables, and scales in vectors.
func adderSSE(d *Adder) (add func(dst, a, b []uint8), size int64) {
	if !d.Out.Plain() {
		return nil, 0
	}
	block := NewBlock([]int32{0}, d.Out)
	p := &sseAdder{mult: block.multEven[0], add: block.addEven[0], shift: int64(block.shift[0])}
	Fill(p.lo[:], uint8(d.Out.Lo))
	Fill(p.hi[:], uint8(d.Out.Hi))
	return func(dst, a, b []uint8) {
		a, b = a[:len(dst)], b[:len(dst)]
		if len(dst) < minAddedSSE {
			d.Add(dst, a, b, 1, 1)
			return
		}
		addSSE(&dst[0], &a[0], &b[0], len(dst), &d.A, &d.B, p)
	}, int64(unsafe.Sizeof(*p))
}

// addSSE is, for at least 8 bytes,
//
//	for i := range n {
//		dst[i] = Clamp(mult.HalfAway(tableA[a[i]]+tableB[b[i]])+zero, lo, hi)
//	}
//
//go:noescape
func addSSE(dst, a, b *uint8, n int, tableA, tableB *[256]int32, p *sseAdder)
