//go:build linux

package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestResize compares the loops of all sets with plain Go, in guarded memory.
func TestResize(t *testing.T) {
	plain := Plain().Resizing()
	for _, name := range Names() {
		set, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if set.Resize == nil {
			continue
		}
		for _, channels := range []int{1, 7, 8, 9, 15, 16, 21, 24, 33} {
			for _, atEnd := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s_%d_%v", name, channels, atEnd), func(t *testing.T) {
					testResize(t, set.Resize, plain, channels, atEnd)
				})
			}
		}
	}
}

func testResize(t *testing.T, got, want *Resize, channels int, atEnd bool) {
	const in, out = 5, 12 // pixels
	r := rand.New(rand.NewPCG(uint64(channels), 3))
	upper, lower := make([]uint8, in*channels), make([]uint8, in*channels)
	upper32, lower32 := make([]float32, in*channels), make([]float32, in*channels)
	for i := range upper {
		upper[i], lower[i] = uint8(r.Uint32()), uint8(r.Uint32())
		upper32[i], lower32[i] = float32(upper[i]), float32(lower[i])
	}
	taps, taps32 := make([]ResizeTap, out), make([]ResizeTap32, out)
	for i := range taps {
		from, far := r.IntN(in), r.IntN(1025)
		to := min(from+1, in-1)
		taps[i] = ResizeTap{int32(from * channels), int32(to * channels), int32(1024 - far), int32(far)}
		taps32[i] = ResizeTap32{taps[i].From, taps[i].To, 1 - float32(far)/1000, float32(far) / 1000}
	}
	upper, lower = cloned(t, upper, atEnd), cloned(t, lower, atEnd)
	upper32, lower32 = cloned(t, upper32, atEnd), cloned(t, lower32, atEnd)
	taps, taps32 = cloned(t, taps, atEnd), cloned(t, taps32, atEnd)

	floats, wantFloats := cloned(t, make([]float32, out*channels), atEnd), make([]float32, out*channels)
	got.Row32(floats, upper32, lower32, taps32, channels, 0.3, 0.7)
	want.Row32(wantFloats, upper32, lower32, taps32, channels, 0.3, 0.7)
	equal(t, "Row32", floats, wantFloats)

	bytes, wantBytes := cloned(t, make([]uint8, out*channels), atEnd), make([]uint8, out*channels)
	got.Row8(bytes, upper32, lower32, taps32, channels, 0.25, 0.75)
	want.Row8(wantBytes, upper32, lower32, taps32, channels, 0.25, 0.75)
	equal(t, "Row8", bytes, wantBytes)

	line, wantLine := cloned(t, make([]int32, in*channels), atEnd), make([]int32, in*channels)
	for _, far := range []int32{0, 512, 777, 1024} {
		got.Lines(line, upper, lower, 1024-far, far)
		want.Lines(wantLine, upper, lower, 1024-far, far)
		equal(t, "Lines", line, wantLine)
		got.Row(bytes, line, taps, channels)
		want.Row(wantBytes, wantLine, taps, channels)
		equal(t, "Row", bytes, wantBytes)
	}
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: element %d is %v (want %v)", what, i, got[i], want[i])
		}
	}
}
