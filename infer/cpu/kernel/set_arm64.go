//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// table lists the sets for arm64, of which every processor has NEON.
func table() []candidate {
	dot, matrix := feature{"dot products", cpu.ARM64.HasASIMDDP}, feature{"matrix products (i8mm)", cpu.ARM64.HasI8MM}
	return []candidate{
		{"neoni8mm", []feature{dot, matrix}, neoni8mm},
		{"neondot", []feature{dot}, neondot},
		{"neon", nil, neon},
		plain,
	}
}

// neon is the set for processors without dot products (Cortex-A53, A72: Raspberry Pi 3, Zero 2 and 4).
func neon() *Set {
	return &Set{
		Name: "neon", Tiling: neonTiling(),
		Dot: dotter(32, dotNEON), Map: mapVectors, MaxRow: maxRowVectors, ArgMax: argMax, SumWindow: summer(sumWindowNEON), Average: Average,
		AverageRow: averageRowVectors, Adder: adderNEON, Multiplier: multiplierNEON, PReLUer: preluerNEON, NormBytes: normBytes,
		Depthwise: &Depthwise{
			Channels: roundChannels, Taps: 2, Flip: 0x80, Line: flipLine, Panel: NewRoundPanel, Run: depthRound,
		},
		Quantize: quantizer(16, quantizeNEON), Dequantize: dequantizer(16, dequantizeNEON), Square: squarer(16, squareNEON),
		ScalePower: scaler(4, scalePowerNEON), Resize: resizeVectors(), Tiling32: tiling32NEON(), Fused: true,
		Depth32: depth32NEON, Max32: max32NEON, Average32: average32NEON,
		Add32: pairer32(add32Vectors, Add32), Mul32: pairer32(mul32Vectors, Mul32), PReLU32: bender32(prelu32Vectors), Tile32: tiler32(tile32Vectors), Tap32: tapper32(tap32Vectors),
		Tap: tapper(tapVectors), QuantizeDynamic: dynamicQuantizer(16, quantizeNEON),
	}
}

// neondot is the set for processors with dot products (Cortex-A76: Raspberry Pi 5).
func neondot() *Set {
	s := neon()
	s.Name, s.Tiling = "neondot", dotTiling()
	return s
}

// neoni8mm is the set for processors with matrix products (Cortex-A510, A710 and later, Neoverse N2 and V1).
func neoni8mm() *Set {
	s := neon()
	s.Name, s.Tiling = "neoni8mm", matrixTiling()
	return s
}
