package kernel

import "math"

// Norm16 brings numbers to a mean of 0 and a variance of 1, multiplies them by weights and adds biases, as TensorFlow Lite does in
// an LSTM of integers (tflite/kernels/internal/reference/portable_tensor_utils.cc).
type Norm16 struct {
	Weights []int16
	Bias    []int32    // in units of a weight's / 1024
	Scale   Multiplier // of the weights
	Least   int32      // what a variance below 1 becomes
}

// Row changes a row in place. The answer has 3 integer bits.
func (n *Norm16) Row(row []int16) {
	const extra, squared = 1 << 10, 1 << 20
	sum, squares := int64(0), int64(0)
	for _, x := range row {
		sum += int64(x)
		squares += int64(x) * int64(x)
	}
	mean := int32(sum * extra / int64(len(row)))
	variance := int32((squares*int64(squared/len(row)) - int64(mean)*int64(mean)) / squared)
	if variance < 1 {
		variance = n.Least
	}
	inverse := inverseSqrt(variance)
	for i, x := range row {
		v := inverse.HalfAway(extra*int32(x)-mean)*int32(n.Weights[i]) + n.Bias[i]
		half := int64(extra / 2)
		if v <= 0 {
			half = -half
		}
		v = scaleBy(int32((int64(v)+half)/extra), n.Scale, 12)
		row[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
}

// Remember16 makes a step of cells, of some integer bits, from gates without any and what there is to learn, of 3 before its tanh.
// Without a gate for it, what is not kept is learned.
func Remember16(cells, keep, learn, news []int16, integer int) {
	for i, kept := range keep {
		open := math.MaxInt16 - kept
		if learn != nil {
			open = learn[i]
		}
		x := halved(int32(kept)*int32(cells[i]), 15) + halved(int32(open)*int32(Tanh16(news[i], 3)), uint8(15+integer))
		cells[i] = int16(min(max(x, math.MinInt16), math.MaxInt16))
	}
}
