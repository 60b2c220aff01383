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

// BenchmarkTiles32 multiplies pixels that follow each other by one panel of float32.
func BenchmarkTiles32(b *testing.B) {
	for _, s := range available() {
		if s.Tiling32 == nil {
			continue
		}
		for _, k := range []int{8, 32, 128, 192, 256} {
			for width := s.Tiling32.Vector; width <= s.Tiling32.Panel; width += s.Tiling32.Vector {
				b.Run(fmt.Sprintf("%s/k=%d/%d", s.Name, k, width), func(b *testing.B) { benchTiles32(b, s.Tiling32, k, width) })
			}
		}
	}
}

func benchTiles32(b *testing.B, t *Tiling32, k, width int) {
	count := 8 * t.Pixels
	lines, at := make([]float32, count*k), make([]int32, count)
	for i := range at {
		at[i] = int32(4 * i * k)
	}
	panel, bias, dst := make([]float32, k*width), make([]float32, width), make([]float32, count*width)
	args := Tiles32{
		Lines: &lines[0], At: &at[0], Count: count, Pieces: &Piece32{To: int32(4 * k)}, Many: 1, Width: width, Panel: &panel[0],
		Sums: &dst[0], Bias: &bias[0], Dst: &dst[0], Stride: 4 * width, Hi: 6,
	}
	for b.Loop() {
		t.Run(&args)
	}
	b.ReportMetric(float64(count*k*width)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}

// BenchmarkDepth32 computes a row of pixels of a depthwise convolution of 3x3, of float32.
func BenchmarkDepth32(b *testing.B) {
	for _, s := range available() {
		if s.Depth32 == nil {
			continue
		}
		for _, channels := range []int{16, 32, 72, 96, 192} {
			b.Run(fmt.Sprintf("%s/%d", s.Name, channels), func(b *testing.B) { benchDepth32(b, s.Depth32, channels, 32) })
		}
	}
}

func benchDepth32(b *testing.B, run func(*Row32), channels, count int) {
	src, weights := make([]float32, 3*(count+2)*channels), make([]float32, 9*channels)
	begin, dst := make([]float32, channels), make([]float32, count*channels)
	r := Row32{
		Dst: &dst[0], Src: &src[0], Weights: &weights[0], Begin: &begin[0], Channels: channels, Count: count,
		To: 4 * channels, From: 4 * channels, Rows: 3, Cols: 3, Pitch: 4 * (count + 2) * channels, Step: 4 * channels, WeightPitch: 12 * channels, WeightStep: 4 * channels, Hi: 6,
	}
	for b.Loop() {
		run(&r)
	}
	b.ReportMetric(float64(9*count*channels)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}
