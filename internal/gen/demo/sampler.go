package demo

import "math"

// sampler looks at windows of size x size of a tensor on the calibration pictures, as a convolution sees them.
type sampler struct {
	height, width, channels, size int
	scale                         float64 // of the tensor
	zero                          int64
	samples                       [][]byte
}

func newSampler(g *graph, tensor, size int) *sampler {
	q := g.m.Tensors[tensor].Quant
	s := &sampler{size: size, scale: float64(q.Scale[0]), zero: int64(q.ZeroPoint[0]), samples: g.samples[tensor]}
	s.height, s.width, s.channels = g.shape(tensor)
	return s
}

// moments returns the mean and the deviation, at least 1, of the weighted sums that each of count filters with the
// given quantized weights makes of windows spread over the pictures.
func (s *sampler) moments(weights []byte, count int) (mean, deviation []float64) {
	n := len(weights) / count
	sum, squares := make([]int64, count), make([]int64, count)
	windows := s.windows(7)
	for _, w := range windows {
		for f := range count {
			var v int64
			for i, x := range w {
				v += int64(x) * (int64(weights[f*n+i]) - middle)
			}
			sum[f] += v
			squares[f] += v * v
		}
	}
	mean, deviation = make([]float64, count), make([]float64, count)
	for f := range count {
		k := float64(len(windows))
		mean[f] = float64(sum[f]) / k
		variance := float64(squares[f])/k - float64(mean[f]*mean[f])
		deviation[f] = max(math.Sqrt(max(variance, 0)), 1)
	}
	return mean, deviation
}

// windows returns every step-th window that lies inside the tensor, less the zero point.
func (s *sampler) windows(step int) [][]int16 {
	var all [][]int16
	n := 0
	for _, sample := range s.samples {
		for y := range s.height - s.size + 1 {
			for x := range s.width - s.size + 1 {
				if n++; n%step == 0 {
					all = append(all, s.window(sample, y, x))
				}
			}
		}
	}
	return all
}

func (s *sampler) window(sample []byte, y, x int) []int16 {
	row := s.size * s.channels
	w := make([]int16, 0, s.size*row)
	for i := range s.size {
		for _, v := range sample[((y+i)*s.width+x)*s.channels:][:row] {
			w = append(w, int16(int64(v)-s.zero))
		}
	}
	return w
}

// balance quantizes filters with one scale for all, such that the weighted sum of each has the deviation 1.
func (s *sampler) balance(f *filters) (weights []byte, scale float32) {
	each := make([]byte, len(f.weights)) // every filter with a scale of its own
	n := len(f.weights) / f.count()
	for i := range f.count() {
		w := f.weights[i*n:][:n]
		quantize(each[i*n:], w, largest(w)/127)
	}
	_, deviation := s.moments(each, f.count())
	balanced := make([]float64, len(each))
	for i, q := range each {
		balanced[i] = (float64(q) - middle) / (deviation[i/n] * s.scale)
	}
	scale = float32(largest(balanced) / 127)
	quantize(each, balanced, float64(scale))
	return each, scale
}

// quantize writes w as multiples of scale with the zero point in the middle.
func quantize(q []byte, w []float64, scale float64) {
	for i, v := range w {
		q[i] = byte(middle + min(max(int(math.Round(v/scale)), -127), 127))
	}
}

// largest is the largest magnitude in v.
func largest(v []float64) float64 {
	m := 0.
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}
