package inception

import (
	"math"
	"runtime"
	"sync"

	"github.com/inceptiond/inceptiond/infer/model"
)

// scaling is what calibration finds for a node: the output is activation(raw*gain + bias), and lies in low … high.
type scaling struct {
	gain      float32
	bias      []float32 // by channel; nil for a node without weights
	low, high float32
}

// An activation goes up to 6 deviations before it saturates; one without ReLU goes down to -5, so that its zero point
// is not in the middle.
const (
	highest = 6
	lowest  = -5
)

// grid holds float activations [height][width][channel].
type grid struct {
	h, w, c int
	v       []float32
}

// calibrate runs the network in float32 on a drawn picture, and scales each layer before the next one reads it. full is
// the same network for the pictures that it is meant for, which may be larger.
func calibrate(nodes, full []*node) []scaling {
	scaled := make([]scaling, len(nodes))
	acts := make([]*grid, len(nodes))
	acts[0] = draw(nodes[0].h, 1)
	for i, o := range nodes[1:] {
		i++
		in, out := acts[o.from[0]], &grid{o.h, o.w, o.c, make([]float32, o.h*o.w*o.c)}
		switch o.kind {
		case maxPool, averagePool:
			poolFloat(o, in, out)
		case concatenation:
			concatFloat(o, acts, out)
		default:
			if o.kind == depthwise {
				depthwiseFloat(o, in, out, filters(nodes, i))
			} else {
				convFloat(o, in, out, filters(nodes, i))
			}
			scaled[i] = scale(o, out, deviation(i), biases(i, o.c))
			scaled[i].gain *= float32(math.Sqrt(coverage(nodes, i) / coverage(full, i)))
		}
		acts[i] = out
	}
	return scaled
}

// scale gives the layer g the wanted deviation and applies biases, in deviations, and the activation. The deviation is
// around 0, which is the mean because filters sum to 0, and is one for all channels: a single picture says too little
// about each, and a network fitted to it would saturate on the next.
func scale(o *node, g *grid, deviation float32, bias []float32) scaling {
	square := 0.
	for _, v := range g.v {
		square += float64(v) * float64(v) // exact: no rounding that a fused multiply-add would leave out
	}
	s := scaling{gain: deviation / float32(math.Sqrt(square/float64(len(g.v)))), bias: bias, high: highest * deviation}
	for c := range bias {
		bias[c] *= deviation
	}
	if o.activation == model.NoActivation {
		s.low = lowest * deviation
	}
	for i, v := range g.v {
		g.v[i] = float32(v*s.gain) + bias[i%g.c]
		if o.activation == model.ReLU {
			g.v[i] = max(g.v[i], 0)
		}
	}
	return s
}

// coverage is how much of the window of node i lies in its input and not in the padding, on average: less in a smaller
// picture.
func coverage(nodes []*node, i int) float64 {
	o := nodes[i]
	in := nodes[o.from[0]]
	top, left := before(o, in.h, in.w)
	share := func(out, in, window, first int) float64 {
		inside := 0
		for p := range out {
			start := p*o.stride - first
			inside += min(start+window, in) - max(start, 0)
		}
		return float64(inside) / float64(out*window)
	}
	return share(o.h, in.h, o.kh, top) * share(o.w, in.w, o.kw, left)
}

// tile is how many output pixels share one pass over the weights.
const tile = 8

// convFloat is a convolution, or a fully connected layer on one pixel.
func convFloat(o *node, in, out *grid, weights []float32) {
	pixels := o.h * o.w
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for first := range next {
				convTile(o, in, out, weights, first, min(first+tile, pixels))
			}
		})
	}
	for first := 0; first < pixels; first += tile {
		next <- first
	}
	close(next)
	wait.Wait()
}

// convTile computes output pixels first to last-1.
func convTile(o *node, in, out *grid, weights []float32, first, last int) {
	top, left := before(o, in.h, in.w)
	for ky := range o.kh {
		for kx := range o.kw {
			var at [tile]int // where each pixel reads, -1 in the padding
			for p := first; p < last; p++ {
				y := p/o.w*o.stride + ky - top
				x := p%o.w*o.stride + kx - left
				at[p-first] = -1
				if y >= 0 && y < in.h && x >= 0 && x < in.w {
					at[p-first] = (y*in.w + x) * in.c
				}
			}
			w := weights[(ky*o.kw+kx)*in.c*o.c:]
			for c := range in.c {
				row := w[c*o.c : (c+1)*o.c]
				for p := first; p < last; p++ {
					if a := at[p-first]; a >= 0 && in.v[a+c] != 0 {
						addScaled(out.v[p*o.c:(p+1)*o.c], row, in.v[a+c])
					}
				}
			}
		}
	}
}

// addScaled is dst += src * by. The conversion forbids a fused multiply-add, which not all architectures have.
func addScaled(dst, src []float32, by float32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += float32(src[i] * by)
	}
}

// before is how many rows and columns of padding come before the picture.
func before(o *node, inH, inW int) (top, left int) {
	if o.padding == model.Valid {
		return 0, 0
	}
	return max(0, (o.h-1)*o.stride+o.kh-inH) / 2, max(0, (o.w-1)*o.stride+o.kw-inW) / 2
}

// window calls f for each input position under the window of each output position: offsets of their first channels.
func window(o *node, in *grid, f func(to, from int)) {
	top, left := before(o, in.h, in.w)
	for p := range o.h * o.w {
		y0 := p/o.w*o.stride - top
		x0 := p%o.w*o.stride - left
		for y := max(y0, 0); y < min(y0+o.kh, in.h); y++ {
			for x := max(x0, 0); x < min(x0+o.kw, in.w); x++ {
				f(p*o.c, (y*in.w+x)*in.c)
			}
		}
	}
}

func poolFloat(o *node, in, out *grid) {
	count := make([]float32, len(out.v)/o.c)
	window(o, in, func(to, from int) {
		count[to/o.c]++
		for c := range o.c {
			if o.kind == maxPool {
				out.v[to+c] = max(out.v[to+c], in.v[from+c]) // all are at least 0
			} else {
				out.v[to+c] += in.v[from+c]
			}
		}
	})
	if o.kind == averagePool {
		for i := range out.v {
			out.v[i] /= count[i/o.c]
		}
	}
}

func depthwiseFloat(o *node, in, out *grid, weights []float32) {
	top, left := before(o, in.h, in.w)
	multiplier := o.c / in.c
	window(o, in, func(to, from int) {
		p, at := to/o.c, from/in.c
		ky := at/in.w - p/o.w*o.stride + top
		kx := at%in.w - p%o.w*o.stride + left
		w := weights[(ky*o.kw+kx)*o.c:]
		for c := range o.c {
			out.v[to+c] += float32(w[c] * in.v[from+c/multiplier])
		}
	})
}

func concatFloat(o *node, acts []*grid, out *grid) {
	at := 0
	for _, f := range o.from {
		in := acts[f]
		for p := range o.h * o.w {
			copy(out.v[p*o.c+at:], in.v[p*in.c:(p+1)*in.c])
		}
		at += in.c
	}
}
