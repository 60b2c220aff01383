package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkDepthwise computes a row of pixels of a depthwise convolution of 3x3, of bytes, or two.
func BenchmarkDepthwise(b *testing.B) {
	for _, s := range available() {
		if s.Depthwise == nil {
			continue
		}
		for rows := 1; rows == 1 || rows == 2 && s.Depthwise.Pair != nil; rows++ {
			for _, count := range []int{7, 14, 112} {
				b.Run(fmt.Sprintf("%s/%dx%d", s.Name, rows, count), func(b *testing.B) { benchDepthwise(b, s.Depthwise, rows, count) })
			}
		}
	}
}

func benchDepthwise(b *testing.B, k *Depthwise, rows, count int) {
	channels := k.Channels
	src, dst := make([]uint8, 4*(count+2)*channels), make([]uint8, rows*count*channels)
	weights, bias, out := make([]int16, 9*channels), make([]int32, channels), Output{Hi: 255}
	for range channels {
		out.Mult = append(out.Mult, Multiplier{M: 1 << 30, Right: 8})
	}
	channel := func(i int) int { return i }
	p := k.Panel(channels, weights, bias, 0, &out, channel)
	if rows == 2 {
		p = k.Pair(channels, 3, weights, bias, 0, &out, channel)
	}
	var taps []int
	for _, tap := range p.Taps {
		taps = append(taps, (tap/3*(count+2)+tap%3)*channels)
	}
	args := DepthBytes{
		Lines: &src[0], Step: channels, Count: count, Taps: &taps[0], Groups: len(taps) / k.Taps, Panel: &p.Panel[0],
		Away: p.Away, Round: p.Round, Dst: &dst[0], Stride: channels, Width: channels, Pitch: (rows - 1) * count * channels,
	}
	for b.Loop() {
		k.Run(&args)
	}
	b.ReportMetric(float64(9*len(dst))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}
