package task

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// texture turns a map of features into what its places look like: at each, the features are averaged over the 3x3 places
// around it and normalized to the same length. It is not for concurrent use.
type texture struct {
	spec                 infer.TensorSpec
	width, height, depth int

	value  [256]float32 // of a byte of a quantized map, but for the scale: all that counts is the direction
	top    float32      // the largest feature of a place becomes this
	offset int32        // and 0 this: what is added to features that may be negative, as the products are of unsigned bytes
	line   []float32    // a row of the map
	sums   [3][]float32 // by row, modulo 3: of three columns
	dot    func(a, b []uint8) int32
}

// places are what the places of a picture look like, or some of them.
type places struct {
	features []uint8   // by place
	sum      []int32   // of a place's features
	inverse  []float64 // 1 / the length of a place's features
}

// maxDepth is how many features a place may have: the sum of their products fits 31 bits.
const maxDepth = 1 << 15

// newTexture reads maps that spec describes: [1 height width features]. The error wraps model.ErrUnsupported.
func newTexture(spec infer.TensorSpec) (*texture, error) {
	if len(spec.Shape) != 4 || spec.Shape[0] != 1 || spec.Bytes() <= 0 || !spec.Type.Usual() || spec.Shape[3] > maxDepth {
		return nil, fmt.Errorf("task: %q, %v, is no map of features: %w", spec.Name, spec, model.ErrUnsupported)
	}
	t := &texture{spec: spec, height: spec.Shape[1], width: spec.Shape[2], depth: spec.Shape[3], top: 127, offset: 128, dot: kernel.Best().Dot}
	t.line = make([]float32, t.width*t.depth)
	for i := range t.sums {
		t.sums[i] = make([]float32, t.width*t.depth)
	}
	lowest := 0
	for b := range t.value {
		q := b
		if spec.Type == infer.Int8 {
			q = int(int8(b))
		}
		t.value[b] = float32(q - spec.ZeroPoint)
		lowest = min(lowest, q-spec.ZeroPoint)
	}
	if lowest == 0 && spec.Type != infer.Float32 { // a ReLU's
		t.top, t.offset = 255, 0
	}
	return t, nil
}

func (t *texture) count() int { return t.width * t.height }

// newPlaces makes room for n places.
func (t *texture) newPlaces(n int) *places {
	return &places{make([]uint8, n*t.depth), make([]int32, n), make([]float64, n)}
}

// of are the features of place i.
func (t *texture) of(p *places, i int) []uint8 { return p.features[i*t.depth : (i+1)*t.depth] }

// fill makes dst, which has room for all places, what the map shows. It allocates nothing.
func (t *texture) fill(dst *places, data []byte) error {
	if len(data) != t.spec.Bytes() {
		return fmt.Errorf("task: a map of %d bytes (want %d for %v)", len(data), t.spec.Bytes(), t.spec)
	}
	for y := range t.height + 1 {
		if y < t.height {
			t.readLine(data, y)
			t.sumColumns(t.sums[y%3])
		}
		if y > 0 {
			t.fillLine(dst, y-1)
		}
	}
	return nil
}

// readLine reads a row of a map.
func (t *texture) readLine(data []byte, y int) {
	n := len(t.line)
	if t.spec.Type != infer.Float32 {
		for i, b := range data[y*n : (y+1)*n] {
			t.line[i] = t.value[b]
		}
		return
	}
	const limit = 1e30 // so that no sum is infinite
	for i := range t.line {
		v := math.Float32frombits(binary.LittleEndian.Uint32(data[4*(y*n+i):]))
		if v != v {
			v = 0
		}
		t.line[i] = min(max(v, -limit), limit)
	}
}

// sumColumns adds to each place of the line the two beside it. Those outside of the picture are left out: the length of a sum
// is of no account.
func (t *texture) sumColumns(dst []float32) {
	copy(dst, t.line)
	d := t.depth
	add(dst[d:], t.line)
	add(dst, t.line[d:])
}

// add adds src to dst, as far as both go.
func add(dst, src []float32) {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, v := range src {
		dst[i] += v
	}
}

// fillLine makes the places of a row of dst what the sums of three rows are.
func (t *texture) fillLine(dst *places, y int) {
	sums := t.line // which has been read
	copy(sums, t.sums[y%3])
	if y > 0 {
		add(sums, t.sums[(y+2)%3])
	}
	if y+1 < t.height {
		add(sums, t.sums[(y+1)%3])
	}
	for x := range t.width {
		i := y*t.width + x
		features := t.of(dst, i)
		t.normalize(features, sums[x*t.depth:(x+1)*t.depth])
		dst.sum[i], dst.inverse[i] = t.measure(features)
	}
}

// normalize makes bytes of sums so that the largest is top. Where there is no feature at all, all are the same.
func (t *texture) normalize(dst []uint8, sums []float32) {
	largest := float32(0)
	for _, v := range sums {
		if v < 0 {
			v = -v
		}
		if v > largest {
			largest = v
		}
	}
	factor, half := float32(0), float32(t.offset)+0.5
	if largest > 1e-30 {
		factor = t.top / largest
	} else {
		half += t.top
	}
	dst = dst[:len(sums)]
	for i, v := range sums {
		dst[i] = uint8(int32(float32(v*factor) + half)) // the conversion: no processor may round both at once
	}
}

// measure is the sum of a place's bytes, and 1 / the length of its features.
func (t *texture) measure(features []uint8) (sum int32, inverse float64) {
	for _, b := range features {
		sum += int32(b)
	}
	return sum, 1 / math.Sqrt(float64(t.product(features, features, sum, sum)))
}

// product is the sum of the products of two places' features, whose bytes have these sums.
func (t *texture) product(a, b []uint8, sumA, sumB int32) int64 {
	p := int64(t.dot(a, b))
	if t.offset != 0 {
		p += int64(t.offset) * (int64(t.offset)*int64(len(a)) - int64(sumA) - int64(sumB))
	}
	return p
}

// best is near, or the largest cosine of place i of p and places from … to-1 of other if that is larger, times the length of
// place i.
func (t *texture) best(near float64, p *places, i int, other *places, from, to int) float64 {
	a, sum := t.of(p, i), p.sum[i]
	for j := from; j < to; j++ {
		cosine := float64(t.product(a, t.of(other, j), sum, other.sum[j])) * other.inverse[j]
		if cosine > near {
			near = cosine
		}
	}
	return near
}

// alike raises each element of near, by place of p, to how alike that place and those around the same place of other are: the
// largest cosine.
func (t *texture) alike(near []float32, p, other *places) {
	for y := range t.height {
		for x := range t.width {
			i := y*t.width + x
			best := math.Inf(-1)
			for row := max(y-1, 0); row < min(y+2, t.height); row++ {
				best = t.best(best, p, i, other, row*t.width+max(x-1, 0), row*t.width+min(x+2, t.width))
			}
			near[i] = max(near[i], float32(best*p.inverse[i]))
		}
	}
}
