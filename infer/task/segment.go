package task

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// segment reads the one output that has a class, or a score for each class, for every pixel.
type segment struct {
	lister
	output        int
	spec          infer.TensorSpec
	width, height int
	channels      int     // scores of a pixel; 0: its class; 1: of the one class beside the background
	half          float32 // what the score of a single class must exceed
	classes       int     // that there are, Void at most
	background    bool    // class 0 is not listed

	counts []count // by class
}

// count is what is counted of a class.
type count struct{ pixels, left, right, top, bottom int }

func newSegment(outputs []infer.TensorSpec, l lister, r *Reading) (*segment, error) {
	i := r.Outputs[0]
	if i < 0 || i >= len(outputs) {
		return nil, fmt.Errorf("the model has no output %d", i)
	}
	s := &segment{lister: l, output: i, spec: outputs[i], classes: r.Classes, background: r.Background}
	ok := false
	if s.height, s.width, s.channels, ok = plane(s.spec); !ok {
		return nil, fmt.Errorf("%v has no class for each pixel (want [1 height width], or [1 height width classes])", s.spec)
	}
	switch {
	case s.channels == 1:
		s.classes = 2
		if r.Probabilities {
			s.half = 0.5
		}
	case s.channels > 1:
		s.classes = s.channels
	case s.classes == 0:
		s.classes = Void
	}
	if s.classes > Void {
		return nil, fmt.Errorf("the model has %d classes for a pixel (at most %d are possible)", s.classes, Void)
	}
	s.counts = make([]count, s.classes)
	return s, nil
}

// plane is the size of a tensor that has a class for each pixel, channels 0, or that many scores.
func plane(s infer.TensorSpec) (height, width, channels int, ok bool) {
	shape := s.Shape
	if len(shape) == 0 || shape[0] != 1 || len(shape) > 4 || len(shape) < 3 {
		return 0, 0, 0, false
	}
	height, width = shape[1], shape[2]
	if len(shape) == 4 {
		channels = shape[3]
	}
	if whole := !s.Type.Usual() || s.Type == infer.Uint8 && channels == 0; whole {
		ok = channels <= 1 && (s.Type == infer.Int32 || s.Type == infer.Int64 || s.Type == infer.Uint8)
		return height, width, 0, ok
	}
	return height, width, channels, channels > 0
}

// Kind and Reads are [Task]'s.
func (*segment) Kind() Kind     { return Segment }
func (s *segment) Reads() []int { return []int{s.output} }

// Decode is [Task]'s.
func (s *segment) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if s.output >= len(outs) || len(outs[s.output]) != s.spec.Bytes() {
		return fmt.Errorf("task: the outputs lack %v, as number %d", s.spec, s.output)
	}
	dst.Map.resize(s.width, s.height)
	dst.Shown = s.frame.Shown()
	dst.ShownIn = s.frame.Upright(dst.Shown)
	s.fill(dst.Map.Classes, outs[s.output])
	s.measure(dst)
	return nil
}

// fill finds the class of each pixel.
func (s *segment) fill(classes []uint8, out []byte) {
	switch {
	case s.channels == 0:
		s.fillNumbers(classes, out)
	case s.channels == 1:
		for i := range classes {
			classes[i] = 0
			if s.score(out, i) > s.half {
				classes[i] = 1
			}
		}
	case s.spec.Type == infer.Float32:
		bestFloats(classes, out, s.channels)
	case s.spec.Type == infer.Int8:
		bestBytes(classes, out, s.channels, 0x80)
	default:
		bestBytes(classes, out, s.channels, 0)
	}
}

// fillNumbers takes the classes that the model names.
func (s *segment) fillNumbers(classes []uint8, out []byte) {
	size := s.spec.Type.Size()
	for i := range classes {
		var class uint64
		switch size {
		case 1:
			class = uint64(out[i])
		case 4:
			class = uint64(binary.LittleEndian.Uint32(out[4*i:]))
		default:
			class = binary.LittleEndian.Uint64(out[8*i:])
		}
		if class >= uint64(s.classes) {
			class = Void
		}
		classes[i] = uint8(class)
	}
}

