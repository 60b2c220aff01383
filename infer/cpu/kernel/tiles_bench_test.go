//go:build linux

package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkTiles multiplies pixels that follow each other by one panel.
func BenchmarkTiles(b *testing.B) {
	for _, s := range available() {
		if s.Tiling == nil {
			continue
		}
		for _, k := range []int{64, 576, 1728} {
			for _, panel := range []int{16, 32} {
				for _, pixels := range []int{3, 4, 7, 8, 10, 12, 14} {
					if panel > s.Tiling.Panel || pixels > 2*s.Tiling.Group {
						continue
					}
					b.Run(fmt.Sprintf("%s/k=%d/%dx%d", s.Name, k, pixels, panel), func(b *testing.B) {
						benchTiles(b, s.Tiling, k, pixels, panel)
					})
				}
			}
		}
	}
}

func benchTiles(b *testing.B, t *Tiling, k, pixels, width int) {
	count := 8 * pixels
	lines, dst := make([]uint8, count*k*t.Element+Slack), make([]uint8, count*width)
	c := Columns{Weights: make([]uint8, k*width), Segments: 1, Segment: k, Width: width, Vectors: width / Panel}
	panel := new(Packer).Pack(t, &c)
	blocks, starts := make([]Block, c.Vectors), make([]int32, count)
	list := make([]Tile, 8)
	for i := range list {
		p := i * pixels
		q := p + (pixels+1)/2
		list[i] = Tile{int32(p * k * t.Element), int32(q * k * t.Element), int32(p), int32(q)}
	}
	args := Tiles{Lines: &lines[0], List: &list[0], Count: len(list), Pixels: pixels, Spacing: k * t.Element, Panel: &panel[0],
		Block: &blocks[0], Starts: &starts[0], Dst: &dst[0], Stride: width}
	t.Describe(&args, &c)
	for b.Loop() {
		t.Run(&args)
	}
	b.ReportMetric(float64(count*k*width)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}
