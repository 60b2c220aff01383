//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// table lists the sets for 32-bit Arm, of which not every processor has NEON (Raspberry Pi 1 and Zero).
func table() []candidate {
	return []candidate{
		{"neon", []feature{{"NEON", cpu.ARM.HasNEON}}, neon},
		plain,
	}
}

// neon is the set for Cortex-A7 and later ones (Raspberry Pi 2, 3 and Zero 2 with a 32-bit system). What it leaves to plain
// Go is what registers for a table are too few for, and what has numbers below the normal ones, which NEON takes for zero.
func neon() *Set {
	s := Plain()
	s.Name, s.Tiling = "neon", neonTiling()
	s.Depthwise = &Depthwise{
		Channels: roundChannels, Taps: 2, Flip: 0x80, Line: flipLine, Panel: NewRoundPanel, Run: depthNEON,
	}
	s.Dot, s.Tap, s.Adder = dotter(32, dotNEON), tapper(tapVectors), adderNEON
	s.MaxRow, s.SumWindow, s.AverageRow = maxRowVectors, summer(sumWindowNEON), averageRowVectors
	s.Quantize, s.QuantizeDynamic = quantizer(16, quantizeNEON), dynamicQuantizer(16, quantizeNEON)
	s.Dequantize = normalDequantizer(dequantizer(16, dequantizeNEON))
	return s
}