// score is number i of out, which has one of the usual types.
func (s *segment) score(out []byte, i int) float32 {
	scale := s.spec.Scale
	if scale == 0 {
		scale = 1
	}
	switch s.spec.Type {
	case infer.Float32:
		return math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
	case infer.Int8:
		return scale * float32(int(int8(out[i]))-s.spec.ZeroPoint)
	}
	return scale * float32(int(out[i])-s.spec.ZeroPoint)
}

// bestBytes finds the highest of each n scores, the first of equal ones. flip makes int8 compare as uint8 does.
func bestBytes(classes []uint8, out []byte, n int, flip byte) {
	for i := range classes {
		best, at := out[i*n]^flip, 0
		for k, score := range out[i*n : (i+1)*n] {
			if score ^= flip; score > best {
				best, at = score, k
			}
		}
		classes[i] = uint8(at)
	}
}

// bestFloats is bestBytes for float32; what is not a number is below all others.
func bestFloats(classes []uint8, out []byte, n int) {
	for i := range classes {
		best, at := float32(math.Inf(-1)), 0
		for k := range n {
			if score := math.Float32frombits(binary.LittleEndian.Uint32(out[4*(i*n+k):])); score > best {
				best, at = score, k
			}
		}
		classes[i] = uint8(at)
	}
}

// measure counts the classes of the pixels that are picture: those whose middle is.
func (s *segment) measure(dst *Findings) {
	for i := range s.counts {
		s.counts[i] = count{left: s.width, top: s.height, right: -1, bottom: -1}
	}
	left, top, right, bottom := dst.Pictured()
	for y := top; y < bottom; y++ {
		row := dst.Map.Classes[y*s.width : (y+1)*s.width]
		for x := left; x < right; {
			class, from := row[x], x
			for x < right && row[x] == class {
				x++
			}
			if int(class) < len(s.counts) {
				s.counts[class].add(from, x, y)
			}
		}
	}
	pixels := float64((right - left) * (bottom - top))
	for class := range s.counts {
		if s.counts[class].pixels > 0 && s.wants(class) && !(class == 0 && s.background) {
			dst.Areas = s.area(dst.Areas, class, pixels)
		}
	}
}

// add counts the pixels from … to-1 of row y, which is below those counted before.
func (c *count) add(from, to, y int) {
	c.pixels += to - from
	c.left, c.right, c.top, c.bottom = min(c.left, from), max(c.right, to-1), min(c.top, y), y
}

// Pictured are the pixels of Map that are picture, and no bar of a letterbox: from left and top to those before right and bottom.
func (f *Findings) Pictured() (left, top, right, bottom int) {
	left, right = middles(f.Shown.X, f.Shown.Width, f.Map.Width)
	top, bottom = middles(f.Shown.Y, f.Shown.Height, f.Map.Height)
	return left, top, right, bottom
}

// middles are the cells, first to last-1, of n along an axis whose middles lie in a stretch of it.
func middles(from, length float64, n int) (first, last int) {
	size := float64(n)
	first = int(math.Ceil(min(max(from*size-0.5, 0), size)))
	last = int(math.Ceil(min(max((from+length)*size-0.5, 0), size)))
	return min(first, n), min(max(last, first), n)
}

// area adds a class to list, behind those with the same share or a larger one.
func (s *segment) area(list []Area, class int, pixels float64) []Area {
	c := s.counts[class]
	share := float64(c.pixels) / pixels
	if len(list) == s.most && share <= list[len(list)-1].Share {
		return list
	}
	w, h := float64(s.width), float64(s.height)
	part := Box{float64(c.left) / w, float64(c.top) / h, float64(c.right+1-c.left) / w, float64(c.bottom+1-c.top) / h}
	box, ok := s.frame.Upright(part).limited()
	if !ok {
		return list
	}
	return insert(list, s.most, Area{Index: class, Share: share, Box: box}, func(other *Area) bool { return other.Share < share })
}
