package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkBox copies blocks as networks have them.
func BenchmarkBox(b *testing.B) {
	for _, c := range []struct {
		name string
		box  Box
	}{
		{"84x8400 float32 turned", Box{Size: 4, Dims: []Dim{{8400, 84 * 4, 4}, {84, 4, 8400 * 4}}}},
		{"8400x84 float32 turned", Box{Size: 4, Dims: []Dim{{84, 8400 * 4, 4}, {8400, 4, 84 * 4}}}},
		{"3x50176 bytes turned", Box{Size: 1, Dims: []Dim{{50176, 3, 1}, {3, 1, 50176}}}},
		{"50176x3 bytes turned", Box{Size: 1, Dims: []Dim{{3, 50176, 1}, {50176, 1, 3}}}},
		{"every other pixel", Box{Size: 1, Dims: []Dim{{112, 336, 1344}, {112, 3, 6}, {3, 1, 1}}}},
		{"24 of 32 channels", Box{Size: 4, Dims: []Dim{{4096, 128, 96}, {24, 4, 4}}}},
	} {
		box := c.box.Simplify()
		size := box.Size
		for _, d := range c.box.Dims {
			size += (d.N - 1) * max(d.Dst, d.Src)
		}
		dst, src := make([]byte, size), make([]byte, size)
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			for b.Loop() {
				if len(box.Dims) > 0 {
					box.Part(dst, src, 0, box.Dims[0].N)
				}
			}
		})
	}
}
